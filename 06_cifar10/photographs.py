"""CIFAR-10 as the scripts that train all ten classes take it."""

from cnn_practice import datasets
from cnn_practice.distortions import shift_and_mirror

import numpy as np
import tensorflow as tf


def three_parts(validation, images):
    """Training, validation and test images, disjoint, with their labels.

    Args:
        validation: number of validation images, which are taken from the training images.
        images: number of the other training images to keep, at most.

    Returns:
        ``(x_train, y_train), (x_val, y_val), (x_test, y_test)``: training images as bytes, which
        take a quarter of the memory until their batch is distorted; the others float32 in [0, 1].
    """
    train, val, test = datasets.split(datasets.load_cifar10(), validation)
    return (train[0][:images], train[1][:images]), *(
        (x / np.float32(255), y) for x, y in (val, test)
    )


def two_parts(validation, images):
    """Images to train on and others to test, either the test images or validation images.

    Args:
        validation: number of training images to set apart and to test with, so that the test images
            are not used; 0 trains on all and tests with the test images.
        images: number of the training images to keep, at most.

    Returns:
        ``(x_train, y_train), (x_test, y_test)``: training images as bytes, the others float32 in
        [0, 1].
    """
    train, test = datasets.load_cifar10()
    if validation:
        train, test, _ = datasets.split((train, test), validation)
    return (train[0][:images], train[1][:images]), (test[0] / np.float32(255), test[1])


def colour_statistics(images):
    """Mean and variance of red, green and blue, as the arguments of ``layers.Normalization``.

    Args:
        images: uint8 array of shape (N, 32, 32, 3), of which every tenth image is read.
    """
    colours = images[::10].reshape(-1, 3) / 255
    return {"mean": colours.mean(axis=0), "variance": colours.var(axis=0)}


def distorted_batches(images, labels, batch_size, shift, seed):
    """Shuffled batches, each image shifted by a random number of pixels and half of them mirrored.

    Args:
        images: uint8 array of shape (N, 32, 32, 3).
        labels: integers of shape (N,).
        batch_size: images of a batch; the last batch has what is left.
        shift: largest shift to either side, in pixels, across and down.
        seed: of the order of the images.

    Returns:
        ``tf.data.Dataset`` of pairs: float32 images in [0, 1] and their labels. Each epoch has
        another order and other distortions.
    """
    return datasets.without_autotuner(
        tf.data.Dataset.from_tensor_slices((images, labels))
        .shuffle(len(images), seed=seed)
        .batch(batch_size)
        .map(lambda x, y: (shift_and_mirror(x, shift), y))
        .prefetch(tf.data.AUTOTUNE)
    )
