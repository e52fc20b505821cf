"""A run of each script of chapter 01, as a user edits it, and of its benchmark's parts."""

import json
import re

import pytest


@pytest.mark.script
@pytest.mark.parametrize(
    ("script", "figure"),
    [
        ("01_components/1_padding_stride_kernel.py", "components_1_padding_stride_kernel"),
        ("01_components/2_pooling.py", "components_2_pooling"),
        ("01_components/3_count_parameters.py", "components_3_count_parameters"),
        ("01_components/4_backprop_kernels.py", "components_4_backprop_kernels"),
        (
            "01_components/5_backprop_feature_maps_and_biases.py",
            "components_5_backprop_feature_maps_and_biases",
        ),
        ("01_components/6_backprop_pooling.py", "components_6_backprop_pooling"),
    ],
)
def test_lessons_without_training(project, script, figure):
    printed = project.passes(script)
    assert (project.root / f"images/figures/{figure}.png").stat().st_size > 20_000
    last = printed.splitlines()[-1]
    if "count" in script:
        assert last == "count_parameters: LeNet-5 61,706, VGG-16 138,357,544"
    if "backprop" in script:
        assert last.endswith("all relative errors below 1e-06")


def recorded(project, script, least):
    """The record of a training script, whose test accuracy must be at least ``least``."""
    record = json.loads((project.root / f"01_components/results/{script}.json").read_text())
    assert least <= record["test_accuracy"] <= 1 and record["seconds"] > 0
    assert record["hyperparameters"]["SEED"] == 0
    assert {"numpy", "python"} <= set(record["versions"]) and record["hardware"]
    return record


LAST_LINE = re.compile(r"^\w+: test accuracy 0\.\d{4} in \d+ s$")


@pytest.mark.script
def test_mlp(project):
    printed = project.passes("01_components/7_train_mlp.py", EPOCHS=1)
    assert LAST_LINE.match(printed.splitlines()[-1])
    recorded(project, "7_train_mlp", 0.93)


@pytest.mark.script
def test_overfitting_reaches_all_training_examples(project):
    printed = project.passes("01_components/8_overfit_small_data.py")
    assert printed.splitlines()[-1] == (
        "overfit_small_data: training accuracy on 100 examples 100%, 10 examples 100%"
    )
    assert "100 examples, 50 epochs" in printed and "10 examples, 40 epochs" in printed


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

    script = "01_components/9_train_convnet.py"
    printed = fresh_project.passes(
        script, **{"ITERATIONS": 300, "FILTERS": 8, "FRAMES": 5}, **options
    )
    assert LAST_LINE.match(printed.splitlines()[-1])
    recorded(fresh_project, "9_train_convnet", least)
    figures = fresh_project.root / "images" / "figures"
    for name in ("examples", "curves", "filters"):
        assert (figures / f"components_9_{name}.png").stat().st_size > 5000
    with Image.open(figures / "components_9_filters_learning.gif") as film:
        assert film.n_frames == 6
        first = film.convert("RGB").tobytes()
        film.seek(5)
        assert film.convert("RGB").tobytes() != first


@pytest.mark.script
def test_convnet_refuses_unknown_alternatives(project):
    script = "01_components/9_train_convnet.py"
    project.edit(script, OPTIMIZER="adagrad")
    sentence = project.fails_with_one_sentence(script)
    assert sentence == "OPTIMIZER is 'adagrad': choose one of sgd, momentum, rmsprop, adam."
    project.edit(script, OPTIMIZER="sgd", ACTIVATION="softplus")
    sentence = project.fails_with_one_sentence(script)
    assert sentence == "ACTIVATION is 'softplus': choose one of relu, tanh, sigmoid."


@pytest.mark.script
def test_lenet5_in_numpy_and_keras(project):
    printed = project.passes("01_components/10_lenet5_numpy_against_keras.py", EPOCHS=1)
    assert LAST_LINE.match(printed.splitlines()[-1])
    assert len(re.findall("^gradient of .* relative difference", printed, re.MULTILINE)) == 10
    record = recorded(project, "10_lenet5_numpy_against_keras", 0.95)
    assert abs(record["keras_test_accuracy"] - record["test_accuracy"]) < 0.02
