"""Tried on a square, a wide and a tall picture."""

import checking
import numpy as np
from checking import Wrong, call, close

PLANTED = "Height and width are exchanged"
HINTS = (
    "Which pictures are right, and which are wrong? What differs between them?",
    "What does `picture.shape` give first?",
    "`height, width = picture.shape[:2]`.",
)


def check(exercise):
    box = (0.5, 0.25, 0.1, 0.2)
    for height, width in ((64, 64), (480, 640), (300, 100)):
        for shape in ((height, width), (height, width, 3)):
            got = call(exercise, "box_in_pixels", box, np.zeros(shape))
            got = checking.array(got, (4,), "The box")
            right = [0.5 * width, 0.25 * height, 0.1 * width, 0.2 * height]
            exchanged = [0.5 * height, 0.25 * width, 0.1 * height, 0.2 * width]
            if height != width and close(got, exchanged):
                raise Wrong(
                    f"Height and width are exchanged: in a picture of {width} × {height} pixels the"
                    f" box begins at x = {got[0]:.0f} instead of {right[0]:.0f}."
                )
            checking.require(got, right, f"In a picture of {width} × {height} pixels, the box")
    return "square, wide and tall pictures are right."
