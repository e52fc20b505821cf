"""How long until 99 % of the test images are read right?

A small network of ours against the standard Keras example (keras.io, "Simple MNIST convnet") with
stock settings: seconds of training after the import, the tracing of the first batch included, until
the first epoch after which the test accuracy is at least 99.0 %.

    python benchmarks/time_to_accuracy.py

Each training is a process of its own, with its own TensorFlow settings, and the two take turns.
Ours needs one epoch, because the learning rate rises and falls within it (one-cycle: Smith &
Topin, 2019), and softened labels (Szegedy et al., 2016) keep the network from being too sure too
soon. It is the simple CNN of chapter 03 with about half as many filters, chosen on 10,000 of the
training images. The test images only stop the clock here: neither recipe chooses anything by them.
"""

import json
import subprocess
import sys
import time

TARGET = 0.99  # test accuracy that stops the clock
RUNS = {"ours": 5, "standard": 3}  # trainings, in turn, each with a seed of its own
BATCH_SIZE = 100  # ours
PEAK_LEARNING_RATE = 6e-3  # ours
WARM_UP = 0.3  # ours: share of the epoch in which the learning rate rises
LABEL_SMOOTHING = 0.1  # ours
MOST_EPOCHS = 30  # of the standard example, should it never get there


def ours(steps_per_epoch):
    """A smaller simple CNN (``03_lenet5/2_train_simple_cnn.py``) with a recipe of one epoch."""
    import keras
    from keras import layers

    class OneCycle(keras.optimizers.schedules.LearningRateSchedule):
        def __call__(self, step):
            done = keras.ops.cast(step, "float32") / steps_per_epoch
            rise, fall = done / WARM_UP, (1 - done) / (1 - WARM_UP)
            return PEAK_LEARNING_RATE * keras.ops.clip(keras.ops.minimum(rise, fall), 0.001, 1)

    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Rescaling(1 / 0.3081, offset=-0.1307 / 0.3081),  # mean 0, deviation 1
            # ReLU after pooling gives the same as before it, for a quarter of the values.
            *[layers.Conv2D(16, 5), layers.MaxPooling2D(2), layers.ReLU()],
            *[layers.Conv2D(48, 3), layers.MaxPooling2D(2), layers.ReLU()],
            layers.Flatten(),
            layers.Dense(100, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=LABEL_SMOOTHING),
        optimizer=keras.optimizers.Adam(OneCycle()),
        metrics=["accuracy"],
        steps_per_execution=20,
    )
    return model


def standard():
    """The model and optimiser of the keras.io example, as they stand there."""
    import keras
    from keras import layers

    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, kernel_size=(3, 3), activation="relu"),
            layers.MaxPooling2D(pool_size=(2, 2)),
            layers.Conv2D(64, kernel_size=(3, 3), activation="relu"),
            layers.MaxPooling2D(pool_size=(2, 2)),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    return model


def train(which, seed):
    """Train until the target; returns the seconds of training, its epochs and the accuracy."""
    if which == "ours":
        import cnn_practice  # noqa: F401 (its settings for TensorFlow are part of the recipe)
    import keras
    import numpy as np

    # Not by cnn_practice, which would give its TensorFlow settings to the standard example too.
    with np.load("data/mnist.npz") as arrays:
        x_train, x_test = (arrays[x][..., None] / np.float32(255) for x in ("x_train", "x_test"))
        y_train, y_test = (keras.utils.to_categorical(arrays[y], 10) for y in ("y_train", "y_test"))
    keras.utils.set_random_seed(seed)
    batch_size = BATCH_SIZE if which == "ours" else 128
    start = time.perf_counter()
    model = ours(len(x_train) / batch_size) if which == "ours" else standard()
    seconds = time.perf_counter() - start
    accuracies = []
    for _ in range(1 if which == "ours" else MOST_EPOCHS):
        start = time.perf_counter()
        model.fit(x_train, y_train, batch_size=batch_size, verbose=0)
        seconds += time.perf_counter() - start  # the clock stands while the test images are read
        accuracies.append(model.evaluate(x_test, y_test, batch_size=1000, verbose=0)[1])
        if accuracies[-1] >= TARGET:
            break
    return {
        "seconds": round(seconds, 2),
        "epochs": len(accuracies),
        "test_accuracy": accuracies[-1],
    }


def main():
    """Both in turn, the ratio of their medians, and the record."""
    from cnn_practice import files, results

    import numpy as np

    runs = {which: [] for which in RUNS}
    for seed in range(1, max(RUNS.values()) + 1):
        for which, done in runs.items():
            if seed > RUNS[which]:
                continue
            command = [sys.executable, __file__, which, str(seed)]
            child = subprocess.run(command, cwd=files.ROOT, capture_output=True, text=True)
            if child.returncode:
                sys.exit(child.stderr)
            done.append(json.loads(child.stdout.splitlines()[-1]))
            print(f"{which:<9} seed {seed}: {done[-1]}", flush=True)
    seconds = {which: float(np.median([run["seconds"] for run in runs[which]])) for which in runs}
    record = {
        "benchmark": "time_to_accuracy",
        "reached_target": all(run["test_accuracy"] >= TARGET for run in runs["ours"]),
        "median_seconds": seconds,
        "ratio": round(seconds["ours"] / seconds["standard"], 3),
        "summary": (
            f"{seconds['ours']:.1f} s to {TARGET:.0%} of the test images, where the standard Keras"
            f" example takes {seconds['standard']:.1f} s:"
            f" {seconds['ours'] / seconds['standard']:.2f} of its time"
        ),
        "runs": runs,
    } | results.environment()
    files.write_json(files.ROOT / "benchmarks" / "results" / "time_to_accuracy.json", record)
    print(json.dumps(record))


if __name__ == "__main__":
    if len(sys.argv) == 3:
        print(json.dumps(train(sys.argv[1], int(sys.argv[2]))))
    else:
        main()
