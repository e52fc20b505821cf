"""On how many images per second does mini-VGG train, with our settings and with stock settings?

    python benchmarks/cifar_throughput.py

The layout of ``06_cifar10/6_train_minivgg.py``, the input scaled by ``Rescaling``, in batches of
64. Each image is shifted and half of them are mirrored. Each measurement is a process of its own,
with its own TensorFlow settings. The measurements take turns:

- ``ours``: this package's TensorFlow settings, batch normalisation and dropout, images that are
  shifted and mirrored by looking up rows and columns, 16 steps per call of TensorFlow
  (``steps_per_execution``), and bfloat16 where the processor has instructions for it;
- ``ours_float32``: the same in float32;
- ``ours_plain``: the same as ``ours`` with Keras's own batch normalisation and dropout;
- ``stock``: TensorFlow and Keras as they come, with Keras's own ``RandomTranslation`` and
  ``RandomFlip`` in the dataset;
- ``stock_without_onednn``: the same with what TensorFlow chooses on a processor without AVX-512.
"""

import json
import os
import subprocess
import sys
import time

RUNS = 3  # of each, in turn
STEPS = 128  # timed in each run
WARM_UP = 32  # steps before the clock starts; the first ones compile
BATCH_SIZE = 64

SETTINGS = {
    "ours": {},
    "ours_float32": {},
    "ours_plain": {},
    "stock": {},
    "stock_without_onednn": {"TF_ENABLE_ONEDNN_OPTS": "0"},
}


def minivgg(keras, normalisation_and_dropout):
    """The layout of script 6, two of its kinds of layers taken from the given module."""
    layers = keras.layers
    model = keras.Sequential([keras.Input((32, 32, 3)), layers.Rescaling(4, offset=-2)])
    for block in ((32, 32), (64, 64), (512,)):
        for units in block:
            dense = units == 512
            model.add(layers.Dense(units) if dense else layers.Conv2D(units, 3, padding="same"))
            model.add(normalisation_and_dropout.BatchNormalization())
            model.add(layers.ReLU())
        if not dense:
            model.add(layers.MaxPooling2D(2))
        model.add(normalisation_and_dropout.Dropout(0.5 if dense else 0.25))
        if block == (64, 64):
            model.add(layers.Flatten())
    model.add(layers.Dense(10, activation="softmax", dtype="float32"))
    return model


def measure(which, batch_size=BATCH_SIZE):
    """Images per second of one short training, on random images: the values do not matter."""
    ours = which.startswith("ours")
    if ours:
        # Importing it also sets what is measured here, its settings for TensorFlow.
        from cnn_practice import fast_layers, precision
        from cnn_practice.distortions import shift_and_mirror
    import keras
    import numpy as np
    import tensorflow as tf

    if which in ("ours", "ours_plain"):
        keras.config.set_dtype_policy(precision.fastest())
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, ((WARM_UP + STEPS) * batch_size, 32, 32, 3), np.uint8)
    y = rng.integers(0, 10, len(x))
    if ours:
        data = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(len(x)).batch(batch_size)
        data = data.map(lambda x, y: (shift_and_mirror(x, 4), y)).prefetch(tf.data.AUTOTUNE)
    else:
        augment = keras.Sequential(
            [
                keras.layers.RandomTranslation(0.125, 0.125, dtype="float32"),
                keras.layers.RandomFlip("horizontal", dtype="float32"),
            ]
        )
        x = x.astype("float32") / 255
        data = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(len(x)).batch(batch_size)
        data = data.map(lambda x, y: (augment(x, training=True), y)).prefetch(tf.data.AUTOTUNE)
    model = minivgg(keras, fast_layers if which in ("ours", "ours_float32") else keras.layers)
    model.compile(
        keras.optimizers.SGD(0.01, 0.9, nesterov=True),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
        steps_per_execution=16 if ours else 1,
    )
    ends = {}  # of the steps: what fit does before and after them is not the training's speed
    clock = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: ends.setdefault(batch + 1, time.perf_counter())
    )
    model.fit(data, shuffle=False, verbose=0, callbacks=[clock])
    return STEPS * batch_size / (ends[WARM_UP + STEPS] - ends[WARM_UP])


def main():
    """All in turn, the ratios of their medians, and the record."""
    from cnn_practice import files, precision, results

    import numpy as np

    # Without what importing cnn_practice has just set, which stock settings must not have.
    plain = {key: value for key, value in os.environ.items() if key != "TF_ENABLE_ONEDNN_OPTS"}
    runs = {which: [] for which in SETTINGS}
    for _ in range(RUNS):
        for which, settings in SETTINGS.items():
            command = [sys.executable, __file__, which]
            done = subprocess.run(
                command, env=plain | settings, stdout=subprocess.PIPE, text=True, check=True
            )
            runs[which].append(round(float(done.stdout.splitlines()[-1]), 1))
            print(f"{which}: {runs[which][-1]} images/s", flush=True)
    median = {which: float(np.median(values)) for which, values in runs.items()}
    ratios = {
        f"{ours}_to_{stock}": round(median[ours] / median[stock], 2)
        for ours in SETTINGS
        if ours.startswith("ours")
        for stock in ("stock", "stock_without_onednn")
    }
    record = {
        "benchmark": "cifar_throughput",
        "batch_size": BATCH_SIZE,
        "bfloat16": precision.fastest() == "mixed_bfloat16",
        "images_per_second": {
            which: {"median": median[which], "runs": runs[which]} for which in SETTINGS
        },
        "ratios": ratios,
        "summary": (
            f"mini-VGG trains on {median['ours']:.0f} images per second,"
            f" {ratios['ours_to_stock']} times as many as with stock settings and Keras's own"
            f" augmentation ({ratios['ours_float32_to_stock']} times without bfloat16,"
            f" {ratios['ours_plain_to_stock']} times with Keras's normalisation and dropout)"
        ),
    } | results.environment()
    files.write_json(files.ROOT / "benchmarks" / "results" / "cifar_throughput.json", record)
    print(json.dumps(record))


if __name__ == "__main__":
    if sys.argv[1:]:
        print(measure(sys.argv[1]))
    else:
        main()
