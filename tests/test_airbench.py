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


@pytest.mark.parametrize(("step", "share"), [(0, 0.2), (23, 1), (61.5, 0.535), (100, 0.07)])
def test_the_triangle_rises_and_falls(step, share):
    from airbench import Triangle

    assert float(Triangle(1.5, 100)(step)) == pytest.approx(1.5 * share, rel=1e-3)


def test_lookahead_averages_every_five_steps():
    from airbench import Lookahead

    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    model.set_weights([np.zeros((1, 1))])
    x, y = np.ones((20, 1)), np.ones((20, 1))
    now = average = 0.0
    for step in range(1, 21):
        now += 0.2 * (1 - now)
        if step % 5 == 0:
            share = 0.95**5 * (step / 20) ** 3
            average = now = share * average + (1 - share) * now
    model.fit(x, y, batch_size=1, shuffle=False, verbose=0, callbacks=[Lookahead(20)])
    assert float(model.get_weights()[0][0, 0]) == pytest.approx(now, rel=1e-5)


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
    x = photographs(2) / np.float32(255)
    mean = predict_views(model, x).reshape(x.shape)
    np.testing.assert_allclose(mean, mean[:, :, ::-1], atol=1e-6)  # both sides count the same
    padded = np.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)], "reflect")
    views = x / 2 + (padded[:, :32, :32] + padded[:, 2:, 2:]) / 4
    np.testing.assert_allclose(mean, (views + views[:, :, ::-1]) / 2, atol=1e-5)


def test_the_offsets_alone_move_faster():
    """The optimizer of the script itself, on a network with every kind of weight it has."""
    script = (files.ROOT / "06_cifar10" / "8_train_airbench.py").read_text(encoding="utf-8")
    names = {"keras": keras, "FASTER": 64}
    exec(script[script.index("class FastOffsets") :].partition("# %%")[0], names)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            keras.layers.Conv2D(4, 2),
            keras.layers.BatchNormalization(scale=False),
            keras.layers.Flatten(),
            keras.layers.Dense(2, use_bias=False),
        ]
    )
    before = model.get_weights()
    model.compile(names["FastOffsets"](1e-3, 0.0), "mse")
    variables = model.trainable_variables
    model.optimizer.build(variables)
    apply = tf.function(lambda: model.optimizer.apply([tf.ones(v.shape) for v in variables]))
    apply()
    for variable, old in zip(model.weights, before, strict=True):
        step = np.mean(old - np.asarray(variable))
        wanted = {"beta": 64e-3, "moving_mean": 0, "moving_variance": 0}.get(variable.name, 1e-3)
        assert np.isclose(step, wanted, rtol=1e-3, atol=1e-7), variable.path
