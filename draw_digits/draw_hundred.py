"""Draws the 100 drawings of ``images/drawings/`` on the page, with real mouse events.

    python draw_digits/server.py          in one terminal
    python draw_digits/draw_hundred.py    in another

The mouse follows the hand-written paths of ``stroke_paths.py`` as a hand would: points missed a
little, tremor, slower in curves and at corners, ends that do not quite meet. Each digit is written
in ten manners: small, wide, slanted, shaky and so on, half of them on dark paper. The page saves
them with its own buttons. No model is asked which drawings to keep; where a person cannot read
one, its path or its manner is mended here.

The speed follows the two-thirds power law of human drawing (Lacquaniti, Terzuolo & Viviani, 1983):
it grows with the cube root of the radius of curvature.
"""

import time

from cnn_practice.errors import InputError

import numpy as np
from mouse import browser, click, draw, open_page, set_brush
from scipy.interpolate import CubicSpline
from scipy.ndimage import gaussian_filter1d
from selenium.webdriver.common.by import By
from stroke_paths import PATHS

# Hyperparameters
ADDRESS = "http://127.0.0.1:8028"  # of the running page
SEED = 5  # another seed gives another hundred
MISS = 0.018  # by how much the hand misses a path's points, as a share of the digit's height
TREMOR = 0.004  # of an ordinary hand, as a share of the digit's height
DURATION = 0.6  # seconds for a stroke as long as the digit is high
# How each of the ten drawings of a digit differs from an ordinary one. Sizes and places are shares
# of the canvas, brush widths pixels of its 560, slants positive to the right, angles in degrees.
MANNERS = {
    "ordinary": {},
    "small": {"height": 0.2, "brush": 14},
    "large": {"height": 0.86, "brush": 36},
    "wide": {"height": 0.5, "aspect": 1.25},
    "narrow": {"aspect": 0.42, "brush": 22},
    "slanted": {"slant": 0.4},
    "backward": {"slant": -0.2, "turn": 6},
    "shaky": {"tremor": 0.014, "brush": 22},
    "gaps": {"gap": 0.12, "brush": 16},
    "thick": {"height": 0.62, "aspect": 0.85, "brush": 56},
    "thin": {"brush": 8},
}
# A digit leaves one manner out where it would not be a fair one: a wide 1 is no 1.
LEFT_OUT = {0: "gaps", 1: "wide", 4: "gaps", 6: "backward", 8: "gaps"}


def hand(path, rng, height, aspect, slant, turn, tremor, gap):
    """The places of the mouse, 8 ms apart, when a hand writes ``path``.

    Args:
        path: list of strokes, as in ``stroke_paths.py``.
        rng: NumPy's random generator.
        height: of the digit, in canvas heights.
        aspect: width by height of the path's box.
        slant: horizontal shift per height; positive leans to the right.
        turn: degrees clockwise.
        tremor: deviation from the smooth path, in digit heights.
        gap: length that is missing somewhere in the longest stroke, in digit heights.

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
        missed = rng.normal(0, MISS, points.shape)
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


def placed(strokes, rng, brush):
    """Put the strokes somewhere on the canvas, whole, more often near its middle."""
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    margin = 0.02 + brush / 560 / 2
    free = np.maximum(1 - 2 * margin - (high - low), 0)
    corner = margin + free * rng.beta(1.6, 1.6, 2)
    return [stroke - low + corner for stroke in strokes]


def main():
    """Draw and save all hundred."""
    rng = np.random.default_rng(SEED)
    start = time.perf_counter()
    with browser() as driver:
        open_page(driver, ADDRESS)
        for digit, styles in PATHS.items():
            manners = [name for name in MANNERS if name != LEFT_OUT.get(digit, "ordinary")]
            styles = list(styles.items())
            for i, manner in enumerate(manners):
                style, path = styles[i % len(styles)]
                how = {
                    "height": rng.uniform(0.45, 0.68),
                    "aspect": rng.uniform(0.58, 0.8),
                    "slant": rng.normal(0.05, 0.06),
                    "turn": rng.normal(0, 2),
                    "tremor": TREMOR,
                    "gap": 0,
                    "brush": int(rng.choice([18, 24, 30, 36])),
                } | MANNERS[manner]
                brush = how.pop("brush")
                strokes = placed(hand(path, rng, **how), rng, brush)
                # Half on dark paper, and each manner on both.
                click(driver, "black" if (digit + i) % 2 else "white")
                set_brush(driver, brush)
                note = driver.find_element(By.ID, "note")
                note.clear()
                note.send_keys(f"{style}-{manner}")
                draw(driver, strokes)
                click(driver, f"save-{digit}")
                print(wait_for_save(driver))
    print(f"drew 100 drawings in {time.perf_counter() - start:.0f} s")


def wait_for_save(driver):
    """The page's own words once a drawing is saved."""
    for _ in range(500):
        saved = driver.find_element(By.ID, "saved")
        if "bad" in saved.get_attribute("class"):
            raise InputError(f"The page did not save: {saved.text}")
        if driver.find_element(By.ID, "hint").is_displayed():  # it clears the canvas after a save
            return saved.text
        time.sleep(0.02)
    raise InputError("The page did not save within 10 s: is the server still running?")


if __name__ == "__main__":
    main()
