"""How long does a training wait at the end of its epochs for TensorFlow's autotuner?

    python benchmarks/epoch_end.py

A small network is trained on distorted CIFAR-10 images from a ``tf.data.Dataset``: as TensorFlow
makes it, and by ``cnn_practice.datasets.without_autotuner``, in turn, one epoch each. At the end of
an epoch Keras gives the iterator back, and TensorFlow waits for the thread of its autotuner. This
thread sleeps for 10, 20, 40 … milliseconds, at most for a minute, and can miss the call to end. An
epoch then lasts until it wakes.
"""

import json
import sys
import time

from cnn_practice import datasets, files, results
from cnn_practice.distortions import shift_and_mirror

import keras
import numpy as np
import tensorflow as tf
from keras import layers

sys.path.insert(0, str(files.ROOT / "06_cifar10"))
from photographs import three_parts

IMAGES = 8000
BATCH_SIZE = 64
EPOCHS = 10  # of each of the two


def main():
    """Both in turn, the ratio of their seconds, and the record."""
    keras.utils.set_random_seed(1)
    (x, y), *_ = three_parts(5000, IMAGES)
    data = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(len(x)).batch(BATCH_SIZE)
    data = data.map(lambda x, y: (shift_and_mirror(x, 2), y)).prefetch(tf.data.AUTOTUNE)
    sources = {"autotuner": data, "none": datasets.without_autotuner(data)}
    stack = [keras.Input((32, 32, 3))]
    for filters in 32, 64:
        stack += [layers.Conv2D(filters, 3, activation="relu"), layers.MaxPooling2D()]
    model = keras.Sequential([*stack, layers.Flatten(), layers.Dense(10, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy", steps_per_execution=16)
    model.fit(sources["none"], shuffle=False, verbose=0)  # traces the function
    seconds = {which: [] for which in sources}
    for _ in range(EPOCHS):
        for which, source in sources.items():
            start = time.perf_counter()
            model.fit(source, shuffle=False, verbose=0)
            seconds[which].append(round(time.perf_counter() - start, 2))
        print({which: done[-1] for which, done in seconds.items()}, flush=True)
    usual = float(np.median(seconds["none"]))
    waited = sum(epoch > 1.2 * max(seconds["none"]) for epoch in seconds["autotuner"])
    ratio = sum(seconds["autotuner"]) / sum(seconds["none"])
    record = {
        "benchmark": "epoch_end",
        "ratio": round(ratio, 2),
        "epochs_that_waited": waited,
        "seconds": seconds,
        "summary": (
            f"with TensorFlow's autotuner, {waited} of {EPOCHS} epochs of {usual:.1f} s wait for it"
            f" when they are done, up to {max(seconds['autotuner']):.1f} s; all of them take"
            f" {ratio:.2f} times as long as without"
        ),
    } | results.environment()
    files.write_json(files.ROOT / "benchmarks" / "results" / "epoch_end.json", record)
    print(json.dumps(record))


if __name__ == "__main__":
    main()
