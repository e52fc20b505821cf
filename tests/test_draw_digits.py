"""The drawing page: its server by Flask's test client, the page itself in a real Chromium."""

import base64
import contextlib
import io
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from itertools import pairwise

from cnn_practice import drawings, files
from cnn_practice.errors import InputError

import keras
import numpy as np
import pytest
from conftest import Project
from keras import layers
from PIL import Image, ImageDraw

sys.path.insert(0, str(files.ROOT / "draw_digits"))
server = pytest.importorskip("server", exc_type=InputError)
mouse = pytest.importorskip("mouse", exc_type=InputError)
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

PORT = 8028


def data_url(picture, format="PNG"):
    """A Pillow picture as the data URL that a canvas makes of it."""
    buffer = io.BytesIO()
    picture.save(buffer, format)
    text = base64.b64encode(buffer.getvalue()).decode()
    return f"data:image/{format.lower()};base64,{text}"


def a_seven(size=560):
    picture = Image.new("L", (size, size), 255)
    points = [(0.3, 0.2), (0.7, 0.2), (0.45, 0.8)]
    ImageDraw.Draw(picture).line([(x * size, y * size) for x, y in points], 17, size // 20)
    return picture


SEVEN = data_url(a_seven())


@pytest.fixture(scope="module")
def networks():
    """Two untrained networks; the second wants larger pictures in colour, as VGG-16 does."""
    keras.utils.set_random_seed(0)
    softmax = {"units": 10, "activation": "softmax"}
    small = keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(**softmax)])
    large = keras.Sequential([keras.Input((32, 32, 3)), layers.Flatten(), layers.Dense(**softmax)])
    return {"linear": small, "vgg16_32": large}


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "images" / "drawings"


@pytest.fixture
def post(networks, folder):
    """Send JSON as the page does; returns the status and the answer."""
    client = server.create_app(networks, folder, PORT).test_client()

    def send(path, body, **options):
        options.setdefault("base_url", f"http://127.0.0.1:{PORT}")
        reply = client.post(path, json=body, **options)
        return reply.status_code, reply.get_json()

    send.client = client
    return send


def one_sentence(answer):
    """Require that a refusal is one sentence for the user, and return it."""
    assert answer.keys() == {"error"}
    assert re.fullmatch(r"[^\n]+[^.]\.", answer["error"]), answer
    assert not re.search(r"Traceback|Error\b|\.py", answer["error"]), answer
    return answer["error"]


def test_page_loads_nothing_from_outside(post):
    reply = post.client.get("/", base_url=f"http://localhost:{PORT}")
    text = reply.get_data(as_text=True)
    assert reply.status_code == 200 and "<canvas" in text
    assert set(re.findall(r"https?://[\w.]+", text)) == {"http://www.w3.org"}  # SVG's name
    assert not re.search(r"<(script|link|img)[^>]+(src|href)=\"(?!data:)", text)
    policy = reply.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "http" not in policy


def test_models_are_listed_with_their_recorded_accuracy(post, tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MODELS", tmp_path)
    record = {"test_accuracy": {"mean": 0.925}, "parameters": 7850}
    (tmp_path / "linear.results.json").write_text(json.dumps(record))
    (tmp_path / "vgg16_32.results.json").write_text("half a rec")
    reply = post.client.get("/models", base_url=f"http://127.0.0.1:{PORT}")
    assert reply.get_json() == [
        {"name": "linear", "title": "Linear", "test_accuracy": 0.925, "parameters": 7850},
        {"name": "vgg16_32", "title": "VGG-16"},
    ]


def test_read_gives_what_the_models_give(post, networks):
    status, answer = post("/read", {"picture": SEVEN})
    assert status == 200
    prepared = drawings.prepare(np.asarray(a_seven(), dtype=np.float32) / 255)
    np.testing.assert_array_equal(answer["seen"], np.round(prepared * 255).astype(int).ravel())
    enlarged = np.asarray(Image.fromarray(prepared).resize((32, 32), Image.Resampling.BILINEAR))
    for name, batch in {
        "linear": prepared[None, ..., None],
        "vgg16_32": np.repeat(enlarged[None, ..., None], 3, axis=-1),
    }.items():
        expected = networks[name].predict(batch, verbose=0)[0]
        np.testing.assert_allclose(answer["answers"][name], expected, atol=1e-5)


def test_both_papers_look_the_same_to_the_models(post):
    inverted = data_url(Image.eval(a_seven(), lambda value: 255 - value))
    assert post("/read", {"picture": SEVEN})[1] == post("/read", {"picture": inverted})[1]


@pytest.mark.parametrize(
    "picture",
    [
        None,
        7,
        ["a", "list"],
        "",
        "seven",
        "data:image/png;base64,",
        "data:image/png;base64,not base64!",
        "data:image/png;base64," + base64.b64encode(b"This is a text.").decode(),
        SEVEN[: len(SEVEN) // 2],
        data_url(a_seven().convert("RGB"), "JPEG"),
        data_url(a_seven(), "GIF").replace("image/gif", "image/png"),
        data_url(Image.new("L", (560, 560), 255)),
        data_url(Image.new("RGBA", (560, 560))),
        data_url(a_seven(server.MAX_SIDE + 1)),
    ],
    ids=[
        "none", "number", "list", "empty", "word", "no-data", "bad-base64", "text", "truncated",
        "jpeg", "gif-called-png", "blank", "transparent", "too-large",
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/read", "/save"])
def test_refuses_what_is_no_drawing(post, folder, path, picture):
    status, answer = post(path, {"picture": picture, "digit": 7})
    assert status == 400
    one_sentence(answer)
    assert not folder.exists()


def test_refuses_requests_over_2_mb(post):
    status, answer = post("/read", {"picture": SEVEN + "A" * server.MAX_BYTES})
    assert status == 413 and "2 MB" in one_sentence(answer)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "image/png"])
def test_refuses_other_content_types(post, kind):
    # Forms of other sites can send these three without asking the browser's permission.
    reply = post.client.post(
        "/save", data=json.dumps({"picture": SEVEN, "digit": 7}), content_type=kind,
        base_url=f"http://127.0.0.1:{PORT}",
    )  # fmt: skip
    assert reply.status_code == 415
    one_sentence(reply.get_json())


@pytest.mark.parametrize("body", ["", "{", "[]", "7", "null", '"picture"'])
def test_refuses_json_that_is_no_object(post, body):
    reply = post.client.post(
        "/read", data=body, content_type="application/json", base_url=f"http://127.0.0.1:{PORT}"
    )
    assert reply.status_code == 400
    one_sentence(reply.get_json())


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        (f"127.0.0.1:{PORT}", None, 201),
        (f"127.0.0.1:{PORT}", f"http://127.0.0.1:{PORT}", 201),
        (f"localhost:{PORT}", f"http://localhost:{PORT}", 201),
        (f"127.0.0.1:{PORT}", "https://example.org", 403),
        (f"127.0.0.1:{PORT}", "null", 403),
        (f"127.0.0.1:{PORT}", f"http://127.0.0.1:{PORT + 1}", 403),
        (f"127.0.0.1:{PORT}", f"http://127.0.0.1:{PORT}.example.org", 403),
        (f"example.org:{PORT}", None, 403),  # a name that its owner points at 127.0.0.1
        (f"127.0.0.1.example.org:{PORT}", f"http://127.0.0.1.example.org:{PORT}", 403),
        ("127.0.0.1", None, 403),
    ],
)
def test_refuses_other_sites(post, folder, host, origin, status):
    got, answer = post(
        "/save", {"picture": SEVEN, "digit": 7}, base_url=f"http://{host}",
        headers={"Origin": origin} if origin else {},
    )  # fmt: skip
    assert got == status
    assert folder.exists() == (status == 201)
    if status == 403:
        one_sentence(answer)


@pytest.mark.parametrize("digit", [-1, 10, 7.0, "7", "seven", True, None, [7], "../7"])
def test_refuses_labels_outside_0_to_9(post, folder, digit):
    status, answer = post("/save", {"picture": SEVEN, "digit": digit})
    assert status == 400 and "0 to 9" in one_sentence(answer)
    assert not folder.exists()


@pytest.mark.parametrize(
    "note",
    [
        "..",
        "../../up",
        "a/b",
        "a\\b",
        "/etc/x",
        "C:x",
        "a.png",
        "a\n",
        "\0",
        "é",
        "x" * 41,
        7,
        None,
    ],
)
def test_refuses_notes_that_could_leave_the_folder(post, folder, tmp_path, note):
    status, answer = post("/save", {"picture": SEVEN, "digit": 7, "note": note})
    assert status == 400 and "note" in one_sentence(answer)
    assert list(tmp_path.rglob("*.png")) == []


def test_unknown_addresses_and_methods(post):
    for path, method, status in [("/../x", "get", 404), ("/x.py", "get", 404), ("/", "put", 405)]:
        reply = getattr(post.client, method)(path, base_url=f"http://127.0.0.1:{PORT}")
        assert reply.status_code == status
        one_sentence(reply.get_json())


def test_save_adds_the_picture_and_its_digit(post, folder):
    assert post("/save", {"picture": SEVEN, "digit": 7, "note": "open-bar"})[0] == 201
    status, answer = post("/save", {"picture": SEVEN, "digit": 7})
    assert (status, answer["count"]) == (201, 2)
    assert answer["file"] == files.shown(folder / "7_1.png")
    names, greys, truth = drawings.read_folder(folder)
    assert (names, truth) == (["7_1.png", "7_open-bar_1.png"], [7, 7])
    np.testing.assert_array_equal(greys[0], np.asarray(a_seven(), dtype=np.float32) / 255)
    assert not list(folder.glob(".partial*"))


def test_save_never_overwrites(post, folder):
    folder.mkdir(parents=True)
    (folder / "7_1.PNG").write_bytes(b"someone's own")  # the same file on Windows and macOS
    assert post("/save", {"picture": SEVEN, "digit": 7})[1]["file"].endswith("7_2.png")
    assert (folder / "7_1.PNG").read_bytes() == b"someone's own"


@pytest.mark.parametrize("two_servers", [False, True])
def test_saves_at_once_lose_nothing(networks, folder, monkeypatch, two_servers):
    if two_servers:  # they share no lock of Python's, only the one of the file
        monkeypatch.setattr(server, "ONE_SAVE", contextlib.nullcontext())
    app = server.create_app(networks, folder, PORT)
    together = threading.Barrier(8)
    saved = []
    picture = data_url(a_seven(100))

    def save(digit):
        together.wait()
        for _ in range(4):
            reply = app.test_client().post(
                "/save", json={"picture": picture, "digit": digit},
                base_url=f"http://127.0.0.1:{PORT}",
            )  # fmt: skip
            saved.append((reply.get_json()["file"].rpartition("/")[2], digit))

    threads = [threading.Thread(target=save, args=(i % 2,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(dict(saved)) == 32
    assert drawings.read_truth(folder) == dict(saved)


@pytest.mark.parametrize(
    "truth", ["{", "[]", '{"7_1.png": 7, "missing.png": 3}', '{"7_1.png": 11}']
)
def test_damaged_truth_is_named_and_left_alone(post, folder, truth):
    folder.mkdir(parents=True)
    a_seven().save(folder / "7_1.png")
    (folder / "groundtruth.json").write_text(truth)
    status, answer = post("/save", {"picture": SEVEN, "digit": 7})
    assert status == 400 and "groundtruth.json" in one_sentence(answer)
    assert (folder / "groundtruth.json").read_text() == truth
    assert [path.name for path in folder.glob("*.png")] == ["7_1.png"]


def test_a_full_disk_leaves_no_picture_without_its_digit(post, folder, monkeypatch):
    post("/save", {"picture": SEVEN, "digit": 7})

    def full(path, content):
        raise InputError(f"Cannot write {path}: the disk is full.")

    monkeypatch.setattr(files, "write_json", full)
    status, answer = post("/save", {"picture": SEVEN, "digit": 7})
    assert status == 400 and "full" in one_sentence(answer)
    assert drawings.read_folder(folder)[0] == ["7_1.png"]


def test_a_folder_that_cannot_be_written(post, folder):
    folder.parent.mkdir()
    folder.write_text("a file of that name")
    status, answer = post("/save", {"picture": SEVEN, "digit": 7})
    assert status == 400 and "Cannot write" in one_sentence(answer)


def test_a_defect_of_ours_shows_no_traceback(folder, caplog):
    app = server.create_app({"linear": None}, folder, PORT)
    reply = app.test_client().post(
        "/read", json={"picture": SEVEN}, base_url=f"http://127.0.0.1:{PORT}"
    )
    assert reply.status_code == 500
    assert "input_shape" not in one_sentence(reply.get_json())
    assert "input_shape" in caplog.text  # the terminal tells


def test_loads_the_trained_models_only(tmp_path, monkeypatch, networks):
    monkeypatch.setattr(files, "MODELS", tmp_path)
    with pytest.raises(InputError, match="no trained model yet: run «python 02_linear/1_"):
        server.load_models()
    server.models.save(networks["vgg16_32"], "vgg16_32")
    assert list(server.load_models()) == ["vgg16_32"]
    (tmp_path / "vgg16_32.weights.h5").write_bytes(b"half")
    with pytest.raises(InputError, match=r"vgg16_32\.weights\.h5 is damaged"):
        server.load_models()


# --------------------------------------------------------------------------- whole processes


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


@pytest.mark.script
def test_start_without_models_and_on_a_port_in_use(fresh_project):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        fresh_project.edit("draw_digits/server.py", PORT=taken.getsockname()[1])
        sentence = fresh_project.fails_with_one_sentence("draw_digits/server.py")
        assert f"Port {taken.getsockname()[1]} is in use" in sentence
    for path in (fresh_project.root / "models").iterdir():
        path.unlink()
    sentence = fresh_project.fails_with_one_sentence("draw_digits/server.py")
    assert sentence == "There is no trained model yet: run «python 02_linear/1_train_linear.py»."


class Page:
    """A server of the shipped models in a copy of the project, and a Chromium showing its page."""

    def __init__(self, root):
        self.project = Project(root)
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.folder = root / "images" / "drawings"
        self.project.edit("draw_digits/server.py", PORT=self.port, OPEN_BROWSER=False)
        self.process = None

    def start_server(self):
        self.process = subprocess.Popen(
            [sys.executable, str(self.project.root / "draw_digits/server.py")],
            env=os.environ | {"PYTHONPATH": str(self.project.root)},
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        for line in self.process.stdout:
            if line.startswith("Draw at "):
                assert self.address in line
                return
        raise AssertionError("the server did not start")

    def kill_server(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def text(self, name):
        return self.driver.find_element(By.ID, name).text

    def until(self, condition, seconds=15):
        """Wait until ``condition()`` holds."""
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, self.driver.find_element(By.TAG_NAME, "body").text
            time.sleep(0.05)

    def answers(self):
        """The digit that each model's card shows, once the last stroke is answered."""
        results = self.driver.find_element(By.ID, "results")
        self.until(lambda: results.get_attribute("aria-busy") == "false" and self.text("time"))
        cards = self.driver.find_elements(By.CLASS_NAME, "model")
        return {
            card.get_attribute("aria-label"): card.find_element(By.TAG_NAME, "b").text
            for card in cards
        }

    def pixels(self):
        """How many pixels of the canvas are not paper."""
        return self.driver.execute_script(
            "const c = document.getElementById('drawing');"
            "const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
            "let n = 0; for (let i = 0; i < d.length; i += 4) n += d[i] !== d[0]; return n"
        )


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    if not mouse.CHROMIUM or not mouse.CHROMEDRIVER:
        pytest.skip("chromium and chromedriver are not installed")
    page = Page(tmp_path_factory.mktemp("page") / "project")
    page.start_server()
    try:
        with mouse.browser() as page.driver:
            yield page
    finally:
        page.kill_server()


@pytest.fixture
def page(running):
    mouse.open_page(running.driver, running.address)
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
    assert answers["LeNet-5"] == answers["Simple CNN"] == str(digit)
    assert str(digit) in page.text("summary")
    seen = page.driver.execute_script(
        "const small = document.getElementById('seen').getContext('2d');"
        "return [...small.getImageData(0, 0, 28, 28).data]"
    )
    assert max(seen[::4]) == 255 and seen[0] == 0
    assert not page.driver.get_log("browser")


@pytest.mark.script
def test_answers_come_while_the_stroke_is_drawn(page):
    page.driver.execute_script(
        "window.asked = 0; const f = fetch; fetch = (...a) => (asked++, f(...a))"
    )
    mouse.draw(page.driver, [line((0.3, 0.22), (0.68, 0.21), (0.46, 0.8), steps=20)])
    page.answers()
    assert page.driver.execute_script("return asked") >= 3


@pytest.mark.script
def test_a_click_leaves_a_dot(page):
    mouse.draw(page.driver, [[(0.5, 0.5)]])
    assert page.pixels() == pytest.approx(np.pi * 15**2, rel=0.1)  # the brush is 30 wide
    page.answers()


@pytest.mark.script
def test_clear_undo_and_the_other_paper(page):
    mouse.draw(page.driver, STROKES[4])
    whole = page.pixels()
    mouse.click(page.driver, "undo")
    assert 0 < page.pixels() < whole
    mouse.click(page.driver, "clear")
    assert page.pixels() == 0
    page.until(lambda: page.text("summary") == "Nothing drawn yet")
    page.driver.switch_to.active_element.send_keys(Keys.CONTROL + "z")  # undoes the clearing
    assert 0 < page.pixels() < whole
    before = page.pixels()
    mouse.click(page.driver, "black")
    assert page.pixels() == pytest.approx(before, rel=0.01)
    page.until(lambda: "read" in page.text("summary"))


@pytest.mark.script
def test_save_writes_the_picture_and_its_digit(page):
    before = drawings.read_truth(page.folder)
    page.driver.find_element(By.ID, "note").send_keys("my own")
    mouse.draw(page.driver, STROKES[7])
    mouse.click(page.driver, "save-7")
    page.until(lambda: page.text("saved").startswith("Saved as"))
    truth = drawings.read_truth(page.folder)
    assert truth == before | {"7_my-own_1.png": 7}
    assert drawings.read_grey(page.folder / "7_my-own_1.png").shape == (560, 560)
    page.until(lambda: page.pixels() == 0)  # ready for the next one
    mouse.click(page.driver, "save-7")
    page.until(lambda: page.text("saved") == "Draw a digit first.")
    assert drawings.read_truth(page.folder) == truth


@pytest.mark.script
def test_everything_is_reached_by_keyboard_and_has_a_name(page):
    saves = [f"save-{digit}" for digit in range(10)]
    for name in ["undo", "clear", "width", "white", *saves, "note"]:
        page.driver.switch_to.active_element.send_keys(Keys.TAB)
        element = page.driver.switch_to.active_element
        assert element.get_attribute("id") == name
        assert element.accessible_name, name
    mouse.draw(page.driver, STROKES[1])
    page.driver.find_element(By.ID, "clear").send_keys(Keys.ENTER)
    assert page.pixels() == 0


@pytest.mark.script
def test_a_finger_draws_on_a_narrow_screen(page):
    size = page.driver.get_window_size()
    try:
        page.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": True},
        )
        width, inner = page.driver.execute_script(
            "return [document.documentElement.scrollWidth, innerWidth]"
        )
        assert width == inner == 360
        mouse.draw(page.driver, STROKES[7], kind="touch")
        assert page.answers()["Simple CNN"] == "7"
        assert page.driver.execute_script("return scrollY") == 0
    finally:
        page.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        page.driver.set_window_size(size["width"], size["height"])


@pytest.mark.script
def test_a_killed_server_is_reported_and_found_again(page):
    mouse.draw(page.driver, STROKES[4][:1])
    page.answers()
    page.kill_server()
    mouse.draw(page.driver, STROKES[4][1:])
    page.until(lambda: "server does not answer" in page.text("problem"))
    drawn = page.pixels()
    mouse.draw(page.driver, STROKES[1])  # the page is alive
    assert page.pixels() > drawn
    mouse.click(page.driver, "undo")
    assert page.pixels() == drawn
    page.start_server()
    page.until(lambda: not page.text("problem") and page.text("time"))
    assert page.answers()["Simple CNN"] == "4"  # the drawing was kept
    urllib.request.urlopen(page.address, timeout=5).close()
