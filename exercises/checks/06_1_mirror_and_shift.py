"""Each pixel is looked up by its place, as the definition says."""

import checking
import numpy as np
from checking import Wrong, call, close

HINTS = (
    "The axes are image, row, column, colour. `[::-1]` reverses an axis: which one?",
    "Pad all sides by the largest shift, then cut a window of the old size out of it.",
    "To move the picture down by 2, the window begins 2 rows higher: `top = edge - down`.",
)


def reflected(index, length):
    """The pixel that stands at ``index`` outside the image, the edge not repeated."""
    index = abs(index)
    return 2 * (length - 1) - index if index >= length else index


def shifted(images, right, down):
    height, width = images.shape[1:3]
    rows = [reflected(row - down, height) for row in range(height)]
    columns = [reflected(column - right, width) for column in range(width)]
    return images[:, rows][:, :, columns]


def check(exercise):
    images = np.random.default_rng(61).random((2, 6, 8, 3))
    got = checking.array(call(exercise, "mirror", images), images.shape, "The mirrored image")
    for axis, what in ((0, "the images"), (1, "top and bottom"), (3, "the colours")):
        if close(got, np.flip(images, axis)):
            raise Wrong(f"`mirror` exchanges {what}: it is to exchange left and right.")
    checking.require(got, np.flip(images, 2), "The mirrored image")
    for right, down in ((0, 0), (2, 0), (0, 1), (-3, 2), (1, -3)):
        got = call(exercise, "shift", images, right, down)
        got = checking.array(got, images.shape, "The shifted image")
        expected = shifted(images, right, down)
        if close(got, expected):
            continue
        case = f"For {right} to the right and {down} down"
        for wrong, sentence in (
            (shifted(images, -right, -down), "the image moves the other way."),
            (shifted(images, down, right), "across and down are exchanged."),
            (np.roll(images, (down, right), (1, 2)), "what leaves the image comes in opposite."),
        ):
            if close(got, wrong):
                raise Wrong(f"{case} {sentence}")
        checking.require(got, expected, f"{case} the shifted image", "What comes in at the edge?")
    return "both agree with pixels looked up one by one."
