"""The fused batch normalisation against Keras's own."""

import json

from cnn_practice import files, models
from cnn_practice.fused import BatchNormalization

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


@pytest.mark.parametrize("momentum, epsilon", [(0.99, 1e-3), (0.5, 0.1)])
def test_a_training_step_is_that_of_keras(momentum, epsilon):
    rng = np.random.default_rng(2)
    x, target = (rng.normal(3, 2, SHAPE).astype("float32") for _ in range(2))
    theirs, ours = pair(momentum=momentum, epsilon=epsilon)
    (outputs, gradients), (expected, theirs_gradients) = (
        step(ours, x, target),
        step(theirs, x, target),
    )
    np.testing.assert_allclose(outputs, expected, atol=1e-5)
    for found, wanted in zip(gradients, theirs_gradients, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(ours.moving_mean, theirs.moving_mean, rtol=1e-5)
    n = x[..., 0].size
    unbiased = momentum * pair()[0].moving_variance + (1 - momentum) * x.var(axis=(0, 1, 2)) * (
        n / (n - 1)
    )
    np.testing.assert_allclose(ours.moving_variance, unbiased, rtol=1e-5)
    np.testing.assert_allclose(ours(x), theirs(x), rtol=1e-2, atol=1e-2)  # not in training


@pytest.mark.parametrize(
    "arguments, shape",
    [({"axis": 1}, SHAPE), ({"scale": False}, SHAPE), ({"center": False}, SHAPE), ({}, (6, 3))],
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


def test_it_is_saved_as_the_layer_of_keras(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MODELS", tmp_path)
    inputs = keras.Input(SHAPE[1:])
    model = keras.Model(inputs, keras.layers.ReLU()(BatchNormalization()(inputs)))
    model.layers[1].set_weights(pair()[0].get_weights())
    models.save(model, "normalised")
    reloaded = models.load("normalised")
    assert type(reloaded.layers[1]) is keras.layers.BatchNormalization
    config = json.loads((tmp_path / "normalised.config.json").read_text())
    layer = config["config"]["layers"][1]
    assert (layer["module"], layer["registered_name"]) == ("keras.layers", None)
    x = np.random.default_rng(5).random(SHAPE, np.float32)
    np.testing.assert_allclose(reloaded.predict(x, verbose=0), model.predict(x, verbose=0))
