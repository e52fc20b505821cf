"""Compared with labels that are counted one by one."""

import checking
import numpy as np
from checking import Wrong, call, close

PLANTED = "This is the precision"
HINTS = (
    "What do the entries of one row have in common, and what those of one column?",
    "How many images of the digit 3 are there? Write the sum down by its indices.",
    "`counts.sum(axis=1)` adds the columns of each row.",
)


def check(exercise):
    random = np.random.default_rng(23)
    truth = np.append(random.integers(0, 9, 300), np.arange(9))  # no 9 at all
    predicted = np.where(random.random(309) < 0.7, truth, 8)
    counts = np.zeros((10, 10), int)
    np.add.at(counts, (truth, predicted), 1)
    right = [
        np.mean(predicted[truth == digit] == digit) if (truth == digit).any() else 0.0
        for digit in range(10)
    ]
    got = checking.array(call(exercise, "recall", counts), (10,), "The recall")
    if close(got, np.diag(counts) / np.maximum(counts.sum(axis=0), 1)):
        raise Wrong(
            "This is the precision: of the images that were read as a digit, the share that are it."
            " The recall divides by the number of the digit's own images."
        )
    checking.require(got, right, "The recall", "Which images are in the divisor?")
    return "the recall agrees with images counted one by one."
