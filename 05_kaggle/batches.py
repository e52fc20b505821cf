"""Images distorted for training, as several views of a test image, and set upright."""

from cnn_practice import datasets
from cnn_practice.distortions import distort, resample

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


def straightened(images):
    """Each digit with its rows shifted until its principal axis is vertical.

    Args:
        images: float32 array of shape (N, size, size, 1), 0 = paper.

    Returns:
        float32 array of the same shape.

    Source: LeCun et al. (1998), *Gradient-based learning applied to document recognition*,
    section III.A, where a pixel counts as 0 or 1; here it counts as much as it has ink.
    """
    pixels = images[..., 0]
    places = np.arange(images.shape[1], dtype="float32") - (images.shape[1] - 1) / 2
    mass = np.maximum(pixels.sum(axis=(1, 2)), 1e-6)
    middle = pixels.sum(axis=2) @ places / mass  # of the ink, in pixels below the image's
    down = places - middle[:, np.newaxis]  # (N, size)
    slant = np.einsum("nij,ni,j->n", pixels, down, places, optimize=True)
    slant /= np.maximum(np.einsum("nij,ni->n", pixels, down**2), 1e-6)  # pixels across per row
    one, nought = np.ones_like(slant), np.zeros_like(slant)
    matrix = np.stack([one, nought, slant, one], axis=1).reshape(-1, 2, 2)
    shifts = np.stack([-slant * middle, nought], axis=1)
    return resample(images, matrix, shifts).numpy()
