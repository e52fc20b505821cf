"""The test images are changed: nothing else may change with them."""

import checking
import numpy as np
from checking import Wrong, call, close, parts

PLANTED = "when the test images change"
HINTS = (
    "Which images may decide anything about the model?",
    "Change the test images alone, and look whether the training images come out the same.",
    "Take mean and standard deviation of `x_train`, and use them for all three parts.",
)


def check(exercise):
    random = np.random.default_rng(62)
    train, val, test = (
        random.random((n, 32, 32, 3)) * scale for n, scale in ((8, 1), (3, 0.8), (4, 0.5))
    )
    results = []
    for other_test, other_val in ((test, val), (test + 0.3, val), (test, val + 0.3)):
        returned = call(exercise, "normalise", train, other_val, other_test)
        first, second, third = parts(returned, 3, "normalise")
        results.append(
            (
                checking.array(first, train.shape, "The array of training images"),
                checking.array(second, val.shape, "The array of validation images"),
                checking.array(third, test.shape, "The array of test images"),
            )
        )
    if not close(results[0][0], results[1][0]):
        raise Wrong("The training images come out differently when the test images change.")
    if not close(results[0][0], results[2][0]):
        raise Wrong("The training images come out differently when the validation images change.")
    mean, deviation = train.mean(axis=(0, 1, 2)), train.std(axis=(0, 1, 2))
    whole = (train - train.mean()) / train.std()
    if close(results[0][0], whole):
        raise Wrong("All three colours have one mean: each has its own (axes 0, 1 and 2).")
    for images, got, name in zip((train, val, test), results[0], NAMES, strict=True):
        own = (images - images.mean(axis=(0, 1, 2))) / images.std(axis=(0, 1, 2))
        if name != "training" and close(got, own):
            raise Wrong(
                f"The {name} images have statistics of their own: the same photograph would look"
                " different in each part. Use those of the training images for all."
            )
        checking.require(got, (images - mean) / deviation, f"The array of {name} images")
    return "the statistics are those of the training images, for all three parts."


NAMES = ("training", "validation", "test")
