"""Chapter 01 against Keras: the same weights, the same outputs and gradients in float32."""

import sys

from cnn_practice import files

import numpy as np
import pytest

keras = pytest.importorskip("keras")
import tensorflow as tf

sys.path.insert(0, str(files.ROOT / "01_components"))  # where its scripts find the library

import numpy_cnn as cnn
import numpy_fast

LIBRARIES = (cnn, numpy_fast)  # the one to be read, and the fast one with the same names

TOLERANCE = 1e-5


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def by_keras(layer, x, **options):
    """``(out, dx, *gradients of the weights)`` of a Keras layer."""
    with tf.GradientTape() as tape:
        variable = tf.convert_to_tensor(x)
        tape.watch(variable)
        out = layer(variable, **options)
    dout = normal(*out.shape, seed=3)
    gradients = tape.gradient(out, [variable, *layer.trainable_variables], tf.constant(dout))
    return [array.numpy() for array in (out, *gradients)], dout


def agree(a, b):
    for one, other in zip(a, b, strict=True):
        assert one.dtype == other.dtype == np.float32
        assert cnn.relative_error(one, other) < TOLERANCE


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_convolution(stride, padding):
    for shape in ((1, 9, 7, 1), (3, 12, 11, 3)):
        for kernel in ((1, 1), (3, 3), (2, 5), (5, 4), (7, 7)):
            x, b = normal(*shape), normal(4, seed=2)
            w = normal(*kernel, shape[3], 4, seed=1)
            layer = keras.layers.Conv2D(4, kernel, stride, padding)
            layer.build(shape)
            layer.set_weights([w, b])
            expected, dout = by_keras(layer, x)
            for library in LIBRARIES:
                out, cache = library.conv_forward(x, w, b, stride, padding)
                agree([out, *library.conv_backward(dout, cache)], expected)
            if kernel == (2, 5):
                out, cache = cnn.conv_forward_naive(x, w, b, stride, padding)
                agree([out, *cnn.conv_backward_naive(dout, cache)], expected)


@pytest.mark.parametrize("kind", ["max", "average"])
@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_pooling(kind, stride, padding):
    of_keras = {"max": keras.layers.MaxPooling2D, "average": keras.layers.AveragePooling2D}[kind]
    for x in (normal(2, 8, 7, 3), np.maximum(normal(1, 9, 9, 1), 0)):  # the second has many ties
        for window in (1, 2, 3, 5):
            expected, dout = by_keras(of_keras(window, stride, padding), x)
            for library in LIBRARIES:
                out, cache = getattr(library, f"{kind}_pool_forward")(x, window, stride, padding)
                agree([out, getattr(library, f"{kind}_pool_backward")(dout, cache)], expected)


def test_affine_and_activations():
    x, w, b = normal(6, 20), normal(20, 9, seed=1), normal(9, seed=2)
    layer = keras.layers.Dense(9)
    layer.build(x.shape)
    layer.set_weights([w, b])
    expected, dout = by_keras(layer, x)
    out, cache = cnn.affine_forward(x, w, b)
    agree([out, *cnn.affine_backward(dout, cache)], expected)
    for name in ("relu", "sigmoid", "tanh"):
        expected, dout = by_keras(keras.layers.Activation(name), x)
        for library in LIBRARIES:
            out, cache = getattr(library, f"{name}_forward")(x)
            agree([out, getattr(library, f"{name}_backward")(dout, cache)], expected)


@pytest.mark.parametrize("shape", [(16, 5), (4, 6, 5, 3)])
def test_batch_normalization(shape):
    x, gamma, beta = normal(*shape) * 3 + 2, normal(shape[-1], seed=1), normal(shape[-1], seed=2)
    layer = keras.layers.BatchNormalization(momentum=0.9)
    layer.build(shape)
    layer.gamma.assign(gamma)
    layer.beta.assign(beta)
    expected, dout = by_keras(layer, x, training=True)
    out, cache = cnn.batch_normalization_forward(x, gamma, beta)
    agree([out, *cnn.batch_normalization_backward(dout, cache)], expected)
    # Keras's moving averages start from mean 0 and variance 1.
    moving = [
        np.float32(0.9) * start + np.float32(0.1) * now
        for start, now in zip((0, 1), cache[-1], strict=True)
    ]
    agree(moving, [layer.moving_mean.numpy(), layer.moving_variance.numpy()])
    out, _ = cnn.batch_normalization_forward(x, gamma, beta, moving=moving)
    agree([out], [layer(x, training=False).numpy()])


def test_losses():
    scores, labels = normal(8, 5) * 4, np.arange(8) % 5
    x = tf.convert_to_tensor(scores)
    with tf.GradientTape() as tape:
        tape.watch(x)
        expected = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(labels, x)
    loss, gradient = cnn.softmax_cross_entropy(scores, labels)
    assert loss == pytest.approx(float(expected), rel=TOLERANCE)
    agree([gradient], [tape.gradient(expected, x).numpy()])
    agree([cnn.softmax(scores)], [keras.ops.softmax(scores).numpy()])
    # Keras's hinge of several classes (CategoricalHinge) looks at the worst class only, and takes
    # no score below 0 for it: for two classes and positive scores that is the same.
    scores, labels = np.abs(normal(8, 2)), np.arange(8) % 2
    expected = keras.losses.CategoricalHinge()(np.eye(2)[labels], scores)
    assert cnn.svm(scores, labels)[0] == pytest.approx(float(expected), rel=TOLERANCE)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (cnn.SGD(0.1), keras.optimizers.SGD(0.1)),
        (cnn.SGD(0.1, momentum=0.9), keras.optimizers.SGD(0.1, momentum=0.9)),
        (cnn.RMSprop(), keras.optimizers.RMSprop()),
        (cnn.Adam(), keras.optimizers.Adam()),
    ],
)
def test_optimizers_take_the_same_steps(ours, theirs):
    parameters = normal(50)
    variable = keras.Variable(parameters)
    for step in range(20):
        gradient = normal(50, seed=step)
        ours.update(parameters, gradient)
        theirs.apply([tf.convert_to_tensor(gradient)], [variable])
    agree([parameters], [variable.numpy()])


@pytest.mark.parametrize("cnn", LIBRARIES)
def test_whole_network(cnn):
    layers = [
        cnn.Conv2D(6, 5, padding="same"),
        cnn.Activation("tanh"),
        cnn.Pooling2D("average", 2),
        cnn.Conv2D(16, 3, strides=2),
        cnn.Activation("relu"),
        cnn.Pooling2D("max", 2),
        cnn.Flatten(),
        cnn.Affine(10),
    ]
    network = cnn.Network(layers, (28, 28, 1))
    theirs = keras.Sequential(
        [
            keras.layers.Conv2D(6, 5, padding="same", activation="tanh"),
            keras.layers.AveragePooling2D(2),
            keras.layers.Conv2D(16, 3, strides=2, activation="relu"),
            keras.layers.MaxPooling2D(2),
            keras.layers.Flatten(),
            keras.layers.Dense(10),
        ]
    )
    theirs.build((None, 28, 28, 1))
    theirs.set_weights([array for layer in layers for array in layer.parameters])
    x, labels = normal(32, 28, 28, 1), np.arange(32) % 10
    with tf.GradientTape() as tape:
        scores = theirs(x)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(labels, scores)
    expected = [each.numpy() for each in tape.gradient(loss, theirs.trainable_variables)]
    our_loss, gradient = network.loss_and_gradient(x, labels)
    assert our_loss == pytest.approx(float(loss), rel=TOLERANCE)
    agree([network.predict(x)], [scores.numpy()])
    agree([array for arrays in network.by_layer(gradient) for array in arrays], expected)
