"""Saving, reloading, and what happens when the saved files are not what they should be."""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time

from cnn_practice import datasets, drawings, fast_layers, files, models, results
from cnn_practice.errors import InputError

import keras
import numpy as np
import pytest
from keras import layers


def small_model(units=3):
    keras.utils.set_random_seed(0)
    return keras.Sequential([keras.Input((4, 4, 1)), layers.Flatten(), layers.Dense(units)])


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MODELS", tmp_path)
    return tmp_path


def test_a_reloaded_model_gives_the_same_outputs(folder):
    model = small_model()
    models.save(model, "small")
    x = np.random.default_rng(0).random((5, 4, 4, 1), dtype=np.float32)
    assert np.array_equal(models.load("small").predict(x, verbose=0), model.predict(x, verbose=0))
    names = {path.name for path in folder.glob("[!.]*")}
    assert names == {"small.config.json", "small.weights.h5"}


@pytest.mark.parametrize("nested", [False, True])
def test_a_model_with_a_loss_of_the_script_s_own_is_saved_without_it(folder, nested):
    inputs = keras.Input((4, 4, 1))
    x = (
        keras.Sequential([inputs, layers.Flatten(), layers.Dense(3)])(inputs / 2)
        if nested
        else inputs
    )
    model = keras.Model(inputs, layers.Dense(2)(layers.Flatten()(x)))
    model.compile("adam", loss=lambda true, predicted: keras.ops.sum(true - predicted, axis=-1))
    images = np.ones((2, 4, 4, 1), "float32")
    models.save(model, "own_loss")
    model.fit(images, np.ones((2, 2)), verbose=0)  # it is compiled as before
    models.save(model, "own_loss")
    reloaded = models.load("own_loss")
    assert not reloaded.compiled
    np.testing.assert_allclose(reloaded.predict(images), model.predict(images), rtol=1e-6)


def test_weights_stored_as_float16(folder):
    keras.utils.set_random_seed(0)
    stack = [layers.Flatten(), layers.Dense(999), layers.BatchNormalization(), layers.Dropout(0.5)]
    model = keras.Sequential([keras.Input((4, 4, 1)), *stack, layers.Dense(999)])
    x = np.random.default_rng(0).random((5, 4, 4, 1), dtype=np.float32)
    models.save(model, "whole")
    models.save(model, "half", dtype="float16")
    reloaded = models.load("half")
    assert {weight.dtype for weight in reloaded.weights} == {"float32"}
    assert reloaded.dtype_policy.compute_dtype == "float32"
    for whole, half in zip(model.get_weights(), reloaded.get_weights(), strict=True):
        assert np.array_equal(whole.astype("float16").astype("float32"), half)
    predicted, expected = reloaded.predict(x, verbose=0), model.predict(x, verbose=0)
    assert 0 < np.abs(predicted - expected).max() < 2e-3
    sizes = [(folder / f"{name}.weights.h5").stat().st_size for name in ("half", "whole")]
    assert sizes[0] < 0.52 * sizes[1]


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_a_model_trained_in_mixed_precision_is_float32_when_reloaded(folder, policy):
    keras.mixed_precision.set_global_policy(policy)
    try:
        model = small_model()
    finally:
        keras.mixed_precision.set_global_policy("float32")
    assert model.layers[-1].compute_dtype != "float32"
    models.save(model, "small")
    reloaded = models.load("small")
    assert {layer.compute_dtype for layer in reloaded.layers} == {"float32"}
    for one, other in zip(model.get_weights(), reloaded.get_weights(), strict=True):
        assert np.array_equal(one, other)


@pytest.mark.parametrize("around", [keras.Sequential, keras.Model])
def test_a_network_inside_the_network_is_saved_in_plain_layers(folder, around):
    """Of mixed precision and fast layers nothing is left, in the inner network either."""
    keras.mixed_precision.set_global_policy("mixed_bfloat16")
    try:
        inputs, outer = keras.Input((8, 8, 3)), keras.Input((8, 8, 3))
        convolved = fast_layers.BatchNormalization()(layers.Conv2D(4, 3)(inputs))
        inner = keras.Model(inputs, convolved, name="inner")
        if around is keras.Sequential:
            model = keras.Sequential([outer, inner, layers.Flatten()])
        else:
            model = keras.Model(outer, layers.Flatten()(inner(outer, training=False)))
    finally:
        keras.mixed_precision.set_global_policy("float32")
    models.save(model, "nested")
    reloaded = models.load("nested").get_layer("inner")
    assert type(reloaded.layers[-1]) is keras.layers.BatchNormalization
    assert {layer.compute_dtype for layer in reloaded.layers} == {"float32"}
    for one, other in zip(reloaded.get_weights(), inner.get_weights(), strict=True):
        assert np.array_equal(one, other)


def test_a_weight_too_large_for_float16(folder):
    model = small_model()
    models.save(model, "small")
    model.layers[-1].bias.assign([70000.0, 0, 0])
    with pytest.raises(InputError, match="too large for float16: save them as float32"):
        models.save(model, "small", dtype="float16")
    assert np.abs(models.load("small").get_weights()[1]).max() < 1  # the former model


def test_a_missing_model_is_trained_or_brought_back(folder):
    shutil.copy(files.ROOT / "models" / "lenet5.results.json", folder)
    with pytest.raises(InputError) as raised:
        models.load("lenet5")
    assert re.search(
        r"train it with «python 03_lenet5/1_train_lenet5\.py» \(.+ cores\), or bring it back with"
        " «git checkout models»",
        str(raised.value),
    )


def test_a_model_with_a_misspelt_name(folder):
    models.save(small_model(), "small")
    models.save(small_model(), "other")
    with pytest.raises(InputError, match=r"train it, or bring it back .*; there is small"):
        models.load("smal")


def test_config_and_weights_of_different_models(folder):
    models.save(small_model(3), "small")
    models.save(small_model(4), "other")
    (folder / "other.weights.h5").replace(folder / "small.weights.h5")
    with pytest.raises(InputError, match="do not belong together: train it again"):
        models.load("small")


@pytest.mark.parametrize("kept", [0, 10, 1000, -100])
def test_truncated_weights(folder, kept):
    models.save(small_model(), "small")
    weights = folder / "small.weights.h5"
    weights.write_bytes(weights.read_bytes()[:kept])
    with pytest.raises(InputError, match=r"small\.weights\.h5 is damaged: train it again"):
        models.load("small")


@pytest.mark.parametrize("config", ["", "{", "[]", "{}", '{"class_name": "Gone", "config": {}}'])
def test_a_damaged_config(folder, config):
    models.save(small_model(), "small")
    (folder / "small.config.json").write_text(config)
    with pytest.raises(InputError, match=r"small\.config\.json is damaged"):
        models.load("small")


@pytest.mark.skipif(os.name != "posix", reason="limits the size of files as POSIX does")
def test_a_disk_that_fills_up_leaves_the_former_model(folder):
    import resource

    models.save(small_model(), "small")
    former = {path.name: path.read_bytes() for path in folder.iterdir()}
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    # No file may grow over 8 kB: the config goes through, the weights do not.
    resource.setrlimit(resource.RLIMIT_FSIZE, (8_000, limits[1]))
    try:
        with pytest.raises(InputError, match="free some space"):
            models.save(small_model(units=1000), "small")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == former


SAVE_FOR_EVER = """
import sys
from pathlib import Path
from cnn_practice import files, models
import keras
files.MODELS = Path(sys.argv[1])
model = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten(), keras.layers.Dense(9)])
while True:
    models.save(model, "small")
    print("saved", flush=True)
"""


@pytest.mark.script
@pytest.mark.skipif(os.name != "posix", reason="kills as POSIX does")
def test_a_kill_at_any_moment_leaves_a_whole_model(folder):
    moments = random.Random(0)
    for _ in range(4):
        child = subprocess.Popen(
            [sys.executable, "-c", SAVE_FOR_EVER, str(folder)], stdout=subprocess.PIPE, text=True
        )
        while "saved" not in child.stdout.readline():
            assert child.poll() is None
        time.sleep(moments.uniform(0, 0.1))
        child.send_signal(signal.SIGKILL)
        child.communicate()
        assert models.load("small").count_params() == 153


MNIST_MODELS = [
    name
    for name in ("linear", "dense", "lenet5", "simple_cnn")
    if (files.MODELS / f"{name}.results.json").exists()
]


def test_the_four_models_of_chapters_02_and_03_are_there():
    assert len(MNIST_MODELS) == 4


@pytest.mark.parametrize("name", MNIST_MODELS)
def test_the_committed_weights_reach_their_recorded_accuracy(name):
    record = json.loads((files.MODELS / f"{name}.results.json").read_text())
    (_, _), (x, y) = datasets.load_mnist()
    model = models.load(name)
    predicted = model.predict(x[..., np.newaxis] / np.float32(255), verbose=0).argmax(axis=1)
    last = record["runs"][-1]  # whose weights are saved
    assert abs(np.mean(predicted == y) - last["test_accuracy"]) <= 0.0005
    assert drawings.score(model) == last["drawings_accuracy"]
    assert drawings.score(model, drawings.resize_only) == last["shrunk_drawings_accuracy"]
    assert model.count_params() == record["parameters"]


# What the README promises of them: mean over three seeds, and the drawings.
TARGETS = {
    "linear": (0.925, 0),
    "dense": (0.985, 0.98),
    "lenet5": (0.99, 1),
    "simple_cnn": (0.994, 1),
}


@pytest.mark.parametrize("name", MNIST_MODELS)
def test_the_recorded_accuracy_is_what_was_aimed_at(name):
    record = json.loads((files.MODELS / f"{name}.results.json").read_text())
    test_accuracy, drawings_accuracy = TARGETS[name]
    assert len(record["seeds"]) == len(record["test_accuracy"]["runs"]) == 3
    assert record["test_accuracy"]["mean"] >= test_accuracy
    assert record["drawings_accuracy"] >= drawings_accuracy


def test_a_model_of_a_newer_keras(folder, monkeypatch):
    record = results.record("small", {"SEED": 1}, test_accuracy=0.9)
    models.save(small_model(), "small", record)
    config = folder / "small.config.json"
    config.write_text(config.read_text().replace('"units"', '"unheard_of": 1, "units"'))
    monkeypatch.setattr(keras, "__version__", "3.14.9")
    with pytest.raises(InputError, match=r"The model small needs Keras ≥ 3\.15, and 3\.14\.9 is"):
        models.load("small")


def in_seconds(limit, name, match):
    start = time.process_time()
    with pytest.raises(InputError, match=match) as raised:
        models.load(name)
    assert "\n" not in str(raised.value)
    assert time.process_time() - start < limit


def test_configs_from_elsewhere_end_with_one_sentence_within_ten_seconds(folder):
    """JSON 100,000 deep, 3,000 layers, a billion units, an input of 10¹⁵ numbers."""
    models.save(small_model(), "small")
    config = folder / "small.config.json"
    right = config.read_text()
    content = json.loads(right)
    config.write_text("[" * 100_000)
    in_seconds(10, "small", r"small\.config\.json is damaged")
    deep = json.loads(right)
    for _ in range(90):
        deep = {"class_name": "Sequential", "config": {"name": "s", "layers": [deep]}}
    config.write_text(json.dumps(deep))
    in_seconds(10, "small", r"small\.config\.json is damaged|do not belong together")
    layer = content["config"]["layers"].pop()
    for i in range(3000):
        content["config"]["layers"].append(layer | {"config": layer["config"] | {"name": f"d{i}"}})
    config.write_text(json.dumps(content))
    in_seconds(10, "small", r"small\.config\.json has 3,002 layers, and at most 1,000 are read")
    config.write_text(right.replace('"units": 3', '"units": 1000000000'))
    in_seconds(10, "small", "do not belong together")
    wide = json.loads(right)
    wide["config"]["layers"][0]["config"]["batch_shape"] = [None, 10**5, 10**5, 10**5]
    config.write_text(json.dumps(wide))
    in_seconds(10, "small", r"small\.config\.json is damaged|do not belong together")


def test_flipped_bytes_in_weights_are_told(folder, capsys):
    """60 files with a bit flipped: a sentence, or a model that is not that of its record."""
    record = results.record("small", {"SEED": 1}, test_accuracy=0.9)
    models.save(small_model(), "small", record)
    weights = folder / "small.weights.h5"
    whole, random_number = weights.read_bytes(), random.Random(1)
    models.load("small")
    assert "is not the file" not in capsys.readouterr().out
    told = 0
    for _ in range(60):
        flipped = bytearray(whole)
        flipped[random_number.randrange(len(whole))] ^= 1 << random_number.randrange(8)
        weights.write_bytes(flipped)
        try:
            models.load("small")
            assert "small.weights.h5 is not the file that the record" in capsys.readouterr().out
        except InputError as error:
            assert re.search("is damaged|do not belong together", str(error))
            told += 1
    assert told >= 1
