"""Where things are, and writing that never leaves half a file behind."""

import contextlib
import errno
import json
import os
import re
import secrets
from pathlib import Path

from cnn_practice.errors import InputError

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "data"
MODELS = ROOT / "models"
DRAWINGS = ROOT / "images" / "drawings"
FIGURES = ROOT / "images" / "figures"

# Windows gives the same error for a file that another program has open.
_NOT_WRITABLE = (
    "the folder or file is not writable; change its permissions, or close the program that has it"
    " open, and run this again"
)
_WHAT_TO_DO = {
    errno.ENOSPC: "the disk is full; free some space and run this again",
    errno.EFBIG: "the file is larger than allowed here; free some space and run this again",
    errno.EACCES: _NOT_WRITABLE,
    errno.EPERM: _NOT_WRITABLE,
    errno.EROFS: "the disk is read-only; copy the project to one that is not",
    errno.ENOTDIR: "a part of the path is a file; rename that file and run this again",
}


@contextlib.contextmanager
def written_beside(path):
    """Yield a temporary path beside ``path``, and rename it into place when the block is done.

    A kill, an exception or a full disk at any moment leaves what was at ``path`` whole. The
    temporary name keeps all suffixes of ``path``, because Keras and NumPy choose the format by it.

    Raises:
        InputError: the file cannot be written (disk full, no permission, read-only disk).
    """
    path = Path(path)
    temporary = path.with_name(f".partial-{secrets.token_hex(4)}-{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except (OSError, RuntimeError) as error:
        number = _errno(error)
        if number is None:
            raise
        reason = _WHAT_TO_DO.get(number, f"the system says «{os.strerror(number)}»")
        raise InputError(f"Cannot write {path}: {reason}.") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def remove_leftovers(path):
    """Remove what killed runs left unfinished beside ``path``; worth it where files are large."""
    for leftover in path.parent.glob(f".partial-*-{path.name}"):
        with contextlib.suppress(OSError):
            leftover.unlink()


def _errno(error):
    """The system's error number; HDF5 gives it only in the text of its exceptions."""
    if getattr(error, "errno", None):
        return error.errno
    found = re.search(r"errno = (\d+)", str(error))
    return int(found[1]) if found else None


def write_text(path, text):
    """Write ``text`` to ``path`` as UTF-8, atomically."""
    with written_beside(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path, content):
    """Write ``content`` as indented JSON to ``path``, atomically."""
    write_text(path, json.dumps(content, indent=2) + "\n")


def shown(path):
    """``path`` as printed to the user: relative to the project where it lies inside it."""
    path = Path(path).resolve()
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else str(path)


def training_script(name):
    """The script that trains model ``name``, found by its line ``NAME = "<name>"``; or None.

    In an f-string such as ``NAME = f"vgg16_{IMAGE_SIZE}"`` the braces stand for any number.
    """
    for script in sorted(ROOT.glob("[0-9]*/[0-9]*_*.py")):
        for trained in re.findall(r'NAME = f?"(.+)"', script.read_text(encoding="utf-8")):
            if re.fullmatch(re.sub(r"\{\w+\}", r"\\d+", trained), name):
                return script
    return None
