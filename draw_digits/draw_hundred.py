"""Draws the 100 drawings of ``images/drawings/`` on the page, with real mouse events.

    python draw_digits/server.py          in one terminal
    python draw_digits/draw_hundred.py    in another

The mouse follows the hand-written paths of ``stroke_paths.py`` as a hand would, by the model of
``cnn_practice/hand.py``. Each digit is written in ten manners: small, wide, slanted, shaky and so
on, half of them on dark paper. The page saves them with its own buttons. No model is asked which
drawings to keep; where a person cannot read one, its path or its manner is mended here.
"""

import time

from cnn_practice import hand
from cnn_practice.errors import InputError

import numpy as np
from mouse import browser, click, draw, open_page, set_brush
from selenium.webdriver.common.by import By
from stroke_paths import PATHS

# Hyperparameters
ADDRESS = "http://127.0.0.1:8028"  # of the running page
SEED = 5  # another seed gives another hundred
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
                    "tremor": hand.TREMOR,
                    "gap": 0,
                    "brush": int(rng.choice([18, 24, 30, 36])),
                } | MANNERS[manner]
                brush = how.pop("brush")
                strokes = placed(hand.write(path, rng, **how), rng, brush)
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
