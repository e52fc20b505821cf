"""The drawing page: draw a digit with mouse, pen or finger, and see what every model thinks.

    python draw_digits/server.py

It opens http://127.0.0.1:8028, which only this computer can reach. Every trained model of
``models/`` reads the drawing while it is drawn, prepared by the same code that prepares it for the
classify scripts. «Save» puts the drawing into ``images/drawings/`` and its digit into the
``groundtruth.json`` there: a test set of your own.

Flask (Grinberg, 2018, *Flask Web Development*) serves one static page, ``page.html``, and three
answers: ``/models``, ``/read`` and ``/save``.
"""

import base64
import binascii
import contextlib
import io
import json
import logging
import re
import socket
import threading
import webbrowser
from pathlib import Path

from cnn_practice import drawings, files, models
from cnn_practice.errors import InputError

import numpy as np
from PIL import Image

try:
    from flask import Flask, abort, jsonify, request, send_file
    from werkzeug.exceptions import HTTPException
    from werkzeug.serving import WSGIRequestHandler, make_server
except ModuleNotFoundError as error:
    raise InputError("The page needs Flask: run «pip install -e .[page]» once.") from error

# Hyperparameters
PORT = 8028  # of the page's address; change it if another program has it
FOLDER = files.DRAWINGS  # where «save» puts drawings and their groundtruth.json
OPEN_BROWSER = True  # False: only print the address
NAMES = ("linear", "dense", "lenet5", "simple_cnn", "vgg16_32", "kaggle_lenet")  # if trained
MAX_BYTES = 2 * 1024 * 1024  # of one request: the page sends about 20 kB
MAX_SIDE = 2000  # pixels; a small PNG can unpack to a picture that fills the memory

HOST = "127.0.0.1"
PAGE = Path(__file__).with_name("page.html")
TITLES = {
    "linear": "Linear",
    "dense": "Dense",
    "lenet5": "LeNet-5",
    "simple_cnn": "Simple CNN",
    "vgg16_32": "VGG-16",
    "kaggle_lenet": "Kaggle LeNet",
}
SENTENCES = {
    403: "This request comes from another site's page: use the address that the server printed.",
    404: "There is nothing at this address.",
    405: "This address does not take such a request.",
    413: f"The picture is over {MAX_BYTES // 1024**2} MB: send a smaller one.",
    415: "The request must be JSON: send it with the content type application/json.",
}
# The page's own inline script and style, its requests, and nothing from anywhere else.
SECURITY_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:;"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def load_models(names=NAMES):
    """The trained ones of ``names`` as a dict of Keras models, each run once to be fast later.

    Raises:
        InputError: none is trained yet, or the files of one are damaged.
    """
    trained = [name for name in names if (files.MODELS / f"{name}.config.json").exists()]
    if not trained:
        raise InputError("There is no trained model yet: run «python 02_linear/1_train_linear.py».")
    networks = {name: models.load(name) for name in trained}
    answers(networks, np.zeros((28, 28), dtype=np.float32))
    return networks


def answers(networks, prepared):
    """What each model thinks of one prepared drawing.

    Args:
        networks: dict of Keras models from float32 (N, size, size, channels) in [0, 1] to
            probabilities (N, 10).
        prepared: float32 of shape (28, 28) in [0, 1]; enlarged for models with a larger input.

    Returns:
        dict of ten floats in [0, 1] per model.
    """
    probabilities = {}
    for name, network in networks.items():
        size, _, channels = network.input_shape[1:]
        picture = drawings.enlarged(prepared, size)
        batch = np.repeat(picture[np.newaxis, ..., np.newaxis], channels, axis=-1)
        # predict() sets up a data pipeline for each call, which takes longer than the network.
        probabilities[name] = network.predict_on_batch(batch)[0].tolist()
    return probabilities


def picture_of(body):
    """The drawing of a request: grey values and the 28×28 picture that the models see.

    Args:
        body: the request's JSON; its ``picture`` is a PNG as data URL, as ``toDataURL`` makes it.

    Returns:
        ``grey, prepared``: float32 of shape (H, W) and (28, 28), both in [0, 1].

    Raises:
        InputError: not a PNG as data URL, larger than MAX_SIDE, or blank.
    """
    url = body.get("picture")
    prefix = "data:image/png;base64,"
    if not isinstance(url, str) or not url.startswith(prefix):
        raise InputError("The request has no picture: send a PNG as data URL.")
    try:
        data = base64.b64decode(url[len(prefix) :], validate=True)
    except (binascii.Error, ValueError) as error:
        raise InputError("The picture is not valid base64: send a PNG as data URL.") from error
    try:
        size = Image.open(io.BytesIO(data), formats=["PNG"]).size
    except (OSError, ValueError, SyntaxError) as error:
        raise InputError("The picture is not a PNG that can be read: send another.") from error
    if max(size) > MAX_SIDE:
        raise InputError(f"The picture has over {MAX_SIDE} pixels a side: send a smaller one.")
    grey = drawings.read_grey(io.BytesIO(data), "the drawing")
    return grey, drawings.prepare(grey, "the drawing")


@contextlib.contextmanager
def one_at_a_time(folder):
    """Let one save at a time write to ``folder``, be it of this server or of another one.

    The operating system frees the lock even when the server is killed.
    """
    with ONE_SAVE, open(folder / ".groundtruth.lock", "w") as lock:
        try:
            import fcntl
        except ModuleNotFoundError:  # Windows
            import msvcrt

            msvcrt.locking(lock.fileno(), msvcrt.LK_LOCK, 1)
        else:
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


ONE_SAVE = threading.Lock()


def save_drawing(grey, digit, note, folder):
    """Add a drawing to ``folder`` and its digit to the ``groundtruth.json`` there.

    Args:
        grey: float32 of shape (H, W) in [0, 1].
        digit: which digit it shows, 0 to 9.
        note: part of the file name: at most 40 letters, digits, hyphens and underscores.
        folder: where to save; made if it is not there.

    Returns:
        ``name, count``: the file's name, and how many drawings have a known digit now.

    Raises:
        InputError: a label or note that is not allowed, a damaged ``groundtruth.json``, or a
            folder that cannot be written.
    """
    if type(digit) is not int or not 0 <= digit <= 9:
        raise InputError("The label must be a whole number from 0 to 9.")
    if not isinstance(note, str) or not re.fullmatch(r"[A-Za-z0-9_-]{0,40}", note):
        raise InputError(
            "The note becomes part of the file name: use at most 40 letters A–Z, digits,"
            " hyphens and underscores."
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = one_at_a_time(folder)
        with lock:
            truth = drawings.read_truth(folder)
            start = f"{digit}_{note}_" if note else f"{digit}_"
            taken = {path.name.lower() for path in folder.iterdir()}
            number = 1
            while f"{start}{number}.png".lower() in taken:
                number += 1
            path = folder / f"{start}{number}.png"
            # The picture first: ground truth that names a missing file would stop the scripts.
            with files.written_beside(path) as temporary:
                Image.fromarray(np.round(grey * 255).astype(np.uint8)).save(temporary)
            try:
                files.write_json(folder / "groundtruth.json", truth | {path.name: digit})
            except BaseException:
                path.unlink()
                raise
    except OSError as error:
        raise InputError(f"Cannot write to {files.shown(folder)}: {error.strerror}.") from error
    return path.name, len(truth) + 1


def create_app(networks, folder, port):
    """The Flask application that serves the page.

    Args:
        networks: dict of Keras models by name, as ``load_models`` returns it.
        folder: where to save drawings.
        port: of the address; requests that name another host or origin are refused.
    """
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BYTES
    app.json.sort_keys = False
    hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}

    @app.before_request
    def refuse_other_sites():
        # A page of another site can send requests here, and can point a name of its own at
        # 127.0.0.1 (DNS rebinding). Its Origin or Host gives it away.
        origin = request.headers.get("Origin")
        if request.host not in hosts or origin not in {None, *(f"http://{h}" for h in hosts)}:
            abort(403)

    @app.after_request
    def protect(response):
        response.headers["Content-Security-Policy"] = SECURITY_POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cache-Control"] = "no-store"
        return response

    def json_body():
        if not request.is_json:
            abort(415)
        body = request.get_json(silent=True)
        if not isinstance(body, dict):
            raise InputError("The request is not a JSON object.")
        return body

    @app.get("/")
    def page():
        return send_file(PAGE)

    @app.get("/models")
    def list_models():
        return jsonify([describe(name) for name in networks])

    @app.post("/read")
    def read():
        _, prepared = picture_of(json_body())
        seen = np.round(prepared * 255).astype(int).ravel().tolist()
        return jsonify(answers=answers(networks, prepared), seen=seen)

    @app.post("/save")
    def save():
        body = json_body()
        grey, _ = picture_of(body)
        name, count = save_drawing(grey, body.get("digit"), body.get("note", ""), folder)
        return jsonify(file=files.shown(folder / name), count=count), 201

    @app.errorhandler(InputError)
    def refuse(error):
        return jsonify(error=str(error)), 400

    @app.errorhandler(HTTPException)
    def refuse_http(error):
        sentence = SENTENCES.get(error.code, "The server cannot answer this request.")
        return jsonify(error=sentence), error.code

    @app.errorhandler(Exception)
    def own_defect(error):
        app.logger.exception("A request failed", exc_info=error)
        return jsonify(error="The server failed: its terminal window shows the reason."), 500

    return app


def describe(name):
    """What the page says of a model: its title, and its test accuracy if a run recorded it."""
    about = {"name": name, "title": TITLES.get(name, name)}
    record = files.MODELS / f"{name}.results.json"
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        result = json.loads(record.read_text(encoding="utf-8"))
        about["test_accuracy"] = float(result["test_accuracy"]["mean"])
        about["parameters"] = int(result["parameters"])
    return about


class KeepAlive(WSGIRequestHandler):
    """One connection for all updates of a stroke, each answer sent at once."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True


def main():
    """Load the models, open the page and serve it until Ctrl+C."""
    try:
        listening = socket.create_server((HOST, PORT))
    except OSError as error:
        raise InputError(
            f"Port {PORT} is in use, perhaps by this page in another window: close that, or give"
            " PORT in draw_digits/server.py another number."
        ) from error
    # No line for each request, and none about the first run of each model.
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    networks = load_models()
    app = create_app(networks, FOLDER, PORT)
    with listening:
        server = make_server(
            HOST, PORT, app, threaded=True, request_handler=KeepAlive, fd=listening.fileno()
        )
        address = f"http://{HOST}:{PORT}"
        print(f"models: {', '.join(networks)}")
        print(f"Draw at {address} and stop with Ctrl+C.", flush=True)
        if OPEN_BROWSER:
            webbrowser.open(address)
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()


if __name__ == "__main__":
    main()
