"""A few dozen pictures in three parts, and in batches."""

from cnn_practice import datasets

import numpy as np
import tensorflow as tf


def split(labels, share, seed):
    """Training, validation and test parts, each with the same share of every class.

    Args:
        labels: class indices, integers of shape (N,).
        share: of each class for validation, and again for the test; at least one picture each.
        seed: which pictures these are.

    Returns:
        ``train, val, test``: lists of the pictures' numbers, disjoint.
    """
    rng = np.random.default_rng(seed)
    train, val, test = [], [], []
    for label in np.unique(labels):
        own = rng.permutation(np.flatnonzero(labels == label)).tolist()
        count = max(1, round(share * len(own)))
        val += own[:count]
        test += own[count : 2 * count]
        train += own[2 * count :]
    return train, val, test


def batches(pictures, labels, size, seed=None, augment=None):
    """Batches of (float32 pictures in [0, 1], labels).

    Args:
        pictures: uint8 of shape (N, height, width, 3).
        labels: class indices, integers of shape (N,).
        size: pictures per batch.
        seed: of a random order, another one in each epoch; None keeps the order.
        augment: Keras layer that changes the pictures at random, or None.
    """
    data = tf.data.Dataset.from_tensor_slices((pictures, labels))
    if seed is not None:
        data = data.shuffle(len(pictures), seed=seed)
    data = data.batch(size).map(lambda x, y: (tf.cast(x, "float32") / 255, y))
    if augment:
        data = data.map(lambda x, y: (augment(x, training=True), y))
    return datasets.without_autotuner(data)
