"""How many images does VGG-16 train per second, at 32×32 in batches of 64?

The same network with the same optimiser, as ``04_vgg16/2_train_vgg16.py`` compiles it, on random
images, under several settings:

- ours: the settings of ``cnn_practice``, which switch oneDNN on, in float32 and in bfloat16
- stock: Keras and TensorFlow as they come; TensorFlow then decides by the processor
- stock without AVX-512: what TensorFlow decides on a processor without it: oneDNN off
- torch: Keras on PyTorch, if that is installed («pip install torch»)

    python benchmarks/vgg16_throughput.py

Each measurement is a process of its own, because the settings are read once, and they take turns.
The absolute yardstick is sgemm, the rate of large matrix products of this machine, by
NumPy or TensorFlow, whichever is faster. A training step counts as three times the multiplications
and additions of the way forward: each weight and each output need a gradient, too.
"""

import importlib.util
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

SIZE = 32
BATCH_SIZE = 64
STEPS = 12  # timed, of each turn
WARM_UP = 3  # steps before the clock starts; the first one compiles
ROUNDS = 3  # turns of each setting, of which the median counts
SGEMM_SIZE = 4096
BLOCKS = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))  # filters, convolutions
UNITS = (256, 128, 10)
SETTINGS = {  # environment, precision
    "ours": ({"CNN_PRACTICE": "1"}, "float32"),
    "ours_bfloat16": ({"CNN_PRACTICE": "1"}, "mixed_bfloat16"),
    "stock": ({}, "float32"),
    "stock_without_avx512": ({"TF_ENABLE_ONEDNN_OPTS": "0"}, "float32"),
    "torch": ({"KERAS_BACKEND": "torch"}, "float32"),
}


def images_per_second(precision):
    """The rate of this process's settings."""
    if os.environ.get("CNN_PRACTICE"):
        import cnn_practice  # noqa: F401 (its settings for TensorFlow are what is measured)
    import keras
    import numpy as np
    from keras import layers

    keras.mixed_precision.set_global_policy(precision)
    he = {"activation": "relu", "kernel_initializer": "he_normal"}
    stack = [keras.Input((SIZE, SIZE, 1))]
    for filters, convolutions in BLOCKS:
        stack += [layers.Conv2D(filters, 3, padding="same", **he) for _ in range(convolutions)]
        stack += [layers.MaxPooling2D()]
    stack += [layers.Flatten()]
    for units in UNITS[:-1]:
        stack += [layers.Dense(units, **he), layers.Dropout(0.5)]
    stack += [layers.Dense(UNITS[-1], activation="softmax", dtype="float32")]
    model = keras.Sequential(stack)
    model.compile(
        keras.optimizers.SGD(0.001, momentum=0.9, nesterov=True, global_clipnorm=1.0),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    rng = np.random.default_rng(0)
    x = rng.random(((WARM_UP + STEPS) * BATCH_SIZE, SIZE, SIZE, 1), dtype=np.float32)
    y = rng.integers(0, 10, len(x))
    ends = []  # of the steps: what fit does before and after them is not the network's speed
    clock = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: ends.append(time.perf_counter())
    )
    model.fit(x, y, BATCH_SIZE, verbose=0, callbacks=[clock])
    return STEPS * BATCH_SIZE / (ends[-1] - ends[WARM_UP - 1])


def sgemm_gflops():
    """Billions of multiplications and additions per second in large float32 products."""
    import numpy as np
    import tensorflow as tf

    a, b = np.random.default_rng(0).random((2, SGEMM_SIZE, SGEMM_SIZE), dtype=np.float32)
    tensors = tf.constant(a), tf.constant(b)
    best = {}
    for name, product in {
        "numpy": lambda: a @ b,
        "tensorflow": lambda: tf.linalg.matmul(*tensors).numpy(),
    }.items():
        seconds = []
        for _ in range(4):  # the first one warms up
            start = time.perf_counter()
            product()
            seconds.append(time.perf_counter() - start)
        best[name] = 2 * SGEMM_SIZE**3 / min(seconds) / 1e9
    return max(best.values())


def operations_per_image():
    """Multiplications and additions of one image's training, forward and backward."""
    size, channels, total = SIZE, 1, 0
    for filters, convolutions in BLOCKS:
        for _ in range(convolutions):
            total += 2 * size**2 * 9 * channels * filters
            channels = filters
        size //= 2
    inputs = channels * size**2
    for units in UNITS:
        total += 2 * inputs * units
        inputs = units
    return 3 * total


def measured(what, environment):
    """The number that a process of its own, with these settings, prints last."""
    from cnn_practice import files

    # Without the settings of cnn_practice, which this process has imported.
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("TF_", "OPENBLAS_", "KERAS_"))
    }
    child = subprocess.run(
        [sys.executable, __file__, what], env=kept | environment, cwd=files.ROOT,
        capture_output=True, text=True,
    )  # fmt: skip
    if child.returncode:
        sys.exit(child.stderr)
    return float(child.stdout.split()[-1])


def main():
    """All settings in turn, the ratios of their medians, and the record."""
    from cnn_practice import files, results

    settings = dict(SETTINGS)
    if not importlib.util.find_spec("torch"):
        print("PyTorch is not installed, so Keras on it is not measured.")
        del settings["torch"]
    openblas = {"OPENBLAS_NUM_THREADS": str(os.cpu_count()), "TF_ENABLE_ONEDNN_OPTS": "1"}
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists() and " avx512bw" in cpuinfo.read_text(encoding="utf-8"):
        openblas["OPENBLAS_CORETYPE"] = "SkylakeX"  # which OpenBLAS takes younger ones not for
    rates, gflops = {name: [] for name in settings}, []
    for _ in range(ROUNDS):
        gflops.append(measured("sgemm", openblas))
        print(f"{'sgemm':<21} {gflops[-1]:7.1f} GFLOP/s", flush=True)
        for name, (environment, precision) in settings.items():
            rates[name].append(measured(precision, environment))
            print(f"{name:<21} {rates[name][-1]:7.1f} images/s", flush=True)

    rate = {name: statistics.median(each) for name, each in rates.items()}
    share = rate["ours"] * operations_per_image() / 1e9 / statistics.median(gflops)
    times = {name: rate["ours"] / rate[name] for name in rate if not name.startswith("ours")}
    record = {
        "benchmark": "vgg16_throughput",
        "images_per_second": {name: round(each, 1) for name, each in rate.items()},
        "ours_times_as_fast_as": {name: round(each, 2) for name, each in times.items()},
        "bfloat16_times_as_fast_as_float32": round(rate["ours_bfloat16"] / rate["ours"], 2),
        "gflops_per_image": round(operations_per_image() / 1e9, 3),
        "sgemm_gflops": round(statistics.median(gflops), 1),
        "share_of_sgemm": round(share, 3),
        "summary": (
            f"VGG-16 trains {rate['ours']:.0f} images per second at 32×32,"
            f" {times['stock_without_avx512']:.1f} times as many as with TensorFlow's own settings"
            f" on a processor without AVX-512 ({times['stock']:.1f} times on this one), at"
            f" {share:.0%} of the sgemm rate; {rate['ours_bfloat16']:.0f} in mixed bfloat16"
            + (f", and {rate['torch']:.0f} on PyTorch" if "torch" in rate else "")
        ),
    } | results.environment()
    files.write_json(files.ROOT / "benchmarks" / "results" / "vgg16_throughput.json", record)
    print(json.dumps(record))


if __name__ == "__main__":
    if sys.argv[1:] == ["sgemm"]:
        print(sgemm_gflops())
    elif sys.argv[1:]:
        print(images_per_second(sys.argv[1]))
    else:
        main()
