"""The numbered scripts as the site shows them: their cells, and what they printed and drew."""

import hashlib
import io
import json
import tokenize
from itertools import chain
from pathlib import Path

from cnn_practice import files
from cnn_practice.errors import InputError

import jupytext

OUTPUTS = Path(__file__).resolve().parent / "outputs"


def numbered():
    """The paths of all numbered scripts, in the order of the course."""
    scripts = files.ROOT.glob("[0-9][0-9]_*/[0-9]*_*.py")
    return sorted(scripts, key=lambda path: (path.parent.name, int(path.name.split("_")[0])))


def cells(path):
    """A script as a jupytext notebook."""
    return jupytext.read(path, fmt="py:percent")


def fingerprint(path):
    """The SHA-256 of a script's code, cell by cell, without comments and blank lines.

    It stays the same where only prose, comments or empty lines were changed.
    """
    codes = [_code(cell.source) for cell in cells(path).cells if cell.cell_type == "code"]
    return hashlib.sha256(json.dumps(codes).encode()).hexdigest()


def _code(source):
    lines = source.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            line, column = token.start
            lines[line - 1] = lines[line - 1][:column]
    return "\n".join(line.rstrip() for line in lines if line.strip())


def place(path):
    """The JSON file with the outputs of a script; its pictures stand beside it."""
    return OUTPUTS / path.parent.name / f"{path.stem}.json"


def outputs(path):
    """What the cells of a script printed and drew, as ``record_outputs.py`` recorded it.

    Returns:
        dict: ``script``, its path in the project; ``cells``, its fingerprint; ``training``, which
        is "run", "from the record" where weights and figures are those of the record, "not run"
        where no weights are kept, or None where nothing is trained; ``versions`` and ``hardware``
        of the recording; and ``outputs``, a list for each code cell, whose elements are
        ``{"text": …}`` or ``{"picture": file name beside the JSON, "alt": …}``.

    Raises:
        InputError: there are none, or they are of another version of the script.
    """
    script = files.shown(path)
    command = f"run «python site/record_outputs.py {script}»"
    try:
        recorded = json.loads(place(path).read_text(encoding="utf-8"))
        version, shown = recorded["cells"], recorded["outputs"]
    except FileNotFoundError as error:
        raise InputError(f"There are no outputs of {script} yet: {command}.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{files.shown(place(path))} is damaged: {command}.") from error
    missing = [
        each["picture"]
        for each in chain(*shown)
        if "picture" in each and not (place(path).parent / each["picture"]).exists()
    ]
    if missing:
        raise InputError(f"The picture {missing[0]} of {script} is missing: {command}.")
    if version != fingerprint(path):
        raise InputError(f"The outputs are of another version of {script}: {command}.")
    return recorded
