"""A drawing in any picture format, prepared as the digits of MNIST were prepared.

A network reads only what looks like its training images. MNIST's digits were cropped to the ink,
fitted into 20×20 pixels, and placed in 28×28 with their centre of mass in the middle (LeCun,
Bottou, Bengio & Haffner, 1998, section III.A). Drawings get the same treatment here, after what
differs between pictures is taken away: colour, transparency, polarity, shading, noise, and a pen
far thinner or thicker than MNIST's.
"""

import json
import math
from pathlib import Path

from cnn_practice import files
from cnn_practice.errors import InputError
from cnn_practice.ink import find_ink, shrunk
from cnn_practice.pictures import SUFFIXES, read_grey, read_photo

import numpy as np
from PIL import Image
from scipy import ndimage

__all__ = [
    "SUFFIXES", "enlarged", "fitted", "list_folder", "pen_width", "prepare", "read_folder",
    "read_grey", "read_photo", "read_truth", "resize_only", "score", "split",
]  # fmt: skip

# Pen width of MNIST in pixels of its 20×20 box: where a drawing's pen is thinner or thicker than
# nearly all of MNIST's (5th and 95th percentile of the training digits), it is brought there.
PEN_WIDTHS = (1.7, 3.9)


def prepare(grey, name="the drawing"):
    """Make a drawn digit look as MNIST's digits do (LeCun et al., 1998, section III.A).

    Args:
        grey: float array of shape (H, W) in [0, 1]; ink dark on light or light on dark.
        name: how messages name the drawing.

    Returns:
        float32 of shape (28, 28) in [0, 1], 0 = paper and 1 = ink.

    Raises:
        InputError: the drawing is blank, or shows several digits.
    """
    found = find_ink(grey, name)
    digits = _apart(found)
    if len(digits) > 1:
        raise InputError(
            f"{len(digits)} digits were seen in {name}: draw one alone, or let the script"
            " 03_lenet5/3_classify_drawings.py cut the picture apart."
        )
    return fitted(found)


def fitted(ink):
    """The second half of ``prepare``: a pen as MNIST's, fitted into 20×20, centred in 28×28.

    Args:
        ink: float32 of shape (H, W) in [0, 1], 0 = paper and 1 = ink, of one digit.
    """
    return _centred_by_mass(_fit(_with_mnist_pen(shrunk(_cropped(ink), 160)), 20), 28)


def split(grey, name="the drawing"):
    """The digits of a picture that shows several, such as a telephone number, from left to right.

    Args:
        grey: float array of shape (H, W) in [0, 1]; ink dark on light or light on dark.
        name: how messages name the picture.

    Returns:
        list of float32 arrays of shape (H', W') in [0, 1], each with one digit, light on dark, for
        ``prepare``.

    Raises:
        InputError: the picture is blank.
    """
    return [np.pad(_cropped(digit), 8) for digit in _apart(find_ink(grey, name))]


def _apart(ink):
    """The ink of each digit, from left to right: as high as the others, with paper between."""
    if max(ink.shape) <= 64:  # so few pixels show one digit, even if in pieces
        return [ink]
    ink = _cropped(ink)
    pieces, count = ndimage.label(ink, structure=np.ones((3, 3)))
    if count == 1:
        return [ink]
    boxes = ndimage.find_objects(pieces)
    order = sorted(range(len(boxes)), key=lambda number: boxes[number][1].start)
    height = max(rows.stop - rows.start for rows, _ in boxes)
    groups = []  # of [left, right, top, bottom, numbers of pieces]
    for number in order:
        rows, columns = boxes[number]
        if groups and columns.start - groups[-1][1] < 0.12 * height:
            group = groups[-1]
            group[1] = max(group[1], columns.stop)
            group[2:4] = min(group[2], rows.start), max(group[3], rows.stop)
            group[4].append(number + 1)
        else:
            groups.append([columns.start, columns.stop, rows.start, rows.stop, [number + 1]])
    high = [group for group in groups if group[3] - group[2] >= 0.55 * height]
    if len(high) < 2:
        return [ink]
    return [np.where(np.isin(pieces, group[4]), ink, 0) for group in high]


def resize_only(grey, name="the drawing"):
    """The picture shrunk to 28×28 and nothing else: what people try first, and why it fails.

    Args:
        grey: float array of shape (H, W) in [0, 1].
        name: not used; the arguments are those of ``prepare``.

    Returns:
        float32 of shape (28, 28) in [0, 1]; light on dark, as MNIST is, whatever it was before.
    """
    picture = Image.fromarray(grey.astype(np.float32))
    small = np.asarray(picture.resize((28, 28), Image.Resampling.BILINEAR))
    return 1 - small if np.median(small) > 0.5 else small


def enlarged(picture, size):
    """A prepared drawing, for a model with a larger input.

    Args:
        picture: float32 of shape (28, 28) in [0, 1].
        size: pixels a side of the model's input.

    Returns:
        float32 of shape (size, size) in [0, 1], by bilinear interpolation, as chapter 04 enlarges
        its training images.
    """
    return np.asarray(Image.fromarray(picture).resize((size, size), Image.Resampling.BILINEAR))


def read_folder(folder=files.DRAWINGS):
    """Read all pictures of a folder, and their digits where ``groundtruth.json`` gives them.

    Args:
        folder: its pictures are read in the order of their names. ``groundtruth.json`` in it, if
            there, maps file names to digits: ``{"seven.png": 7}``.

    Returns:
        ``names, greys, truth``: N file names; N float32 arrays of shape (H, W) in [0, 1]; N
        digits 0–9, None where a picture has none.

    Raises:
        InputError: no such folder, no picture in it, or a faulty picture or ground truth.
    """
    paths = list_folder(folder)
    truth = read_truth(Path(folder).expanduser())
    names = [path.name for path in paths]
    return names, [read_grey(path) for path in paths], [truth.get(name) for name in names]


def list_folder(folder):
    """The paths of all pictures of a folder, in the order of their names.

    Raises:
        InputError: no such folder, or no picture in it.
    """
    folder = Path(folder).expanduser()
    if not folder.is_dir():
        raise InputError(f"There is no folder {files.shown(folder)}: check the path.")
    paths = sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in SUFFIXES and not path.name.startswith(".")
    )
    if not paths:
        raise InputError(
            f"There are no pictures in {files.shown(folder)}: put some there as PNG or JPEG."
        )
    return paths


def read_truth(folder):
    """The dict of file name to digit in ``groundtruth.json`` of ``folder``; {} without that file.

    Raises:
        InputError: broken JSON, a file that is not there, or a label other than the integers 0–9.
    """
    path = Path(folder) / "groundtruth.json"
    if not path.exists():
        return {}
    try:
        truth = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{files.shown(path)} is not valid JSON: mend it or remove it.") from error
    if not isinstance(truth, dict):
        raise InputError(f"{files.shown(path)} must map file names to digits: mend it.")
    for name, digit in truth.items():
        if not (Path(folder) / name).is_file():
            raise InputError(f"{files.shown(path)} names {name}, which is not there: remove it.")
        if type(digit) is not int or not 0 <= digit <= 9:
            raise InputError(
                f"{files.shown(path)} gives {name} the label {digit!r}: it must be 0 to 9."
            )
    return truth


def score(model, prepare=prepare, folder=files.DRAWINGS):
    """Share of a folder's drawings that ``model`` reads right.

    Args:
        model: Keras model from float32 (N, height, width, 1) in [0, 1] to (N, 10); the prepared
            drawings are enlarged where its input is.
        prepare: ``prepare`` or ``resize_only``.
        folder: pictures, all of them named in its ``groundtruth.json``.

    Returns:
        float in [0, 1].
    """
    names, greys, truth = read_folder(folder)
    size = model.input_shape[1]
    prepared = [prepare(grey, name) for name, grey in zip(names, greys, strict=True)]
    prepared = np.stack([enlarged(picture, size) for picture in prepared])
    predicted = model.predict(prepared[..., np.newaxis], verbose=0).argmax(axis=1)
    return float(np.mean(predicted == np.array(truth)))


def _cropped(ink):
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def pen_width(ink):
    """Mean width of the strokes of ``ink``, shape (H, W), in pixels.

    Across a stroke of width w, the distances of its pixels to the paper are 1, 2, …, 2, 1, whose
    mean is about (w + 2) / 4.
    """
    return max(4 * _depth(ink)[ink > 0.5].mean() - 2, 1)


def _depth(ink):
    """Distance of each pixel to the nearest paper, in pixels; outside the picture is paper."""
    return ndimage.distance_transform_edt(np.pad(ink > 0.5, 1))[1:-1, 1:-1]


def _with_mnist_pen(ink):
    """Thicken or thin the strokes of a cropped digit that no pen of MNIST would leave."""
    thinnest, thickest = (width * max(ink.shape) / 20 for width in PEN_WIDTHS)
    width = pen_width(ink)
    if width < thinnest:
        grow = (thinnest - width) / 2
        ink = np.pad(ink, math.ceil(grow))
        return (ndimage.distance_transform_edt(ink <= 0.5) <= grow).astype(np.float32)
    if width > thickest:
        return (_depth(ink) > (width - thickest) / 2).astype(np.float32)
    return ink


def _fit(ink, size):
    """Shrink or enlarge to fit ``size`` × ``size``, keeping the aspect ratio."""
    height, width = ink.shape
    scale = size / max(height, width)
    new = max(1, round(width * scale)), max(1, round(height * scale))
    picture = Image.fromarray(ink.astype(np.float32))
    return np.clip(np.asarray(picture.resize(new, Image.Resampling.BICUBIC)), 0, 1)


def _centred_by_mass(box, size):
    """Place ``box`` in ``size`` × ``size``, its centre of mass at pixel (size / 2, size / 2).

    That is (14, 14) for 28, the mean of all digits of MNIST, not the geometric centre (13.5, 13.5).
    """
    picture = np.zeros((size, size), dtype=np.float32)
    corner = []
    for centre, length in zip(ndimage.center_of_mass(box), box.shape, strict=True):
        corner.append(int(np.clip(round(size / 2 - centre), 0, size - length)))
    top, left = corner
    picture[top : top + box.shape[0], left : left + box.shape[1]] = box
    return picture
