"""The drawing page: what is exported, and the built file in a real Chromium, opened from disk."""

import base64
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import zlib
from itertools import pairwise

from cnn_practice import datasets, drawings, files, models
from cnn_practice.errors import InputError

import keras
import numpy as np
import pytest
import tensorflow as tf
from conftest import from_npm
from keras import layers
from PIL import Image, ImageDraw, ImageOps

sys.path.insert(0, str(files.ROOT / "draw_digits"))
import build_page
import export_models

mouse = pytest.importorskip("mouse", exc_type=InputError)
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

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


def on_the_page(model):
    """The weights of a model as the page computes with them."""
    small = model.count_params() <= export_models.SMALL
    return [export_models.as_stored(weights, small) for weights in model.get_weights()]


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


@pytest.fixture(scope="module")
def digits_to_read():
    """1,000 validation images and the hundred drawings: shape (1100, 28, 28, 1)."""
    (x, _), _ = datasets.load_mnist()
    _, greys, _ = drawings.read_folder()
    x = np.concatenate([x[-1000:] / np.float32(255), [drawings.prepare(grey) for grey in greys]])
    return x[..., np.newaxis]


@pytest.mark.parametrize("name", ["any_hand", "linear", "lenet5", "simple_cnn", "kaggle_lenet"])
def test_small_models_read_as_with_all_digits_of_their_weights(name, digits_to_read):
    """Of 1,000 validation images at most one is read differently, and no drawing."""
    model = models.load(name)
    whole = model.predict(digits_to_read, verbose=0).argmax(axis=1)
    model.set_weights(on_the_page(model))
    different = model.predict(digits_to_read, verbose=0).argmax(axis=1) != whole
    assert different[:1000].sum() <= 1 and not different[1000:].any()


@pytest.mark.parametrize("spoilt", [np.nan, np.inf, 1e5])
def test_weights_that_the_page_cannot_store_are_refused(saved, spoilt):
    model = sequential(layers.Flatten())
    kernel, bias = model.get_weights()
    model.set_weights([np.where(kernel == kernel.max(), spoilt, kernel), bias])
    with pytest.raises(InputError, match="mine has weights that are not numbers or over 65504"):
        export_models.exported(saved(model))


def test_a_kernel_of_zeros_stays_zeros():
    numbers, step = export_models.stored(np.zeros((100, 200), np.float32), small=True)
    assert numbers.dtype == np.int8 and not numbers.any() and step == 1


def test_exporting_needs_no_keras():
    code = "import sys, build_page; build_page.page(); sys.exit('keras' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=files.ROOT / "draw_digits", timeout=60)
    assert done.returncode == 0


def test_the_kernels_are_those_of_their_source(tmp_path):
    source = files.ROOT / "draw_digits" / "kernel.wat"
    wat2wasm = from_npm("wabt@1", tmp_path) / ".bin" / "wat2wasm"
    text = source.read_text(encoding="utf-8")
    command = re.search(r"sed -E 's/(.*?)/(.*)/'", text)  # as its header says
    fused, count = re.subn(command[1], command[2], text, flags=re.MULTILINE)
    assert count == 8
    for name, written in {"kernel": text, "kernel_fused": fused}.items():
        (tmp_path / "source.wat").write_text(written, encoding="utf-8")
        command = [wat2wasm, "--enable-relaxed-simd", "source.wat", "-o", "made.wasm"]
        subprocess.run(command, check=True, cwd=tmp_path)
        committed = source.with_name(f"{name}.wasm").read_bytes()
        assert (tmp_path / "made.wasm").read_bytes() == committed


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
    model.set_weights(on_the_page(model))
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
    expected = keras.Model(model.inputs[0], [layer.output for layer in inside])(x[np.newaxis])
    at = 0
    for layer, y in zip(inside, map(np.ravel, expected), strict=True):
        difference = np.abs(outputs[at : at + y.size] - y).max()
        assert difference <= 1e-5 * np.abs(y).max(), layer.name
        at += y.size
    assert at == len(outputs)


@pytest.mark.script
def test_prepare_js_is_drawings_prepare(page):
    """At most 2/255 a pixel on the hundred drawings and on 200 random strokes."""
    _, greys, _ = drawings.read_folder()
    rng = np.random.default_rng(1)
    canvases = [np.round(grey * 255).astype(np.uint8) for grey in greys]
    canvases += [random_strokes(rng) for _ in range(200)]
    for some in np.array_split(np.stack(canvases), 6):
        papers = [int(np.bincount(each.ravel()).argmax()) for each in some]
        packed = base64.b64encode(zlib.compress(some.tobytes(), 1)).decode()
        seen = page.floats(
            "const bytes = Uint8Array.from(atob(a[0]), (letter) => letter.charCodeAt(0));"
            "const zipped = new DecompressionStream('deflate');"
            "const stream = new Blob([bytes]).stream().pipeThrough(zipped);"
            "const greys = new Uint8Array(await new Response(stream).arrayBuffer());"
            "const side = 560 * 560, all = a[1].map((paper, i) =>"
            " prepare(greys.subarray(i * side, (i + 1) * side), 560, paper).values);"
            "return Float32Array.from(all.flatMap((values) => [...values]));",
            packed, papers,
        )  # fmt: skip
        expected = [drawings.prepare(each.astype(np.float32) / 255).ravel() for each in some]
        np.testing.assert_allclose(seen, np.concatenate(expected), atol=2 / 255)


def random_strokes(rng):
    """One to three joined strokes of any width, higher than wide, on light or dark paper."""
    paper, ink = rng.permutation([255, 17])
    picture = Image.new("L", (1120, 1120), int(paper))
    pen = ImageDraw.Draw(picture)
    height = rng.uniform(0.25, 0.7)
    box = np.array([0.7 * height, height])
    corner = rng.uniform(0.1, 0.9 - box)
    width = int(rng.integers(12, 120 if height > 0.4 else 60))
    start = np.array([rng.random(), 0])
    for stroke in range(rng.integers(1, 4)):
        points = np.vstack([start, rng.random((rng.integers(1, 7), 2))])
        if stroke == 0:
            points = np.vstack([points, [rng.random(), 1]])
        start = points[rng.integers(len(points))]
        points = 1120 * (corner + box * points)
        pen.line([tuple(point) for point in points], int(ink), width)
        for x, y in points:
            pen.ellipse([x - width / 2, y - width / 2, x + width / 2, y + width / 2], int(ink))
    return np.asarray(picture.resize((560, 560), Image.Resampling.BOX))


@pytest.mark.script
@pytest.mark.parametrize("kernel", ["the plain one", "none"])
def test_without_the_fast_kernel_it_computes_the_same(page, kernel):
    """As in a browser without relaxed SIMD, or without WebAssembly."""
    differences = page.js(
        "let worst = 0;"
        "const others = a[0] === 'none' ? [] : ['not WebAssembly', kernels[1]];"
        "for (const model of data.models.filter((each) => each.network)) {"
        "  const slow = new Network(model, await unpacked(model), others);"
        "  if (Boolean(slow.products.kernel) !== others.length > 0) throw 'kernel';"
        "  if (!model.network.products.kernel) throw 'no kernel';"
        "  const x = new Float32Array(784).map(Math.random), fast = model.network.forward(x);"
        "  slow.forward(x).forEach((y, i) => {"
        "    const most = fast[i].reduce((m, v) => Math.max(m, Math.abs(v)), 0);"
        "    y.forEach((v, k) => { worst = Math.max(worst, Math.abs(v - fast[i][k]) / most); });"
        "  });"
        "}"
        "return worst",
        kernel,
    )
    assert differences < 1e-5


@pytest.mark.script
@pytest.mark.parametrize("name", ["linear", "lenet5", "simple_cnn", "kaggle_lenet"])
def test_where_it_looked_is_what_keras_gives(page, name):
    """Grad-CAM, or gradient times input, of each digit, and occlusion, on a drawn 7."""
    mouse.draw(page.driver, STROKES[7])
    find = "const model = data.models.find((each) => each.name === a[0]);"
    x = page.floats(find + "return model.x", name).reshape(1, 28, 28, 1)
    model = models.load(name)
    model.set_weights(on_the_page(model))
    convolutions = [layer for layer in model.layers if isinstance(layer, layers.Conv2D)]
    at = model.layers.index(convolutions[-1]) if convolutions else None
    while at is not None and isinstance(
        model.layers[at + 1], (layers.BatchNormalization, layers.ReLU, layers.Dropout)
    ):
        at += 1
    model.layers[-1].activation = keras.activations.linear
    for digit in (7, 1):
        maps = keras.Sequential(model.layers[: at + 1])(x) if convolutions else x
        rest = keras.Sequential(model.layers[at + 1 :] if convolutions else model.layers)
        with tf.GradientTape() as tape:
            maps = tf.convert_to_tensor(maps)
            tape.watch(maps)
            score = rest(maps)[0, digit]
        gradient = tape.gradient(score, maps).numpy()
        if convolutions:
            weights = gradient.mean(axis=(1, 2), keepdims=True)
            expected = np.maximum((weights * maps.numpy()).sum(axis=-1), 0)
            code = "return gradCam(model.network, model.x, model.outputs, a[1]).values"
        else:
            expected = (gradient * x).sum(axis=-1)
            code = "return gradientTimesInput(model.network, model.x, model.outputs, a[1]).values"
        got = page.floats(find + code, name, digit)
        np.testing.assert_allclose(got, expected.ravel(), atol=1e-5 * np.abs(expected).max())
    covered = np.repeat(x, 169, axis=0)
    for i in range(169):
        covered[i, i // 13 * 2 : i // 13 * 2 + 4, i % 13 * 2 : i % 13 * 2 + 4] = 0
    model.layers[-1].activation = keras.activations.softmax
    whole = model(x).numpy()[0, 7]
    got = page.floats(find + "return finish(occlusion(model.network, model.x, 7, 0)).values", name)
    np.testing.assert_allclose(got, whole - model(covered).numpy()[:, 7], atol=1e-5)


@pytest.mark.script
def test_inside_a_pixels_sum_is_written_out(page):
    """LeNet-5: a real mouse points at a pixel of each layer, and NumPy takes the same sum."""
    mouse.draw(page.driver, STROKES[4])
    page.look_inside("lenet5")
    network = models.load("lenet5")
    network.set_weights(on_the_page(network))
    count = page.js("return view.layers.length")
    assert count == len(network.layers)
    for i in range(count):
        maps = page.driver.find_elements(By.CSS_SELECTOR, ".layer > canvas")[i]
        page.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", maps)
        ActionChains(page.driver).move_to_element(maps).click().perform()
        pick = page.js("return view.pick")
        assert pick["index"] == i
        y = page.floats("return view.model.outputs[a[0]]", i)
        shape = page.js("return view.model.network.layers[a[0]].output", i)
        place = pick["row"], pick["column"], pick["c"]
        value = y.reshape(shape)[place if len(shape) == 3 else pick["c"]]
        written = page.driver.find_element(By.CSS_SELECTOR, ".sheet .sum")
        numbers = re.findall(r"-?\d+\.?\d*(?:e-\d+)?", written.text.replace("−", "-"))
        bold = written.find_elements(By.TAG_NAME, "b")[-1].text.replace("−", "-")
        assert float(bold) == pytest.approx(float(value), abs=6e-4)
        if isinstance(network.layers[i], layers.Conv2D):
            before = page.floats("return view.model.outputs[a[0] - 1]", i)
            x = before.reshape(page.js("return view.model.network.layers[a[0]].input", i))
            kernel, bias = network.layers[i].get_weights()
            rim = 2 if network.layers[i].padding == "same" else 0
            x = np.pad(x, [(rim, rim), (rim, rim), (0, 0)])
            window = x[pick["row"] : pick["row"] + 5, pick["column"] : pick["column"] + 5]
            total = np.sum(window * kernel[..., pick["c"]])
            assert float(numbers[0]) == pytest.approx(total, abs=1e-3)
            assert float(bold) == pytest.approx(
                1 / (1 + np.exp(-total - bias[pick["c"]])), abs=1e-3
            )
    page.quiet()


@pytest.mark.script
def test_inside_with_the_keyboard_and_the_receptive_field(page):
    mouse.draw(page.driver, STROKES[4])
    page.look_inside("simple_cnn")
    assert page.js("return view.model.network.field(3, 2, 2)") == [8, 8, 19, 19]
    maps = page.driver.find_elements(By.CSS_SELECTOR, ".layer > canvas")[2]
    maps.send_keys(Keys.ARROW_RIGHT)
    maps.send_keys(Keys.ARROW_DOWN + Keys.PAGE_DOWN)
    pick = page.js("return view.pick")
    assert pick["index"] == 2 and pick["c"] >= 1
    assert f"map {pick['c']}, row {pick['row']}, column {pick['column']}" in page.js(
        "return $('aloud').textContent"
    )
    # What is marked over the drawing is there.
    assert page.js(
        "const over = document.querySelector('#digits .over').getContext('2d');"
        "return over.getImageData(0, 0, 560, 560).data.some(Boolean)"
    )
    # The filters of the layer, opened.
    page.driver.find_elements(By.CSS_SELECTOR, ".layer summary")[0].click()
    assert page.js("return view.layers[0].filters.width") > 50
    page.quiet()


@pytest.mark.script
def test_where_did_it_look_is_one_click_for_each_digit(page):
    mouse.draw(page.driver, STROKES[7])
    page.look_inside("lenet5")
    buttons = page.driver.find_elements(By.CSS_SELECTOR, ".where .digits button")
    for digit in (7, 1):
        buttons[digit].click()
        text = page.driver.find_element(By.CSS_SELECTOR, ".where p").text
        assert "Grad-CAM at conv2d_1" in text and f"a {digit}" in text
    page.driver.find_element(By.CSS_SELECTOR, "[data-mode=occlusion]").click()
    text = page.driver.find_element(By.CSS_SELECTOR, ".where p").text
    assert "lowers the probability of a 1" in text
    page.quiet()


@pytest.mark.script
def test_occlusion_of_a_large_model_runs_in_a_worker_and_is_cancelled(page):
    page.load("dense")
    mouse.draw(page.driver, STROKES[7])
    page.look_inside("dense")
    occlusion = page.driver.find_element(By.CSS_SELECTOR, "[data-mode=occlusion]")
    occlusion.click()
    page.until(lambda: page.js("return Boolean(view.where.result)"))
    got = page.floats("return view.where.result.values")
    here = page.floats("return finish(occlusion(view.model.network, view.model.x, 7, 0)).values")
    np.testing.assert_allclose(got, here, atol=1e-6)
    cancelled = page.js(
        "setWhere('occlusion', 3);"
        "const running = Boolean(view.worker && view.progress);"
        "document.querySelector('.where p button').click();"
        "return running"
    )
    assert cancelled
    assert page.js("return [view.worker, view.where]") == [None, None]
    page.quiet()


@pytest.mark.script
def test_every_example_is_read(page):
    """The plain test digits by nearly all models, the hard ones with less confidence."""
    examples = page.driver.find_elements(By.CSS_SELECTOR, "#examples-digits button")
    assert len(examples) == 20
    means = []
    for i, example in enumerate(examples):
        example.click()
        digit = i % 10
        assert f"a {digit}" in example.accessible_name
        mean = page.js(
            "const shares = ready().map((model) => model.outputs.at(-1)[a[0]]);"
            "return shares.reduce((x, y) => x + y) / shares.length",
            digit,
        )
        means.append(mean)
    assert min(means[:10]) > 0.5
    assert np.mean(means[10:]) < 0.5 < np.mean(means[:10])
    page.driver.find_element(By.ID, "undo").click()
    page.quiet()


@pytest.mark.script
def test_a_click_leaves_a_dot(page):
    mouse.draw(page.driver, [[(0.5, 0.5)]])
    assert page.pixels() == pytest.approx(np.pi * 15**2, rel=0.1)  # the brush is 30 wide


@pytest.mark.script
def test_clear_undo_and_the_other_paper(page):
    mouse.draw(page.driver, STROKES[4])
    whole = page.pixels()
    mouse.click(page.driver, "undo")
    assert 0 < page.pixels() < whole
    mouse.click(page.driver, "clear")
    assert page.pixels() == 0
    assert page.text("summary") == "Nothing drawn yet"
    page.driver.switch_to.active_element.send_keys(Keys.CONTROL + "z")  # undoes the clearing
    assert 0 < page.pixels() < whole
    before, seen = page.pixels(), page.floats("return seen.values")
    mouse.click(page.driver, "black")
    assert page.pixels() == pytest.approx(before, rel=0.01)
    np.testing.assert_allclose(page.floats("return seen.values"), seen, atol=0.15)


@pytest.mark.script
def test_without_the_preparation(page):
    page.js("[strokes, example] = [[], null]")
    mouse.draw(page.driver, [line((0.1, 0.1), (0.2, 0.1), (0.14, 0.25))])  # small, in a corner
    mouse.click(page.driver, "unprepared")
    lines = [each.text for each in page.driver.find_elements(By.CLASS_NAME, "unprepared")]
    assert len(lines) == len(page.answers())
    assert all(text.startswith("Merely shrunk, it reads a") for text in lines)
    expected = page.js("return [...drawnGrey().grey]")
    expected = drawings.resize_only(np.reshape(expected, (560, 560)).astype(np.float32) / 255)
    got = page.floats("return resizeOnly(drawnGrey().grey, 560)")
    np.testing.assert_allclose(got, expected.ravel(), atol=1 / 255)


@pytest.mark.script
def test_the_arrow_keys_draw(page):
    drawing = page.driver.find_element(By.ID, "drawing")
    drawing.send_keys(Keys.ARROW_UP * 9)
    drawing.send_keys(Keys.ENTER)
    drawing.send_keys(Keys.ARROW_DOWN * 20)
    drawing.send_keys(Keys.ENTER)
    assert page.answers()["simple_cnn"] == "1"
    drawing.send_keys(Keys.ARROW_LEFT * 5)  # the brush is lifted
    assert page.js("return strokes.length") == 1


@pytest.mark.script
def test_everything_is_reached_by_keyboard_and_has_a_name(page):
    saves = [f"save-{digit}" for digit in range(10)]
    reached = []
    for _ in range(80):
        page.driver.switch_to.active_element.send_keys(Keys.TAB)
        element = page.driver.switch_to.active_element
        if element.tag_name == "body":
            break
        assert element.accessible_name, element.get_attribute("outerHTML")[:200]
        reached.append(element.get_attribute("id"))
    wanted = ["drawing", "undo", "clear", "width", "white", *saves, "note", "unprepared"]
    assert [name for name in reached if name in wanted] == wanted


@pytest.mark.script
def test_a_finger_draws_on_a_narrow_screen(page):
    try:
        page.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": True},
        )
        mouse.draw(page.driver, STROKES[7], kind="touch")
        assert page.answers()["simple_cnn"] == "7"
        assert page.driver.execute_script("return scrollY") == 0
        for name in (None, "lenet5"):
            if name:
                page.look_inside(name)
            width, inner = page.driver.execute_script(
                "return [document.documentElement.scrollWidth, innerWidth]"
            )
            assert width == inner == 360
    finally:
        page.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.mark.script
def test_saved_from_disk_it_is_a_download(page, tmp_path):
    page.driver.execute_cdp_cmd(
        "Page.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)}
    )
    mouse.click(page.driver, "save-7")
    assert page.text("saved") == "Draw a digit first."
    page.driver.find_element(By.ID, "note").send_keys("my own")
    mouse.draw(page.driver, STROKES[7])
    mouse.click(page.driver, "save-7")
    assert "images/drawings/" in page.text("saved") and "groundtruth.json" in page.text("saved")
    page.until(lambda: list(tmp_path.glob("7_my-own_*.png")))
    (path,) = tmp_path.glob("7_my-own_*.png")
    page.until(lambda: drawings.read_grey(path).shape == (560, 560))
    assert page.pixels() == 0  # ready for the next one


@pytest.mark.script
def test_a_truncated_or_missing_large_model_is_told(page, built, tmp_path):
    shutil.copy(built / "draw.html", tmp_path)
    whole = (built / "dense.js").read_text()
    for text in (None, whole[: len(whole) // 2], whole.replace("H4sI", "H4sIAAAA", 1)):
        if text:
            (tmp_path / "dense.js").write_text(text)
        mouse.open_page(page.driver, (tmp_path / "draw.html").as_uri())
        page.load("dense")
        assert re.fullmatch(
            r"(dense\.js is missing or|The weights of dense are) damaged.*: build the page again"
            r" with «make page»\.",
            page.text("problem"),
        )
        mouse.draw(page.driver, STROKES[7])  # the others go on
        assert page.answers()["lenet5"] == "7"
    page.driver.get_log("browser")


@pytest.mark.script
def test_the_server_shows_the_same_page_and_saves(running, project):
    """Its security policy lets the kernel, the worker and the large models run, and no more."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    project.edit("draw_digits/server.py", PORT=port, OPEN_BROWSER=False)
    process = subprocess.Popen(
        [sys.executable, str(project.root / "draw_digits/server.py")],
        env=os.environ | {"PYTHONPATH": str(project.root)}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    page, folder = running, project.root / "images" / "drawings"
    try:
        assert "Draw at" in process.stdout.readline()
        mouse.open_page(page.driver, f"http://127.0.0.1:{port}")
        assert page.js("return ready().every((model) => model.network.products.kernel)")
        before = drawings.read_truth(folder)
        page.driver.find_element(By.ID, "note").send_keys("my own")
        mouse.draw(page.driver, STROKES[7])
        mouse.click(page.driver, "save-7")
        page.until(lambda: page.text("saved").startswith("Saved as"))
        assert drawings.read_truth(folder) == before | {"7_my-own_1.png": 7}
        assert drawings.read_grey(folder / "7_my-own_1.png").shape == (560, 560)
        assert page.pixels() == 0  # ready for the next one
        mouse.draw(page.driver, STROKES[7])
        page.load("dense")
        page.look_inside("dense")
        page.driver.find_element(By.CSS_SELECTOR, "[data-mode=occlusion]").click()
        page.until(lambda: page.js("return Boolean(view.where.result)"))
        page.quiet()
        process.kill()
        process.wait()
        mouse.click(page.driver, "save-7")
        page.until(lambda: "the server does not answer" in page.text("saved"))
        assert page.pixels() > 0  # the drawing stays
    finally:
        process.kill()
        process.communicate()
        page.driver.get_log("browser")


# --------------------------------------------------------------------------- pictures


@pytest.mark.script
def test_a_picture_is_read_and_what_is_none_is_told(page, tmp_path):
    mouse.click(page.driver, "tab-pictures")
    page.load("cifar10_shallownet")
    chooser = page.driver.find_element(By.ID, "file")

    def give(name, write):
        write(tmp_path / name)
        chooser.send_keys(str(tmp_path / name))

    give("text.png", lambda path: path.write_text("This is a text."))
    page.until(lambda: "text.png is not a picture that can be read" in page.text("problem"))
    half = Image.fromarray(np.random.default_rng(0).integers(0, 255, (99, 99, 3), np.uint8))
    give("wide.png", lambda path: Image.new("RGB", (50_000, 1)).save(path))
    page.until(lambda: "50000 × 1 pixels: its shorter side" in page.text("problem"))
    give("large.png", lambda path: Image.new("1", (9000, 9000)).save(path))
    page.until(lambda: "at most 50 million" in page.text("problem"))
    give("photo.jpg", lambda path: half.resize((300, 200)).save(path))
    page.until(lambda: page.js("return Boolean(state.pixels)"))
    assert not page.text("problem")
    assert page.answers()["cifar10_shallownet"] in ("cat", "dog", "horse")
    # The middle square, shrunk: within a few grey values of what chapter 06 does.
    expected = ImageOps.fit(half.resize((300, 200)), (32, 32), Image.Resampling.BOX)
    got = page.floats("return state.pixels").reshape(32, 32, 3) * 255
    assert np.abs(got - np.asarray(expected, float)).mean() < 12
    examples = page.driver.find_elements(By.CSS_SELECTOR, "#examples-pictures button")
    assert len(examples) == 20
    for example in examples[::7]:
        example.click()
        assert "read" in page.text("summary")
    page.look_inside("cifar10_shallownet")
    page.driver.find_elements(By.CSS_SELECTOR, ".where .digits button")[0].click()
    assert "speaks for" in page.driver.find_element(By.CSS_SELECTOR, ".where p").text


# --------------------------------------------------------------------------- for everyone


@pytest.mark.script
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_accessibility_violations(page, axe, theme):
    Select(page.driver.find_element(By.ID, "theme")).select_by_value(theme)
    found = {}

    def check(where):
        for violation in page.js("return (await axe.run()).violations"):
            found[where, violation["id"]] = [node["html"][:200] for node in violation["nodes"]]

    page.driver.execute_script(axe)
    mouse.draw(page.driver, STROKES[7])
    mouse.click(page.driver, "unprepared")
    check("all")
    for name in ("lenet5", "linear"):
        page.js("choose(data.models.find((model) => model.name === a[0]))", name)
        page.js("pick({ index: 1, row: 0, column: 0, c: 2 }); setWhere('gradient', 1)")
        check(name)
    mouse.click(page.driver, "tab-pictures")
    page.load("cifar10_shallownet")
    page.driver.find_element(By.CSS_SELECTOR, "#examples-pictures button").click()
    check("pictures")
    page.js("choose(ready()[0]); pick({ index: 1, row: 9, column: 9, c: 2 })")
    check("inside a picture's model")
    page.js("localStorage.removeItem('theme')")
    assert found == {}
