"""Chapter 05: Kaggle's CSV files, whole, odd and broken; the practice competition; submissions."""

import errno
import gzip
import io
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile

from cnn_practice import datasets, files
from cnn_practice.errors import InputError

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(files.ROOT / "05_kaggle"))
import competition

RNG = np.random.default_rng(0)
# Few distinct values of one, two and three digits, the extremes among them.
TRAIN = RNG.choice(np.array([0, 0, 0, 7, 42, 99, 100, 199, 255], np.uint8), (6, 785))
TRAIN[:, 0] = [0, 9, 5, 3, 1, 4]
TEST = TRAIN[:4, 1:]


def csv_bytes(name, table, end="\n", quote=""):
    lines = [competition.HEADERS[name], *table.tolist()]
    return "".join(
        ",".join(f"{quote}{field}{quote}" for field in line) + end for line in lines
    ).encode()


TRAIN_CSV = csv_bytes("train.csv", TRAIN)
TEST_CSV = csv_bytes("test.csv", TEST)


def with_field(row, column, text):
    """train.csv with another text in one field; row 0 is the header."""
    lines = [line.split(b",") for line in TRAIN_CSV.splitlines()]
    lines[row][column] = text if isinstance(text, bytes) else text.encode()
    return b"\n".join(map(b",".join, lines)) + b"\n"


def read(tmp_path, content, name="train.csv", file="some.csv", rows=None):
    path = tmp_path / file
    path.write_bytes(content)
    return competition.read_csv(path, name, rows)


# Reading what is well


ODD = {
    "plain": TRAIN_CSV,
    "byte order mark": b"\xef\xbb\xbf" + TRAIN_CSV,
    "CRLF": csv_bytes("train.csv", TRAIN, end="\r\n"),
    "CR": csv_bytes("train.csv", TRAIN, end="\r"),
    "quoted": csv_bytes("train.csv", TRAIN, quote='"'),
    "quoted, CRLF and mark": b"\xef\xbb\xbf" + csv_bytes("train.csv", TRAIN, "\r\n", '"'),
    "no last line end": TRAIN_CSV.rstrip(),
    "blank lines at the end": TRAIN_CSV + b"\r\n\n",
    "leading zeros": with_field(1, 5, b"00" + str(TRAIN[0, 5]).encode()),
    "5,000 zeros": with_field(1, 5, b"0" * 5000 + str(TRAIN[0, 5]).encode()),
    "5,000 zeros, quoted": with_field(1, 5, b'"%s%d"' % (b"0" * 5000, TRAIN[0, 5])),
    "only the header quoted": csv_bytes("train.csv", TRAIN[:0], quote='"')
    + TRAIN_CSV.split(b"\n", 1)[1],
    "gzip": gzip.compress(TRAIN_CSV),
    "gzip of quoted": gzip.compress(csv_bytes("train.csv", TRAIN, quote='"')),
}


@pytest.mark.parametrize("content", ODD.values(), ids=ODD.keys())
def test_odd_but_right_files_are_read(tmp_path, content):
    table = read(tmp_path, content)
    assert table.dtype == np.uint8
    np.testing.assert_array_equal(table, TRAIN)


@pytest.mark.parametrize("inside", ["", "digit-recognizer/"])
def test_the_zip_that_kaggle_serves_is_read(tmp_path, inside):
    path = tmp_path / "digit-recognizer.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(f"{inside}sample_submission.csv", "ImageId,Label\n1,0\n")
        packed.writestr(f"{inside}test.csv", TEST_CSV)
        packed.writestr(f"{inside}train.csv", TRAIN_CSV)
    np.testing.assert_array_equal(competition.read_csv(path, "train.csv"), TRAIN)
    np.testing.assert_array_equal(competition.read_csv(path, "test.csv"), TEST)


def test_rows_across_blocks_are_put_together(tmp_path, monkeypatch):
    monkeypatch.setattr(competition, "BLOCK", 1000)  # less than a row
    np.testing.assert_array_equal(read(tmp_path, TRAIN_CSV), TRAIN)
    np.testing.assert_array_equal(read(tmp_path, TRAIN_CSV.rstrip()), TRAIN)


def test_every_value_is_read_right_by_pandas(tmp_path, monkeypatch):
    table = np.resize(np.arange(256, dtype=np.uint8), (3, 784))
    monkeypatch.setattr(competition, "_read_line_by_line", None)  # must not be needed
    np.testing.assert_array_equal(read(tmp_path, csv_bytes("test.csv", table), "test.csv"), table)


# Refusing what is not


def columns_removed(*removed):
    lines = [line.split(b",") for line in TRAIN_CSV.splitlines()]
    return b"\n".join(
        b",".join(field for i, field in enumerate(line) if i not in removed) for line in lines
    )


LINES = TRAIN_CSV.splitlines(keepends=True)
BROKEN = {
    "column missing": (columns_removed(6), "lacks the column pixel5"),
    "column extra": (
        b"\n".join(line + (b",0" if i else b",id") for i, line in enumerate(TRAIN_CSV.split())),
        "has the unknown column «id»",
    ),
    "column misnamed": (
        with_field(0, 1, "pixel_0"),
        "lacks the column pixel0 and has the unknown column «pixel_0»",
    ),
    "columns in another order": (with_field(0, 1, "pixel1"), "lacks the column pixel0"),
    "no label": (columns_removed(0), "has the columns of test.csv; perhaps the two were swapped"),
    "text": (with_field(2, 3, "ink"), "line 3, has «ink» as pixel2, not a whole number from 0"),
    "empty pixel": (with_field(1, 3, ""), "line 2, has an empty pixel2"),
    "negative": (with_field(1, 784, "-1"), "line 2, has «-1» as pixel783, not a whole number"),
    "over 255": (with_field(6, 1, "256"), "line 7, has «256» as pixel0, not a whole number"),
    "four digits": (with_field(6, 1, "1000"), "line 7, has «1000» as pixel0"),
    "5,000 digits": (with_field(6, 1, "9" * 5000), "line 7, has «999999999999999999999999999999…»"),
    "fractional": (with_field(1, 2, "12.5"), "line 2, has «12.5» as pixel1, not a whole number"),
    "whole, with a point": (with_field(1, 2, "12.0"), "line 2, has «12.0» as pixel1"),
    "exponent": (with_field(1, 2, "1e2"), "line 2, has «1e2» as pixel1"),
    "what int() would take": (with_field(1, 2, "1_0"), "line 2, has «1_0» as pixel1"),
    "digits of another script": (with_field(1, 2, "٣"), "line 2, has «٣» as pixel1"),
    "NUL": (with_field(1, 2, b"\0"), r"line 2, has «\?» as pixel1"),
    "no UTF-8": (with_field(1, 2, b"\xff"), "line 2, has «\ufffd» as pixel1"),
    "label 10": (with_field(3, 0, "10"), "line 4, has the label 10, not a digit from 0 to 9"),
    "label empty": (with_field(3, 0, ""), "line 4, has an empty label"),
    "last row cut": (TRAIN_CSV[:-1000], r"line 7, has \d+ columns instead of 785"),
    "last row cut behind a comma": (TRAIN_CSV[:-1] + b",", "line 7, has 786 columns"),
    "row too long": (LINES[0] + LINES[1].rstrip() + b",0\n", "line 2, has 786 columns"),
    "second header": (
        b"".join([*LINES[:3], LINES[0], *LINES[3:]]),
        "line 4, repeats the header",
    ),
    "blank line inside": (b"".join([*LINES[:3], b"\n", *LINES[3:]]), "line 4, is blank"),
    "quote left open": (with_field(2, 3, '"5'), "is not CSV|has .* columns"),
    "quote inside": (with_field(2, 3, '1"2'), 'line 3, has «1"2» as pixel2'),
    "empty file": (b"", "is empty"),
    "header only": (LINES[0], "has a header but no rows"),
    "semicolons": (TRAIN_CSV.replace(b",", b";"), "begins with «label;pixel0;"),
    "UTF-16": (TRAIN_CSV.decode().encode("utf-16"), "begins with «"),
    "a web page": (b"<!DOCTYPE html><html>Sign in</html>", "begins with «<!DOCTYPE html>"),
    "gzip cut off": (gzip.compress(TRAIN_CSV)[:-200], "is damaged or was cut off"),
    "zip cut off": (b"PK\x03\x04 and no more", "is damaged or was cut off"),
    "one endless line": (TRAIN_CSV.replace(b"\n", b",") * 4, "begins with|columns|unknown"),
    "one endless field": (LINES[0] + b"1" * 300_000, "more than 100,000 characters without a row"),
    "a long field": (with_field(1, 2, b"1" * 140_000), "line 2, is not CSV"),
    "a long header": (b"a," * 60_000 + b"\n", "begins with «a,a,a"),
    "120,000 blank lines": (
        TRAIN_CSV + b"\n" * 120_000,
        "more than 100,000 characters without a row",
    ),
    "blank line first": (b"\n" + TRAIN_CSV, "is empty"),
    "header not CSV": (b'"a"b\n1,2\n', "line 1, is not CSV"),
    "rows too long from the first on": (
        LINES[0] + b"".join(line.rstrip() + b",0\n" for line in LINES[1:]),
        "line 2, has 786 columns",
    ),
    "signs and spaces": (with_field(2, 3, "+5"), r"line 3, has «\+5» as pixel2"),
    "a space": (with_field(2, 3, " 5"), "line 3, has « 5» as pixel2"),
}


@pytest.mark.parametrize("content, message", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_file_is_one_sentence_that_says_where(tmp_path, content, message):
    with pytest.raises(InputError, match=message) as caught:
        read(tmp_path, content)
    sentence = str(caught.value)
    assert sentence.startswith(str(tmp_path / "some.csv"))
    assert sentence.endswith("in its place, or remove it.")
    assert "\n" not in sentence
    assert len(sentence) < 300 + len(str(tmp_path))


def test_train_as_test_is_told(tmp_path):
    with pytest.raises(InputError, match="perhaps the two were swapped"):
        read(tmp_path, TRAIN_CSV, "test.csv")


def test_a_missing_row_is_told(tmp_path):
    with pytest.raises(InputError, match="has 6 rows instead of 42,000"):
        read(tmp_path, TRAIN_CSV, rows=42000)


def test_a_row_too_many_is_told(tmp_path):
    with pytest.raises(InputError, match="has more than 5 rows"):
        read(tmp_path, TRAIN_CSV, rows=5)


READ_IN_A_NEW_PROCESS = """
import re, sys
sys.path.insert(0, {folder!r})
import competition
try:
    competition.read_csv({path!r}, "train.csv", 42000)
except competition.InputError as error:
    print(error)
# The peak of this program: ru_maxrss would also count the process that started it.
print(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
"""


@pytest.mark.script
@pytest.mark.skipif(sys.platform != "linux", reason="counts the memory as Linux does")
def test_a_zip_with_a_line_of_two_gigabytes_is_refused_within_500_megabytes(tmp_path):
    path = tmp_path / "digit-recognizer.zip"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed,
        packed.open("train.csv", "w", force_zip64=True) as file,
    ):
        file.write(LINES[0] + b'"1,')
        for _ in range(128):
            file.write(b"1" * 2**24)
    code = READ_IN_A_NEW_PROCESS.format(folder=str(files.ROOT / "05_kaggle"), path=str(path))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    sentence, kilobytes = done.stdout.splitlines()
    assert "has more than 100,000 characters without a row" in sentence
    assert int(kilobytes) < 500_000


def test_a_zip_without_the_table_is_told(tmp_path):
    path = tmp_path / "digit-recognizer.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("test.csv", TEST_CSV)
    with pytest.raises(InputError, match=r"contains no train\.csv"):
        competition.read_csv(path, "train.csv")


@pytest.mark.parametrize("method", ["ZIP_STORED", "ZIP_DEFLATED", "ZIP_BZIP2", "ZIP_LZMA"])
def test_a_hundred_flipped_bytes_in_a_zip_are_one_sentence_each_or_nothing(tmp_path, method):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", getattr(zipfile, method)) as packed:
        packed.writestr("train.csv", TRAIN_CSV)
    whole, rng = content.getvalue(), np.random.default_rng(0)
    path = tmp_path / "digit-recognizer.zip"
    for _ in range(100):
        damaged = bytearray(whole)
        damaged[rng.integers(len(whole))] = rng.integers(256)
        path.write_bytes(damaged)
        try:
            np.testing.assert_array_equal(competition.read_csv(path, "train.csv"), TRAIN)
        except InputError as error:
            assert "\n" not in str(error)


def test_a_folder_or_no_file_is_one_sentence(tmp_path):
    for path in (tmp_path, tmp_path / "none.csv"):
        with pytest.raises(InputError, match="cannot be read"):
            competition.read_csv(path, "train.csv")


def judged(content):
    """What a plain train.csv says by the letter of its grammar: the table, or None if invalid."""
    lines = content.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").rstrip(b"\n").split(b"\n")
    if lines[0] != LINES[0].strip() or len(lines) < 2:
        return None
    table = []
    for line in lines[1:]:
        if not re.fullmatch(rb"0*[0-9](,[0-9]+){784}", line):
            return None
        row = [int(field) for field in line.split(b",")]
        if max(row) > 255:
            return None
        table.append(row)
    return np.array(table)


@st.composite
def corrupted(draw):
    """train.csv after one to three edits: bytes put in, out or replaced, a line doubled, a cut."""
    content = TRAIN_CSV
    small = st.sampled_from(
        [b",", b"\n", b"\r\n", b"0", b"1", b"9", b"99", b"-", b".", b" ", b"x", b"\0", b"\xff"]
    )
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(len(LINES[0]) - 20, len(content)))
        until = place + draw(st.integers(0, 3))
        match draw(st.sampled_from(["replace", "insert", "remove", "cut", "repeat line"])):
            case "replace":
                content = content[:place] + draw(small) + content[until:]
            case "insert":
                content = content[:place] + draw(small | st.binary(max_size=3)) + content[place:]
            case "remove":
                content = content[:place] + content[until:]
            case "cut":
                content = content[:place]
            case "repeat line":
                lines = content.splitlines(keepends=True)
                chosen = draw(st.integers(0, len(lines) - 1))
                content = b"".join(lines[: chosen + 1] + lines[chosen:])
    return content


@settings(max_examples=150, deadline=None)
@given(content=corrupted())
def test_a_corrupted_file_is_read_right_or_refused(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "corrupted.csv"
    path.write_bytes(content)
    try:
        table = competition.read_csv(path, "train.csv")
    except InputError as error:
        table, sentence = None, str(error)
        assert "\n" not in sentence
    # Quotes and lone CR have meanings in CSV that the plain grammar does not know.
    if b'"' not in content and b"\r" not in content.replace(b"\r\n", b""):
        expected = judged(content)
        assert (table is None) == (expected is None)
        if expected is not None:
            np.testing.assert_array_equal(table, expected)
    # Line by line, the same is read or refused.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(competition, "_read_plain", lambda lines, columns: None)
        if table is None:
            with pytest.raises(InputError, match=re.escape(sentence)):
                competition.read_csv(path, "train.csv")
        else:
            np.testing.assert_array_equal(competition.read_csv(path, "train.csv"), table)


# The practice competition


def test_the_practice_competition_is_all_of_mnist_split_by_class():
    data, answers = competition.practice()
    assert data.source == "practice"
    assert (data.x_train.shape, data.y_train.shape) == ((42000, 28, 28), (42000,))
    assert (data.x_test.shape, answers.shape) == ((28000, 28, 28), (28000,))
    shares = [np.bincount(y, minlength=10) / len(y) for y in (data.y_train, answers)]
    np.testing.assert_allclose(*shares, atol=1e-4)
    (x, _), (x_test, _) = datasets.load_mnist()
    # A random projection stands for each image: equal multisets of images give equal sums.
    key = np.random.default_rng(1).random(784)
    drawn = np.sort(np.concatenate([data.x_train, data.x_test]).reshape(-1, 784) @ key)
    np.testing.assert_allclose(drawn, np.sort(np.concatenate([x, x_test]).reshape(-1, 784) @ key))


def test_the_npz_must_be_whole_and_say_which_it_is(tmp_path, monkeypatch):
    monkeypatch.setattr(competition, "ARCHIVE", tmp_path / "digit-recognizer.npz")
    monkeypatch.setattr(competition, "ROWS", {"train.csv": 6, "test.csv": 4})
    with pytest.raises(InputError, match=r"There is no .* yet: run «python 05_kaggle/1_preproc"):
        competition.load()
    images = TRAIN[:, 1:].reshape(-1, 28, 28)
    right = competition.Data(images, TRAIN[:, 0], images[:4], "kaggle")
    competition.save(right)
    loaded = competition.load()
    assert loaded.source == "kaggle"
    for ours, theirs in zip(loaded[:3], right[:3], strict=True):
        np.testing.assert_array_equal(ours, theirs)
    for wrong in (
        right._replace(source="unknown"),
        right._replace(y_train=right.y_train + 5),
        right._replace(x_train=images / 255),
        right._replace(x_test=images),
    ):
        competition.save(wrong)
        with pytest.raises(InputError, match="is not what the chapter's scripts need"):
            competition.load()
    competition.ARCHIVE.write_bytes(b"PK\x03\x04")
    with pytest.raises(InputError, match="damaged"):
        competition.load()


# Submissions


def test_a_submission_is_written_as_kaggle_wants_it(tmp_path):
    path = tmp_path / "submission.csv"
    competition.write_submission(path, np.array([7, 0, 9], np.uint8))
    assert path.read_bytes() == b"ImageId,Label\n1,7\n2,0\n3,9\n"
    labels = competition.read_submission(path, rows=3)
    assert (labels.dtype, labels.tolist()) == (np.uint8, [7, 0, 9])


def test_a_submission_may_be_in_any_order(tmp_path):
    path = tmp_path / "submission.csv"
    path.write_text("ImageId,Label\r\n3,9\r\n1,7\r\n2,0\r\n")
    assert competition.read_submission(path, rows=3).tolist() == [7, 0, 9]


@pytest.mark.parametrize(
    "text, message",
    [
        ("", "does not begin with ImageId,Label"),
        ("Id,Label\n1,7\n2,0\n3,9\n", "does not begin with ImageId,Label"),
        ("ImageId,Label\n1,7\n2,0\n", "has 2 rows instead of 3"),
        ("ImageId,Label\n1,7\n2,0\n3,9\n4,1\n", "has 4 rows instead of 3"),
        ("ImageId,Label\n0,7\n1,0\n2,9\n", "line 2, is «0,7»"),
        ("ImageId,Label\n1,7\n2,0\n4,9\n", "line 4, is «4,9»"),
        ("ImageId,Label\n1,7\n2,0\n2,9\n", "line 4, is «2,9»"),
        ("ImageId,Label\n1,7\n2,10\n3,9\n", "line 3, is «2,10»"),
        ("ImageId,Label\n1,7\n2,-1\n3,9\n", "line 3, is «2,-1»"),
        ("ImageId,Label\n1,7\n2,0.0\n3,9\n", "line 3, is «2,0.0»"),
        ("ImageId,Label\n1,7\n2,\n3,9\n", "line 3, is «2,»"),
        ("ImageId,Label\n1,7\n2\n3,9\n", "line 3, is «2»"),
        ("ImageId,Label\n1,7\n2,0,0\n3,9\n", "line 3, is «2,0,0»"),
        ("ImageId,Label\n1,7\n٢,0\n3,9\n", "line 3, is «٢,0»"),
    ],
)
def test_a_wrong_submission_is_refused(tmp_path, text, message):
    path = tmp_path / "submission.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        competition.read_submission(path, rows=3)


def test_a_read_only_submission_is_kept(tmp_path):
    path = tmp_path / "submission.csv"
    path.write_text("former")
    path.chmod(0o444)
    with pytest.raises(InputError, match="is read-only: rename it or make it writable"):
        competition.write_submission(path, [1])
    assert path.read_text() == "former"


def test_a_submission_that_another_program_holds_open_is_kept(tmp_path, monkeypatch):
    path = tmp_path / "submission.csv"
    path.write_text("former")

    def locked(*_):  # what Windows answers when, say, Excel has the file open
        raise PermissionError(errno.EACCES, "Access is denied")

    monkeypatch.setattr(os, "replace", locked)
    with pytest.raises(InputError, match="close the program that has it open"):
        competition.write_submission(path, [1])
    assert path.read_text() == "former"
    assert list(tmp_path.iterdir()) == [path]


def test_missing_or_damaged_answers_say_what_to_run(tmp_path, monkeypatch):
    monkeypatch.setattr(competition, "PRACTICE_ANSWERS", tmp_path / "practice_answers.csv")
    for _ in range(2):
        with pytest.raises(InputError, match="missing or damaged: run «python 05_kaggle/1_prep"):
            competition.practice_answers()
        competition.PRACTICE_ANSWERS.write_text("ImageId,Label\n1,7\n")


# Distortions


def digits(number=5):
    return datasets.load_mnist()[1][0][:number, ..., np.newaxis].astype("float32") / 255


def test_no_distortion_changes_nothing():
    from cnn_practice.distortions import distort

    images = digits()
    np.testing.assert_allclose(distort(images), images, atol=1e-6)


def test_each_distortion_does_what_its_name_says():
    from cnn_practice.distortions import distort

    import tensorflow as tf

    tf.random.set_seed(1)
    images = np.zeros((200, 28, 28, 1), "float32")
    images[:, 9:19, 9:19] = 1  # a square of 10 × 10 in the middle
    y, x = np.mgrid[:28, :28] - 13.5

    def moments(**amounts):
        """Mass, centre and spreads of each distorted square."""
        result = distort(images, **amounts).numpy()[..., 0]
        mass = result.sum((1, 2))
        mean_x, mean_y = ((result * axis).sum((1, 2)) / mass for axis in (x, y))
        xx, yy, xy = ((result * each).sum((1, 2)) / mass for each in (x * x, y * y, x * y))
        return mass, mean_x, mean_y, xx - mean_x**2, yy - mean_y**2, xy - mean_x * mean_y

    before = moments()
    mass, mean_x, mean_y, *_ = moments(shift=3)
    np.testing.assert_allclose(mass, before[0], rtol=1e-4)
    for mean in (mean_x, mean_y):
        assert -3 <= mean.min() < -2 and 2 < mean.max() <= 3
    # A square scaled to 1/1.2 up to 1/0.8 of its sides.
    mass, mean_x, mean_y, *_ = moments(zoom=0.2)
    assert mass.min() < 80 and mass.max() > 130
    np.testing.assert_allclose([mean_x, mean_y], 0, atol=1e-3)
    # Turned: the mass stays. Sheared: it nearly does, and the sides lean.
    mass, *_ = moments(rotation=30)
    np.testing.assert_allclose(mass, before[0], rtol=0.03)
    *_, lean = moments(shear=0.3)
    assert lean.min() < -1 and lean.max() > 1
    # Bent: each pixel by its own displacement, as large as asked.
    mass, *_ = moments(elastic=0.5)
    assert mass.std() > 1
    assert not np.allclose(distort(images, elastic=0.5), images, atol=0.1)


def test_a_digit_turned_keeps_its_ink_and_its_place():
    from cnn_practice.distortions import distort

    images = np.repeat(digits(1), 100, axis=0)
    turned = distort(images, rotation=14).numpy()
    assert turned.shape == images.shape
    assert turned.min() >= 0 and turned.max() <= 1 + 1e-5
    np.testing.assert_allclose(turned.sum((1, 2, 3)), images.sum((1, 2, 3)), rtol=0.05)
    assert np.abs(turned - images).max(axis=(1, 2, 3)).max() > 0.5


def test_a_slanted_bar_is_set_upright():
    import batches

    images = np.zeros((2, 28, 28, 1), "float32")  # the second stays empty
    for row in range(4, 24):
        images[0, row, 14 + (row - 14) // 2, 0] = 1
    upright = batches.straightened(images)
    assert (upright.shape, upright.dtype) == (images.shape, images.dtype)
    assert not upright[1].any()
    assert upright[0].sum() == pytest.approx(20, abs=1e-3)
    used = np.flatnonzero(upright[0].sum(axis=(0, 2)) > 0.01)
    assert used.max() - used.min() < 3  # the bar itself crosses ten columns
    across = (upright[0, ..., 0] * np.arange(28)).sum(axis=1)[4:24]  # the ink's column in each row
    assert np.polyfit(np.arange(20), across, 1)[0] == pytest.approx(0, abs=0.01)
    again = batches.straightened(upright)
    np.testing.assert_allclose(again, upright, atol=0.05)


def test_what_is_shifted_past_the_edge_is_lost():
    import batches

    images = np.zeros((1, 28, 28, 1), "float32")
    images[0, np.arange(28), np.arange(28)] = 1  # a diagonal
    images[0, 0, 27] = 1e-3  # nearly nothing, far from it: its place would be outside
    upright = batches.straightened(images)
    assert upright[0, 0].sum() == pytest.approx(1, abs=0.01)


def test_views_are_the_same_each_time_and_their_answers_are_averaged():
    import batches

    images = np.zeros((3, 28, 28, 1), "float32")
    images[:, 8:20, 8:20] = 1

    class Pixels:
        """Answers with what it is shown."""

        def predict(self, shown, **options):
            return shown

    one, three = (batches.predict_views(Pixels(), images, number) for number in (1, 3))
    np.testing.assert_array_equal(one, batches.predict_views(Pixels(), images, 1))
    assert one.shape == images.shape
    assert not np.allclose(one, images, atol=0.1)
    assert not np.allclose(one, three, atol=0.1)
    # The mean of several views is blurred.
    sharp = ((one < 0.01) | (one > 0.99)).mean()
    assert ((three < 0.01) | (three > 0.99)).mean() < sharp


def test_networks_joined_to_one_model_answer_each_for_itself():
    import keras
    import votes

    models = [
        keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(10)])
        for _ in range(3)
    ]
    images = np.random.default_rng(0).random((4, 28, 28, 1), np.float32)
    answers = votes.joint(models).predict(images, verbose=0)
    assert answers.shape == (4, 3, 10)
    for number, model in enumerate(models):
        alone = model.predict(images, verbose=0)
        np.testing.assert_allclose(answers[:, number], alone, rtol=1e-5, atol=1e-6)


# The whole chapter, script by script

FOLDER = "data/kaggle"
PREPROCESS = "05_kaggle/1_preprocess.py"


@pytest.fixture(scope="module")
def chapter(project):
    """The project after 1_preprocess.py has made the practice competition."""
    shutil.rmtree(project.root / FOLDER, ignore_errors=True)
    project.printed = project.passes(PREPROCESS)
    return project


@pytest.mark.script
def test_the_practice_competition_is_built_and_recognised(chapter):
    assert "kaggle competitions download -c digit-recognizer" in chapter.printed
    assert competition.PAGE in chapter.printed
    printed = chapter.passes(PREPROCESS)
    assert "kaggle competitions download" not in printed
    last = printed.splitlines()[-1]
    assert last == (
        "data/kaggle/digit-recognizer.npz (practice competition):"
        " 42,000 training and 28,000 test images"
    )
    data, answers = competition.practice()
    with np.load(chapter.root / FOLDER / "digit-recognizer.npz") as saved:
        assert str(saved["source"]) == "practice"
        np.testing.assert_array_equal(saved["x_train"], data.x_train)
    path = chapter.root / FOLDER / "practice_answers.csv"
    np.testing.assert_array_equal(competition.read_submission(path), answers)
    first = (chapter.root / FOLDER / "train.csv").open().readline()
    assert first == "label," + ",".join(f"pixel{i}" for i in range(784)) + "\n"


@pytest.mark.script
def test_killed_between_the_two_practice_files_it_goes_on_when_run_again(chapter):
    path = chapter.root / FOLDER / "test.csv"  # the second that is written
    former = path.read_bytes()
    path.unlink()
    printed = chapter.passes(PREPROCESS)
    assert "(practice competition)" in printed.splitlines()[-1]
    assert path.read_bytes() == former


@pytest.mark.script
def test_lenet_is_trained_and_its_submission_scored(chapter):
    printed = chapter.passes("05_kaggle/2_train_lenet.py", EPOCHS=1, VALIDATION=40000, VIEWS=2)
    assert re.fullmatch(
        r"kaggle_lenet \(practice competition\): test accuracy 0\.\d{4}, 0\.\d{4} with views"
        r" in \d+ s",
        printed.splitlines()[-1],
    )
    record = json.loads((chapter.root / "models/kaggle_lenet.results.json").read_text())
    assert record["data"] == "practice competition"
    assert record["parameters"] == 61706 + 4 * (6 + 16 + 120 + 84)  # the normalisations
    assert record["test_accuracy"]["mean"] > 0.8
    printed = chapter.passes("05_kaggle/3_predict.py", VIEWS=2)
    assert "submission.csv (practice competition): valid, 28,000 rows" in printed
    assert "competitions submit" not in printed
    score = re.fullmatch(
        r"score \(practice competition\): (0\.\d{5}), .* of 28,000 right", printed.splitlines()[-1]
    )
    assert float(score[1]) == pytest.approx(record["with_augmentation"], abs=1e-5)
    assert (chapter.root / "images/figures/kaggle_uncertain.png").exists()


@pytest.mark.script
def test_an_interrupted_ensemble_goes_on(chapter):
    script = "05_kaggle/4_ensemble.py"
    chapter.passes(script, EPOCHS=1, BATCH_SIZE=500, NETWORKS=("lenet5",), VIEWS=2)
    record = chapter.root / "models/kaggle_ensemble.results.json"
    alone = json.loads(record.read_text())["networks_alone"]
    printed = chapter.passes(script, NETWORKS=("lenet5", "simple_cnn"))
    lenet5 = "models/checkpoints/kaggle_ensemble_practice_lenet5_1.npz"
    assert f"resuming after epoch 1, from {lenet5}" in printed
    assert printed.count("84/84 - ") == 1  # simple_cnn's epoch
    assert json.loads(record.read_text())["networks_alone"][0] == alone[0]
    assert re.fullmatch(
        r"kaggle_ensemble \(practice competition\): test accuracy 0\.\d{4} in \d+ s",
        printed.splitlines()[-1],
    )
    for figure in ("accuracy", "disagree"):
        assert (chapter.root / f"images/figures/kaggle_ensemble_{figure}.png").exists()
    # A damaged checkpoint is trained anew, and so is one of another network.
    (chapter.root / lenet5).write_bytes(b"damaged")
    other = chapter.root / "models/checkpoints/kaggle_ensemble_practice_simple_cnn_2.npz"
    shutil.copy(other, other.with_name("kaggle_ensemble_practice_lenet5_2.npz"))
    printed = chapter.passes(script, NETWORKS=("lenet5", "lenet5"), VIEWS=1)
    assert printed.count("84/84 - ") == 2


@pytest.mark.script
def test_real_files_are_never_taken_for_practice_files(chapter, tmp_path):
    folder = chapter.root / FOLDER
    kept = tmp_path / "kept"
    shutil.copytree(folder, kept)
    try:
        # The practice digits back to front stand for Kaggle's: any other digits will do.
        for name in ("train.csv", "test.csv"):
            header, *lines = (folder / name).read_bytes().splitlines()
            (folder / name).write_bytes(b"\n".join([header, *reversed(lines)]))
            if name == "train.csv":
                sentence = chapter.fails_with_one_sentence(PREPROCESS)
                assert "belongs to the practice competition, and the other does not" in sentence
        (folder / "train.csv").rename(tmp_path / "train.csv")
        assert "There is no train.csv" in chapter.fails_with_one_sentence(PREPROCESS)
        (tmp_path / "train.csv").rename(folder / "train.csv")
        printed = chapter.passes(PREPROCESS)
        assert "(Kaggle's digit-recognizer)" in printed.splitlines()[-1]
        assert "practice" not in printed
        # What was trained on practice files, MNIST's own, must not read Kaggle's test images.
        sentence = chapter.fails_with_one_sentence("05_kaggle/3_predict.py")
        assert "no model kaggle_lenet_real yet" in sentence
        assert "2_train_lenet.py" in sentence
        printed = chapter.passes(
            "05_kaggle/2_train_lenet.py", EPOCHS=1, VALIDATION=40000, BATCH_SIZE=500
        )
        assert printed.splitlines()[-1].startswith("kaggle_lenet_real (Kaggle's digit-recognizer)")
        assert "The training will take about" in printed
        printed = chapter.passes("05_kaggle/3_predict.py")
        assert "practice" not in printed
        assert printed.splitlines()[-1].startswith(
            "kaggle competitions submit -c digit-recognizer -f data/kaggle/submission.csv"
        )
    finally:
        shutil.rmtree(folder)
        shutil.copytree(kept, folder)


@pytest.mark.script
def test_bad_files_end_with_exit_code_2_and_keep_the_former_npz(chapter, tmp_path):
    folder = chapter.root / FOLDER
    archive = folder / "digit-recognizer.npz"
    former = archive.read_bytes()
    kept = tmp_path / "kept"
    kept.mkdir()
    for name in ("train.csv", "test.csv"):
        shutil.move(folder / name, kept / name)
    try:
        (folder / "test.csv").write_bytes(TEST_CSV)
        assert "has 4 rows instead of 28,000" in chapter.fails_with_one_sentence(PREPROCESS)
        for content, message in (
            BROKEN["column missing"],
            BROKEN["fractional"],
            BROKEN["last row cut"],
            BROKEN["second header"],
            BROKEN["empty file"],
            (TRAIN_CSV, "has 6 rows instead of 42,000"),
        ):
            (folder / "train.csv").write_bytes(content)
            assert re.search(message, chapter.fails_with_one_sentence(PREPROCESS))
        # Swapped.
        (folder / "train.csv").write_bytes(TEST_CSV)
        (folder / "test.csv").write_bytes(TRAIN_CSV)
        assert "perhaps the two were swapped" in chapter.fails_with_one_sentence(PREPROCESS)
        # What Kaggle serves packed goes before the plain file.
        (folder / "digit-recognizer.zip").write_bytes(b"PK\x03\x04")
        sentence = chapter.fails_with_one_sentence(PREPROCESS)
        assert "digit-recognizer.zip is damaged or was cut off" in sentence
        assert archive.read_bytes() == former
    finally:
        (folder / "digit-recognizer.zip").unlink(missing_ok=True)
        for name in ("train.csv", "test.csv"):
            shutil.move(kept / name, folder / name)


@pytest.mark.script
def test_a_submission_that_cannot_be_written_ends_with_exit_code_2(chapter):
    path = chapter.root / FOLDER / "submission.csv"
    path.write_text("former")
    path.chmod(0o444)
    try:
        sentence = chapter.fails_with_one_sentence("05_kaggle/3_predict.py")
        assert "submission.csv is read-only" in sentence
        assert path.read_text() == "former"
    finally:
        path.chmod(0o644)
