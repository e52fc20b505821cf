"""Read back line by line, as Kaggle does."""

import numpy as np
from checking import Wrong, call

HINTS = (
    "Begin with the header, and add one line per digit.",
    "`enumerate(digits, start=1)` gives the numbers of the images.",
    "Every line ends with `\\n`, the last one, too. `int(digit)` writes 7 and not 7.0.",
)


def check(exercise):
    digits = np.array([2, 0, 9, 9, 3, 7], dtype=np.int64)
    text = call(exercise, "submission", digits)
    if not isinstance(text, str):
        raise Wrong(f"`submission` returns {type(text).__name__}: a string is wanted.")
    lines = text.split("\n")
    if lines[0] != "ImageId,Label":
        raise Wrong(f"The first line is {lines[0]!r}: Kaggle expects 'ImageId,Label'.")
    if lines[-1] != "" or len(lines) != len(digits) + 2:
        raise Wrong(
            f"The text has {text.count(chr(10))} newlines: {len(digits) + 1} lines, each ended by"
            " one, are wanted."
        )
    for number, (line, digit) in enumerate(zip(lines[1:], digits, strict=False), 1):
        if line == f"{number - 1},{digit}":
            raise Wrong(f"Line {number + 1} is {line!r}: the images are counted from 1.")
        if line != f"{number},{digit}":
            raise Wrong(f"Line {number + 1} is {line!r}: '{number},{digit}' is wanted.")
    return "Kaggle would take it."
