"""Every box is tried until the smallest that holds all ink is found."""

import checking
import numpy as np
from checking import Wrong, call, parts

FORBIDDEN = ("scipy", "skimage", "cv2", "PIL")
HINTS = (
    "`rows, columns = np.nonzero(ink)` are the places of the ink.",
    "x belongs to the columns, y to the rows.",
    "From pixel 3 to pixel 5 are three pixels, not two.",
)


def check(exercise):
    random = np.random.default_rng(73)
    pictures = [np.zeros((6, 9), bool) for _ in range(5)]
    pictures[0][2, 7] = True
    pictures[1][1:5, 3:5] = True
    pictures[2][0, 0] = pictures[2][5, 8] = True
    pictures[3][random.random((6, 9)) < 0.1] = True
    for ink in pictures:
        box = [int(v) for v in parts(call(exercise, "tight_box", ink), 4, "tight_box")]
        right = smallest(ink)
        if box == right:
            continue
        if box == [right[1], right[0], right[3], right[2]]:
            raise Wrong(f"Rows and columns are exchanged: {box} instead of {right}.")
        if box == [right[0], right[1], right[2] - 1, right[3] - 1]:
            raise Wrong(f"Width and height are one pixel too small: {box} instead of {right}.")
        if not ink.any():
            raise Wrong(f"Without ink the box is {box}: (0, 0, 0, 0) is wanted.")
        raise Wrong(f"The box is {box}, and {right} is right.")
    checking.array(box, (4,), "The box")
    return "five pictures are right, an empty one among them."


def smallest(ink):
    """By taking empty rows and columns away one after the other."""
    if not ink.any():
        return [0, 0, 0, 0]
    y, x, end_y, end_x = 0, 0, *ink.shape
    while not ink[y].any():
        y += 1
    while not ink[end_y - 1].any():
        end_y -= 1
    while not ink[:, x].any():
        x += 1
    while not ink[:, end_x - 1].any():
        end_x -= 1
    return [x, y, end_x - x, end_y - y]
