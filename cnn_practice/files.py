"""Where things are, and writing that never leaves half a file behind."""

import contextlib
import errno
import json
import os
import re
import secrets
import shutil
import sys
import time
from pathlib import Path

from cnn_practice.errors import InputError

import filelock

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
    """Yield a temporary path beside ``path``, and rename it into place at the end of the block.

    A kill, an exception or a full disk at any moment leaves the former file whole. The temporary
    name keeps all suffixes of ``path``, because Keras and NumPy choose the format by them.

    Raises:
        InputError: the file cannot be written (disk full, no permission, read-only disk).
    """
    path = Path(path)
    temporary = path.with_name(f".partial-{secrets.token_hex(4)}-{path.name}")
    try:
        with _one_sentence(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            remove_leftovers(path.parent)
            yield temporary
            _sync(temporary)
            os.replace(temporary, path)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def written_together(folder, name):
    """Yield a temporary folder, whose files replace those of ``folder`` together, or not at all.

    First all files are written. Then their folder is renamed to ``.pending-<name>``. A kill before
    that leaves all former files. A kill after that leaves all new ones, because every reader first
    moves pending files into place (``finish_pending``).

    Raises:
        InputError: the files cannot be written.
    """
    temporary = folder / f".partial-{secrets.token_hex(4)}-{name}"
    try:
        with _one_sentence(folder / name):
            temporary.mkdir(parents=True)
            remove_leftovers(folder)
            yield temporary
            for path in temporary.iterdir():
                _sync(path)
            with lock(folder):
                finish_pending(folder)
                os.replace(temporary, folder / f".pending-{name}")
                _sync(folder)
                finish_pending(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def finish_pending(folder):
    """Move the files into place that a killed run had written, and had not yet moved."""
    if not any(folder.glob(".pending-*")):
        return
    with lock(folder):
        for pending in sorted(folder.glob(".pending-*")):
            with _one_sentence(pending):
                for path in sorted(pending.iterdir()):
                    os.replace(path, folder / path.name)
                _sync(folder)
                pending.rmdir()


@contextlib.contextmanager
def lock(folder, name="writing", timeout=-1):
    """Hold a lock of a folder. A folder that is not writable needs none.

    Args:
        folder: where the lock's file is.
        name: of the lock.
        timeout: seconds to wait for it; -1 waits as long as it takes.

    Raises:
        filelock.Timeout: another process holds the lock.
    """
    held = filelock.FileLock(folder / f".{name}.lock", is_singleton=True)
    try:
        held.acquire(timeout=timeout)
    except (OSError, NotImplementedError) as error:
        if isinstance(error, filelock.Timeout):
            raise
    try:
        yield held
    finally:
        held.release()


def remove_leftovers(folder):
    """Remove what killed runs left unfinished in ``folder`` more than an hour ago."""
    for leftover in folder.glob(".partial-*"):
        with contextlib.suppress(OSError):
            if time.time() - leftover.stat().st_mtime > 3600:
                shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()


def _sync(path):
    """Wait until the disk has what was written to a file, or the names in a folder."""
    if path.is_dir():
        with contextlib.suppress(OSError):  # Windows opens no folders
            descriptor = os.open(path, os.O_RDONLY)
            os.fsync(descriptor)
            os.close(descriptor)
        return
    with open(path, "rb+") as file:
        os.fsync(file.fileno())


@contextlib.contextmanager
def _one_sentence(path):
    """What the system says against writing ``path``, as an ``InputError``."""
    try:
        yield
    except (OSError, RuntimeError) as error:
        number = _errno(error)
        if number is None:
            raise
        reason = _WHAT_TO_DO.get(number, f"the system says «{os.strerror(number)}»")
        raise InputError(f"Cannot write {path}: {reason}.") from error


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
    """``path`` as printed to the user: relative to the project if it lies inside it."""
    path = Path(path).resolve()
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else str(path)


def training_script(name):
    """The script that trained model ``name``, as its record names it; or None."""
    for kind in ("results", "parts"):
        try:
            record = json.loads((MODELS / f"{name}.{kind}.json").read_text(encoding="utf-8"))
            return ROOT / record["script"]
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return None


def refuse_another_tree():
    """Raise an ``InputError`` if the script that runs belongs to another copy of this project.

    An environment has the package of one copy installed, and a script of another copy would
    replace models over there.
    """
    main = getattr(sys.modules["__main__"], "__file__", None)
    # In a notebook the current folder is that of the notebook.
    tree = Path(main).resolve().parent.parent if main else Path.cwd().parent
    if tree != ROOT and (tree / "cnn_practice" / "files.py").exists():
        raise InputError(
            f"This script stands in {tree}, but its Python environment belongs to {ROOT} and would"
            f" write there: run «pip install -e .» in {tree}, in an environment of its own."
        )
