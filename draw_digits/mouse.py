"""A real browser drawing on the page with real mouse events: what the scripts and tests share.

Chromium runs without a window. WebDriver (W3C, 2018) gives it the events that a mouse gives:
press, moves to whole pixels, release.
"""

import contextlib
import shutil
import tempfile

from cnn_practice.errors import InputError

try:
    from selenium import webdriver
    from selenium.common.exceptions import WebDriverException
    from selenium.webdriver.common.action_chains import ActionBuilder
    from selenium.webdriver.common.actions.mouse_button import MouseButton
    from selenium.webdriver.common.actions.pointer_input import PointerInput
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.wait import WebDriverWait
except ModuleNotFoundError as error:
    raise InputError("Drawing by script needs Selenium: run «pip install -e .[test]».") from error

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
CHROMEDRIVER = shutil.which("chromedriver")


@contextlib.contextmanager
def browser(width=1280, height=1200):
    """A headless Chromium with a window of this size, closed at the end of the block.

    Yields:
        Selenium's driver.
    """
    if not CHROMIUM or not CHROMEDRIVER:
        raise InputError("Install chromium and chromedriver (Debian: apt install chromium-driver).")
    settings = webdriver.ChromeOptions()
    settings.binary_location = CHROMIUM
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        for option in (
            "headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run",
            "disable-background-networking", "disable-component-update", "disable-sync",
            f"user-data-dir={profile}", f"window-size={width},{height}",
        ):  # fmt: skip
            settings.add_argument(f"--{option}")
        driver = webdriver.Chrome(settings, webdriver.ChromeService(CHROMEDRIVER))
        try:
            yield driver
        finally:
            driver.quit()


def open_page(driver, address):
    """Open the page and wait until its models are ready.

    Raises:
        InputError: nothing answers at ``address``.
    """
    try:
        driver.get(address)
    except WebDriverException as error:
        raise InputError(
            f"Nothing answers at {address}: start «python draw_digits/server.py» first."
        ) from error
    ready = "return document.documentElement.dataset.ready"
    WebDriverWait(driver, 60).until(lambda _: driver.execute_script(ready))


def click(driver, name):
    """Click with the mouse on the element with the id ``name``, or on its label."""
    element = driver.find_element(By.ID, name)
    if element.get_attribute("type") == "radio":  # hidden: what one sees is its label
        element = driver.find_element(By.CSS_SELECTOR, f"label[for={name}]")
    element.click()


def set_brush(driver, width):
    """Move the brush slider to ``width`` pixels of the canvas's 560."""
    driver.execute_script(
        "const slider = document.getElementById('width'); slider.value = arguments[0];"
        "slider.dispatchEvent(new Event('input'));",
        width,
    )


def draw(driver, strokes, milliseconds=8, kind="mouse"):
    """Draw strokes on the page with the left mouse button.

    Args:
        driver: of ``browser``, with the page open.
        strokes: each a list of points (x, y), 0 to 1 from the upper left corner of the canvas.
        milliseconds: time between two points; mice report every 8 ms.
        kind: ``"mouse"``, ``"touch"`` or ``"pen"``.
    """
    box = driver.find_element(By.ID, "drawing").rect
    driver.execute_script("scrollTo(0, 0)")
    mouse = PointerInput(kind, kind)
    actions = ActionBuilder(driver, mouse=mouse, duration=milliseconds)
    for stroke in strokes:
        for i, (x, y) in enumerate(stroke):
            actions.pointer_action.move_to_location(
                round(box["x"] + x * box["width"]),
                round(box["y"] + y * box["height"]),
            )
            if i == 0:
                actions.pointer_action.pointer_down(MouseButton.LEFT)
        actions.pointer_action.pointer_up(MouseButton.LEFT)
    actions.perform()
