"""Chooses the page's examples: digits and photographs of the test sets.

    python draw_digits/choose_examples.py

Two test digits for each digit: the first of its kind, and the one that is hardest for the models
inside the page (the probability that they give to the right digit is the lowest on average). And
two test pictures for each class of CIFAR-10, the first ones. Run it again when the models have
changed.
"""

from cnn_practice import datasets, drawings, files, models
from cnn_practice.errors import InputError

import export_models
import numpy as np
from PIL import Image

FOLDER = files.ROOT / "draw_digits"


def hardest(x_test, y_test):
    """The index of the hardest test image of each digit, for the digit models inside the page."""
    right = np.zeros(len(x_test))
    for name in export_models.names():
        try:
            about = export_models.exported(name, numbers=False)
        except InputError:  # not on the page
            continue
        if about["kind"] != "digits" or about["parameters"] > export_models.SMALL:
            continue
        model = models.load(name)
        size = model.input_shape[1]
        batch = np.stack([drawings.enlarged(image / np.float32(255), size) for image in x_test])
        predicted = model.predict(batch[..., np.newaxis], batch_size=250, verbose=0)
        right += predicted[np.arange(len(x_test)), y_test]
    return [int(np.where(y_test == digit, right, np.inf).argmin()) for digit in range(10)]


def main():
    """Write the strips of pictures and what they show."""
    _, (x_test, y_test) = datasets.load_mnist()
    x_test = x_test.reshape(-1, 28, 28)
    indices = [int(np.argmax(y_test == digit)) for digit in range(10)] + hardest(x_test, y_test)
    about = {"digits": {"indices": indices, "labels": y_test[indices].tolist()}}
    Image.fromarray(np.hstack(x_test[indices])).save(FOLDER / "examples_digits.png", optimize=True)

    _, (x_test, y_test) = datasets.load_cifar10()
    y_test = y_test.ravel()
    indices = [int(np.flatnonzero(y_test == label)[i]) for i in range(2) for label in range(10)]
    labels = [datasets.CIFAR10_CLASSES[label] for label in y_test[indices]]
    about["pictures"] = {"indices": indices, "labels": labels}
    strip = Image.fromarray(np.hstack(x_test[indices]))
    strip.save(FOLDER / "examples_pictures.png", optimize=True)

    files.write_json(FOLDER / "examples.json", about)
    print(f"examples: {files.shown(FOLDER / 'examples.json')}")


if __name__ == "__main__":
    main()
