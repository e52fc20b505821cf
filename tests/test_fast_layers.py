"""The fast batch normalisation and dropout against Keras's own."""

import json

from cnn_practice import files, models
from cnn_practice.fast_layers import BatchNormalization, Dropout

import keras
import numpy as np
import pytest
import tensorflow as tf

SHAPE = (6, 5, 4, 3)


def pair(**arguments):
    """Keras's layer and ours, built, with the same weights."""
    layers = keras.layers.BatchNormalization(**arguments), BatchNormalization(**arguments)
    rng = np.random.default_rng(1)
    for layer in layers:
        layer.build(SHAPE)
    weights = [rng.random(each.shape, np.float32) + 0.5 for each in layers[0].get_weights()]
    for layer in layers:
        layer.set_weights(weights)
    return layers


def step(layer, x, target):
    """Outputs and gradients of one training step; it also moves the layer's statistics."""
    x = tf.Variable(x)
    with tf.GradientTape() as tape:
        outputs = layer(x, training=True)
        loss = tf.reduce_sum(tf.square(tf.cast(outputs, "float32") - target))
    variables = [x, *(each.value for each in layer.trainable_variables)]
    return outputs, tape.gradient(loss, variables)


@pytest.mark.parametrize("momentum, epsilon, scale", [(0.99, 1e-3, True), (0.5, 0.1, False)])
def test_a_training_step_is_that_of_keras(momentum, epsilon, scale):
    rng = np.random.default_rng(2)
    x, target = (rng.normal(3, 2, SHAPE).astype("float32") for _ in range(2))
    theirs, ours = pair(momentum=momentum, epsilon=epsilon, scale=scale)
    (outputs, gradients), (expected, theirs_gradients) = (
        step(ours, x, target),
        step(theirs, x, target),
    )
    np.testing.assert_allclose(outputs, expected, atol=1e-5)
    for found, wanted in zip(gradients, theirs_gradients, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(ours.moving_mean, theirs.moving_mean, rtol=1e-5)
    n = x[..., 0].size
    unbiased = momentum * pair(scale=scale)[0].moving_variance + (1 - momentum) * x.var(
        axis=(0, 1, 2)
    ) * (n / (n - 1))
    np.testing.assert_allclose(ours.moving_variance, unbiased, rtol=1e-5)
    np.testing.assert_allclose(ours(x), theirs(x), rtol=1e-2, atol=1e-2)  # not in training


@pytest.mark.parametrize(
    "arguments, shape",
    [({"axis": 1}, SHAPE), ({"center": False}, SHAPE), ({}, (6, 3))],
)
def test_other_arguments_and_shapes_go_the_way_of_keras(arguments, shape):
    x = np.random.default_rng(3).normal(3, 2, shape).astype("float32")
    theirs, ours = keras.layers.BatchNormalization(**arguments), BatchNormalization(**arguments)
    np.testing.assert_allclose(ours(x, training=True), theirs(x, training=True), atol=1e-6)
    for found, wanted in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(found, wanted)


def test_a_frozen_layer_does_not_move():
    _, ours = pair()
    ours.trainable = False
    before = ours.get_weights()
    ours(np.ones(SHAPE, "float32"), training=True)
    for found, wanted in zip(ours.get_weights(), before, strict=True):
        np.testing.assert_array_equal(found, wanted)


def test_in_half_precision_statistics_and_weights_stay_float32():
    x = np.random.default_rng(4).normal(3, 2, SHAPE).astype("float32")
    theirs, ours = pair()
    half = BatchNormalization(dtype="mixed_bfloat16")
    half.build(SHAPE)
    half.set_weights(ours.get_weights())
    outputs = half(x, training=True)
    assert outputs.dtype == "bfloat16"
    np.testing.assert_allclose(tf.cast(outputs, "float32"), theirs(x, training=True), atol=0.05)
    assert {each.dtype for each in half.weights} == {"float32"}
    np.testing.assert_allclose(half.moving_mean, theirs.moving_mean, rtol=1e-2)


@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
@pytest.mark.parametrize("rate", [0.25, 0.5])
def test_dropout_silences_its_share_and_scales_the_others(rate, dtype):
    layer = Dropout(rate, dtype=dtype, seed=1)
    x = np.full((50, 11, 13, 7), 3, "float32")
    first, second = (np.asarray(tf.cast(layer(x, training=True), "float32")) for _ in range(2))
    for values in (first, second):
        assert set(np.unique(values)) <= {
            0,
            np.float32(tf.cast(3 / (1 - rate), layer.compute_dtype)),
        }
        assert np.mean(values == 0) == pytest.approx(rate, abs=0.01)
        assert abs((values == 0).mean(axis=(0, 1, 2)) - rate).max() < 0.03  # in each channel
    assert np.mean((first == 0) & (second == 0)) == pytest.approx(rate**2, abs=0.01)
    again = Dropout(rate, dtype=dtype, seed=1)(x, training=True)
    np.testing.assert_array_equal(tf.cast(again, "float32"), first)
    np.testing.assert_array_equal(tf.cast(layer(x), "float32"), x)


def test_the_gradient_of_dropout_is_its_mask():
    x = tf.Variable(np.ones((6, 5), "float32"))
    with tf.GradientTape() as tape:
        outputs = Dropout(0.5, seed=2)(x, training=True)
    np.testing.assert_array_equal(tape.gradient(outputs, x), outputs)


@pytest.mark.parametrize("arguments", [{"rate": 0.2}, {"rate": 0.5, "noise_shape": (6, 1)}])
def test_other_dropout_goes_the_way_of_keras(arguments):
    x = np.ones((6, 50), "float32")
    ours, theirs = Dropout(seed=3, **arguments), keras.layers.Dropout(seed=3, **arguments)
    np.testing.assert_array_equal(ours(x, training=True), theirs(x, training=True))


def test_both_are_saved_as_the_layers_of_keras(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MODELS", tmp_path)
    inputs = keras.Input(SHAPE[1:])
    model = keras.Model(inputs, Dropout(0.5)(BatchNormalization()(inputs)))
    model.layers[1].set_weights(pair()[0].get_weights())
    models.save(model, "normalised")
    reloaded = models.load("normalised")
    assert type(reloaded.layers[1]) is keras.layers.BatchNormalization
    assert type(reloaded.layers[2]) is keras.layers.Dropout
    config = json.loads((tmp_path / "normalised.config.json").read_text())
    for layer in config["config"]["layers"]:
        assert (layer["module"], layer["registered_name"]) == ("keras.layers", None)
    x = np.random.default_rng(5).random(SHAPE, np.float32)
    np.testing.assert_allclose(reloaded.predict(x, verbose=0), model.predict(x, verbose=0))
