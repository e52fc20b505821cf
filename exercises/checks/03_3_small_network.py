"""Trains the network on 55,000 images and counts what it reads of 5,000 others."""

import numpy as np
from checking import Wrong, built_and_trained

SECONDS = 1200
PLANTED = "99.3 % are wanted"
WANTED, PARAMETERS = 0.993, 10_000
HINTS = (
    "Where are LeNet-5's weights? In the first dense layer, after the last pooling. What if the"
    " maps are small, or few, before it?",
    "Convolutions of 3×3 with 8 to 16 filters are cheap, and batch normalisation lets them learn"
    " fast at a high rate.",
    "Images distorted anew in each epoch (`cnn_practice.distortions.distort`) and a learning rate"
    " that falls to zero are worth more than filters.",
)


def check(exercise):
    from cnn_practice import datasets

    model = built_and_trained(exercise, PARAMETERS)
    _, (x_val, y_val), _ = datasets.split(datasets.load_mnist(), 5000)
    predicted = model.predict(x_val[..., None].astype("float32") / 255, verbose=0).argmax(axis=1)
    size, accuracy = model.count_params(), float(np.mean(predicted == y_val))
    if accuracy < WANTED:
        raise Wrong(
            f"{size:,} parameters, {accuracy:.2%} of the validation images: 99.3 % are wanted."
            " Which digits are misread?"
        )
    return f"{size:,} parameters, {accuracy:.2%} of the validation images."
