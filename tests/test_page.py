"""The drawing page: what is exported, and the built file in a real Chromium, opened from disk."""

import base64
import re
import shutil
import subprocess
import sys
import time
from itertools import pairwise

from cnn_practice import datasets, drawings, files, models
from cnn_practice.errors import InputError

import keras
import numpy as np
import pytest
from keras import layers

sys.path.insert(0, str(files.ROOT / "draw_digits"))
import build_page
import export_models

mouse = pytest.importorskip("mouse", exc_type=InputError)
from selenium.webdriver.common.by import By

# --------------------------------------------------------------------------- what is exported


def known_models():
    """The names of the models that the page runs."""
    names = []
    for name in export_models.names():
        try:
            export_models.exported(name, numbers=False)
            names.append(name)
        except InputError:
            pass
    return names


@pytest.fixture
def saved(tmp_path, monkeypatch):
    """Save an untrained model as the scripts do, in a folder of its own."""
    monkeypatch.setattr(files, "MODELS", tmp_path)

    def save(model, name="mine"):
        (tmp_path / f"{name}.config.json").write_text(model.to_json())
        model.save_weights(tmp_path / f"{name}.weights.h5")
        return name

    return save


def sequential(*inside, shape=(28, 28, 1)):
    return keras.Sequential([keras.Input(shape), *inside, layers.Dense(10, activation="softmax")])


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        (
            layers.LayerNormalization(name="odd"),
            "does not know the layer odd, a LayerNormalization",
        ),
        (layers.DepthwiseConv2D(3, name="odd"), "does not know the layer odd, a DepthwiseConv2D"),
        (layers.Conv2D(4, 3, dilation_rate=2, name="odd"), "odd has dilation_rate ="),
        (layers.Conv2D(4, 3, activation="gelu", name="odd"), "odd has the activation gelu"),
        (layers.ReLU(negative_slope=0.1, name="odd"), "odd has negative_slope = 0.1"),
    ],
    ids=lambda value: getattr(value, "name", None) and type(value).__name__,
)
def test_an_unknown_layer_is_refused_by_its_name(saved, layer, said):
    name = saved(sequential(layer, layers.Flatten()))
    with pytest.raises(InputError, match=said):
        export_models.exported(name)
    # The page is built all the same, and says which model is left out.
    _, _, left_out = build_page.page()
    assert len(left_out) == 1 and said in left_out[0]


def test_a_branch_is_refused_and_a_functional_chain_is_not(saved):
    x = keras.Input((28, 28, 1))
    flat = layers.Flatten()(x)
    chain = keras.Model(x, layers.Dense(10, activation="softmax")(flat))
    assert export_models.exported(saved(chain))["parameters"] == 7850
    branch = layers.Add(name="joined")([layers.Dense(10)(flat), layers.Dense(10)(flat)])
    with pytest.raises(InputError, match="does not follow the one before it alone"):
        export_models.exported(saved(keras.Model(x, branch), "branched"))


@pytest.mark.parametrize("cut", [0, 100, 5000])
def test_truncated_weights_are_told_in_one_sentence(saved, cut):
    name = saved(sequential(layers.Flatten()))
    path = files.MODELS / f"{name}.weights.h5"
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(InputError, match=r"mine\.weights\.h5 is missing or damaged"):
        export_models.exported(name)
    (files.MODELS / f"{name}.config.json").write_text('{"config": ' + "[" * 100_000)
    with pytest.raises(InputError, match=r"mine\.config\.json is missing or damaged"):
        export_models.exported(name)


def test_exporting_needs_no_keras():
    code = "import sys, build_page; build_page.page(); sys.exit('keras' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=files.ROOT / "draw_digits", timeout=60)
    assert done.returncode == 0


def test_the_kernel_is_that_of_its_source(tmp_path):
    if not shutil.which("npm"):
        pytest.skip("npm is not installed")
    source = files.ROOT / "draw_digits" / "kernel.wat"
    subprocess.run(["npm", "install", "--silent", "--prefix", tmp_path, "wabt@1"], check=True)
    wat2wasm = tmp_path / "node_modules" / ".bin" / "wat2wasm"
    subprocess.run([wat2wasm, source, "-o", tmp_path / "kernel.wasm"], check=True)
    assert (tmp_path / "kernel.wasm").read_bytes() == source.with_suffix(".wasm").read_bytes()


# --------------------------------------------------------------------------- the page


class Page:
    """The built page in a Chromium."""

    def __init__(self, driver, address):
        self.driver, self.address = driver, address

    def open(self):
        mouse.open_page(self.driver, self.address)

    def js(self, code, *arguments):
        """What a piece of JavaScript returns; it may await."""
        code = (
            f"const a = arguments, done = a[a.length - 1]; (async () => {{ {code} }})()"
            ".then(done, (error) => done({ failed: String(error) }));"
        )
        result = self.driver.execute_async_script(code, *arguments)
        assert not (isinstance(result, dict) and "failed" in result), result
        return result

    def floats(self, code, *arguments):
        """A Float32Array that a piece of JavaScript returns."""
        text = self.js(
            f"const floats = await (async () => {{ {code} }})(); let text = '';"
            "const bytes = new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength);"
            "for (const byte of bytes) text += String.fromCharCode(byte); return btoa(text);",
            *arguments,
        )
        return np.frombuffer(base64.b64decode(text), np.float32)

    def text(self, name):
        return self.driver.find_element(By.ID, name).text

    def until(self, condition, seconds=20):
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, self.driver.find_element(By.TAG_NAME, "body").text
            time.sleep(0.03)

    def answers(self):
        """The digit that each model's card shows."""
        cards = self.driver.find_elements(By.CSS_SELECTOR, ".model:has(.bars)")
        return {
            card.get_attribute("aria-label"): card.find_element(By.CSS_SELECTOR, ".answer b").text
            for card in cards
        }

    def pixels(self):
        """How many pixels of the canvas are not paper."""
        return self.js(
            "const { data } = ink.getImageData(0, 0, 560, 560);"
            "let n = 0; for (let i = 0; i < data.length; i += 4) n += data[i] !== data[0]; return n"
        )

    def load(self, name):
        """Load a model that has its weights beside the page."""
        self.js(
            "const model = data.models.find((each) => each.name === a[0]);"
            "if (!model.network) await loadLarge(model);",
            name,
        )

    def look_inside(self, name):
        button = self.driver.find_element(By.CSS_SELECTOR, f"[aria-label='Look inside {name}']")
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", button)
        button.click()

    def quiet(self):
        """Require that the browser has nothing to complain of."""
        assert self.driver.get_log("browser") == []


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The folder with the built page."""
    folder = tmp_path_factory.mktemp("build")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build_page, "BUILD", folder)
        build_page.main()
    return folder


@pytest.fixture(scope="module")
def running(built):
    if not mouse.CHROMIUM or not mouse.CHROMEDRIVER:
        pytest.skip("chromium and chromedriver are not installed")
    with mouse.browser() as driver:
        driver.set_script_timeout(60)
        yield Page(driver, (built / "draw.html").as_uri())


@pytest.fixture
def page(running):
    running.open()
    return running


def line(*points, steps=8):
    """A stroke through corners, a few mouse events for each piece."""
    pieces = [np.linspace(a, b, steps) for a, b in pairwise(points)]
    return np.concatenate(pieces).tolist()


STROKES = {
    1: [line((0.52, 0.2), (0.5, 0.8), steps=12)],
    4: [
        line((0.35, 0.2), (0.27, 0.52), (0.68, 0.51)),
        line((0.57, 0.3), (0.55, 0.82)),
    ],
    7: [line((0.3, 0.22), (0.68, 0.21), (0.46, 0.8))],
}


@pytest.mark.script
@pytest.mark.parametrize("digit", STROKES)
def test_drawn_with_the_mouse_a_digit_is_recognised(page, digit):
    mouse.draw(page.driver, STROKES[digit])
    answers = page.answers()
    assert answers["lenet5"] == answers["simple_cnn"] == str(digit)
    assert str(digit) in page.text("summary")
    # The picture that the models see, and what Python makes of the same canvas.
    canvas = page.js("return [...drawnGrey().grey]")
    expected = drawings.prepare(np.reshape(canvas, (560, 560)).astype(np.float32) / 255)
    np.testing.assert_allclose(page.floats("return seen.values"), expected.ravel(), atol=2 / 255)
    page.quiet()


@pytest.mark.script
def test_nothing_is_requested(page):
    page.driver.execute_cdp_cmd("Network.enable", {})
    mouse.draw(page.driver, STROKES[7])
    page.look_inside("lenet5")
    assert page.js("return performance.getEntriesByType('resource').map((e) => e.name)") == []
    text = page.js("return document.documentElement.outerHTML")
    assert not re.search(r"<(script|link|img)[^>]+(src|href)=\"(?!data:)", text)


@pytest.mark.script
@pytest.mark.parametrize("name", known_models())
def test_every_layer_is_that_of_keras(page, name):
    """The largest difference, as a share of the layer's largest value, is at most 1e-5."""
    page.load(name)
    model = models.load(name)
    # The page has the weights in half precision.
    model.set_weights([w.astype(np.float16).astype(np.float32) for w in model.get_weights()])
    _, side, _, channels = model.input_shape
    if channels == 1:
        _, (x_test, _) = datasets.load_mnist()
        x = drawings.enlarged(x_test[7].reshape(28, 28) / np.float32(255), side)[..., np.newaxis]
    else:
        x = np.random.default_rng(0).random((side, side, channels), dtype=np.float32)
    outputs = page.floats(
        "const model = data.models.find((each) => each.name === a[0]);"
        "const outputs = model.network.forward(Float32Array.from(a[1])).map((y) => [...y]);"
        "return new Float32Array(outputs.flat());",
        name, x.ravel().tolist(),
    )  # fmt: skip
    inside = [layer for layer in model.layers if not isinstance(layer, layers.InputLayer)]
    expected = keras.Model(model.input, [layer.output for layer in inside])(x[np.newaxis])
    at = 0
    for layer, y in zip(inside, map(np.ravel, expected), strict=True):
        difference = np.abs(outputs[at : at + y.size] - y).max()
        assert difference <= 1e-5 * np.abs(y).max(), layer.name
        at += y.size
    assert at == len(outputs)
