"""The parts of the short CIFAR-10 training, each against what its name says."""

from cnn_practice import files

import keras
import numpy as np
import pytest
import tensorflow as tf


@pytest.fixture(autouse=True)
def chapter(monkeypatch):
    """The helper modules beside the scripts can be imported, as the scripts import them."""
    monkeypatch.syspath_prepend(str(files.ROOT / "06_cifar10"))


def photographs(number=64):
    """Smooth random images, whose neighbouring pixels are correlated as in photographs."""
    rng = np.random.default_rng(1)
    coarse = rng.integers(0, 256, (number, 9, 9, 3))
    smooth = keras.ops.image.resize(coarse.astype("float32"), (32, 32), interpolation="bilinear")
    return np.asarray(smooth).astype(np.uint8)


def test_whitened_patches_are_uncorrelated():
    from airbench import whitening_filters

    images = photographs()
    mean, variance = images.mean(axis=(0, 1, 2)) / 255, images.var(axis=(0, 1, 2)) / 255**2
    filters = whitening_filters(images, mean, variance)
    assert filters.shape == (2, 2, 3, 24)
    np.testing.assert_array_equal(filters[..., 12:], -filters[..., :12])
    convolution = keras.layers.Conv2D(24, 2, use_bias=False)
    convolution.build((None, 32, 32, 3))
    convolution.kernel.assign(filters)
    values = np.asarray(convolution((images / 255 - mean) / np.sqrt(variance))).reshape(-1, 24)
    moments = values[:, :12].T @ values[:, :12] / len(values)
    off_diagonal = moments - np.diag(np.diag(moments))
    assert abs(off_diagonal).max() < 1e-3 and 0.5 < np.diag(moments)[-6:].min() <= 1.001


def test_a_dirac_kernel_copies_the_first_channels():
    from airbench import dirac

    rng = np.random.default_rng(2)
    kernel = rng.normal(size=(3, 3, 4, 7)).astype("float32")
    convolution = keras.layers.Conv2D(7, 3, padding="same", use_bias=False)
    x = rng.normal(size=(2, 6, 6, 4)).astype("float32")
    convolution.build(x.shape)
    convolution.kernel.assign(dirac(kernel))
    np.testing.assert_allclose(convolution(x)[..., :4], x, atol=1e-6)
    np.testing.assert_array_equal(convolution.kernel[..., 4:], kernel[..., 4:])


def test_batches_show_each_image_once_and_mirror_it_in_every_other_epoch():
    from airbench import Batches

    images, labels = photographs(20), np.arange(20)
    batches = Batches(images, labels, 5, 0, seed=3)
    epochs = []
    for _ in range(3):
        seen = [batches[i] for i in range(len(batches))]
        order = np.concatenate([y for _, y in seen])
        assert sorted(order) == labels.tolist()
        epochs.append(np.concatenate([x for x, _ in seen])[np.argsort(order)])
        batches.on_epoch_end()
    plain = images / np.float32(255)
    is_mirrored = [
        (first == mirror).all() for first, mirror in zip(epochs[0], plain[:, :, ::-1], strict=True)
    ]
    assert 4 < sum(is_mirrored) < 16
    np.testing.assert_array_equal(epochs[1], epochs[0][:, :, ::-1])
    np.testing.assert_array_equal(epochs[2], epochs[0])
    # What resumes at an epoch sees the same as what ran through.
    resumed = Batches(images, labels, 5, 0, seed=3, epoch=2)
    again = Batches(images, labels, 5, 0, seed=3)
    again.on_epoch_end()
    again.on_epoch_end()
    np.testing.assert_array_equal(resumed[1][1], again[1][1])


def test_batches_are_shifted_by_whole_pixels():
    from airbench import Batches

    images = np.repeat(photographs(1), 300, axis=0)
    padded = np.pad(images[0], [(1, 1), (1, 1), (0, 0)], "reflect") / np.float32(255)
    crops = [padded[r : r + 32, c : c + 32] for r in range(3) for c in range(3)]
    possible = {each.tobytes() for crop in crops for each in (crop, crop[:, ::-1])}
    shown, _ = Batches(images, np.arange(300), 300, 1, seed=4)[0]
    assert {image.tobytes() for image in shown} == possible


@pytest.mark.parametrize("shape", [(3, 3, 5, 20), (1, 1, 4, 9)])
def test_orthogonal_keeps_directions_and_makes_the_singular_values_alike(shape):
    from airbench import orthogonal

    rng = np.random.default_rng(2)
    tall = rng.normal(size=(shape[0] * shape[1] * shape[2], shape[3]))
    u, s, vt = np.linalg.svd(tall, full_matrices=False)
    s = np.linspace(1, 0.2, len(s))
    kernel = ((u * s) @ vt).reshape(shape).astype(np.float32)
    step = np.asarray(orthogonal(kernel)).reshape(tall.shape)
    values = u.T @ step @ vt.T  # diagonal: the directions are those of the gradient
    assert np.abs(values - np.diag(np.diag(values))).max() < 1e-4
    assert np.diag(values).min() > 0.6 and np.diag(values).max() < 1.3
    np.testing.assert_allclose(orthogonal(1000 * kernel), orthogonal(kernel), atol=1e-4)


def test_a_frozen_kernel_and_offsets_without_a_scale_are_saved(tmp_path, monkeypatch):
    from cnn_practice import models
    from cnn_practice.fast_layers import BatchNormalization

    layers = keras.layers
    monkeypatch.setattr(files, "MODELS", tmp_path)
    inputs = keras.Input((8, 8, 3))
    x = BatchNormalization(scale=False)(layers.Activation("gelu")(layers.Conv2D(4, 2)(inputs)))
    x = layers.Rescaling(1 / 9)(layers.Dense(3, use_bias=False)(layers.Flatten()(x)))
    model = keras.Model(inputs, layers.Softmax(dtype="float32")(x))
    model.layers[1].kernel.trainable = False
    kernel = model.layers[1].get_weights()[0]
    images = np.random.default_rng(5).random((30, 8, 8, 3), np.float32)
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.fit(images, np.arange(30) % 3, verbose=0)
    np.testing.assert_array_equal(model.layers[1].get_weights()[0], kernel)
    assert np.any(model.layers[1].get_weights()[1])  # the biases are trained
    models.save(model, "small")
    reloaded = models.load("small")
    np.testing.assert_allclose(
        reloaded.predict(images, verbose=0), model.predict(images, verbose=0), atol=1e-6
    )


def test_six_views_are_averaged():
    from airbench import predict_views

    inputs = keras.Input((32, 32, 3))
    model = keras.Model(inputs, keras.layers.Flatten()(inputs))
    x = (photographs(2) + np.float32(1)) / 256
    mean = predict_views(model, x).reshape(x.shape)  # of the logarithms
    np.testing.assert_allclose(mean, mean[:, :, ::-1], atol=1e-6)  # both sides count the same
    x = np.log(x)
    padded = np.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)], "reflect")
    views = x / 2 + (padded[:, :32, :32] + padded[:, 2:, 2:]) / 4
    np.testing.assert_allclose(mean, (views + views[:, :, ::-1]) / 2, atol=1e-5)


def test_muon_moves_each_kind_of_weight_by_its_own_rule():
    from airbench import Muon, orthogonal

    model = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            keras.layers.Conv2D(4, 2),
            keras.layers.BatchNormalization(scale=False),
            keras.layers.Flatten(),
            keras.layers.Dense(9),
            keras.layers.Dense(2, use_bias=False),
        ]
    )
    before = model.get_weights()
    model.compile(Muon(0.5, 0.6, 0.5, head=2, offsets=8, weight_decay=0.0), "mse")
    variables = model.trainable_variables
    gradients = [np.random.default_rng(3).normal(size=v.shape).astype("float32") for v in variables]
    model.optimizer.build(variables)
    tf.function(lambda: model.optimizer.apply([tf.constant(each) for each in gradients]))()
    of = {v.path: gradient for v, gradient in zip(variables, gradients, strict=True)}
    for variable, old in zip(model.weights, before, strict=True):
        now, gradient = np.asarray(variable), of.get(variable.path, 0)
        if len(variable.shape) > 1 and variable.shape[-1] > 2:  # all kernels but the last
            kept = variable.shape[-1] ** 0.5 * old / np.linalg.norm(old)
            # Nesterov's first step is 1.6 times the gradient, and has the same length.
            wanted = kept - 0.5 * np.asarray(orthogonal(1.6 * gradient))
        else:  # 1.5 times here
            factor = {"kernel": 1, "beta": 4, "bias": 4}.get(variable.name, 0)
            wanted = old - 1.5 * factor * gradient
        np.testing.assert_allclose(now, wanted, atol=1e-5, err_msg=variable.path)
