"""Every image carries a number of its own, so that it is recognised in the parts."""

import checking
import numpy as np
from checking import Wrong, call, parts

PLANTED = "are test images"
HINTS = (
    "Which images does the training never see, and which are chosen by?",
    "Follow each of the three parts back: from `x` or from `x_test`?",
    "The validation images come from `x`, and the training images are the others of `x`.",
)


def check(exercise):
    x, x_test = np.arange(100.0).reshape(100, 1, 1), np.arange(1000.0, 1040.0).reshape(40, 1, 1)
    y, y_test = np.arange(100) % 10, np.arange(40) % 10
    returned = call(exercise, "three_parts", x, y, x_test, y_test, 20)
    sets = []
    for part, name in zip(parts(returned, 3, "three_parts"), PARTS, strict=True):
        images, labels = parts(part, 2, "three_parts")
        images = checking.array(images, (None, 1, 1), f"The {name} images").ravel()
        labels = checking.array(labels, (len(images),), f"The {name} labels")
        if not np.array_equal(labels, images % 10):
            raise Wrong(f"The labels of the {name} images belong to other images.")
        sets.append(set(images))
    training, validation, test = sets
    if validation & test:
        raise Wrong(
            f"{len(validation & test)} of {len(validation)} validation images are test images: an"
            " epoch that is chosen by them is chosen by the test images."
        )
    if training & test:
        raise Wrong(f"{len(training & test)} training images are test images.")
    if training & validation:
        raise Wrong(
            f"{len(training & validation)} validation images are training images, too: the accuracy"
            " on them says what was learned by heart."
        )
    if len(validation) != 20:
        raise Wrong(f"There are {len(validation)} validation images: 20 were asked for.")
    if training | validation != set(x.ravel()) or test != set(x_test.ravel()):
        raise Wrong("Some images are in no part: the three parts together are all images.")
    return "the parts share no image, and none is lost."


PARTS = ("training", "validation", "test")
