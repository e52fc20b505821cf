"""The same images as training, validation and test images must come out the same."""

import checking
import numpy as np
from checking import Wrong, call, close, parts

PLANTED = "The validation images run from 0 to 255"
HINTS = (
    "Give the function the same image three times, and print the largest value of what returns.",
    "Compare the three lines, sign by sign.",
    "Every part is divided by 255.",
)


def check(exercise):
    images = np.random.default_rng(32).integers(0, 256, (4, 28, 28), np.uint8)
    images[0, 0, 0], images[0, 0, 1] = 0, 255
    returned = parts(call(exercise, "prepare", images, images, images), 3, "prepare")
    for name, got in zip(("training", "validation", "test"), returned, strict=True):
        if getattr(got, "dtype", None) != np.float32:
            raise Wrong(f"The {name} images are not float32.")
        got = checking.array(got, (4, 28, 28, 1), f"The array of {name} images")
        right = images[..., None] / 255
        if close(got, 255 * right):
            raise Wrong(
                f"The {name} images run from 0 to 255, unlike the others: for the network they are"
                " images of another kind."
            )
        checking.require(got, right, f"The {name} images", "They are to be the bytes over 255.")
    return "the same image comes out the same in all three parts."
