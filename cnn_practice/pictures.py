"""Picture files of any usual format, read as grey values or as upright RGB."""

import math
import warnings

from cnn_practice import files
from cnn_practice.errors import InputError

import numpy as np
from PIL import Image, ImageCms, ImageOps

SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp"}
# Pillow knows many more, some of which call other programs.
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP")
MAX_PIXELS = 50_000_000
MAX_ASPECT = 100  # of a picture's sides
LARGE = 20_000_000  # pixels: larger pictures are shrunk to this, so that memory lasts


def open_picture(source, name=None):
    """Open a picture of any usual format, turned upright by its EXIF tag and wholly read.

    Args:
        source: path or open binary file of a PNG, JPEG, BMP, GIF (first frame), TIFF or WebP.
        name: how messages name the picture; its path by default.

    Returns:
        ``PIL.Image`` of the mode in which the file has it; shrunk if it is very large.

    Raises:
        InputError: not a picture, more than 50 million pixels, or a line more than a picture.
    """
    name = name or files.shown(source)
    try:
        with warnings.catch_warnings():
            # Pillow warns of large pictures; those over MAX_PIXELS are refused below.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(source, formats=FORMATS)
        width, height = picture.size
        if width * height > MAX_PIXELS:
            raise InputError(
                f"{name} has {width} × {height} pixels: shrink it to at most"
                f" {MAX_PIXELS // 1_000_000} million."
            )
        if max(width, height) > MAX_ASPECT * min(width, height):
            raise InputError(f"{name} has {width} × {height} pixels: cut it to the digit.")
        orientation = picture.getexif().get(0x0112, 1)
        picture.load()
        if width * height > LARGE:
            picture = _shrunk(picture, math.ceil(math.sqrt(width * height / LARGE)))
            picture.getexif()[0x0112] = orientation
        return ImageOps.exif_transpose(picture)
    except InputError:
        raise
    except Image.DecompressionBombError as error:
        raise InputError(f"{name} has far too many pixels: shrink it.") from error
    except FileNotFoundError as error:
        raise InputError(f"There is no picture {name}: check the path.") from error
    # Damaged files raise nearly anything: Pillow's readers do not promise more.
    except Exception as error:
        raise InputError(
            f"{name} is not a picture that can be read: save it as PNG or JPEG."
        ) from error


def _shrunk(picture, times):
    if picture.mode.startswith("I;16"):
        return Image.fromarray(np.asarray(picture)[::times, ::times])
    if picture.mode in ("1", "P", "PA"):
        picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    return picture.reduce(times)


def read_grey(source, name=None):
    """Read a picture as grey values, whatever its format, colours, bit depth or transparency.

    Args:
        source: path or open binary file, as of ``open_picture``.
        name: how messages name the picture; its path by default.

    Returns:
        float32 of shape (H, W) in [0, 1], 0 = black and 1 = white.

    Raises:
        InputError: as of ``open_picture``; transparent all over, or values that are no numbers.
    """
    name = name or files.shown(source)
    picture = open_picture(source, name)
    if picture.mode == "F" or picture.mode.startswith("I"):
        return _scaled(np.asarray(picture, dtype=np.float32), picture.mode, name)
    if not picture.has_transparency_data:
        return np.asarray(_one_channel(picture), dtype=np.float32) / 255
    picture = picture.convert("RGBA")
    alpha = np.asarray(picture.getchannel("A"), dtype=np.float32) / 255
    if not alpha.any():
        raise InputError(f"There is no ink in {name}: it is transparent all over.")
    opaque = alpha > 0.5
    grey = np.asarray(_one_channel(picture.convert("RGB")), dtype=np.float32) / 255
    if opaque.mean() <= 0.5 and not _is_card(grey, opaque):
        # Ink on nothing: the paper is what the ink is not.
        paper = float(np.average(np.asarray(picture.convert("L")) / 255, weights=alpha) < 0.5)
        return np.asarray(picture.convert("L"), np.float32) / 255 * alpha + paper * (1 - alpha)
    # A picture with a transparent rim, which becomes paper, too.
    rows, columns = (np.flatnonzero(opaque.any(axis=axis)) for axis in (1, 0))
    part = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    grey, alpha = grey[part], alpha[part]
    return grey * alpha + np.median(grey[alpha > 0.5]) * (1 - alpha)


def _scaled(values, mode, name):
    """Grey values of 16 or 32 bits, in [0, 1]."""
    if not np.isfinite(values).all():
        raise InputError(f"{name} has values that are no numbers: save it as PNG or JPEG.")
    top = max(float(values.max()), 1e-6)
    if mode != "F":  # 12 bits in 16, for instance: white is the next power of two
        top = 2.0 ** max(8, math.ceil(math.log2(top + 1))) - 1
    return np.clip(values / top, 0, 1)


def _is_card(grey, opaque):
    """Whether the opaque part, less than half, is paper with ink on it, and not ink alone."""
    rows, columns = (np.flatnonzero(opaque.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return False
    box = (np.ptp(rows) + 1) * (np.ptp(columns) + 1)
    low, high = np.quantile(grey[opaque], [0.005, 0.995])
    return opaque.sum() > 0.6 * box and high - low > 0.2


def _one_channel(picture):
    """The lightness of a picture, or the colour channel that shows far more than it does.

    Red ink on green paper can be as light as the paper: then red shows it, and lightness does not.
    """
    if picture.mode == "LAB":
        return picture.getchannel("L")
    light = picture.convert("L")
    if picture.mode in ("1", "L"):
        return light
    picture = picture.convert("RGB")
    few = max(1, max(picture.size) // 200)
    channels = [light, *picture.split()]
    contrasts = [
        np.subtract(*np.quantile(np.asarray(each.reduce(few)), [0.995, 0.005])) for each in channels
    ]
    best = int(np.argmax(contrasts))
    return channels[best] if contrasts[best] > 1.8 * contrasts[0] else light


def read_photo(path):
    """Read a picture in any of the usual formats as upright RGB.

    Colours are converted from CMYK, LAB, palettes, and grey of 8 or 16 bits; a transparent ground
    becomes white; a photo taken with the camera turned is turned upright by its EXIF tag; of an
    animation the first frame is taken.

    Args:
        path: of a JPEG, PNG, GIF, BMP, TIFF or WebP file.

    Returns:
        ``PIL.Image`` of mode RGB.

    Raises:
        InputError: as of ``open_picture``.
    """
    picture = open_picture(path)
    if picture.mode == "F" or picture.mode.startswith("I"):
        # Pillow would cut 16-bit values off at 255 instead of scaling them.
        grey = _scaled(np.asarray(picture, dtype=np.float32), picture.mode, files.shown(path))
        return Image.fromarray((255 * grey).round().astype(np.uint8)).convert("RGB")
    if picture.mode == "LAB":
        profiles = (ImageCms.createProfile(space) for space in ("LAB", "sRGB"))
        return ImageCms.profileToProfile(picture, *profiles, outputMode="RGB")
    if picture.has_transparency_data:
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, picture.convert("RGBA"))
    return picture.convert("RGB")
