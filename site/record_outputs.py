"""Run the numbered scripts as notebooks, and keep what their cells print and draw for the site.

``python site/record_outputs.py`` records the scripts whose outputs are missing or of another
version; ``python site/record_outputs.py 02_linear/1_train_linear.py`` records this one. The scripts
run in a copy of the project, so no model, record or figure of this one is touched.

A training that has a record is not repeated: what stands in its place is in ``no_training.py``.
``--train`` trains. See ``README.md``.
"""

import argparse
import base64
import difflib
import io
import json
import os
import re
import shutil
import tempfile
import textwrap
import time
from itertools import chain
from pathlib import Path

from cnn_practice import files, plots, results
from cnn_practice.errors import InputError

import nbclient
import nbformat
import scripts
from nbclient.exceptions import CellExecutionError
from no_training import FROM_RECORD
from PIL import Image

NOT_COPIED = shutil.ignore_patterns(
    ".git", ".venv", ".*_cache", ".hypothesis", "__pycache__", "*.egg-info", "node_modules",
    "tests", "outputs", "_build", "build", "checkpoints", "sweeps", "fine_tuned.*", ".*.lock",
)  # fmt: skip
LARGE = 100_000_000  # bytes; larger files are linked
LINES = 60  # of a text: more are left out in its middle
COLUMNS = 100  # of a line
WIDEST = 1200  # pixels of a picture
TRAINS = re.compile(r"\.fit\(|\.train\(|training\.begin\(|remote\.connect\(")
NO_HISTORY = "The rest of this cell needs the history by epoch, which the record does not have."
NEEDS_MORE = "Not run for this page: this cell needs what a cell above would have computed."


def copy(root):
    """Copy the project to the new folder ``root``, its large data as links."""
    shutil.copytree(files.ROOT, root, ignore=NOT_COPIED, copy_function=_copy_or_link)


def _copy_or_link(source, target):
    source = Path(source).resolve()
    if source.stat().st_size > LARGE:
        try:  # a script that writes this file replaces the link
            return os.symlink(source, target)
        except OSError:  # Windows
            pass
    return shutil.copy(source, target)


def record(path, root, train=False, incomplete=False):
    """Run a script in a copy of the project, and save its outputs.

    Args:
        path: of the script, in this project.
        root: folder of the copy, with what the scripts before this one have written there.
        train: whether to train where a record could stand in.
        incomplete: whether a cell may end with an error that a user can put right: it is told, and
            what needs the cell is left out.

    Raises:
        InputError: a cell ends with such an error.
    """
    name, notebook = files.shown(path), scripts.cells(path)
    kernel = nbclient.NotebookClient(
        notebook,
        timeout=None,
        kernel_name="python3",
        extra_arguments=["--IPKernelApp.log_level=40"],  # errors alone
        resources={"metadata": {"path": str(root / path.parent.name)}},
    )
    # Those before it have replaced models in the copy: each begins with the models of the project.
    shutil.copytree(files.MODELS, root / "models", ignore=NOT_COPIED, dirs_exist_ok=True)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(root), str(root / "site")])}
    code = [(index, cell) for index, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    trains = "_train_" in path.name or any(TRAINS.search(cell.source) for _, cell in code)
    outputs, training, left_out = [], "run" if trains else None, False
    with kernel.setup_kernel(env=environment):
        if trains and not train:
            first = nbformat.v4.new_code_cell(f"import no_training; no_training.begin({name!r})")
            notebook.cells.append(first)
            kernel.execute_cell(first, len(notebook.cells) - 1)
        for index, cell in code:
            error = None
            try:
                kernel.execute_cell(cell, index)
            except CellExecutionError as raised:
                error = raised
            shown = _shown(cell.outputs, root)
            told = any(FROM_RECORD in each.get("text", "") for each in shown)
            training = "from the record" if told else training
            if error is not None:
                sentence = _sentence(cell.outputs, root)
                print(f"({error.ename} in cell {index + 1})", end=" ", flush=True)
                if error.ename == "NotTrainedError":
                    left_out, training = True, "not run"
                elif left_out:
                    shown = [{"text": NEEDS_MORE}]
                elif told:
                    shown.append({"text": NO_HISTORY})
                elif sentence and incomplete:
                    left_out, training = True, "not run" if trains else None
                    text = f"Not run for this page. It ended with «{sentence}»"
                    shown = [{"text": _clean(text, root)}]
                elif sentence:
                    raise InputError(f"{name} ends with «{sentence}»") from error
                else:
                    raise error
            outputs.append(shown)
    _save(path, training, outputs)


def _sentence(outputs, root):
    """The one sentence with which a cell ended, if the user can put its error right."""
    texts = [each.text for each in outputs if each.get("name") == "stderr"]
    found = re.search(r"^Error: (.+)", "".join(texts), re.MULTILINE)
    return _clean(found[1], root).replace("\n", " ") if found else None


def _shown(outputs, root):
    """What a cell prints and draws: a list of ``{"text": …}`` and ``{"picture": bytes, "alt": …}``.

    What it prints on stderr is left out, and the value of a last line, which a script does not
    print; of pictures with the same text the last one stays.
    """
    shown = []
    for output in outputs:
        if output.get("name") == "stderr" or output.output_type in ("error", "execute_result"):
            continue
        data = output.get("data", {})
        if "image/png" in data:
            metadata = output.metadata.get("image/png", output.metadata)
            picture = {"picture": base64.b64decode(data["image/png"]), "alt": metadata["alt"]}
            shown = [each for each in shown if each.get("alt") != picture["alt"]] + [picture]
            continue
        text = output.get("text") or data.get("text/plain", "")
        if shown and "text" in shown[-1]:
            shown[-1]["text"] += text
        else:
            shown.append({"text": text})
    for each in shown:
        if "text" in each:
            each["text"] = _clean(each["text"], root)
    return [each for each in shown if each.get("text") != ""]


def _clean(text, root):
    """A text without control codes and this machine's paths, its progress bars at their end."""
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x08", "", text)
    text = text.replace(f"{root}{os.sep}", "").replace(str(root), ".")
    text = text.replace(str(Path.home()), "~")
    lines = [[part.rstrip() for part in line.split("\r")] for line in text.split("\n")]
    lines = [next(filter(None, reversed(parts)), "") for parts in lines]
    if len(lines) > LINES:
        first, last = LINES * 2 // 3, LINES // 3 - 1
        lines[first:-last] = [f"… {len(lines) - first - last} lines …"]
    # Sentences of any length are wrapped, as a terminal does it.
    options = {"break_long_words": False, "break_on_hyphens": False}
    lines = ["\n".join(textwrap.wrap(line, COLUMNS, **options)) for line in lines]
    return "\n".join(lines).strip("\n")


def _save(path, training, outputs):
    """Save the outputs of a script as JSON, and its pictures as WebP beside it."""
    place, number = scripts.place(path), 0
    for each in chain(*outputs):
        if "picture" in each:
            number += 1
            picture, each["picture"] = each["picture"], f"{path.stem}_{number}.webp"
            with files.written_beside(place.parent / each["picture"]) as temporary:
                temporary.write_bytes(_webp(picture))
    for left in place.parent.glob(f"{path.stem}_*.webp"):
        if int(left.stem.rpartition("_")[2]) > number:
            left.unlink()
    of_script = {"script": files.shown(path), "cells": scripts.fingerprint(path)}
    of_training = {"training": training, "record": _last_run(path)}
    content = of_script | of_training | results.environment() | {"outputs": outputs}
    files.write_text(place, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def _webp(png):
    """A PNG as WebP: lossless, if it is no photograph, for which that would be much larger."""
    with Image.open(io.BytesIO(png)) as picture:
        picture = picture.convert("RGB")
    if picture.width > WIDEST:
        size = WIDEST, round(picture.height * WIDEST / picture.width)
        picture = plots.in_few_colours(picture.resize(size, Image.Resampling.LANCZOS))
    lossless, lossy = io.BytesIO(), io.BytesIO()
    picture.convert("RGB").save(lossless, "WEBP", lossless=True, quality=100, method=6)
    picture.convert("RGB").save(lossy, "WEBP", quality=92, method=6)
    return (lossy if 2 * lossy.tell() < lossless.tell() else lossless).getvalue()


def find(name):
    """The numbered script that a user names.

    Raises:
        InputError: it is none.
    """
    there = {files.shown(path): path for path in scripts.numbered()}
    wanted = files.shown(name if Path(name).exists() else files.ROOT / name)
    if wanted not in there:
        near = difflib.get_close_matches(wanted, there, n=1)
        hint = f"; perhaps {near[0]} is meant" if near else ""
        raise InputError(f"{name} is no numbered script{hint}.")
    return there[wanted]


def _last_run(path):
    """What the outputs show of the record of a training: its last run; None if there is none."""
    for record in results.read_all():
        if record.get("script") == files.shown(path):
            return {key: record["runs"][-1].get(key) for key in ("test_accuracy", "seconds")}
    return None


def outdated(path):
    """Whether a script has no outputs, or those of another version of it or of another record."""
    try:
        return scripts.outputs(path)["record"] != _last_run(path)
    except (InputError, KeyError):
        return True


def main():
    parser = argparse.ArgumentParser(description="Record what the scripts print and draw.")
    parser.add_argument("script", nargs="*", help="by default those whose outputs are outdated")
    parser.add_argument("--all", action="store_true", help="record every script")
    parser.add_argument("--train", action="store_true", help="train, even where a record is kept")
    parser.add_argument(
        "--incomplete",
        action="store_true",
        help="leave out cells that lack something, such as a download, and say so on the page",
    )
    options = parser.parse_args()
    wanted = {find(name) for name in options.script}
    chosen = [
        path
        for path in scripts.numbered()
        if path in wanted or options.all or (not wanted and outdated(path))
    ]
    if not chosen:
        print("All outputs are of the present scripts.")
        return
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve() / "project"
        copy(root)
        for path in chosen:
            print(files.shown(path), end=" ", flush=True)
            began = time.perf_counter()
            record(path, root, options.train, options.incomplete)
            print(f"{time.perf_counter() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
