"""Kaggle's digit-recognizer: its CSV files read fast and strictly, its practice twin, submissions.

The practice competition has the same files in the same shape, drawn from MNIST, so that the whole
chapter runs without an account. Which of the two a set of files is, is told by their content.
"""

import codecs
import contextlib
import csv
import gzip
import io
import stat
import zipfile
import zlib
from pathlib import PurePosixPath
from typing import NamedTuple

from cnn_practice import datasets, files
from cnn_practice.errors import InputError

import numpy as np

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

BLOCK = 1 << 18  # bytes parsed at once: the working arrays then stay in the processor's cache
LONGEST_LINE = 100_000  # bytes; a true header has 7 thousand


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
        InputError: MNIST cannot be had.
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

    What Kaggle serves packed goes before the plain file: the latter may be the practice one.
    """
    for candidate in ("digit-recognizer.zip", f"{name}.zip", f"{name}.gz", name):
        if (FOLDER / candidate).exists():
            return FOLDER / candidate
    return None


def read_csv(path, name, rows=None):
    """Read one of Kaggle's two tables of digits.

    A plain file is parsed by array operations on its bytes. Whatever these do not understand goes
    to ``read_csv_row_by_row``, which reads it or says what is wrong with it.

    Args:
        path: the CSV file, plain, as gzip, or in a zip; by its content, whatever its suffix.
        name: "train.csv" or "test.csv": the name in the zip, and which header to expect.
        rows: how many rows there must be; None for any number.

    Returns:
        uint8 of shape (rows, 785) with the label first, or (rows, 784).

    Raises:
        InputError: the file is not such a table; the message gives line and column.
    """
    with _opened(path, name) as stream:
        table = _read_plain(stream, HEADERS[name])
    if table is None:
        table = read_csv_row_by_row(path, name)
    if name == "train.csv":
        wrong = np.flatnonzero(table[:, 0] > 9)
        if wrong.size:
            line, label = wrong[0] + 2, table[wrong[0], 0]
            raise _wrong(path, f", line {line}, has the label {label}, not a digit from 0 to 9")
    if rows is not None and len(table) != rows:
        raise _wrong(path, f" has {len(table):,} rows instead of {rows:,}")
    return table


def read_csv_row_by_row(path, name):
    """The same table by ``csv.reader``: slow, but it reads quoted numbers, and it finds the fault.

    Args, returns and raises as ``read_csv``, except that labels over 9 are let through.
    """
    header = HEADERS[name]
    table = bytearray()
    with _opened(path, name) as stream:
        text = io.TextIOWrapper(stream, "utf-8-sig", errors="replace", newline="")
        reader = csv.reader(text, strict=True)
        try:
            _check_header(path, next(reader, []), name)
            ended = None
            for fields in reader:
                if not fields:  # blank lines are let through at the end only
                    ended = ended or reader.line_num
                    continue
                where = f", line {ended or reader.line_num},"
                if ended:
                    raise _wrong(path, f"{where} is blank")
                if fields == header:
                    raise _wrong(path, f"{where} repeats the header")
                if len(fields) != len(header):
                    raise _wrong(
                        path, f"{where} has {len(fields)} columns instead of {len(header)}"
                    )
                try:
                    # int() alone would let «+5», «1_0» and «٣» pass.
                    if not "".join(fields).encode().isdigit():
                        raise ValueError
                    table += bytes(map(int, fields))
                except ValueError:
                    raise _wrong(path, where + _wrong_field(fields, header)) from None
        except csv.Error as error:
            raise _wrong(path, f", line {reader.line_num}, is not CSV ({error})") from error
    if not table:
        raise _wrong(path, " has a header but no rows")
    return np.frombuffer(table, np.uint8).reshape(-1, len(header))


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
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile) as error:
        if getattr(error, "strerror", None):
            raise InputError(
                f"{shown} cannot be read: the system says «{error.strerror}»."
            ) from error
        raise _wrong(path, " is damaged or was cut off") from error
    except (RuntimeError, NotImplementedError) as error:
        raise _wrong(path, " is encrypted, or packed in a way that Python cannot read") from error


def _read_plain(stream, header):
    """The table in a plain CSV, uint8 of shape (rows, columns), or None where it is not plain.

    Plain is: the header, then rows of one- to three-digit numbers up to 255 with nothing but commas
    and line ends between them. A byte order mark and CRLF are allowed.
    """
    first = stream.readline(LONGEST_LINE)
    if first.removeprefix(codecs.BOM_UTF8).rstrip(b"\r\n") != ",".join(header).encode():
        return None
    tables, rest = [], b""
    while block := stream.read(BLOCK):
        lines, newline, rest = (rest + block).rpartition(b"\n")
        if newline:
            tables.append(_parse_lines(lines + newline, len(header)))
        if len(rest) > LONGEST_LINE or (tables and tables[-1] is None):
            return None
    if rest:  # the last line has no line end
        tables.append(_parse_lines(rest + b"\n", len(header)))
    if not tables or tables[-1] is None:
        return None
    return np.concatenate(tables)


def _parse_lines(lines, columns):
    """Whole lines of plain CSV as uint8 of shape (rows, columns), or None where they are not."""
    if b"\r" in lines:
        lines = lines.replace(b"\r\n", b"\n")
    characters = np.frombuffer(lines, np.uint8)
    digits = characters - np.uint8(ord("0"))  # unsigned: all that is no digit becomes 10 or more
    is_digit = digits < 10
    # Between the numbers: commas, at the end of each row a line end, and nothing else.
    ends = np.flatnonzero(~is_digit)
    rows, left_over = divmod(len(ends), columns)
    commas = np.count_nonzero(characters == ord(","))
    if left_over or commas != rows * (columns - 1):
        return None
    if (characters[ends[columns - 1 :: columns]] != ord("\n")).any():
        return None
    # No number is empty, and none has four digits. All on bytes, which is several times as fast as
    # on the differences of ``ends``.
    empty = not is_digit[0] or not (is_digit[1:] | is_digit[:-1]).all()
    if empty or (is_digit[3:] & is_digit[2:-1] & is_digit[1:-2] & is_digit[:-3]).any():
        return None
    # The value of a number that ends at each byte; only those before a separator are taken.
    digits *= is_digit
    values = digits.copy()
    values[1:] += 10 * digits[:-1]
    hundreds = digits[:-2] * is_digit[1:-1]
    over_255 = (hundreds > 2) | ((hundreds == 2) & (values[2:] > 55))
    if (over_255 & is_digit[2:]).any():
        return None
    values[2:] += 100 * hundreds
    return values[ends - 1].reshape(-1, columns)


def _check_header(path, names, name):
    """Raise an ``InputError`` that says how the column names differ from those of ``name``."""
    header = HEADERS[name]
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
        raise _wrong(path, f" begins with «{_short(','.join(names))}», not with its column names")
    faults = [f"lacks the column {_short(missing[0])}"] if missing else []
    faults += [f"has the unknown column «{_short(extra[0])}»"] if extra else []
    raise _wrong(path, " " + (" and ".join(faults) or "has its columns in another order or twice"))


def _wrong_field(fields, header):
    """What is wrong with the first field that is not a whole number from 0 to 255."""
    for field, column in zip(fields, header, strict=True):
        digits = field.lstrip("0")
        if not field:
            return f" has an empty {column}"
        if not field.encode().isdigit() or len(digits) > 3 or int(digits or 0) > 255:
            return f" has «{_short(field)}» as {column}, not a whole number from 0 to 255"
    raise AssertionError("the row has no wrong field")


def _wrong(path, what):
    """The ``InputError`` for a table that Kaggle did not make."""
    advice = f"put the file of {PAGE} in its place, or remove it"
    return InputError(f"{files.shown(path)}{what}: {advice}.")


def _short(text, length=30):
    """``text`` in one line of a message: cut, and without control characters."""
    text = "".join(c if c.isprintable() else "?" for c in text[: length + 1])
    return text if len(text) <= length else text[:length] + "…"
