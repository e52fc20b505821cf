"""Takes the README's picture of the page, ``images/readme/drawing_page.png``.

python draw_digits/take_screenshot.py

It builds the page, opens it from disk, looks inside LeNet-5 while a digit is drawn, and points at a
pixel of the first convolution.
"""

import io
import time

from cnn_practice import files

import build_page
import numpy as np
from mouse import browser, draw, open_page
from PIL import Image
from stroke_paths import PATHS

# Hyperparameters
DIGIT, STYLE = 4, "open"
WIDTH, HEIGHT = 1360, 1150  # pixels

INSIDE = "choose(data.models.find((model) => model.name === 'lenet5'))"
PIXEL = """
const index = view.layers.findIndex(({ layer }) => layer.kind === "Conv2D");
pick({ index, row: 17, column: 13, c: 4 });
"""


def smooth(points):
    """A path through the points, in small steps; a point given twice is a corner."""
    ends = np.arange(len(points))
    steps = np.linspace(0, len(points) - 1, 12 * len(points))
    return np.stack([np.interp(steps, ends, axis) for axis in np.array(points).T], axis=1)


def main():
    """Draw one digit inside LeNet-5 and save what the browser shows."""
    build_page.main()
    with browser() as driver:
        light = {"name": "prefers-color-scheme", "value": "light"}
        size = {"width": WIDTH, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": False}
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [light]})
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        driver.execute_cdp_cmd("Emulation.setScrollbarsHidden", {"hidden": True})
        open_page(driver, (build_page.BUILD / "draw.html").as_uri())
        driver.execute_script(INSIDE)
        draw(driver, [[0.24, 0.2] + [0.5, 0.6] * smooth(stroke) for stroke in PATHS[DIGIT][STYLE]])
        driver.execute_script(PIXEL)
        time.sleep(1)
        picture = Image.open(io.BytesIO(driver.get_screenshot_as_png())).convert("RGB")
    path = files.ROOT / "images" / "readme" / "drawing_page.png"
    with files.written_beside(path) as temporary:
        picture.save(temporary, optimize=True)
    print(f"picture: {files.shown(path)}")


if __name__ == "__main__":
    main()
