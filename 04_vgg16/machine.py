"""What this computer has: GPUs, and memory."""

import sys
from pathlib import Path

from cnn_practice.errors import InputError

import numpy as np
import tensorflow as tf


def check(model, batch_size):
    """Print on what and how the model will be trained, and refuse it where memory is too small.

    Args:
        model: Keras model with known layer shapes.
        batch_size: images of a batch.

    Raises:
        InputError: too little memory is free.
    """
    gpus = len(tf.config.list_physical_devices("GPU"))
    found = f"{gpus} GPU{'s' if gpus > 1 else ''}" if gpus else "no GPU"
    size, precision = model.input_shape[1], model.dtype_policy.name
    print(f"Found {found}: training at {size}×{size} in {precision}.")
    if not gpus:
        require_memory(model, batch_size)


def require_memory(model, batch_size):
    """Refuse a training on the processor that would run out of memory.

    Of each image of a batch, the outputs of all layers are kept for the way back, and the gradients
    take room beside them; of each weight there are the gradient, the momentum, and the best one.

    Args:
        model: Keras model with known layer shapes.
        batch_size: images of a batch.

    Raises:
        InputError: less is free than that; where the system does not say, nothing is raised.
    """
    needed, free = needed_bytes(model, batch_size), free_bytes()
    if free is None or needed <= free:
        return
    batch = batch_size
    while batch > 1 and needed_bytes(model, batch) > free:
        batch //= 2
    fits = needed_bytes(model, batch) <= free
    raise InputError(
        f"This training needs about {needed / 1e9:.1f} GB of memory and {free / 1e9:.1f} GB are"
        " free: " + (f"a BATCH_SIZE of {batch} fits." if fits else "take an IMAGE_SIZE of 32.")
    )


def needed_bytes(model, batch_size):
    """Estimate of the memory of a training in float32, measured at 32×32 and at 224×224."""
    outputs = sum(int(np.prod(layer.output.shape[1:])) for layer in model.layers)
    return 1_100_000_000 + 4 * (5 * model.count_params() + 1.25 * batch_size * outputs)


def free_bytes():
    """Memory that programs can still get, without what the system caches; None if unknown."""
    try:
        text = Path("/proc/meminfo").read_text(encoding="utf-8")
    except OSError:  # not Linux
        return None
    return 1024 * int(text.split("MemAvailable:")[1].split()[0])


def peak_gigabytes():
    """The most memory that this process has had at once, in GB; None on Windows."""
    try:
        import resource
    except ModuleNotFoundError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak * (1 if sys.platform == "darwin" else 1024) / 1e9, 2)


def speed(checkpoint, images):
    """What a training record says about its time and memory, as a dict.

    Args:
        checkpoint: ``Checkpoint`` of the training, of at least one epoch.
        images: number of training images.
    """
    return {
        "images_per_second": checkpoint.epoch * images / checkpoint.seconds,  # with validation
        "seconds_per_epoch": checkpoint.seconds / checkpoint.epoch,
        "peak_memory_gb": peak_gigabytes(),
        "val_accuracies": checkpoint.history["val_accuracy"],
    }
