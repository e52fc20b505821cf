"""Takes the README's picture of the page, ``images/readme/drawing_page.png``.

python draw_digits/server.py           in one terminal
python draw_digits/take_screenshot.py  in another
"""

import io
import time

from cnn_practice import files, hand

import numpy as np
from draw_hundred import ADDRESS
from mouse import browser, draw, open_page
from PIL import Image
from stroke_paths import PATHS

# Hyperparameters
DIGIT, STYLE = 9, "curved"  # one that the linear model takes for a 3
SEED = 1  # of the hand
WIDTH, HEIGHT = 1200, 930  # pixels


def main():
    """Draw one digit and save what the browser shows, with few colours to keep the file small."""
    how = {"height": 0.62, "aspect": 0.72, "slant": 0.1, "turn": 0, "tremor": 0.0015, "gap": 0}
    strokes = hand.write(PATHS[DIGIT][STYLE], np.random.default_rng(SEED), **how)
    with browser() as driver:
        light = {"name": "prefers-color-scheme", "value": "light"}
        size = {"width": WIDTH, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": False}
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [light]})
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        open_page(driver, ADDRESS)
        draw(driver, [0.5 + stroke for stroke in strokes])
        time.sleep(1)  # until the answers are there
        picture = Image.open(io.BytesIO(driver.get_screenshot_as_png())).convert("RGB")
    path = files.ROOT / "images" / "readme" / "drawing_page.png"
    with files.written_beside(path) as temporary:
        picture.quantize(128, dither=Image.Dither.NONE).save(temporary, optimize=True)
    print(f"picture: {files.shown(path)}")


if __name__ == "__main__":
    main()
