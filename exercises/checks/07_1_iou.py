"""Compared with pixels that are counted."""

import checking
import numpy as np
from checking import Wrong, call

HINTS = (
    "Look at one axis at a time: where does the shared part begin, and where does it end?",
    "It begins at the larger start and ends at the smaller end. If the end lies before the start,"
    " the boxes share nothing.",
    "The area that either covers is the sum of both areas, less the shared one, which is in both.",
)


def counted(first, second):
    """The shares of pixels of a 40 × 40 grid."""
    masks = np.zeros((2, 40, 40), bool)
    for mask, (x, y, width, height) in zip(masks, (first, second), strict=True):
        mask[y : y + height, x : x + width] = True
    return (masks[0] & masks[1]).sum() / (masks[0] | masks[1]).sum()


def check(exercise):
    cases = {
        "the same box twice": ((5, 6, 10, 8), (5, 6, 10, 8)),
        "boxes apart on both axes": ((0, 0, 5, 5), (20, 25, 5, 5)),
        "boxes beside each other": ((0, 0, 5, 5), (20, 0, 5, 5)),
        "boxes that touch": ((0, 0, 5, 5), (5, 0, 5, 5)),
        "a box inside another": ((0, 0, 20, 10), (5, 2, 4, 3)),
        "boxes that overlap": ((2, 3, 10, 12), (6, 8, 14, 9)),
        "the same, exchanged": ((6, 8, 14, 9), (2, 3, 10, 12)),
    }
    for name, (first, second) in cases.items():
        got = float(checking.array(call(exercise, "iou", first, second), (), "The IoU"))
        right = counted(first, second)
        if abs(got - right) < 1e-9:
            continue
        if name == "boxes apart on both axes" and got != 0:
            raise Wrong(
                f"For {name} the IoU is {got:.3g} instead of 0: the product of two negative"
                " lengths is positive."
            )
        areas = first[2] * first[3] + second[2] * second[3]
        shared = right * areas / (1 + right)
        if abs(got - shared / areas) < 1e-9:
            raise Wrong(
                f"For {name} the IoU is {got:.3g} instead of {right:.3g}: the shared area is"
                " counted twice in the divisor."
            )
        raise Wrong(f"For {name} the IoU is {got:.3g}, and {right:.3g} is right.")
    return "seven pairs agree with counted pixels."
