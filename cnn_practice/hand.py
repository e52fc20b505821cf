"""A model of the hand: where the pen goes when a person writes a digit along a path.

It misses the path's points a little, trembles, is slower in curves and at corners, and its ends do
not quite meet. The speed follows the two-thirds power law of human drawing (Lacquaniti, Terzuolo &
Viviani, 1983): it grows with the cube root of the radius of curvature.
"""

import numpy as np
from PIL import Image, ImageDraw
from scipy.interpolate import CubicSpline
from scipy.ndimage import distance_transform_edt, gaussian_filter1d

MISS = 0.018  # by how much the hand misses a path's points, as a share of the digit's height
TREMOR = 0.004  # of an ordinary hand, as a share of the digit's height
DURATION = 0.6  # seconds for a stroke as long as the digit is high


def write(path, rng, height, aspect, slant, turn, tremor=TREMOR, gap=0, miss=MISS):
    """The places of the mouse, 8 ms apart, when a hand writes ``path``.

    Args:
        path: list of strokes, a stroke a list of points (x, y) that the pen passes smoothly, in
            a box from (0, 0) at the upper left to (1, 1) at the lower right. A point given twice
            is a corner.
        rng: NumPy's random generator.
        height: of the digit, in canvas heights.
        aspect: width by height of the path's box.
        slant: horizontal shift per height; positive leans to the right.
        turn: degrees clockwise.
        tremor: deviation from the smooth path, in digit heights.
        gap: length that is missing somewhere in the longest stroke, in digit heights.
        miss: by how much the hand misses a path's points, in digit heights.

    Returns:
        list of float arrays of shape (N, 2), in canvas heights, around (0, 0).
    """
    turn = np.deg2rad(turn)
    shape = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    shape = shape @ np.array([[aspect, -slant], [0, 1]])
    strokes = []
    for stroke in path:
        points = (np.array(stroke) - 0.5) @ shape.T
        corners = [i for i in range(1, len(points)) if stroke[i] == stroke[i - 1]]
        missed = rng.normal(0, miss, points.shape)
        for i in corners:
            missed[i] = missed[i - 1]
        pieces = np.split(points + missed, corners)
        strokes.append(np.concatenate([_move(piece, rng, tremor) for piece in pieces]))
    if gap:
        # The pen skips: a piece is missing, not at a corner's end and not at the stroke's.
        longest = max(range(len(strokes)), key=lambda i: _lengths(strokes[i])[-1])
        stroke = strokes[longest]
        along = _lengths(stroke)
        start = rng.uniform(0.3, 0.6) * along[-1]
        before, after = stroke[along < start], stroke[along > start + gap]
        strokes[longest : longest + 1] = [before, after]
    return [height * stroke for stroke in strokes]


def _lengths(points):
    """How far along a polyline each of its points is."""
    return np.concatenate([[0], np.hypot(*np.diff(points, axis=0).T).cumsum()])


def _move(points, rng, tremor):
    """Move smoothly through points, in steps of 8 ms."""
    # The square root of the distances as parameter keeps a curve from looping or overshooting.
    knots = np.concatenate([[0], np.sqrt(np.hypot(*np.diff(points, axis=0).T)).cumsum()])
    curve = CubicSpline(knots, points, bc_type="natural")
    fine = np.linspace(0, knots[-1], 400)
    places, (dx, dy), (ddx, ddy) = curve(fine), curve(fine, 1).T, curve(fine, 2).T
    along = _lengths(places)
    for wavelength in (0.04, 0.15):  # in digit heights
        noise = gaussian_filter1d(
            rng.normal(size=places.shape), wavelength * 400 / along[-1], axis=0
        )
        places = places + tremor * noise / noise.std()
    curvature = np.abs(dx * ddy - dy * ddx) / np.hypot(dx, dy) ** 3
    speed = (1 / np.maximum(curvature, 1)) ** (1 / 3)
    # A hand sets off and stops gently.
    speed *= np.clip(0.25 + 5 * np.minimum(along, along[-1] - along), 0, 1)
    moments = np.concatenate([[0], (np.diff(along) / speed[1:]).cumsum()]) * DURATION
    steps = np.linspace(0, moments[-1], max(4, round(moments[-1] / 0.008)))
    return np.stack([np.interp(steps, moments, each) for each in places.T], axis=1)


def picture(strokes, size, pen, margin=3):
    """Ink the strokes with a round pen.

    Args:
        strokes: list of float arrays of shape (N, 2), (x, y) in any unit.
        size: of the longer side of the digit's middle line, in pixels.
        pen: width of the strokes, as a share of ``size``.
        margin: paper around the digit, in pixels.

    Returns:
        float32 of shape (H, W), 0 = paper and 1 = ink.
    """
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    scale = size / max(*(high - low), 1e-6)
    radius = pen * size / 2
    frame = radius + margin
    width, height = np.ceil((high - low) * scale + 2 * frame).astype(int)
    canvas = Image.new("1", (width, height), 1)
    draw = ImageDraw.Draw(canvas)
    for stroke in strokes:
        draw.line([tuple(point) for point in ((stroke - low) * scale + frame).tolist()], fill=0)
    distance = distance_transform_edt(np.asarray(canvas))
    return np.clip(radius + 0.5 - distance, 0, 1).astype(np.float32)
