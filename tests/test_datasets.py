"""MNIST whole and unchanged, and three parts that share no image."""

import hashlib

from cnn_practice import datasets
from cnn_practice.errors import InputError

import numpy as np
import pytest


@pytest.fixture(scope="module")
def mnist():
    return datasets.load_mnist()


def test_mnist_is_what_keras_returns(mnist):
    (x_train, y_train), (x_test, y_test) = mnist
    assert x_train.shape == (60000, 28, 28) and x_test.shape == (10000, 28, 28)
    assert y_train.shape == (60000,) and y_test.shape == (10000,)
    assert {each.dtype for each in (x_train, y_train, x_test, y_test)} == {np.dtype("uint8")}
    for name, array in zip(datasets.MNIST_SHA256, (x_train, y_train, x_test, y_test), strict=True):
        assert hashlib.sha256(array.tobytes()).hexdigest() == datasets.MNIST_SHA256[name]


def test_the_three_parts_are_disjoint(mnist):
    train, validation, test = datasets.split(mnist, validation=5000)
    assert [len(y) for _, y in (train, validation, test)] == [55000, 5000, 10000]
    train, validation, test = (
        {image.tobytes() for image in x} for x, _ in (train, validation, test)
    )
    assert not train & validation
    assert not train & test
    assert not validation & test


def test_the_parts_are_together_all_images(mnist):
    (x_train, _), (x_val, _), (x_test, _) = datasets.split(mnist, validation=777, seed=5)
    (x, _), (x_same, _) = mnist
    together = sorted(image.tobytes() for image in np.concatenate([x_train, x_val]))
    assert together == sorted(image.tobytes() for image in x)
    assert x_test is x_same


def test_images_keep_their_labels():
    x = np.arange(1000).reshape(1000, 1)
    y = x[:, 0] % 7
    (x_train, y_train), (x_val, y_val), _ = datasets.split(((x, y), None), validation=100)
    assert np.array_equal(y_train, x_train[:, 0] % 7)
    assert np.array_equal(y_val, x_val[:, 0] % 7)


@pytest.mark.parametrize("validation", [100, 1234, 5000])
def test_validation_has_the_same_share_of_each_class(mnist, validation):
    (_, y), _ = mnist
    _, (_, y_val), _ = datasets.split(mnist, validation)
    expected = np.bincount(y) * validation / len(y)
    assert np.abs(np.bincount(y_val, minlength=10) - expected).max() <= 1


def test_the_split_is_seeded(mnist):
    first, again, other = (datasets.split(mnist, seed=seed)[1][0] for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("validation", [0, -1, 60000])
def test_an_impossible_split_is_refused(mnist, validation):
    with pytest.raises(InputError, match="write a whole number from 1 to"):
        datasets.split(mnist, validation)


@pytest.mark.parametrize("damage", ["missing", "truncated", "changed", "array missing", "text"])
def test_a_damaged_file_falls_back_to_the_download(tmp_path, monkeypatch, capsys, damage):
    import keras

    path = tmp_path / "mnist.npz"
    whole = datasets.MNIST_FILE.read_bytes()
    if damage == "truncated":
        path.write_bytes(whole[:5_000_000])
    elif damage == "changed":
        arrays = datasets.read_npz(datasets.MNIST_FILE)
        arrays["x_test"][0, 0, 0] ^= 1
        np.savez(path, **arrays)
    elif damage == "array missing":
        np.savez(path, x_train=np.zeros(3))
    elif damage == "text":
        path.write_text("not an archive")
    monkeypatch.setattr(datasets, "MNIST_FILE", path)

    monkeypatch.setattr(keras.datasets.mnist, "load_data", lambda: "what Keras downloads")
    assert datasets.load_mnist() == "what Keras downloads"
    assert "Trying Keras's download" in capsys.readouterr().out

    def no_network():
        raise OSError("no network")

    monkeypatch.setattr(keras.datasets.mnist, "load_data", no_network)
    with pytest.raises(InputError, match=r"git checkout data/mnist\.npz"):
        datasets.load_mnist()


def test_pickled_arrays_are_refused(tmp_path):
    np.savez(tmp_path / "evil.npz", a=np.array([{}], dtype=object))
    with pytest.raises(InputError, match="damaged"):
        datasets.read_npz(tmp_path / "evil.npz")


def test_the_idx_reader_reads_what_the_format_says(tmp_path):
    import runpy

    read_idx = runpy.run_path(str(datasets.files.DATA / "build_mnist.py"))["read_idx"]
    path = tmp_path / "idx"
    path.write_bytes(bytes([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6]))
    assert read_idx(path).tolist() == [[1, 2, 3], [4, 5, 6]]
    path.write_bytes(b"hello")
    with pytest.raises(InputError, match="not an IDX file"):
        read_idx(path)


def test_a_dataset_without_the_autotuner_has_the_same_elements():
    """Not the waiting itself, which is a matter of chance, but that TensorFlow is told."""
    import tensorflow as tf

    plain = tf.data.Dataset.range(20).shuffle(20, seed=3).map(lambda x: x + 1).prefetch(2)
    changed = datasets.without_autotuner(plain)
    assert changed.options().autotune.enabled is False
    assert plain.options().autotune.enabled is None, "the dataset itself is unchanged"
    # What follows keeps it, as Keras's own prefetching does.
    assert changed.prefetch(tf.data.AUTOTUNE).options().autotune.enabled is False
    assert sorted(changed.as_numpy_iterator()) == list(range(1, 21))
