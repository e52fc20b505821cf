"""Any picture of a digit comes out as MNIST would have shown it; what is no drawing is refused."""

import io
import itertools
import json

from cnn_practice import classify, datasets, drawings, files, models
from cnn_practice.errors import InputError

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage


@pytest.fixture(scope="module")
def digits():
    """Forty test digits of MNIST, float32 (28, 28) in [0, 1]."""
    return datasets.load_mnist()[1][0][:40].astype(np.float32) / 255


def enlarged(digit, times):
    size = 28 * times
    picture = Image.fromarray(digit).resize((size, size), Image.Resampling.BICUBIC)
    return np.clip(np.asarray(picture), 0, 1)


def placed(ink, height, width, top, left):
    canvas = np.zeros((height, width), dtype=np.float32)
    canvas[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return canvas


def through_file(grey, **options):
    """Write grey values in [0, 1] as a picture file and read them back."""
    file = io.BytesIO()
    Image.fromarray((255 * np.clip(grey, 0, 1)).round().astype(np.uint8)).save(file, **options)
    return drawings.read_grey(io.BytesIO(file.getvalue()), "picture")


def photographed(ink):
    """Ink on grey paper under a lamp from the side, with the noise of a camera, as JPEG."""
    height, width = ink.shape
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    paper = 0.68 + 0.14 * x - 0.1 * y - 0.08 * (x**2 + y**2)
    noise = np.random.default_rng(0).normal(0, 0.02, ink.shape)
    return through_file(paper * (1 - 0.7 * ink) + noise, format="JPEG", quality=40)


DISGUISES = {
    "as it is": lambda ink: ink,
    "ten times as large": lambda ink: enlarged(ink, 10),
    "dark on light, off centre": lambda ink: 1 - placed(enlarged(ink, 6), 300, 500, 120, 10),
    "small on a large canvas": lambda ink: 1 - placed(enlarged(ink, 2), 700, 700, 600, 50),
    "faint": lambda ink: 0.5 - 0.12 * placed(enlarged(ink, 5), 240, 240, 40, 60),
    "JPEG noise": lambda ink: through_file(
        1 - placed(enlarged(ink, 6), 300, 300, 60, 90), format="JPEG", quality=15
    ),
    "photographed paper": lambda ink: photographed(placed(enlarged(ink, 8), 400, 500, 90, 200)),
    "photographed, light ink": lambda ink: (
        1 - photographed(placed(enlarged(ink, 8), 400, 400, 9, 9))
    ),
    "a speck of dirt": lambda ink: np.maximum(
        placed(enlarged(ink, 8), 400, 400, 150, 150), placed(np.ones((4, 4)), 400, 400, 5, 5)
    ),
}


@pytest.mark.parametrize("disguise", DISGUISES.values(), ids=DISGUISES)
def test_a_disguised_digit_looks_as_mnist_shows_it(digits, disguise):
    likeness = []
    for digit in digits:
        prepared = drawings.prepare(disguise(digit))
        assert prepared.shape == (28, 28) and prepared.dtype == np.float32
        assert prepared.min() >= 0 and prepared.max() <= 1
        likeness.append(np.corrcoef(prepared.ravel(), digit.ravel())[0, 1])
    # MNIST's own digits, shifted by one pixel, are alike to 0.7; by two, to 0.4.
    assert np.median(likeness) > 0.9
    assert min(likeness) > 0.6


def test_crop_box_and_centre_of_mass(digits):
    for digit in digits:
        prepared = drawings.prepare(1 - placed(enlarged(digit, 5), 300, 300, 100, 40))
        rows, columns = np.nonzero(prepared)
        assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20
        centre = np.array(ndimage.center_of_mass(prepared))
        # Half a pixel of rounding; a digit whose mass is at one end cannot leave the 28×28.
        assert np.abs(centre - 14).max() <= 0.5 or 0 in rows or 27 in rows


@pytest.mark.parametrize("pen", [1, 2, 5, 12, 30, 60])
def test_any_pen_becomes_one_of_mnist(pen):
    seven = np.zeros((400, 400), dtype=np.float32)
    for t in np.linspace(0, 1, 400):
        for y, x in ((60, 80 + 220 * t), (60 + 280 * t, 300 - 120 * t)):
            seven[int(y) : int(y) + pen, int(x) : int(x) + pen] = 1
    prepared = drawings.prepare(1 - seven)
    width = drawings.pen_width(enlarged(prepared, 8)) / 8
    assert 1.2 < width < 5.0
    assert prepared.max() > 0.9


def with_a_frame(ink):
    framed = 1 - placed(enlarged(ink, 8), 400, 400, 90, 90)
    framed[:3] = framed[-3:] = 0
    framed[:, :3] = framed[:, -3:] = 0
    return framed


def with_lines(ink, grey, rows=(), columns=()):
    paper = 1 - placed(enlarged(ink, 8), 400, 400, 90, 90)
    for row in rows:
        paper[row : row + 2] = np.minimum(paper[row : row + 2], grey)
    for column in columns:
        paper[:, column : column + 2] = np.minimum(paper[:, column : column + 2], grey)
    return paper


def in_a_box(ink):
    paper = 1 - placed(enlarged(ink, 6), 400, 400, 110, 110)
    paper[40:360, [40, 41, 42, 357, 358, 359]] = 0
    paper[[40, 41, 42, 357, 358, 359], 40:360] = 0
    return paper


def on_a_table(ink):
    sheet = Image.fromarray(0.85 * (1 - placed(enlarged(ink, 6), 300, 260, 60, 50)))
    table = Image.new("F", (560, 560), 0)
    where = table.copy()
    table.paste(sheet, (150, 120))
    where.paste(1, (150, 120, 410, 420))
    table, where = (
        np.asarray(each.rotate(7, Image.Resampling.BILINEAR)) for each in (table, where)
    )
    noise = np.random.default_rng(0).normal(0, 0.015, table.shape)
    return np.clip(table + 0.25 * (1 - where) + noise, 0, 1).astype(np.float32)


def cut(ink, size):
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    box = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    shape = [max(2, round(size * length / max(box.shape))) for length in box.shape]
    box = Image.fromarray(box).resize(shape[::-1], Image.Resampling.BICUBIC)
    return np.clip(1 - np.asarray(box), 0, 1)


def in_colours(ink, pen, paper):
    ink = placed(enlarged(ink, 6), 240, 240, 40, 40)[..., np.newaxis]
    return through_file(ink * np.array(pen) + (1 - ink) * np.array(paper), format="PNG")


def on_a_card(ink):
    card = np.zeros((720, 720, 4))
    card[160:560, 160:560] = 1
    card[160:560, 160:560, :3] = 1 - placed(enlarged(ink, 8), 400, 400, 90, 90)[..., np.newaxis]
    return through_file(card, format="PNG")


def shaded(ink):
    paper = 1 - placed(enlarged(ink, 8), 400, 400, 90, 90)
    paper[:, 230:] *= 0.7
    return paper


def over_a_line(ink, slope):
    """A line across the picture that the digit stands on, level or slanted."""
    paper = 1 - placed(enlarged(ink, 8), 400, 400, 90, 90)
    bottom = np.flatnonzero((paper < 0.5).any(axis=1))[-1]
    rows, columns = np.indices(paper.shape)
    paper[np.abs(rows - bottom - slope * (columns - 200)) <= 1] = 0.3
    return paper


def in_a_drawn_box(ink):
    """A box around the digit as a hand draws it: no side is straight, none is level."""
    paper = 1 - placed(enlarged(ink, 6), 400, 400, 110, 110)
    box = np.array([[50, 60], [345, 48], [355, 350], [42, 338], [50, 60]])
    for start, end in itertools.pairwise(box):
        for t in np.linspace(0, 1, 500):
            x, y = start + (end - start) * t + 4 * np.sin([7 * t, 9 * t])
            paper[int(y) : int(y) + 4, int(x) : int(x) + 4] = 0
    return paper


def in_faint_pencil(ink):
    """A pencil that takes a twelfth of the light, on paper with a shadow and a camera's noise."""
    ink = placed(enlarged(ink, 8), 400, 400, 90, 90)
    x = np.linspace(0, 1, 400)
    paper = 0.85 - 0.25 * x - 0.1 * x[:, np.newaxis]
    noise = np.random.default_rng(0).normal(0, 0.008, ink.shape)
    return through_file(paper * (1 - ink / 12) + noise, format="JPEG", quality=90)


DISTURBED = {
    "cut to its box, 16 pixels": lambda ink: cut(ink, 16),
    "cut to its box, 28 pixels": lambda ink: cut(ink, 28),
    "cut to its box, 200 pixels": lambda ink: cut(ink, 200),
    "cut, light on dark": lambda ink: 1 - cut(ink, 64),
    "a black frame": with_a_frame,
    "a white frame on dark": lambda ink: 1 - with_a_frame(ink),
    "letterbox bars": lambda ink: np.pad(
        1 - placed(enlarged(ink, 8), 400, 400, 90, 90), [(60, 60), (0, 0)]
    ),
    "a card with a transparent rim": on_a_card,
    "ruled lines": lambda ink: with_lines(ink, 0.5, rows=range(15, 400, 40)),
    "squared paper": lambda ink: with_lines(ink, 0.4, range(15, 400, 40), range(15, 400, 40)),
    "a margin line": lambda ink: with_lines(ink, 0.3, columns=[50]),
    "a line under the digit": lambda ink: with_lines(ink, 0, rows=range(340, 346)),
    "a line that the digit stands on": lambda ink: over_a_line(ink, 0),
    "a slanted line that the digit stands on": lambda ink: over_a_line(ink, 0.08),
    "a box around the digit": in_a_box,
    "a box drawn by hand": in_a_drawn_box,
    "faint pencil in a shadow": in_faint_pencil,
    "a shadow with a sharp edge": shaded,
    "a sheet on a dark table": on_a_table,
    "40 pixels of 4000": lambda ink: 1 - placed(enlarged(ink, 2), 4000, 4000, 2600, 1000),
    "red ink on green as light": lambda ink: in_colours(ink, (0.9, 0.2, 0.2), (0, 0.56, 0.47)),
}


@pytest.fixture(scope="module")
def reading():
    """The class of prepared drawings by the network for any hand."""
    model = models.load("any_hand")
    return lambda prepared: model.predict_on_batch(np.stack(prepared)[..., None]).argmax(axis=1)


@pytest.mark.parametrize("disturbed", DISTURBED.values(), ids=DISTURBED)
def test_a_disturbed_picture_is_read_as_without_it(digits, reading, disturbed):
    """At least 95 of 100 are; here 38 of 40."""
    clean = [drawings.prepare(1 - placed(enlarged(ink, 8), 400, 400, 90, 90)) for ink in digits]
    prepared = [drawings.prepare(disturbed(ink)) for ink in digits]
    assert np.sum(reading(prepared) == reading(clean)) >= 38


def test_the_bar_of_a_five_is_no_speck():
    """A stroke apart from the others, with 3 % of the ink, is kept; dirt of 1 % is taken away."""
    five = np.zeros((400, 400), dtype=np.float32)
    five[100:300, 150:170] = 1
    for share, kept in ((0.03, True), (0.01, False)):
        with_bar = five.copy()
        with_bar[100 : 100 + 8, 200 : 200 + round(share * five.sum() / 8)] = 1
        columns = np.flatnonzero(drawings.prepare(1 - with_bar).any(axis=0))
        assert (np.ptp(columns) > 4) == kept


def test_a_row_of_digits_is_split_from_left_to_right(digits, reading, capsys):
    row = np.concatenate([enlarged(ink, 4) for ink in digits[:7]], axis=1)
    paper = photographed(np.pad(row, 60))
    alone = reading([drawings.prepare(ink) for ink in digits[:7]])
    apart = reading([drawings.prepare(part) for part in drawings.split(paper)])
    assert list(apart) == list(alone)
    with pytest.raises(InputError, match="7 digits were seen in the row"):
        drawings.prepare(paper, "the row")
    single = 1 - placed(enlarged(digits[0], 6), 300, 300, 60, 60)
    assert len(drawings.split(single)) == 1

    # The classify scripts print the row as one number.
    names, pictures, truth = classify.apart(["row.png", "one.png"], [paper, single], [None, 3])
    assert names == [*(f"row.png [{i}]" for i in range(1, 8)), "one.png"]
    assert truth == [None] * 7 + [3]
    probabilities = np.eye(10)[[*alone, alone[0]]]
    assert len(pictures) == len(probabilities)
    classify.table("any_hand", names, truth, probabilities)
    number = "".join(map(str, alone))
    assert f"row.png shows 7 digits: {number}\n" in capsys.readouterr().out


def test_pictures_that_only_look_like_pictures(tmp_path):
    """A PostScript file named .png, a TIFF of 40 × 1,048,576, NaN, 12 bits in 16, LAB."""
    path = tmp_path / "seven.png"
    path.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n")
    with pytest.raises(InputError, match="not a picture"):
        drawings.read_grey(path)
    Image.new("1", (40, 100_000)).save(tmp_path / "long.tif", compression="group4")
    with pytest.raises(InputError, match="cut it to the digit"):
        drawings.read_grey(tmp_path / "long.tif")
    Image.fromarray(np.full((9, 9), np.nan, np.float32)).save(tmp_path / "nan.tif")
    with pytest.raises(InputError, match="no numbers"):
        drawings.read_grey(tmp_path / "nan.tif")
    Image.fromarray(np.full((9, 9), 4095, np.uint16)).save(tmp_path / "twelve.png")
    assert drawings.read_grey(tmp_path / "twelve.png").min() == 1
    Image.new("LAB", (9, 9), (255, 128, 128)).save(tmp_path / "lab.tif")
    assert drawings.read_grey(tmp_path / "lab.tif").min() > 0.99
    assert drawings.read_photo(tmp_path / "lab.tif").getpixel((4, 4)) > (250, 250, 250)


def colour_picture(mode, digit):
    """One digit as a picture of a mode, dark blue ink on cream or on nothing."""
    ink = placed(enlarged(digit, 4), 200, 160, 50, 20)[..., np.newaxis]
    rgb = ink * (20, 20, 90) + (1 - ink) * (250, 245, 220)
    if mode == "transparent, dark ink":
        return Image.fromarray(np.dstack([0 * rgb, 255 * ink]).astype(np.uint8), "RGBA")
    if mode == "transparent, light ink":
        return Image.fromarray(np.dstack([0 * rgb + 255, 255 * ink]).astype(np.uint8), "RGBA")
    if mode == "I;16":
        return Image.fromarray((65535 * (1 - ink[..., 0])).astype(np.uint16))
    picture = Image.fromarray(rgb.astype(np.uint8), "RGB")
    if mode == "1":
        return picture.convert("1", dither=Image.Dither.NONE)
    return picture.quantize(16) if mode == "P" else picture.convert(mode)


@pytest.mark.parametrize(
    ("mode", "suffix"),
    [(mode, "png") for mode in ("L", "LA", "RGB", "RGBA", "P", "1", "I;16")]
    + [("transparent, dark ink", "png"), ("transparent, light ink", "png"), ("P", "gif")]
    + [
        ("RGB", "jpg"),
        ("CMYK", "jpg"),
        ("L", "jpg"),
        ("RGB", "bmp"),
        ("I;16", "tiff"),
        ("RGB", "webp"),
    ],
)
def test_every_common_format_is_read(tmp_path, digits, mode, suffix):
    path = tmp_path / f"seven.{suffix}"
    colour_picture(mode, digits[0]).save(path)
    prepared = drawings.prepare(drawings.read_grey(path))
    least = 0.85 if mode == "1" else 0.9  # one bit per pixel loses the soft edges
    assert np.corrcoef(prepared.ravel(), digits[0].ravel())[0, 1] > least


def test_a_turned_photo_is_read_upright(tmp_path, digits):
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90° to see it upright
    turned = colour_picture("RGB", digits[0]).transpose(Image.Transpose.ROTATE_90)
    turned.save(tmp_path / "seven.jpg", exif=exif)
    prepared = drawings.prepare(drawings.read_grey(tmp_path / "seven.jpg"))
    assert np.corrcoef(prepared.ravel(), digits[0].ravel())[0, 1] > 0.9


def save_text(path):
    path.write_text("I am not a picture")


def save_huge(path):
    Image.new("1", (20_000, 20_000)).save(path)


def save_truncated(path):
    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (99, 99), np.uint8)).save(file, "PNG")
    path.write_bytes(file.getvalue()[:3000])


@pytest.mark.parametrize(
    ("save", "sentence"),
    [
        (save_text, "seven.png is not a picture that can be read: save it as PNG or JPEG"),
        (lambda path: path.write_bytes(b""), "seven.png is not a picture"),
        (save_truncated, "seven.png is not a picture"),
        (save_huge, "seven.png has .*pixels: shrink it"),
        (lambda path: None, "There is no picture .*seven.png: check the path"),
        (Image.new("L", (200, 200), 255).save, "no ink in seven: draw a digit first"),
        (Image.new("L", (200, 200), 0).save, "no ink in seven: draw a digit first"),
        (Image.new("RGBA", (200, 200)).save, "no ink in .*seven.png"),
        (Image.new("L", (1, 1), 0).save, "no ink in seven: draw a digit first"),
    ],
)
def test_what_is_no_drawing_is_refused(tmp_path, save, sentence):
    save(tmp_path / "seven.png")
    with pytest.raises(InputError, match=sentence):
        drawings.prepare(drawings.read_grey(tmp_path / "seven.png"), "seven")


def test_blank_paper_under_a_lamp_is_blank():
    with pytest.raises(InputError, match="no ink"):
        drawings.prepare(photographed(np.zeros((300, 300), dtype=np.float32)))


@pytest.fixture
def folder(tmp_path, digits):
    for name in ("b.png", "a.png"):
        colour_picture("RGB", digits[0]).save(tmp_path / name)
    return tmp_path


def test_a_folder_with_ground_truth(folder):
    (folder / "groundtruth.json").write_text('{"a.png": 7}')
    names, greys, truth = drawings.read_folder(folder)
    assert names == ["a.png", "b.png"]
    assert truth == [7, None]
    assert [grey.shape for grey in greys] == [(200, 160)] * 2


def test_a_folder_without_ground_truth(folder):
    assert drawings.read_folder(folder)[2] == [None, None]


@pytest.mark.parametrize(
    ("truth", "sentence"),
    [
        ({"c.png": 1}, "names c.png, which is not there: remove it"),
        ({"a.png": 10}, "gives a.png the label 10: it must be 0 to 9"),
        ({"a.png": -1}, "gives a.png the label -1"),
        ({"a.png": "7"}, "gives a.png the label '7'"),
        ({"a.png": True}, "gives a.png the label True"),
        (["a.png"], "must map file names to digits"),
        (None, "not valid JSON"),
    ],
)
def test_faulty_ground_truth(folder, truth, sentence):
    (folder / "groundtruth.json").write_text("{" if truth is None else json.dumps(truth))
    with pytest.raises(InputError, match=sentence):
        drawings.read_folder(folder)


def test_folders_that_are_none(tmp_path):
    with pytest.raises(InputError, match="There are no pictures in"):
        drawings.read_folder(tmp_path)
    with pytest.raises(InputError, match="There is no folder"):
        drawings.read_folder(tmp_path / "nowhere")


def test_the_hundred_drawings_are_whole():
    names, greys, truth = drawings.read_folder(files.DRAWINGS)
    assert np.bincount(truth).min() >= 10 and len(names) >= 100
    # Both polarities: the middle of the paper is light in some and dark in others.
    papers = [np.median(grey) > 0.5 for grey in greys]
    assert any(papers) and not all(papers)
