"""Where a picture's ink is: paper of any shade, shadows, tables, frames and lines taken away.

A drawing on a clean canvas has one paper all along its rim, and ink is what differs from it. A
photograph has shadows, the table around the sheet, printed lines; a digit cut to its box has no
rim at all. Each of these is recognised here and handled by itself, and a clean canvas by none.
"""

import functools
import math

from cnn_practice.errors import InputError

import numpy as np
from PIL import Image
from scipy import ndimage

SIZE = 400  # pixels a side, at most, in which ink is looked for
FAINT = 0.35  # of the ink's usual strength: what is fainter counts as paper


def find_ink(grey, name="the drawing"):
    """The ink of a digit or of several, without what else is in the picture.

    Args:
        grey: float array of shape (H, W) in [0, 1]; ink dark on light or light on dark.
        name: how messages name the picture.

    Returns:
        float32 of shape (H', W') in [0, 1], 0 = paper and 1 = ink, at most ``SIZE`` a side.

    Raises:
        InputError: there is no ink.
    """
    if not grey.size:
        raise InputError(f"{name} has no pixels: draw a digit first.")
    # Small pictures of the darkest and of the lightest in each block keep thin lines.
    dark, light = (shrunk(grey, SIZE, extreme) for extreme in (np.minimum, np.maximum))
    ink = _against_the_rim(dark, light)
    if ink is None:
        ink = _cut_to_its_box(dark, light)
    if ink is None:
        ink = _against_its_surroundings(dark, light)
    elif (sheet := _sheet(ink)) is not None:
        ink = _against_its_surroundings(dark, light, sheet)
    if not ink.any():
        raise InputError(f"There is no ink in {name}: draw a digit first.")
    ink = _without_specks(_without_what_surrounds(_without_lines(ink)))
    rows, columns = (np.flatnonzero(ink.any(axis=axis)) for axis in (1, 0))
    block = math.ceil(max(grey.shape) / SIZE)
    extent = max(np.ptp(rows), np.ptp(columns)) + 1
    if block > 1 and extent < 0.08 * SIZE:  # a small digit on a large canvas: look closely
        top, left = ((max(side[0] - extent, 0)) * block for side in (rows, columns))
        bottom, right = ((side[-1] + extent + 1) * block for side in (rows, columns))
        return find_ink(grey[top:bottom, left:right], name)
    return ink


def shrunk(picture, size, extreme=np.maximum):
    """Shrink to at most ``size`` pixels a side by the maximum (or minimum) of blocks."""
    block = math.ceil(max(picture.shape) / size)
    if block == 1:
        return picture
    picture = np.pad(picture, [(0, -length % block) for length in picture.shape], "edge")
    # Extremes of whole rows and columns: many times faster than over the axes of blocks.
    picture = functools.reduce(extreme, (picture[row::block] for row in range(block)))
    return functools.reduce(extreme, (picture[:, column::block] for column in range(block)))


def _against_the_rim(dark, light):
    """Ink as what differs most from the paper at the rim; None where the rim is not one paper."""
    border = dark[_rim(dark.shape)]
    threshold, sharpness = _two_greys(border)
    if sharpness > 0.85 and np.ptp(border) > 0.2 and 0.2 < np.mean(border > threshold) < 0.8:
        return None
    papers = [_paper(dark)]
    papers.append(papers[0] if light is dark else _paper(light))
    # Ink is on the dark side of the paper or on the light side.
    inks = [np.maximum(papers[0] - dark, 0), np.maximum(light - papers[1], 0)]
    chosen = int(np.vdot(inks[1], inks[1]) > np.vdot(inks[0], inks[0]))
    rim = (papers[0] - dark if chosen == 0 else light - papers[1])[_rim(dark.shape)]
    noise = 1.4826 * np.median(np.abs(rim - np.median(rim)))
    if np.mean(np.abs(rim) > max(4 * noise, 0.08)) > 0.2 or noise > 0.1:
        return None
    return _of_full_strength(inks[chosen], noise)


def _of_full_strength(ink, noise):
    """Scale ink to the strength of its solid strokes; all zero where there is none."""
    solid = ink[ink > max(0.5 * ink.max(), 6 * noise, 0.06)]
    if not solid.size:
        return np.zeros_like(ink)
    ink = np.minimum(ink / np.median(solid), 1)
    ink[ink < FAINT] = 0
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


@functools.cache
def _rim(shape):
    """Mask of the outermost pixels, where a drawing shows paper nearly everywhere."""
    height, width = shape
    thickness = max(1, round(0.03 * min(shape)))
    rim = np.ones(shape, dtype=bool)
    rim[thickness : height - thickness, thickness : width - thickness] = False
    return rim


def _cut_to_its_box(dark, light):
    """Ink of a digit that fills the picture, so that there is no rim; None where it does not.

    There are then two greys, and one of them makes strokes: nowhere is it wide.
    """
    grey = (dark + light) / 2
    threshold, sharpness = _two_greys(grey)
    lighter = grey > threshold
    chosen = int(lighter[_rim(grey.shape)].mean() < 0.5)  # a digit leaves most of the rim free
    classes = [~lighter, lighter]
    ink, paper = (np.median(grey[classes[i]]) for i in (chosen, 1 - chosen))
    strength = np.clip(((dark, light)[chosen] - paper) / (ink - paper), 0, 1).astype(np.float32)
    few = math.ceil(0.04 * max(grey.shape))
    sides = strength[:few], strength[-few:], strength[:, :few], strength[:, -few:]
    touched = min(side.max() for side in sides) > 0.2
    narrow = _depth(classes[chosen]).max() < 0.3 * max(grey.shape)
    # What is this small is no photograph.
    if max(grey.shape) > 64 and not (sharpness > 0.75 and touched and narrow):
        return None
    strength[strength < FAINT] = 0
    return strength if np.ptp(grey) > 0.1 else np.zeros_like(strength)


def _two_greys(grey):
    """The threshold that parts the greys best (Otsu, 1979), and how much variance it explains."""
    counts, edges = np.histogram(grey, bins=64)
    middles = (edges[:-1] + edges[1:]) / 2
    below = counts.cumsum()[:-1]
    sums = (counts * middles).cumsum()
    above = counts.sum() - below
    means = sums[:-1] / np.maximum(below, 1), (sums[-1] - sums[:-1]) / np.maximum(above, 1)
    between = below * above * (means[0] - means[1]) ** 2
    best = between.argmax()
    variance = np.sum(counts * (middles - sums[-1] / counts.sum()) ** 2) * counts.sum()
    return edges[best + 1], between[best] / max(variance, 1e-12)


def _depth(mask):
    """Distance of each pixel to the nearest one that is not in the mask; outside none is."""
    return ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]


def _against_its_surroundings(dark, light, sheet=None):
    """Ink as what is narrow and differs from what is around it, on the sheet alone.

    Grey closing fills what is dark and narrower than its window, and keeps every edge of what is
    wide: shadows, tables, frames (opening does it for what is light).
    """
    part = (slice(None), slice(None))
    if sheet is not None:
        part = ndimage.find_objects(sheet.astype(np.uint8))[0]
        sheet = sheet[part]
    dark, light = dark[part], light[part]
    window = max(3, round(0.25 * min(dark.shape)))
    paper = ndimage.grey_closing(dark, window, mode="nearest")
    # A shadow weakens ink and paper alike; what is darker still is no paper.
    below = (paper - dark) / np.maximum(paper, 0.5 * np.quantile(paper[::4, ::4], 0.9) + 1e-3)
    above = light - ndimage.grey_opening(light, window, mode="nearest")
    inside = ~_rim(dark.shape) if sheet is None else sheet
    # The paper that ink encloses is narrow, too, but no darker or lighter than paper around.
    usual = _local_median((dark + light) / 2)
    is_dark = np.sum((below * np.maximum(usual - dark, 0))[inside])
    is_light = np.sum((above * np.maximum(light - usual, 0))[inside])
    ink = below if is_dark >= is_light else above
    noise = 1.4826 * np.median(np.abs(ink[inside] - np.median(ink[inside])))
    ink = _of_full_strength(np.maximum(ink - np.median(ink[inside]), 0).astype(np.float32), noise)
    return _within(ink, inside)


def _local_median(grey):
    """The median grey around each pixel, in a window of two fifths of the picture."""
    few = Image.fromarray(grey.astype(np.float32)).resize((48, 48), Image.Resampling.BOX)
    medians = ndimage.median_filter(np.asarray(few), 19, mode="nearest")
    return np.asarray(Image.fromarray(medians).resize(grey.shape[::-1], Image.Resampling.BILINEAR))


def _within(ink, inside):
    """Without faint pieces, and those at the edge of the sheet if a large one is not."""
    pieces, count = ndimage.label(np.where(inside, ink, 0), structure=np.ones((3, 3)))
    mass = np.bincount(pieces.ravel(), weights=ink.ravel(), minlength=count + 1)
    strength = ndimage.maximum(ink, pieces, np.arange(count + 1))
    mass[strength < 0.6] = 0
    edge = np.zeros(count + 1, dtype=bool)
    edge[pieces[_depth(inside) < 1.5]] = True
    mass[0], edge[0] = 0, False
    if not edge.any() or mass[~edge].max() < 0.2 * mass.max():
        return np.where(mass[pieces] > 0, ink, 0)
    return np.where(edge[pieces] | (mass[pieces] == 0), 0, ink)


def _sheet(ink):
    """Where what was taken for ink is a sheet of paper on a table, or within a frame; else None.

    A sheet is wide, has straight sides, and holds something small.
    """
    mask = ink > 0.5
    if mask.mean() < 0.1:
        return None
    mask = _largest_piece(mask)
    filled = _filled(mask)
    holes = filled & ~mask
    share = holes.sum() / filled.sum()
    if filled.mean() < 0.1 or not 0.001 < share < 0.4 or _rectangularity(filled) < 0.85:
        return None
    hole = _largest_piece(holes)
    boxes = [ndimage.find_objects(each.astype(np.uint8))[0] for each in (filled, hole)]
    shapes = [[side.stop - side.start for side in box] for box in boxes]
    aspects = [height / width for height, width in shapes]
    if hole.sum() > 0.7 * math.prod(shapes[1]) and 0.5 < aspects[0] / aspects[1] < 2:
        return None  # the ring of a thick 0
    margin = max(2, round(0.02 * min(shapes[0])))
    return _depth(filled) > margin


def _largest_piece(mask):
    pieces, _ = ndimage.label(mask, structure=np.ones((3, 3)))
    return pieces == 1 + np.bincount(pieces.ravel())[1:].argmax()


def _filled(mask):
    """The mask with its holes."""
    outside, _ = ndimage.label(np.pad(~mask, 1, constant_values=True))
    return (outside != outside[0, 0])[1:-1, 1:-1]


def _rectangularity(mask):
    """The area of a mask as a share of the smallest rectangle of any direction around it."""
    edge = np.argwhere(mask & (_depth(mask) < 1.5))
    angles = np.radians(np.arange(0, 90, 3))
    across = edge @ np.stack([np.cos(angles), np.sin(angles)])
    along = edge @ np.stack([-np.sin(angles), np.cos(angles)])
    return mask.sum() / ((np.ptp(across, axis=0) + 1) * (np.ptp(along, axis=0) + 1)).min()


def _without_lines(ink):
    """Take away straight thin lines that reach the rim or are far wider than the digit."""
    mask = ink > 0
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
    spans = height > 0.96 * mask.shape[0] or width > 0.96 * mask.shape[1]
    if not spans and width < 1.3 * height:
        return ink
    lines = _lines(mask) | _lines(mask.T).T
    rest = np.where(lines, 0, ink)
    return rest if _plausible(rest) else ink


def _plausible(rest):
    """Whether what is left, when something is taken away, can be a digit within the picture."""
    if not rest.any():
        return False
    largest = _largest_piece(rest > 0)
    rows, columns = (np.flatnonzero(largest.any(axis=axis)) for axis in (1, 0))
    height, width = rest.shape
    inside = rows[0] > 0 and columns[0] > 0 and rows[-1] < height - 1 and columns[-1] < width - 1
    return inside and max(np.ptp(rows), np.ptp(columns)) >= 0.04 * max(rest.shape)


def _lines(mask):
    """Mask of the pixels of lines that run across: thin, straight, and ink all along."""
    height, width = mask.shape
    thin = max(3, round(0.035 * min(mask.shape)))
    narrow = mask & (_run_lengths(mask) <= thin)
    pieces, _ = ndimage.label(narrow, structure=np.ones((3, 3)))
    found = np.zeros_like(mask)
    boxes = ndimage.find_objects(pieces)
    for number in sorted(range(len(boxes)), key=lambda i: boxes[i][1].start - boxes[i][1].stop):
        box = boxes[number]
        length = box[1].stop - box[1].start
        if length < max(8, 0.02 * width):
            break
        y, x = np.nonzero(pieces[box] == number + 1)
        y, x = y + box[0].start, x + box[1].start
        if found[y, x].mean() > 0.5:
            continue
        slope, level = np.polyfit(x, y, 1)
        if abs(slope) > 0.2 or np.abs(y - slope * x - level).max() > thin:
            continue
        along = np.arange(width)
        centre = np.round(level + slope * along).astype(int)
        nearby = centre + np.arange(-2, 3)[:, np.newaxis]
        inked = mask[np.clip(nearby, 0, height - 1), along].any(axis=0)
        start, stop = _stretch(inked, x.min(), x.max(), max(2, round(0.04 * width)))
        ends = 0.02 * width + 1
        reaches = start <= ends and stop >= width - 1 - ends
        half = thin / 2 + 1
        line = narrow & (np.abs(np.arange(height)[:, np.newaxis] - centre) <= half)
        line[:, :start] = line[:, stop + 1 :] = False
        if not reaches:
            rest = np.argwhere(mask & ~line & ~found)
            if not len(rest) or stop - start < 1.3 * np.ptp(rest, axis=0).max():
                continue
        found |= line
    return found


def _stretch(inked, start, stop, gap):
    """How far ink goes on to both sides of a piece, over gaps of at most ``gap`` pixels."""
    empty = np.convolve(inked, np.ones(gap + 1), "full")[gap : gap + len(inked)] == 0
    after = np.flatnonzero(empty[stop:])
    stop = stop + after[0] - 1 if len(after) else len(inked) - 1
    empty = np.convolve(inked, np.ones(gap + 1), "full")[: len(inked)] == 0
    before = np.flatnonzero(empty[: start + 1])
    return (before[-1] + 1 if len(before) else 0), stop


def _run_lengths(mask):
    """How many pixels of the mask follow each other, up and down, through each of its pixels."""
    index = np.arange(mask.shape[0])[:, np.newaxis]
    above = np.maximum.accumulate(np.where(mask, -1, index))
    below = np.minimum.accumulate(np.where(mask, mask.shape[0], index)[::-1])[::-1]
    return below - above - 1


def _without_what_surrounds(ink):
    """Take away a frame or a box around the digit, and what reaches in from opposite sides."""
    pieces, count = ndimage.label(ink, structure=np.ones((3, 3)))
    if count == 1:
        return ink
    boxes = ndimage.find_objects(pieces)
    height, width = ink.shape
    removed = np.zeros(count + 1, dtype=bool)
    for number, (rows, columns) in enumerate(boxes, 1):
        spans = (rows.start == 0 and rows.stop == height) or (
            columns.start == 0 and columns.stop == width
        )
        inside = [
            other for other, (r, c) in enumerate(boxes, 1)
            if rows.start < r.start and r.stop < rows.stop
            and columns.start < c.start and c.stop < columns.stop
            and r.stop - r.start > 0.35 * (rows.stop - rows.start)
        ]  # fmt: skip
        removed[number] = spans or bool(inside)
    if not removed.any():
        return ink
    rest = np.where(removed[pieces], 0, ink)
    return rest if _plausible(rest) else ink


def _without_specks(ink):
    """Take away the pieces that are far smaller than the largest piece of the digit."""
    pieces, count = ndimage.label(ink, structure=np.ones((3, 3)))
    if count == 1:
        return ink
    mass = np.bincount(pieces.ravel(), weights=ink.ravel(), minlength=count + 1)
    return np.where((mass < 0.02 * mass.max())[pieces], 0, ink)
