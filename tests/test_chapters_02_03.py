"""Chapters 02 and 03: classifying a folder, and a run of each script."""

import json
import re
import sys

from cnn_practice import classify, files, models, plots
from cnn_practice.distortions import _bicubic
from cnn_practice.errors import InputError

import keras
import numpy as np
import pytest
import tensorflow as tf

# Classifying


@pytest.fixture(scope="module")
def lenet5():
    return models.load("lenet5")


def digits(number):
    return np.random.default_rng(0).random((number, 28, 28), dtype=np.float32)


def test_predictions_are_those_of_keras(lenet5):
    seen = digits(130)
    expected = lenet5.predict(seen[..., np.newaxis], verbose=0)
    np.testing.assert_allclose(classify.predict(lenet5, seen), expected, atol=1e-6)


def test_drawings_are_enlarged_for_a_larger_model():
    model = keras.Sequential([keras.Input((56, 56, 1)), keras.layers.GlobalMaxPooling2D()])
    assert classify.predict(model, digits(3)).shape == (3, 1)


@pytest.mark.parametrize("name", ["cifar10_minivgg", "bounding_box"])
def test_a_model_of_something_else_is_refused(name):
    with pytest.raises(InputError, match=rf"^{name} classifies no grey digits \(its input is \d+×"):
        classify.load(("lenet5", name))


def test_the_accuracy_is_of_the_drawings_whose_digit_is_known():
    probabilities = np.eye(10)[[7, 1, 4]]
    assert classify.accuracy([7, 2, None], probabilities) == 0.5
    assert classify.accuracy([None] * 3, probabilities) is None


def test_the_table_marks_the_wrong_predictions(capsys):
    classify.table("model", ["a.png", "b.png", "c.png"], [7, 2, None], np.eye(10)[[7, 1, 4]])
    heading, *lines = capsys.readouterr().out.strip().splitlines()
    assert heading.split() == ["model", "truth", "prediction", "confidence"]
    assert [line.split()[:3] for line in lines] == [
        ["a.png", "7", "7"], ["b.png", "2", "1"], ["c.png", "?", "4"]
    ]  # fmt: skip
    assert ["wrong" in line for line in lines] == [False, True, False]


@pytest.fixture
def grids(monkeypatch):
    """The arguments with which picture grids are drawn, instead of their figures."""
    drawn = []
    monkeypatch.setattr(plots, "picture_grid", lambda *arguments: drawn.append(arguments))
    return drawn


def test_a_grid_names_the_files_and_speaks_of_red_only_where_there_is_a_truth(grids):
    probabilities = np.eye(10)[[7, 1]]
    names = ["seven.png", "a_very_long_file_name.png"]
    classify.grid("model", digits(2), names, [7, 2], probabilities)
    classify.grid("model", digits(2), names, [None, None], probabilities)
    (_, captions, name, title, wrong), (*_, unknown, none_wrong) = grids
    assert captions == ["seven\n7", "a_very_long_fi…\n1"] and name == "model_drawings"
    assert "(red: wrong)" in title and wrong == [1]
    assert "red" not in unknown and none_wrong == []


def test_the_misread_digits_are_shown_those_of_which_the_network_is_surest_first(grids):
    truth = np.array([0, 1, 2, 3])
    probabilities = np.eye(10)[[0, 5, 6, 7]] * np.array([[1], [0.6], [0.9], [0.8]])
    plots.misread(digits(4), truth, probabilities, "name", "Model", most=2)
    ((pictures, captions, _, title),) = grids
    assert captions == ["2 read as 6", "3 read as 7"]
    np.testing.assert_array_equal(pictures, digits(4)[[2, 3]])
    assert title == "Model: 3 of 4 misread, 2 shown"


# Distortions


def test_the_elastic_displacement_is_interpolated_as_tensorflow_does_it():
    points = tf.random.normal((2, 4, 4, 3))
    smooth = _bicubic(28)
    result = np.einsum("hi,nijc,wj->nhwc", smooth, points, smooth)
    np.testing.assert_allclose(result, tf.image.resize(points, (28, 28), "bicubic"), atol=1e-5)


# The scripts


def test_the_parameters_in_the_headers_are_those_of_the_models():
    table = (files.ROOT / "03_lenet5/2_train_simple_cnn.py").read_text(encoding="utf-8")
    header = (files.ROOT / "03_lenet5/1_train_lenet5.py").read_text(encoding="utf-8")
    for name, texts in {
        "lenet5": (table, header),
        "simple_cnn": (table,),
        "dense": (header,),
    }.items():
        record = json.loads((files.MODELS / f"{name}.results.json").read_text(encoding="utf-8"))
        assert all(f"{record['parameters']:,}" in text for text in texts)


LAST_LINE = re.compile(r"^\w+: test accuracy 0\.\d{4} in \d+ s$")


@pytest.mark.script
@pytest.mark.parametrize(
    ("script", "name", "least", "figures"),
    [
        ("02_linear/1_train_linear.py", "linear", 0.85, ["templates"]),
        ("02_linear/2_train_dense.py", "dense", 0.90, ["distortions"]),
        ("03_lenet5/1_train_lenet5.py", "lenet5", 0.80, ["feature_maps"]),
        ("03_lenet5/2_train_simple_cnn.py", "simple_cnn", 0.95, []),
    ],
)
def test_training(project, script, name, least, figures):
    printed = project.passes(script, EPOCHS=1)
    assert LAST_LINE.match(printed.splitlines()[-1])
    assert f"This run will replace models/{name}.config.json" in printed
    assert re.search("The training will take about .+ on this computer", printed)
    record = json.loads((project.root / f"models/{name}.results.json").read_text())
    assert record["test_accuracy"]["mean"] >= least
    assert record["hyperparameters"]["EPOCHS"] == record["epochs"] == 1
    for figure in ("curves", "confusion", "misread", *figures):
        assert (project.root / f"images/figures/{name}_{figure}.png").stat().st_size > 3000


@pytest.mark.script
@pytest.mark.parametrize(
    ("script", "name"),
    [("02_linear/3_classify_drawings.py", "dense"), ("03_lenet5/3_classify_drawings.py", "lenet5")],
)
def test_classifying(fresh_project, script, name):
    printed = fresh_project.passes(script)
    shares = re.findall(rf"^{name}: accuracy ([\d.]+)% on drawings (.+)$", printed, re.MULTILINE)
    assert [way for _, way in shares] == ["just shrunk", "prepared"]
    assert float(shares[1][0]) >= 98 > float(shares[0][0])
    assert len(re.findall(r"^\S+\.png +\d", printed, re.MULTILINE)) == 200  # two models
    assert (fresh_project.root / f"images/figures/{name}_drawings.png").stat().st_size > 20_000


@pytest.mark.script
def test_classifying_a_folder_at_home_without_ground_truth_by_models_of_two_sizes(
    fresh_project, tmp_path
):
    folder = tmp_path / "mine"
    folder.mkdir()
    drawing = min((fresh_project.root / "images/drawings").glob("7*.png"))
    (folder / "my drawing.png").write_bytes(drawing.read_bytes())
    script = "03_lenet5/3_classify_drawings.py"
    fresh_project.edit(script, FOLDER="~/mine", NAMES=("lenet5", "vgg16_32"))
    home = "USERPROFILE" if sys.platform == "win32" else "HOME"
    done = fresh_project.run(script, env={home: str(tmp_path)})
    assert done.returncode == 0, done.stderr
    assert re.findall(r"^my drawing.png +\? +(\d)", done.stdout, re.MULTILINE) == ["7", "7"]
    assert "accuracy" not in done.stdout and "wrong" not in done.stdout


@pytest.mark.script
def test_classifying_without_a_trained_model(fresh_project):
    (fresh_project.root / "models" / "linear.config.json").unlink()
    sentence = fresh_project.fails_with_one_sentence("02_linear/3_classify_drawings.py")
    assert sentence.startswith(
        "There is no models/linear.config.json: train it with «python 02_linear/1_train_linear.py»"
    )
