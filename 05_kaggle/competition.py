"""Kaggle's digit-recognizer: its CSV files, checked value by value; its practice twin; submissions.

The practice competition has the same files in the same shape, drawn from MNIST, so that the whole
chapter runs without an account. The content of the files tells which of the two they are.
"""

import contextlib
import csv
import gzip
import io
import itertools
import stat
import zipfile
import zlib
from pathlib import PurePosixPath
from typing import NamedTuple

from cnn_practice import datasets, files
from cnn_practice.errors import InputError

import numpy as np
import pandas as pd

PAGE = "https://www.kaggle.com/competitions/digit-recognizer/data"
FOLDER = files.DATA / "kaggle"
ARCHIVE = FOLDER / "digit-recognizer.npz"
PRACTICE_ANSWERS = FOLDER / "practice_answers.csv"

PIXELS = [f"pixel{i}" for i in range(784)]
HEADERS = {"train.csv": ["label", *PIXELS], "test.csv": PIXELS}
ROWS = {"train.csv": 42000, "test.csv": 28000}
SUBMISSION_HEADER = ["ImageId", "Label"]

SOURCES = {"practice": "practice competition", "kaggle": "Kaggle's digit-recognizer"}
# Not to be edited: the practice files are recognised by being drawn anew with this seed.
PRACTICE_SEED = 0

# What reading a damaged gzip or zip raises; Python may be built without LZMA.
DAMAGED = (OSError, EOFError, UnicodeDecodeError, zlib.error, zipfile.BadZipFile)
DAMAGED += (getattr(zipfile.lzma, "LZMAError", zlib.error),)
VALUES = {str(value): value for value in range(256)}
BLOCK = 1 << 22  # characters read at once
LONGEST_LINE = 100_000  # characters; the header has 7 thousand


class Data(NamedTuple):
    """The content of the npz file.

    uint8 arrays ``x_train`` of shape (42000, 28, 28), ``y_train`` of shape (42000,) and ``x_test``
    of shape (28000, 28, 28); ``source`` is one of the keys of ``SOURCES``.
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    source: str


def practice():
    """The practice competition: all 70,000 images of MNIST, shuffled, and split by class.

    Returns:
        ``Data`` and the answers, uint8 of shape (28000,).

    Raises:
        InputError: MNIST is neither there nor can be downloaded.
    """
    (x_train, y_train), (x_test, y_test) = datasets.load_mnist()
    images, labels = np.concatenate([x_train, x_test]), np.concatenate([y_train, y_test])
    order = np.random.default_rng(PRACTICE_SEED).permutation(len(images))
    (x_train, y_train), (x_test, y_test), _ = datasets.split(
        ((images[order], labels[order]), None), ROWS["test.csv"], PRACTICE_SEED
    )
    return Data(x_train, y_train, x_test, "practice"), y_test


def save(data):
    """Write ``data`` to the npz file, atomically."""
    with files.written_beside(ARCHIVE) as temporary:
        np.savez_compressed(temporary, **data._asdict())


def load():
    """The ``Data`` that ``1_preprocess.py`` saved.

    Raises:
        InputError: it has not been run, or its file is damaged.
    """
    run = "run «python 05_kaggle/1_preprocess.py»"
    if not ARCHIVE.exists():
        raise InputError(f"There is no {files.shown(ARCHIVE)} yet: {run}.")
    arrays = datasets.read_npz(ARCHIVE)
    train, test = ROWS["train.csv"], ROWS["test.csv"]
    shapes = {"x_train": (train, 28, 28), "y_train": (train,), "x_test": (test, 28, 28)}
    whole = all(
        name in arrays and arrays[name].shape == shape and arrays[name].dtype == np.uint8
        for name, shape in shapes.items()
    )
    source = str(arrays.get("source"))
    if not whole or source not in SOURCES or arrays["y_train"].max() > 9:
        raise InputError(f"{files.shown(ARCHIVE)} is not what the chapter's scripts need: {run}.")
    return Data(*(arrays[name] for name in shapes), source)


def find(name):
    """The file in ``data/kaggle/`` that holds the table ``train.csv`` or ``test.csv``, or None.

    A packed file is preferred, because the plain one may be a practice file.
    """
    for candidate in ("digit-recognizer.zip", f"{name}.zip", f"{name}.gz", name):
        if (FOLDER / candidate).exists():
            return FOLDER / candidate
    return None


def read_csv(path, name, rows=None):
    """Read one of Kaggle's two tables of digits with pandas, and accept nothing but such a table.

    Where pandas does not find plain numbers, the same lines are read one by one by ``csv.reader``,
    which reads quoted numbers too, and tells the line and the column of the first fault.

    Args:
        path: the CSV file, plain, as gzip, or in a zip; by its content, whatever its suffix.
        name: "train.csv" or "test.csv": the name in the zip, and which header to expect.
        rows: how many rows there must be; None for any number.

    Returns:
        uint8 of shape (rows, 785) with the label first, or (rows, 784).

    Raises:
        InputError: the file is not such a table; the message gives line and column.
    """
    header = HEADERS[name]
    tables, count = [], 0
    with _opened(path, name) as stream:
        blocks = _whole_lines(path, stream)
        names, _, rest = next(blocks, "").partition("\n")
        _check_header(path, names, name)
        for lines in itertools.chain([rest] if rest else [], blocks):
            table = _read_plain(lines, len(header))
            if table is None:
                table = _read_line_by_line(path, lines, count + 2, header)
            if name == "train.csv" and (wrong := np.flatnonzero(table[:, 0] > 9)).size:
                line, label = count + 2 + wrong[0], table[wrong[0], 0]
                raise _wrong(path, f", line {line}, has the label {label}, not a digit from 0 to 9")
            tables.append(table)
            count += len(table)
            if rows is not None and count > rows:
                raise _wrong(path, f" has more than {rows:,} rows")
    if not tables:
        raise _wrong(path, " has a header but no rows")
    if rows is not None and count < rows:
        raise _wrong(path, f" has {count:,} rows instead of {rows:,}")
    return np.concatenate(tables)


def write_submission(path, labels):
    """Write ``ImageId,Label`` with the ids 1, 2, 3 …, atomically.

    Raises:
        InputError: the file is read-only, open in a program that locks it, or the disk is full.
    """
    # Some systems let a read-only file be renamed over, but its owner will not have meant that.
    if path.exists() and not path.stat().st_mode & stat.S_IWUSR:
        raise InputError(f"{files.shown(path)} is read-only: rename it or make it writable.")
    lines = [",".join(SUBMISSION_HEADER), *(f"{i},{label}" for i, label in enumerate(labels, 1))]
    with files.written_beside(path) as temporary:
        temporary.write_bytes("\n".join([*lines, ""]).encode())


def read_submission(path, rows=ROWS["test.csv"]):
    """Read a submission and check it as Kaggle does: columns, rows, ids, labels.

    Returns:
        the labels in the order of the ids, uint8 of shape (rows,).

    Raises:
        InputError: the file is no valid submission; the message says where.
    """
    shown = files.shown(path)
    try:
        with open(path, encoding="utf-8-sig", errors="replace", newline="") as file:
            header, *lines = [fields for fields in csv.reader(file) if fields] or [[]]
    except (OSError, csv.Error) as error:
        raise InputError(f"{shown} cannot be read ({error}): write it again.") from error
    if header != SUBMISSION_HEADER:
        raise InputError(f"{shown} does not begin with ImageId,Label: write it again.")
    if len(lines) != rows:
        raise InputError(f"{shown} has {len(lines):,} rows instead of {rows:,}: write it again.")
    labels = {}
    for number, fields in enumerate(lines, 2):
        image, label = fields if len(fields) == 2 else ("", "")
        image = int(image) if image.encode().isdigit() and len(image) < 9 else 0
        if not 1 <= image <= rows or image in labels or label not in set("0123456789"):
            raise InputError(
                f"{shown}, line {number}, is «{_short(','.join(fields))}», but must be an ImageId"
                f" from 1 to {rows} that is there once, and a digit: write it again."
            )
        labels[image] = int(label)
    return np.array([labels[image] for image in range(1, rows + 1)], dtype=np.uint8)


def practice_answers():
    """The labels of the practice test images, uint8 of shape (28000,).

    Raises:
        InputError: the file is missing or damaged.
    """
    try:
        return read_submission(PRACTICE_ANSWERS)
    except InputError as error:
        raise InputError(
            f"{files.shown(PRACTICE_ANSWERS)} is missing or damaged: run"
            " «python 05_kaggle/1_preprocess.py»."
        ) from error


@contextlib.contextmanager
def _opened(path, name):
    """The CSV's bytes as a stream, unpacked if packed."""
    shown = files.shown(path)
    try:
        with contextlib.ExitStack() as stack:
            stream = stack.enter_context(open(path, "rb"))
            start = stream.read(4)
            stream.seek(0)
            if start[:2] == b"\x1f\x8b":
                stream = stack.enter_context(gzip.open(stream))
            elif start[:2] == b"PK":
                packed = stack.enter_context(zipfile.ZipFile(stream))
                members = [each for each in packed.namelist() if PurePosixPath(each).name == name]
                if not members:
                    raise _wrong(path, f" contains no {name}")
                stream = stack.enter_context(packed.open(members[0]))
            yield stream
    except DAMAGED as error:
        if getattr(error, "strerror", None):
            raise InputError(
                f"{shown} cannot be read: the system says «{error.strerror}»."
            ) from error
        raise _wrong(path, " is damaged or was cut off") from error
    except (RuntimeError, NotImplementedError) as error:
        raise _wrong(path, " is encrypted, or packed in a way that Python cannot read") from error


def _whole_lines(path, stream):
    """Blocks of whole lines of a CSV file, as text in which every line ends with a line feed.

    A block has about ``BLOCK`` characters, so that the memory is bounded whatever the file holds.
    Blank lines at the end of the file are left out.
    """
    text = io.TextIOWrapper(
        stream, "utf-8-sig", errors="replace"
    )  # makes line feeds of CR and CRLF
    rest = ""
    while block := text.read(BLOCK):
        rest += block
        # Blank lines wait: they are allowed if nothing follows.
        lines = rest[: rest.rfind("\n") + 1].rstrip("\n")
        if lines:
            yield lines + "\n"
            rest = rest[len(lines) + 1 :]
        if len(rest) > LONGEST_LINE:
            raise _wrong(path, f" has more than {LONGEST_LINE:,} characters without a row")
    if rest.strip("\n"):
        yield rest + "\n"


def _read_plain(lines, columns):
    """Rows of plain numbers as uint8 of shape (rows, columns), or None where they are not plain.

    pandas refuses numbers over 255, missing fields and rows of different lengths. It would accept
    signs and spaces, so it only gets lines of digits and commas.
    """
    content = lines.encode()
    if content.translate(None, b"0123456789,\n"):
        return None
    try:
        frame = pd.read_csv(
            io.BytesIO(content), header=None, dtype=np.uint8, skip_blank_lines=False
        )
    except (ValueError, OverflowError):
        return None
    return frame.to_numpy() if frame.shape[1] == columns else None


def _read_line_by_line(path, lines, first, header):
    """The same rows as ``_read_plain`` by ``csv.reader``; the first fault is an ``InputError``.

    Args:
        path: of the file, for the message.
        lines: whole lines of the file.
        first: the number of the first of them in the file.
        header: the names of the columns.
    """
    table = []
    for number, line in enumerate(lines.removesuffix("\n").split("\n"), first):
        where = f", line {number},"
        fields = _fields(path, line, number)
        if not fields:
            raise _wrong(path, f"{where} is blank")
        if fields == header:
            raise _wrong(path, f"{where} repeats the header")
        if len(fields) != len(header):
            raise _wrong(path, f"{where} has {len(fields)} columns instead of {len(header)}")
        for field, column in zip(fields, header, strict=True):
            # A dictionary, because int() would let «+5», «1_0» and «٣» pass.
            value = VALUES.get(field.lstrip("0") or field[:1])
            if value is None:
                what = f"«{_short(field)}» as {column}, not a whole number from 0 to 255"
                raise _wrong(path, f"{where} has " + (what if field else f"an empty {column}"))
            table.append(value)
    return np.array(table, np.uint8).reshape(-1, len(header))


def _fields(path, line, number):
    """The fields of one line of CSV."""
    try:
        return next(csv.reader([line], strict=True), [])
    except csv.Error as error:
        raise _wrong(path, f", line {number}, is not CSV ({error})") from error


def _check_header(path, line, name):
    """Raise an ``InputError`` that says how the first line differs from the header of ``name``."""
    header = HEADERS[name]
    names = _fields(path, line, 1) if len(line) <= LONGEST_LINE else [line]
    if names == header:
        return
    for other, its_header in HEADERS.items():
        if names == its_header:
            raise _wrong(path, f" has the columns of {other}; perhaps the two were swapped")
    if not names:
        raise _wrong(path, " is empty")
    missing = [each for each in header if each not in names]
    extra = [each for each in names if each not in header]
    if len(missing) > len(header) // 2:
        raise _wrong(path, f" begins with «{_short(line)}», not with its column names")
    faults = [f"lacks the column {_short(missing[0])}"] if missing else []
    faults += [f"has the unknown column «{_short(extra[0])}»"] if extra else []
    raise _wrong(path, " " + (" and ".join(faults) or "has its columns in another order or twice"))


def _wrong(path, what):
    """The ``InputError`` for a table that Kaggle did not make."""
    advice = f"put the file of {PAGE} in its place, or remove it"
    return InputError(f"{files.shown(path)}{what}: {advice}.")


def _short(text, length=30):
    """``text`` in one line of a message: cut, and without control characters."""
    text = "".join(c if c.isprintable() else "?" for c in text[: length + 1])
    return text if len(text) <= length else text[:length] + "…"
