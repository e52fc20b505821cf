"""A drawing in any picture format, prepared as the digits of MNIST were prepared.

A network reads only what looks like its training images. MNIST's digits were cropped to the ink,
fitted into 20×20 pixels, and placed in 28×28 with their centre of mass in the middle (LeCun,
Bottou, Bengio & Haffner, 1998, section III.A). Drawings get the same treatment here, after what
differs between pictures is taken away: colour, transparency, polarity, shading, noise, and a pen
far thinner or thicker than MNIST's.
"""

import functools
import json
import math
import warnings
from pathlib import Path

from cnn_practice import files
from cnn_practice.errors import InputError

import numpy as np
from PIL import Image, ImageOps
from scipy import ndimage

SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp"}
MAX_PIXELS = 50_000_000

# Pen width of MNIST in pixels of its 20×20 box: where a drawing's pen is thinner or thicker than
# nearly all of MNIST's (5th and 95th percentile of the training digits), it is brought there.
PEN_WIDTHS = (1.7, 3.9)


def open_picture(source, name=None):
    """Open a picture of any format, turned upright by its EXIF tag and wholly read.

    Args:
        source: path or open binary file of a PNG, JPEG, BMP, GIF (first frame), TIFF or WebP.
        name: how messages name the picture; its path by default.

    Returns:
        ``PIL.Image`` of the mode in which the file has it.

    Raises:
        InputError: not a picture, or more than 50 million pixels.
    """
    name = name or files.shown(source)
    try:
        with warnings.catch_warnings():
            # Pillow warns of large pictures; those over MAX_PIXELS are refused below.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(source)
        if picture.width * picture.height > MAX_PIXELS:
            raise InputError(
                f"{name} has {picture.width} × {picture.height} pixels: shrink it to at most"
                f" {MAX_PIXELS // 1_000_000} million."
            )
        return ImageOps.exif_transpose(picture)
    except InputError:
        raise
    except Image.DecompressionBombError as error:
        raise InputError(f"{name} has far too many pixels: shrink it.") from error
    except FileNotFoundError as error:
        raise InputError(f"There is no picture {name}: check the path.") from error
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise InputError(
            f"{name} is not a picture that can be read: save it as PNG or JPEG."
        ) from error


def read_grey(source, name=None):
    """Read a picture as grey values, whatever its format, colours, bit depth or transparency.

    Args:
        source: path or open binary file, as of ``open_picture``.
        name: how messages name the picture; its path by default.

    Returns:
        float32 of shape (H, W) in [0, 1], 0 = black and 1 = white.

    Raises:
        InputError: not a picture, no pixels, or more than 50 million pixels.
    """
    name = name or files.shown(source)
    picture = open_picture(source, name)
    if picture.mode in ("F", "I") or picture.mode.startswith("I;16"):
        values = np.asarray(picture, dtype=np.float32)
        full_scale = 65535 if picture.mode != "F" else max(float(values.max()), 1e-6)
        return np.clip(values / full_scale, 0, 1)
    layers = np.asarray(picture.convert("LA"), dtype=np.float32) / 255
    grey, alpha = layers[..., 0], layers[..., 1]
    if alpha.min() == 1:
        return grey
    if not alpha.any():
        raise InputError(f"There is no ink in {name}: it is transparent all over.")
    if (alpha > 0.5).mean() > 0.5:  # a picture with a transparent rim
        paper = np.median(grey[alpha > 0.5])
    else:  # ink on nothing: the paper is what the ink is not
        paper = float(np.average(grey, weights=alpha) < 0.5)
    return grey * alpha + paper * (1 - alpha)


def read_photo(path):
    """Read a picture in any of the usual formats as upright RGB.

    Colours are converted from CMYK, palettes, and grey of 8 or 16 bits; a transparent ground
    becomes white; a photo taken with the camera turned is turned upright by its EXIF tag; of an
    animation the first frame is taken.

    Args:
        path: of a JPEG, PNG, GIF, BMP, TIFF or WebP file.

    Returns:
        ``PIL.Image`` of mode RGB.

    Raises:
        InputError: no such file, not a picture, or more than 50 million pixels.
    """
    picture = open_picture(path)
    if picture.mode == "F" or picture.mode.startswith("I"):
        # Pillow would cut 16-bit values off at 255 instead of scaling them.
        grey = (255 * read_grey(path)).round().astype(np.uint8)
        return Image.fromarray(grey).convert("RGB")
    if picture.has_transparency_data:
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, picture.convert("RGBA"))
    return picture.convert("RGB")


def prepare(grey, name="the drawing"):
    """Make a drawn digit look as MNIST's digits do (LeCun et al., 1998, section III.A).

    Args:
        grey: float array of shape (H, W) in [0, 1]; ink dark on light or light on dark.
        name: how messages name the drawing.

    Returns:
        float32 of shape (28, 28) in [0, 1], 0 = paper and 1 = ink.

    Raises:
        InputError: the drawing is blank.
    """
    ink = _cropped(_without_specks(_shrunk(_ink(grey, name), 400)))
    ink = _with_mnist_pen(_shrunk(ink, 160))
    return _centred_by_mass(_fit(ink, 20), 28)


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
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
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


def _ink(grey, name):
    """How much ink each pixel bears, 0 to 1, on a paper freed of shading and noise."""
    if not grey.size:
        raise InputError(f"{name} has no pixels: draw a digit first.")
    lightness = grey - _paper(grey)
    # Ink is what differs most from the paper, to the dark side or to the light side.
    dark, light = np.maximum(-lightness, 0), np.maximum(lightness, 0)
    ink = dark if np.vdot(dark, dark) >= np.vdot(light, light) else light
    rim = lightness[_rim(lightness.shape)]
    noise = 1.4826 * np.median(np.abs(rim - np.median(rim)))
    solid = ink[ink > max(0.5 * ink.max(), 6 * noise, 0.06)]
    if not solid.size:
        raise InputError(f"There is no ink in {name}: draw a digit first.")
    ink = np.minimum(ink / np.median(solid), 1)
    ink[ink < 0.35] = 0
    return ink


def _paper(grey):
    """The lightness of the paper at each pixel: a smooth surface through the picture's rim.

    A quadratic surface follows the shading and vignetting of a photograph. Ink that reaches the
    rim is left out of the fit as an outlier.
    """
    rows, columns = np.nonzero(_rim(grey.shape))
    few = slice(None, None, 1 + len(rows) // 1000)  # some points of the rim are enough
    rows, columns = rows[few], columns[few]
    y, x = (np.linspace(-1, 1, length, dtype=np.float32) for length in grey.shape)
    points = np.stack([np.ones_like(x[columns]), x[columns], y[rows]], axis=-1)
    points = np.concatenate([points, points[:, 1:] ** 2, points[:, 1:2] * points[:, 2:]], axis=1)
    values = grey[rows, columns]
    kept = np.abs(values - np.median(values)) < 0.25
    for _ in range(3):
        surface = np.linalg.lstsq(points[kept], values[kept], rcond=None)[0]
        error = np.abs(points @ surface - values)
        kept = error <= max(3 * 1.4826 * np.median(error), 0.02)
    level, x1, y1, x2, y2, xy = surface
    y = y[:, np.newaxis]
    return (level + x1 * x + x2 * x**2) + (y1 * y + y2 * y**2) + xy * y * x


def _rim(shape):
    """Mask of the outermost pixels, where a drawing shows paper nearly everywhere."""
    height, width = shape
    thickness = max(1, round(0.03 * min(shape)))
    rim = np.ones(shape, dtype=bool)
    rim[thickness : height - thickness, thickness : width - thickness] = False
    return rim


def _shrunk(ink, size):
    """Shrink to at most ``size`` pixels a side by the maximum of blocks, which keeps thin lines."""
    block = math.ceil(max(ink.shape) / size)
    if block == 1:
        return ink
    ink = np.pad(ink, [(0, -length % block) for length in ink.shape])
    # Maxima of whole rows and columns: many times faster than ``max`` over the axes of blocks.
    ink = functools.reduce(np.maximum, (ink[row::block] for row in range(block)))
    return functools.reduce(np.maximum, (ink[:, column::block] for column in range(block)))


def _without_specks(ink):
    """Take away the pieces that are far smaller than the largest piece of the digit."""
    pieces, count = ndimage.label(ink, structure=np.ones((3, 3)))
    mass = np.bincount(pieces.ravel(), weights=ink.ravel(), minlength=count + 1)
    return np.where((mass < 0.02 * mass.max())[pieces], 0, ink)


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
