"""Distorted images: for training, anew in each epoch, and as several views of a test image."""

from cnn_practice import datasets
from cnn_practice.distortions import distort

import numpy as np
import tensorflow as tf

# Of the views, gentler than in training: degrees, pixels, share of the size, pixels per pixel.
AMOUNTS = {"rotation": 6, "shift": 1, "zoom": 0.06, "shear": 0.06}


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


def predict_views(model, images, number):
    """Test-time augmentation: the mean prediction for distorted views of each image.

    Args:
        model: Keras model that takes ``images``.
        images: float32 array of shape (N, 28, 28, 1) in [0, 1].
        number: of the views; they are the same each time.

    Returns:
        The mean of the model's outputs, float32 of shape (N, …).
    """
    tf.random.set_seed(0)
    total = 0
    for _ in range(number):
        blocks = [distort(images[i : i + 1000], **AMOUNTS) for i in range(0, len(images), 1000)]
        total = total + model.predict(np.concatenate(blocks), batch_size=1000, verbose=0)
    return total / number
