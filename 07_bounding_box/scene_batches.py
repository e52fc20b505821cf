"""The scenes in batches, as training and prediction take them."""

from cnn_practice import datasets

import boxes
import tensorflow as tf


def batches(part, batch_size, seed):
    """Batches of (scenes, {"box": …, "digit": …}) of a part, the training part in random order.

    The scenes stay bytes, a quarter of the memory of float32, until their batch is taken.

    Args:
        part: "train", "val" or "test".
        batch_size: scenes per batch.
        seed: of the order of the training part, which is another one in each epoch.

    Returns:
        ``tf.data.Dataset`` of float32 scenes (N, 64, 64, 1) in [0, 1] and their answers.
    """
    scenes, box, digit = boxes.load_scenes(part)
    data = tf.data.Dataset.from_tensor_slices((scenes[..., None], {"box": box, "digit": digit}))
    data = data.shuffle(len(scenes), seed=seed) if part == "train" else data
    data = data.batch(batch_size).map(lambda x, y: (tf.cast(x, "float32") / 255, y))
    return datasets.without_autotuner(data.prefetch(tf.data.AUTOTUNE))
