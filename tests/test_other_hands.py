"""Digits that MNIST lacks: drawn by the model of the hand, and the network trained on them."""

import importlib.util
import json

from cnn_practice import drawings, files, hand, models

import numpy as np
import pytest


def imported(name, folder):
    spec = importlib.util.spec_from_file_location(name, files.ROOT / folder / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


other_hands = imported("other_hands", "03_lenet5")
PATHS = imported("stroke_paths", "draw_digits").PATHS


def in_its_box(path):
    """24 points along each stroke, in the box of the digit."""
    strokes = []
    for stroke in path:
        points = np.array(stroke, dtype=float)
        along = np.concatenate([[0], np.hypot(*np.diff(points, axis=0).T).cumsum()])
        places = np.linspace(0, along[-1], 24)
        strokes.append(np.stack([np.interp(places, along, each) for each in points.T], axis=1))
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    return (points - low) / np.maximum(high - low, 1e-6)


def test_the_paths_are_not_those_of_the_drawings():
    drawn = [np.ravel(stroke) for styles in PATHS.values() for p in styles.values() for stroke in p]
    rng = np.random.default_rng(0)
    for style, path in other_hands.STYLES.items():
        for stroke in path(rng.uniform):
            flat = np.ravel(stroke)
            same = [each for each in drawn if len(each) == len(flat) and np.allclose(each, flat)]
            assert not same, style


@pytest.mark.parametrize("style", other_hands.STYLES)
def test_a_style_draws_another_digit_each_time_and_the_same_for_a_seed(style):
    digits = [other_hands.draw(style, np.random.default_rng(seed)) for seed in (1, 1, 2)]
    assert np.array_equal(digits[0], digits[1]) and not np.array_equal(digits[0], digits[2])
    for digit in digits:
        assert digit.shape == (28, 28) and digit.max() > 0.9 and 0.02 < digit.mean() < 0.5
    paths = [other_hands.STYLES[style](np.random.default_rng(seed).uniform) for seed in (1, 2)]
    boxes = [in_its_box(path) for path in paths]
    assert boxes[0].shape != boxes[1].shape or np.abs(boxes[0] - boxes[1]).max() > 0.01


def test_the_hand_passes_near_the_points_of_a_path():
    path = [[(0.0, 0.0), (1.0, 0.0), (1.0, 0.0), (0.5, 1.0)]]
    strokes = hand.write(path, np.random.default_rng(0), height=1, aspect=1, slant=0, turn=0)
    for point in ((-0.5, -0.5), (0.5, -0.5), (0, 0.5)):
        assert np.hypot(*(strokes[0] - point).T).min() < 0.1
    picture = hand.picture(strokes, 100, 0.1)
    assert picture.max() == 1 and picture[0].max() == 0 and picture[:, -1].max() == 0


def test_the_committed_network_reads_other_hands():
    model = models.load("any_hand")
    assert model.count_params() <= 300_000
    assert (files.MODELS / "any_hand.weights.h5").stat().st_size < 1_000_000
    record = json.loads((files.MODELS / "any_hand.results.json").read_text(encoding="utf-8"))
    assert record["test_accuracy"]["mean"] >= 0.9945 and len(record["seeds"]) == 3
    assert record["drawings_accuracy"] == 1
    without = record["without_drawn_digits"]
    assert record["other_hands_accuracy"] > without["other_hands_accuracy"] + 0.03
    rng = np.random.default_rng(3)
    styles = list(other_hands.STYLES) * 5
    digits = np.stack([other_hands.draw(style, rng) for style in styles])[..., np.newaxis]
    read = model.predict(digits, verbose=0).argmax(axis=1)
    assert np.mean(read == [int(style[0]) for style in styles]) > 0.95


def test_a_pen_of_one_pixel_on_a_large_canvas_is_read_as_a_wide_one():
    rng = np.random.default_rng(0)
    paths = [(digit, path) for digit, styles in PATHS.items() for path in styles.values()]
    how = {"height": 1, "aspect": 0.7, "slant": 0.05, "turn": 0}
    hands = [hand.write(path, rng, **how) for _, path in paths]
    model = models.load("any_hand")
    for pen in (0.08, 1 / 900):
        pictures = [1 - hand.picture(strokes, 900, pen, margin=150) for strokes in hands]
        prepared = np.stack([drawings.prepare(each) for each in pictures])[..., np.newaxis]
        read = model.predict(prepared, verbose=0).argmax(axis=1)
        assert np.mean(read == [digit for digit, _ in paths]) >= 0.95


@pytest.mark.script
def test_find_draw_and_train(fresh_project):
    printed = fresh_project.passes("03_lenet5/4_find_what_is_missing.py", DIGITS=2, NEIGHBOURS=2)
    assert "of 82 digits from elsewhere" in printed
    sentence = fresh_project.fails_with_one_sentence("03_lenet5/6_train_for_any_hand.py")
    assert "run 03_lenet5/5_draw_other_hands.py first" in sentence
    files_of_two_runs = []
    for _ in range(2):
        printed = fresh_project.passes("03_lenet5/5_draw_other_hands.py", DIGITS=10)
        assert "drew 410 digits of 41 styles" in printed
        files_of_two_runs.append((fresh_project.root / "data/other_hands.npz").read_bytes())
    assert files_of_two_runs[0] == files_of_two_runs[1]
    printed = fresh_project.passes(
        "03_lenet5/6_train_for_any_hand.py",
        NAME="tried", VALIDATION=59000, STRETCHED=0.02, EPOCHS=1,
    )  # fmt: skip
    assert "1371 training images: 1000, 20, 351" in printed
    assert printed.splitlines()[-1].startswith("tried: test accuracy")
