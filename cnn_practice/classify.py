"""Classifying the drawings of a folder, as the classify scripts of chapters 02 to 04 do it."""

from pathlib import Path

from cnn_practice import drawings, models, plots
from cnn_practice.errors import InputError

import numpy as np


def load(names):
    """Reload models that classify digits: dict of name to Keras model.

    Raises:
        InputError: a model was never trained, or its input or output is none of digits.
    """
    loaded = {name: models.load(name) for name in names}
    for name, model in loaded.items():
        shape, output = model.input_shape, model.output_shape
        if shape[-1:] != (1,) or output != (None, 10):
            size = "×".join(map(str, shape[1:]))
            raise InputError(
                f"{name} classifies no grey digits (its input is {size}): choose a model that was"
                " trained on MNIST, such as lenet5."
            )
    return loaded


def apart(file_names, pictures, truth):
    """Pictures of several digits cut apart: each digit becomes a drawing of its own.

    Args:
        file_names, pictures, truth: as ``drawings.read_folder`` gives them.

    Returns:
        The three lists, in which ``phone.png`` became ``phone.png [1]``, ``phone.png [2]``, …, from
        left to right.

    Raises:
        InputError: a picture is blank.
    """
    single = []
    for file, picture, true in zip(file_names, pictures, truth, strict=True):
        digits = drawings.split(picture, file)
        if len(digits) == 1:
            single.append((file, picture, true))
        else:
            single += [(f"{file} [{i}]", digit, None) for i, digit in enumerate(digits, 1)]
    return tuple(map(list, zip(*single, strict=True)))


def predict(model, digits):
    """Probabilities of shape (N, 10) for ``digits``, float32 (N, 28, 28) in [0, 1].

    They are enlarged where the model's input is larger.
    """
    size = model.input_shape[1]
    seen = np.stack([drawings.enlarged(digit, size) for digit in digits])[..., np.newaxis]
    # The same as model.predict, which takes a second longer to start.
    parts = [model.predict_on_batch(seen[i : i + 100]) for i in range(0, len(seen), 100)]
    return np.concatenate(parts)


def accuracy(truth, probabilities):
    """Share of the drawings with a known digit that are classified correctly; None without any."""
    known = [i for i, true in enumerate(truth) if true is not None]
    if not known:
        return None
    return float(np.mean([probabilities[i].argmax() == truth[i] for i in known]))


def scores(model):
    """The accuracy on ``images/drawings/``, prepared and just shrunk, as a record has it."""
    return {
        "drawings_accuracy": drawings.score(model),
        "shrunk_drawings_accuracy": drawings.score(model, drawings.resize_only),
    }


def table(name, file_names, truth, probabilities):
    """Print a line for each drawing: its digit, the prediction and how confident it is.

    The digits of a picture that was cut ``apart`` are also printed as one number.
    """
    print(f"\n{name:<28} truth  prediction  confidence")
    for file, true, row in zip(file_names, truth, probabilities, strict=True):
        mark = "" if true in (row.argmax(), None) else "  ← wrong"
        known = "?" if true is None else true
        print(f"{file:<28} {known:>5}  {row.argmax():>10}  {row.max():>10.1%}{mark}")
    numbers = {}
    for file, row in zip(file_names, probabilities, strict=True):
        picture, cut, _ = file.rpartition(" [")
        if cut:
            numbers[picture] = numbers.get(picture, "") + str(row.argmax())
    for picture, number in numbers.items():
        print(f"{picture} shows {len(number)} digits: {number}")


def grid(name, digits, file_names, truth, probabilities):
    """The figure ``<name>_drawings``: each drawing with its file and prediction, wrong ones red."""
    predicted = probabilities.argmax(axis=1)
    stems = [Path(file).stem for file in file_names]
    short = [stem if len(stem) <= 15 else f"{stem[:14]}…" for stem in stems]
    captions = [f"{stem}\n{digit}" for stem, digit in zip(short, predicted, strict=True)]
    wrong = [i for i, true in enumerate(truth) if true not in (predicted[i], None)]
    known = any(true is not None for true in truth)
    title = f"Drawings classified by {name}{' (red: wrong)' if known else ''}"
    plots.picture_grid(digits, captions, f"{name}_drawings", title, wrong)
