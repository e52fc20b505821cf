"""What this computer can do: how fast it trains, and how much memory there is for it."""

import math
import sys
import time
from pathlib import Path

from cnn_practice.errors import InputError

import numpy as np
import tensorflow as tf

STEPS = 5  # on which the speed is measured


def say_what_to_expect(trial, data, batch_size, epochs):
    """Train a little, and print what that says about a whole training.

    Args:
        trial: compiled Keras model that is not used afterwards.
        data: batched dataset of an epoch.
        batch_size: images of a batch.
        epochs: how many there will be.

    Raises:
        InputError: too little memory is free.
    """
    gpus = len(tf.config.list_physical_devices("GPU"))
    found = f"{gpus} GPU{'s' if gpus > 1 else ''}" if gpus else "no GPU"
    size, precision = trial.input_shape[1], trial.dtype_policy.name
    print(f"Found {found}: training at {size}×{size} in {precision}.")
    if not gpus:
        require_memory(trial, batch_size)
    trial.fit(data.take(2), shuffle=False, verbose=0)  # slow, because the first step compiles
    start = time.perf_counter()
    trial.fit(data.take(STEPS), shuffle=False, verbose=0)
    rate = min(STEPS, len(data)) * batch_size / (time.perf_counter() - start)
    seconds = epochs * len(data) * batch_size / rate
    print(
        f"{rate:.1f} images/s in the first steps: {epochs} epochs will take"
        f" {_duration(seconds)}, and a little more for the validation."
    )


def _duration(seconds):
    minutes = math.ceil(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes / 60:.1f} h"


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
