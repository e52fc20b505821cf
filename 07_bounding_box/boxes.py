"""What the scripts of this chapter share: intersection over union, the saved scenes, figures.

A box is (x, y, width, height) in pixels: (x, y) its upper left corner, x to the right, y down.
"""

import math

from cnn_practice import datasets, files, plots
from cnn_practice.errors import InputError

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

SCENES = files.DATA / "scenes.npz"
SIZE = 64  # width and height of a scene in pixels
PARTS = ("train", "val", "test")
INK = 64  # of 255: what is darker than this is ink that the box must hold
TRUE, PREDICTED = {"color": "#2e7d32", "ls": "-"}, {"color": "#ef6c00", "ls": "--"}


def check_range(name, pair, least, most):
    """Raise an ``InputError`` unless ``pair`` is a smallest and a largest number within bounds."""
    if len(pair) != 2 or not least <= pair[0] <= pair[1] <= most:
        raise InputError(
            f"{name} is {pair!r}: write the smallest and the largest number, {least} to {most}."
        )


def iou(first, second):
    """Intersection over union: the area both boxes share, over the area either covers.

    1 for the same box, 0 for boxes that merely touch or lie apart. A box without area shares
    nothing with any box, not even with itself: 0.

    Args:
        first: boxes (x, y, width, height), numbers of shape (..., 4).
        second: the same, of a shape that broadcasts with the first.

    Returns:
        float64 in [0, 1] of the broadcast shape without its last axis.

    Raises:
        ValueError: not four numbers per box, a negative width or height, or a number that is not
            finite.
    """
    first, second = (np.asarray(box, dtype=np.float64) for box in (first, second))
    for box in (first, second):
        if box.shape[-1:] != (4,) or not np.isfinite(box).all() or (box[..., 2:] < 0).any():
            raise ValueError("a box is x, y, width ≥ 0 and height ≥ 0, all of them finite")
    start = np.maximum(first[..., :2], second[..., :2])
    end = np.minimum(first[..., :2] + first[..., 2:], second[..., :2] + second[..., 2:])
    shared = np.prod(np.maximum(end - start, 0), axis=-1)
    either = np.prod(first[..., 2:], axis=-1) + np.prod(second[..., 2:], axis=-1) - shared
    # Where nothing has area, 0 / 1 rather than 0 / 0; rounding must not lead beyond 1.
    return np.minimum(shared / np.where(either > 0, either, 1), 1)


def tight_box(ink):
    """The smallest box around the ink.

    Args:
        ink: array of shape (H, W); what is not zero or False is ink.

    Returns:
        (x, y, width, height), int64 of shape (4,).

    Raises:
        ValueError: there is no ink.
    """
    rows, columns = np.nonzero(ink)
    if not rows.size:
        raise ValueError("there is no ink to put a box around")
    x, y = columns.min(), rows.min()
    return np.array([x, y, columns.max() + 1 - x, rows.max() + 1 - y])


def load_scenes(part):
    """Scenes that ``1_make_scenes.py`` saved.

    Args:
        part: "train", "val" or "test".

    Returns:
        ``scenes, boxes, digits``: uint8 (N, 64, 64), 0 = paper and 255 = ink; float32 (N, 4),
        x, y, width, height in pixels; uint8 (N,), 0–9.

    Raises:
        InputError: the file is missing or damaged.
    """
    remedy = "run «python 07_bounding_box/1_make_scenes.py»."
    if not SCENES.exists():
        raise InputError(f"There is no {files.shown(SCENES)} yet: {remedy}")
    try:
        arrays = datasets.read_npz(SCENES)
        return tuple(arrays[f"{part}_{name}"] for name in ("scenes", "boxes", "digits"))
    except (InputError, KeyError) as error:
        raise InputError(f"{files.shown(SCENES)} is damaged: {remedy}") from error


def captions(digits, overlaps, truth):
    """What was read, where it is wrong the true digit, and how well the box fits.

    Args:
        digits: N predicted digits.
        overlaps: IoU of the N predicted boxes.
        truth: N true digits, None where one is not known.

    Returns:
        ``captions, wrong``: N strings; the numbers of those that were misread.
    """
    wrong = [i for i, true in enumerate(truth) if true is not None and true != digits[i]]
    misread = [f", true {truth[i]}" if i in wrong else "" for i in range(len(digits))]
    return [
        f"{digit}{true}, IoU {iou:.2f}"
        for digit, true, iou in zip(digits, misread, overlaps, strict=True)
    ], wrong


def figure(pictures, captions, name, title, true, predicted=None, wrong=(), columns=8):
    """Pictures with their true box (green) and predicted box (orange, dashed), saved as a figure.

    Args:
        pictures: N arrays of one shape (H, W), 0 = paper; each shown with its own range of greys.
        captions: N strings.
        name: file name without suffix.
        title: heading of the figure.
        true: N boxes in pixels.
        predicted: N boxes in pixels, or None.
        wrong: numbers of the pictures whose caption is to be red.
        columns: pictures per row.
    """
    rows = math.ceil(len(pictures) / columns)
    height, width = np.shape(pictures[0])
    size = 1.5 * columns, (1.5 * height / width + 0.25) * rows + 0.8
    drawn = Figure(figsize=size, layout="constrained")
    drawn.suptitle(title)
    lines = [Line2D([], [], label="true box", **TRUE)]
    if predicted is not None:
        lines.append(Line2D([], [], label="predicted box", **PREDICTED))
    drawn.legend(handles=lines, loc="outside lower center", ncols=2)
    for axes in (grid := drawn.subplots(rows, columns, squeeze=False)).flat:
        axes.axis("off")
    for index, axes in enumerate(grid.flat[: len(pictures)]):
        axes.axis("on")
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set(color="#cccccc", linewidth=0.5)
        axes.imshow(pictures[index], cmap="gray_r")
        colour = plots.WRONG if index in wrong else "black"
        axes.set_title(captions[index], fontsize=8, pad=3, color=colour)
        for boxes, style in (true, TRUE), (predicted, PREDICTED):
            if boxes is not None:
                x, y, width, height = boxes[index]
                # Pixel 0 reaches from -0.5 to 0.5 in Matplotlib's coordinates.
                axes.add_patch(Rectangle((x - 0.5, y - 0.5), width, height, fill=False, **style))
    return plots.save(drawn, name)
