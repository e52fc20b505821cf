"""The training images of this chapter, distorted anew in each epoch."""

from cnn_practice import datasets
from cnn_practice.distortions import distort

import tensorflow as tf


def distorted(images, labels, batch_size, seed, **amounts):
    """Batches of distorted images in random order, another one in each epoch.

    Args:
        images: float32 of shape (N, 28, 28, 1) in [0, 1].
        labels: integers of shape (N,), or probabilities of shape (N, 10).
        batch_size: images per batch.
        seed: of the order.
        **amounts: of ``cnn_practice.distortions.distort``: rotation in degrees, shift in pixels …

    Returns:
        ``tf.data.Dataset`` of pairs (images, labels); give ``fit`` ``shuffle=False``.
    """
    return datasets.without_autotuner(
        tf.data.Dataset.from_tensor_slices((images, labels))
        .shuffle(len(images), seed=seed)
        .batch(batch_size)
        .map(lambda x, y: (distort(x, **amounts), y), tf.data.AUTOTUNE)
        .prefetch(tf.data.AUTOTUNE)
    )
