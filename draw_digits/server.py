"""The drawing page with a server: as ``make page`` builds it, and it saves drawings.

    python draw_digits/server.py

It opens http://127.0.0.1:8028, which only this computer can reach. The models run in the browser.
«Save» puts a drawing into ``images/drawings/`` and its digit into the ``groundtruth.json`` there: a
test set of your own, for the classify scripts.

Flask (Grinberg, 2018, *Flask Web Development*) serves the page, the scripts of the large models,
and ``/save``.
"""

import base64
import binascii
import contextlib
import errno
import io
import json
import logging
import re
import socket
import threading
import webbrowser

from cnn_practice import files, hyperparameters
from cnn_practice.errors import InputError

import build_page
import export_models
import numpy as np
from PIL import Image

try:
    from flask import Flask, Response, abort, jsonify, request, send_file
    from werkzeug.exceptions import HTTPException
    from werkzeug.serving import make_server
except ModuleNotFoundError as error:
    raise InputError("The page needs Flask: run «pip install -e .[page]» once.") from error

# Hyperparameters
PORT = 8028  # whole number, 1 to 65535; of the page's address: change it if another program has it
FOLDER = files.DRAWINGS  # folder; where «save» puts drawings and their groundtruth.json
OPEN_BROWSER = True  # True or False; False only prints the address
MAX_BYTES = 2 * 1024 * 1024  # whole number, at least 1; of one request: the page sends about 20 kB
MAX_SIDE = 2000  # whole number, at least 1; pixels: a small PNG can unpack to an enormous picture
hyperparameters.check()

HOST = "127.0.0.1"
SENTENCES = {
    403: "This request comes from another site's page: use the address that the server printed.",
    404: "There is nothing at this address.",
    405: "This address does not take such a request.",
    413: f"The picture is over {MAX_BYTES // 1024**2} MB: send a smaller one.",
    415: "The request must be JSON: send it with the content type application/json.",
}
# The page's own scripts and style, its kernel and worker, its requests, and nothing from elsewhere.
SECURITY_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'; worker-src blob:;"
    " style-src 'unsafe-inline'; img-src data: blob:; connect-src 'self'; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'"
)


def picture_of(body):
    """The drawing of a request.

    Args:
        body: the request's JSON; its ``picture`` is a PNG as data URL, as ``toDataURL`` makes it.

    Returns:
        Grey values, float32 of shape (H, W) in [0, 1].

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
    too_large = f"The picture has over {MAX_SIDE} pixels a side: send a smaller one."
    try:
        size = Image.open(io.BytesIO(data), formats=["PNG"]).size
    except Image.DecompressionBombError as error:
        raise InputError(too_large) from error
    except (OSError, ValueError, SyntaxError) as error:
        raise InputError("The picture is not a PNG that can be read: send another.") from error
    if max(size) > MAX_SIDE:
        raise InputError(too_large)
    from cnn_practice import drawings  # SciPy's import would delay the page

    grey = drawings.read_grey(io.BytesIO(data), "the drawing")
    drawings.prepare(grey, "the drawing")  # refuses a blank one
    return grey


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


def known_digits(folder):
    """What ``groundtruth.json`` says, without the drawings that were deleted by hand.

    Returns:
        ``truth, gone``: the digit of each file, and the names that were dropped.

    Raises:
        InputError: ``groundtruth.json`` is damaged.
    """
    from cnn_practice import drawings

    path, gone = folder / "groundtruth.json", []
    try:
        with contextlib.suppress(OSError, ValueError):
            truth = json.loads(path.read_text(encoding="utf-8"))
            if isinstance(truth, dict):
                gone = [name for name in truth if not (folder / name).is_file()]
                if gone:
                    kept = {name: digit for name, digit in truth.items() if name not in gone}
                    files.write_json(path, kept)
        return drawings.read_truth(folder), gone
    except RecursionError as error:
        raise InputError(f"{files.shown(path)} is not valid JSON: mend it or remove it.") from error


def save_drawing(grey, digit, note, folder):
    """Add a drawing to ``folder`` and its digit to the ``groundtruth.json`` there.

    Args:
        grey: float32 of shape (H, W) in [0, 1].
        digit: which digit it shows, 0 to 9.
        note: part of the file name: at most 40 letters, digits, hyphens and underscores.
        folder: where to save; made if it is not there.

    Returns:
        ``name, count, gone``: the file's name, how many drawings have a known digit now, and the
        names that ``groundtruth.json`` has lost because these drawings were deleted by hand.

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
            truth, gone = known_digits(folder)
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
    return path.name, len(truth) + 1, gone


def create_app(folder, port):
    """The Flask application that serves the page.

    Args:
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
        try:
            body = request.get_json(silent=True)
        except RecursionError:  # brackets in brackets, thousands deep
            body = None
        if not isinstance(body, dict):
            raise InputError("The request is not a JSON object.")
        return body

    @app.get("/")
    def page():
        # Built anew for each visit, so that a model trained meanwhile is there.
        return Response(build_page.page(server=True)[0], mimetype="text/html")

    @app.get("/<name>.js")
    def large_model(name):
        if name not in export_models.names():
            abort(404)
        return send_file(build_page.large_model(name), mimetype="text/javascript")

    @app.post("/save")
    def save():
        body = json_body()
        grey = picture_of(body)
        name, count, gone = save_drawing(grey, body.get("digit"), body.get("note", ""), folder)
        answer = {"file": files.shown(folder / name), "count": count}
        if gone:
            answer["dropped"] = f"Dropped from groundtruth.json, being gone: {', '.join(gone)}."
        return jsonify(answer), 201

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


def listen(port):
    """A socket that listens at ``port`` of this computer alone.

    Raises:
        InputError: another program has it, or it needs more rights.
    """
    another = "give PORT in draw_digits/server.py another number"
    try:
        return socket.create_server((HOST, port))
    except PermissionError as error:
        raise InputError(
            f"Port {port} needs the rights of an administrator: {another}, such as 8028."
        ) from error
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise InputError(
                f"Cannot listen at port {port} ({error.strerror}): {another}."
            ) from error
        raise InputError(
            f"Port {port} is in use, perhaps by this page in another window: close that, or"
            f" {another}."
        ) from error


def main():
    """Open the page and serve it until Ctrl+C."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # no line for each request
    with listen(PORT) as listening:
        app = create_app(FOLDER, PORT)
        server = make_server(HOST, PORT, app, threaded=True, fd=listening.fileno())
        address = f"http://{HOST}:{PORT}"
        print(f"Draw at {address} and stop with Ctrl+C.", flush=True)
        if OPEN_BROWSER:
            webbrowser.open(address)
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()


if __name__ == "__main__":
    main()
