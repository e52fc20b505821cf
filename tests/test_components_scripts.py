"""A run of each script of chapter 01, as a user edits it."""

import json
import re

from cnn_practice import files

import pytest

LAST_LINE = re.compile(r"^numpy_\w+: test accuracy 0\.\d{4} in \d+ s$")


@pytest.mark.script
@pytest.mark.parametrize(
    ("script", "last"),
    [
        ("1_train_perceptron", r"train_perceptron: test accuracy 0.99\d\d after \d+ epochs"),
        ("2_losses", "losses: relative errors below 1e-6 against central differences, .* Keras"),
        ("5_initializers", r"initializers: ReLU over 10 layers, He keeps 0\.[5-9]\d of the signal"),
        ("6_padding_stride_kernel", r"padding_stride_kernel: one step gives 4, .* stride 3 8×8"),
        ("7_pooling", r"pooling: moved by 1, the map changes 0\.\d\d, 0\.\d\d pooled"),
        ("8_count_parameters", "count_parameters: LeNet-5 61,706, VGG-16 138,357,544"),
        ("9_backprop_kernels", "backprop_kernels: 8 checks, all relative errors below 1e-6"),
        (
            "10_backprop_feature_maps_and_biases",
            "backprop_feature_maps: 16 checks, all relative errors below 1e-6",
        ),
        ("11_backprop_pooling", "backprop_pooling: 4 versions, all relative errors below 1e-6"),
    ],
)
def test_lessons_without_a_network(project, script, last):
    printed = project.passes(f"01_components/{script}.py")
    assert re.fullmatch(last, printed.splitlines()[-1])
    figures = re.findall(r"^figure: (\S+)$", printed, re.MULTILINE)
    assert len(figures) == 1 and (project.root / figures[0]).stat().st_size > 10_000


@pytest.mark.script
def test_optimizers_learn(project):
    printed = project.passes("01_components/4_optimizers.py", EXAMPLES=3000, EPOCHS=2)
    reached = re.findall(r"(\w+) (0\.\d{4})", printed.splitlines()[-1])
    assert [name for name, _ in reached] == ["SGD", "momentum", "RMSprop", "Adam"]
    assert min(float(accuracy) for _, accuracy in reached) > 0.75


@pytest.mark.script
def test_overfitting_reaches_all_training_examples(project):
    script = "01_components/12_overfit_small_data.py"
    printed = project.passes(script, EXAMPLES=(50, 10), EPOCHS=(40, 40), VALIDATION=200)
    assert printed.splitlines()[-1] == (
        "overfit_small_data: training accuracy on 50 examples 100%, 10 examples 100%"
    )
    project.edit(script, EPOCHS=(40,))
    sentence = project.fails_with_one_sentence(script)
    assert sentence == "EPOCHS is (40,): give one number for each of EXAMPLES."


@pytest.mark.script
def test_dropout_lowers_the_validation_loss(project):
    printed = project.passes("01_components/13_dropout.py", EXAMPLES=500, UNITS=128)
    without, with_dropout = map(float, re.findall(r"0\.\d{3}", printed.splitlines()[-1]))
    assert with_dropout < without


@pytest.mark.script
def test_batch_normalization_learns_from_weights_that_are_too_small(project):
    printed = project.passes("01_components/14_batch_normalization.py", EXAMPLES=3000)
    with_it, without = map(float, re.findall(r"0\.\d{4}", printed.splitlines()[-1]))
    assert with_it > 0.8 > 0.3 > without


def recorded(project, name, least):
    """The record of a training script, whose test accuracy must be at least ``least``."""
    record = json.loads((project.root / f"models/{name}.results.json").read_text())
    assert least <= record["test_accuracy"]["mean"] <= 1 and record["seconds"] > 0
    assert record["parameters"] > 0 and record["epochs"] >= 0
    return record


@pytest.mark.script
def test_mlp(project):
    committed = files.MODELS / "numpy_mlp.results.json"
    script = "01_components/3_train_mlp.py"
    printed = project.passes(script, EPOCHS=1, NAME="numpy_trial")
    assert printed.splitlines()[-1].startswith("numpy_trial: test accuracy 0.9")
    recorded(project, "numpy_trial", 0.93)
    kept = (project.root / "models/numpy_mlp.results.json").read_bytes()
    assert kept == committed.read_bytes(), "a name of one's own keeps the committed record"


@pytest.mark.script
@pytest.mark.parametrize(
    ("options", "least"),
    [
        ({}, 0.90),
        # Every alternative of the hyperparameter block is taken once.
        ({"OPTIMIZER": "momentum", "LEARNING_RATE": 0.02, "ACTIVATION": "tanh", "L2": 0.0}, 0.85),
        ({"OPTIMIZER": "rmsprop", "LEARNING_RATE": 0.001, "POOLING": "average"}, 0.85),
        ({"OPTIMIZER": "adam", "LEARNING_RATE": 0.003, "ACTIVATION": "sigmoid"}, 0.75),
        ({"LOSS": "svm", "LEARNING_RATE": 0.05, "DROPOUT": 0.5}, 0.85),
    ],
)
def test_convnet(fresh_project, options, least):
    from PIL import Image

    script = "01_components/15_train_convnet.py"
    printed = fresh_project.passes(
        script, **{"ITERATIONS": 300, "FILTERS": 8, "FRAMES": 5}, **options
    )
    assert LAST_LINE.match(printed.splitlines()[-1])
    assert re.search(r"with numpy_fast \d+ ms: \d+\.\d times as fast$", printed, re.MULTILINE)
    recorded(fresh_project, "numpy_convnet", least)
    figures = fresh_project.root / "images" / "figures"
    for name in ("examples", "curves", "filters"):
        assert (figures / f"components_15_{name}.png").stat().st_size > 5000
    with Image.open(figures / "components_15_filters_learning.gif") as film:
        assert film.n_frames == 6
        first = film.convert("RGB").tobytes()
        film.seek(5)
        assert film.convert("RGB").tobytes() != first


@pytest.mark.script
def test_wrong_values_get_a_sentence(project):
    for script, values, says in (
        ("15_train_convnet", {"OPTIMIZER": "adm"}, "adam"),
        ("15_train_convnet", {"ACTIVATION": "softplus"}, "relu"),
        ("3_train_mlp", {"EPOCHS": 0}, "at least 1"),
        ("9_backprop_kernels", {"STRIDE": "same"}, "whole number"),
    ):
        path = project.root / f"01_components/{script}.py"
        kept = path.read_text(encoding="utf-8")
        project.edit(f"01_components/{script}.py", **values)
        sentence = project.fails_with_one_sentence(f"01_components/{script}.py")
        path.write_text(kept, encoding="utf-8")
        assert says in sentence and str(next(iter(values))) in sentence


@pytest.mark.script
def test_lenet5_in_numpy_and_keras(project):
    printed = project.passes("01_components/16_lenet5_numpy_against_keras.py", EPOCHS=1)
    assert LAST_LINE.match(printed.splitlines()[-1])
    assert len(re.findall("^gradient of .* relative difference", printed, re.MULTILINE)) == 10
    record = recorded(project, "numpy_lenet5", 0.95)
    assert abs(record["keras_test_accuracy"] - record["test_accuracy"]["mean"]) < 0.02
