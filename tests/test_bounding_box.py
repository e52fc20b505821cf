"""Chapter 07: IoU and the loss against hand-computed boxes, the scenes, and the three scripts."""

import ast
import json
import re
import runpy
import sys

from cnn_practice import datasets, files

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keras import ops
from PIL import Image

sys.path.insert(0, str(files.ROOT / "07_bounding_box"))
import boxes

MAKE, TRAIN, DRAW = (
    f"07_bounding_box/{name}.py"
    for name in ("1_make_scenes", "2_train_bounding_box", "3_draw_boxes")
)

BY_HAND = {
    "the same": ((3, 4, 5, 6), (3, 4, 5, 6), 1),
    "half of each": ((0, 0, 4, 4), (2, 0, 4, 4), 8 / 24),
    "a corner": ((0, 0, 2, 2), (1, 1, 2, 2), 1 / 7),
    "one in the other": ((0, 0, 10, 10), (2, 3, 5, 4), 20 / 100),
    "a cross": ((0, 2, 6, 2), (2, 0, 2, 6), 4 / 20),
    "left of the origin": ((-1, -1, 2, 2), (0, 0, 1, 1), 1 / 4),
    "fractions of a pixel": ((0, 0, 1, 1), (0.25, 0, 1, 1), 0.75 / 1.25),
    "touching sides": ((0, 0, 4, 4), (4, 0, 4, 4), 0),
    "touching corners": ((0, 0, 4, 4), (4, 4, 1, 1), 0),
    "apart": ((0, 0, 4, 4), (9, 9, 4, 4), 0),
    "no width, inside another": ((3, 1, 0, 5), (0, 0, 9, 9), 0),
    "no area, the same": ((3, 3, 0, 0), (3, 3, 0, 0), 0),
    "no area, elsewhere": ((3, 3, 0, 7), (8, 3, 0, 7), 0),
}


@pytest.mark.parametrize("first, second, expected", BY_HAND.values(), ids=BY_HAND)
def test_iou_by_hand(first, second, expected):
    assert boxes.iou(first, second) == pytest.approx(expected, abs=1e-12)
    assert boxes.iou(second, first) == pytest.approx(expected, abs=1e-12)


def test_iou_of_many_boxes_is_that_of_each():
    first, second, expected = map(np.array, zip(*BY_HAND.values(), strict=True))
    np.testing.assert_allclose(boxes.iou(first, second), expected, atol=1e-12)
    assert boxes.iou(first[:, None], second[None]).shape == (len(BY_HAND), len(BY_HAND))


@pytest.mark.parametrize(
    "box", [(0, 0, -1, 2), (0, 0, 2, -1e-9), (np.nan, 0, 1, 1), (0, 0, np.inf, 1), (1, 2, 3), 5]
)
def test_iou_refuses_what_is_no_box(box):
    for pair in ((box, (0, 0, 1, 1)), ((0, 0, 1, 1), box)):
        with pytest.raises(ValueError, match="a box is"):
            boxes.iou(*pair)


whole_box = st.tuples(*[st.integers(0, 12)] * 4)


@given(whole_box, whole_box)
def test_iou_is_what_counting_pixels_gives(first, second):
    masks = np.zeros((2, 24, 24), dtype=bool)
    for mask, (x, y, width, height) in zip(masks, (first, second), strict=True):
        mask[y : y + height, x : x + width] = True
    shared, either = (masks[0] & masks[1]).sum(), (masks[0] | masks[1]).sum()
    assert boxes.iou(first, second) == pytest.approx(shared / either if either else 0)


def test_tight_box():
    ink = np.zeros((9, 12), dtype=np.uint8)
    ink[2, 5] = ink[6, 3] = 1
    np.testing.assert_array_equal(boxes.tight_box(ink), (3, 2, 3, 5))
    np.testing.assert_array_equal(boxes.tight_box(np.ones((4, 7))), (0, 0, 7, 4))
    with pytest.raises(ValueError, match="no ink"):
        boxes.tight_box(np.zeros((3, 3)))


@pytest.fixture(scope="module")
def giou_loss():
    """The loss as it stands in the training script."""
    source = (files.ROOT / TRAIN).read_text(encoding="utf-8")
    (function,) = (
        node for node in ast.parse(source).body if getattr(node, "name", None) == "giou_loss"
    )
    names = {"ops": ops}
    exec(ast.get_source_segment(source, function), names)
    return names["giou_loss"]


@pytest.mark.parametrize(
    "true, predicted, expected",
    [
        ((3, 4, 5, 6), (3, 4, 5, 6), 0),
        ((0, 0, 10, 10), (2, 3, 5, 4), 1 - 20 / 100),  # the hull is the outer box
        ((0, 0, 2, 2), (1, 1, 2, 2), 1 - 1 / 7 + 2 / 9),
        ((0, 0, 2, 2), (2, 0, 2, 2), 1),  # touching: nothing shared, no gap
        ((0, 0, 1, 1), (3, 0, 1, 1), 1 + 2 / 4),
        ((0, 0, 1, 1), (5, 5, 0, 0), 1 + 24 / 25),  # a prediction without area
    ],
)
def test_giou_loss_by_hand(giou_loss, true, predicted, expected):
    loss = giou_loss(ops.array([true], "float32"), ops.array([predicted], "float32"))
    assert ops.convert_to_numpy(loss) == pytest.approx([expected], abs=1e-6)


def test_giou_loss_pulls_boxes_together_that_lie_apart(giou_loss):
    import tensorflow as tf

    true, predicted = tf.constant([[0.0, 0, 4, 4]]), tf.Variable([[20.0, 9, 4, 4]])
    with tf.GradientTape() as tape:
        loss = giou_loss(true, predicted)
    x, y, _, _ = tape.gradient(loss, predicted).numpy()[0]
    assert x > 0 and y > 0  # descending leads to the left and up, where the true box is


SMALL = {"COUNTS": (1500, 300, 300)}


@pytest.fixture(scope="module")
def scenes(project):
    """All arrays of a small run of the first script."""
    printed = project.passes(MAKE, **SMALL)
    assert "1500 train scenes" in printed
    return datasets.read_npz(project.root / "data" / "scenes.npz")


@pytest.mark.script
def test_scenes_have_exact_boxes(scenes):
    for part, count in zip(boxes.PARTS, SMALL["COUNTS"], strict=True):
        pictures, truth, digits = (
            scenes[f"{part}_{name}"] for name in ("scenes", "boxes", "digits")
        )
        assert pictures.shape == (count, 64, 64) and pictures.dtype == np.uint8
        assert truth.shape == (count, 4) and truth.dtype == np.float32
        assert set(digits) == set(range(10))
        assert (truth[:, :2] >= 0).all() and (truth[:, :2] + truth[:, 2:] <= 64).all()
        longer = truth[:, 2:].max(axis=1)
        assert longer.min() >= 18 and longer.max() <= 56
        assert np.ptp(longer) > 30 and np.ptp(truth[:, 0]) > 30 and np.ptp(truth[:, 1]) > 30
        for picture, box in zip(pictures, truth.astype(int), strict=True):
            x, y, width, height = box
            inside = picture[y : y + height, x : x + width]
            # Ink at each of the four sides, but for what the noise may take away.
            for side in (inside[0], inside[-1], inside[:, 0], inside[:, -1]):
                assert side.max() > boxes.INK - 60


@pytest.mark.script
def test_digits_and_clutter_of_each_part_are_its_own(project, monkeypatch, tmp_path):
    """The parts' digits have grey levels far apart, so that all ink shows where it is from."""
    (digits, labels), _, _ = datasets.split(datasets.load_mnist(), 5000)
    levels = (255, 150, 80)
    mask = (digits[:200] > 127).astype(np.uint8)
    parts = [(mask * level, labels[:200]) for level in levels]
    project.edit(MAKE, COUNTS=(40, 40, 40), LINES=0, NOISE=0)
    monkeypatch.setattr(datasets, "split", lambda *_: parts)
    monkeypatch.setattr(boxes, "SCENES", tmp_path / "scenes.npz")
    monkeypatch.setattr(files, "FIGURES", tmp_path)
    made = [runpy.run_path(project.root / MAKE)["arrays"] for _ in range(2)]
    for part, level in zip(boxes.PARTS, levels, strict=True):
        brightest = made[0][f"{part}_scenes"].max(axis=(1, 2))
        # Bicubic resizing overshoots by up to a quarter.
        assert (brightest <= 1.25 * level).all() and (brightest > 0.95 * level).all()
    for name, array in made[0].items():  # seeded: the second run made the same
        np.testing.assert_array_equal(array, made[1][name])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Ten test digits, enlarged as drawings of 168×168, half of them light on dark."""
    folder = tmp_path_factory.mktemp("drawings")
    _, (digits, labels) = datasets.load_mnist()
    for index in range(10):
        drawing = Image.fromarray(digits[index] if index % 2 else 255 - digits[index])
        drawing.resize((168, 168), Image.Resampling.BICUBIC).save(folder / f"{index}.png")
    truth = {f"{index}.png": int(labels[index]) for index in range(10)}
    (folder / "groundtruth.json").write_text(json.dumps(truth))
    return folder


def test_the_readme_has_the_figures_of_the_record():
    record = json.loads((files.MODELS / "bounding_box.results.json").read_text(encoding="utf-8"))
    text = (files.ROOT / "07_bounding_box" / "README.md").read_text(encoding="utf-8")
    assert (
        f"mean IoU of {record['mean_iou']:.3f}; it is at least 0.5 for"
        f" {100 * record['iou_50']:.1f} % of them and at least 0.75 for"
        f" {100 * record['iou_75']:.1f} %"
    ) in " ".join(text.split())


@pytest.mark.script
def test_the_saved_model_reaches_its_targets(project, scenes, folder):
    record = json.loads((files.MODELS / "bounding_box.results.json").read_text(encoding="utf-8"))
    assert record["hyperparameters"]["EPOCHS"] > 1
    assert record["mean_iou"] >= 0.85 and record["iou_50"] >= 0.99
    assert record["test_accuracy"]["mean"] >= 0.98 and record["seconds"] <= 1800

    printed = project.passes(DRAW, FOLDER=str(folder))
    last = printed.splitlines()[-1]
    on_scenes, on_drawings = map(float, re.findall(r"mean IoU ([\d.]+) on .*?([\d.]+) on", last)[0])
    assert on_scenes >= 0.85 and on_drawings >= 0.75
    right = re.search(r"10 of the drawings are labelled: (?:accuracy )?([\d.]+)%", printed)
    assert float(right[1]) >= 80
    for name in ("first", "worst", "drawings"):
        assert (project.root / f"images/figures/boxes_{name}.png").exists()


@pytest.mark.script
def test_training_learns_and_saves(project, scenes):
    name = "bounding_box_small"  # beside the trained model, so that the other tests still find it
    printed = project.passes(TRAIN, NAME=name, EPOCHS=3)
    record = json.loads((project.root / f"models/{name}.results.json").read_text(encoding="utf-8"))
    true = scenes["test_boxes"]
    # A box always in the same place is what a model gives that has learned only the average.
    average = boxes.iou(true, scenes["train_boxes"].mean(axis=0)).mean()
    assert record["mean_iou"] > average + 0.1
    assert record["test_accuracy"]["mean"] > 0.2
    assert 0 <= record["iou_75"] <= record["iou_50"] <= 1
    accuracy = record["test_accuracy"]["mean"]
    assert re.search(rf"^{name}: test accuracy {accuracy:.4f} in \d+ s$", printed.splitlines()[-1])


@pytest.mark.script
def test_what_is_missing_or_damaged_is_said_in_one_sentence(project, scenes, tmp_path):
    Image.new("L", (80, 80), 255).save(tmp_path / "blank.png")
    project.edit(DRAW, FOLDER=str(tmp_path))
    assert "no ink in blank.png" in project.fails_with_one_sentence(DRAW)
    path = project.root / "data" / "scenes.npz"
    whole = path.read_bytes()
    try:
        path.write_bytes(whole[: len(whole) // 2])
        sentence = project.fails_with_one_sentence(TRAIN)
        assert "scenes.npz is damaged" in sentence and "1_make_scenes.py" in sentence
        path.unlink()
        sentence = project.fails_with_one_sentence(DRAW)
        assert "no data/scenes.npz yet" in sentence and "1_make_scenes.py" in sentence
    finally:
        path.write_bytes(whole)
