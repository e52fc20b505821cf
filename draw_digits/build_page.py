"""Builds the drawing page: one HTML file that opens with a double click.

    python draw_digits/build_page.py

It joins ``page.html``, the scripts, the kernels, the small models and the examples into
``draw_digits/build/draw.html``. Each large model becomes a script beside it, which the page loads
when it is asked for. All scripts are classic ones, because browsers load neither modules nor data
from a file that is opened from disk.
"""

import base64
import json
import re
from pathlib import Path

from cnn_practice import files
from cnn_practice.errors import InputError

import export_models

# Hyperparameters
BUILD = files.ROOT / "draw_digits" / "build"  # where the page goes

SOURCES = Path(__file__).parent
SCRIPT = re.compile(r"<!-- script (\w+\.js) -->")


def page(server=False):
    """The page as text.

    Args:
        server: whether ``server.py`` shows it, which saves drawings; from disk the page offers
            them as downloads.

    Returns:
        ``text, large, left_out``: the HTML, the names of the models that it loads when they are
        asked for, and a sentence for each model that the page cannot run.
    """
    models, left_out = [], []
    for name in export_models.names():
        try:
            model = export_models.exported(name, numbers=False)
            if model["kind"] == "digits" and model["parameters"] <= export_models.SMALL:
                model = export_models.exported(name)
            models.append(model)
        except InputError as error:
            left_out.append(str(error))
    data = {
        "server": server,
        "small": export_models.SMALL,
        "models": models,
        "leftOut": left_out,
        "kernels": [
            base64.b64encode((SOURCES / f"{name}.wasm").read_bytes()).decode()
            for name in ("kernel_fused", "kernel")  # the faster one first
        ],
        "examples": examples(),
    }
    text = (SOURCES / "page.html").read_text(encoding="utf-8")
    text = SCRIPT.sub(
        lambda found: (
            f'<script id="{found[1]}">\n{(SOURCES / found[1]).read_text(encoding="utf-8")}</script>'
        ),
        text,
    )
    # In a script element, «</» would end it.
    text = text.replace("<!-- data -->", json.dumps(data).replace("</", "<\\/"))
    return text, [model["name"] for model in models if "numbers" not in model], left_out


def examples():
    """Test images for those who do not draw: strips of pictures, and what each shows."""
    about = json.loads((SOURCES / "examples.json").read_text(encoding="utf-8"))
    for kind, each in about.items():
        picture = (SOURCES / f"examples_{kind}.png").read_bytes()
        each["strip"] = "data:image/png;base64," + base64.b64encode(picture).decode()
    return about


def large_model(name):
    """The path of a large model's script beside the page, written anew where the model has changed.

    Raises:
        InputError: the page cannot run this model, or the script cannot be written.
    """
    path = BUILD / f"{name}.js"
    sources = [*files.MODELS.glob(f"{name}.*"), Path(export_models.__file__)]
    newest = max(source.stat().st_mtime for source in sources)
    if not path.exists() or path.stat().st_mtime < newest:
        files.write_text(path, f"arrived({json.dumps(export_models.exported(name))});\n")
    return path


def main():
    """Write the page and the scripts of the large models."""
    text, large, left_out = page()
    files.write_text(BUILD / "draw.html", text)
    for sentence in left_out:
        print(f"left out: {sentence}")
    for name in large:
        large_model(name)
    print(f"page: {files.shown(BUILD / 'draw.html')}, {len(text) / 1000:.0f} kB")


if __name__ == "__main__":
    main()
