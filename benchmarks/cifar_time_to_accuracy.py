"""How many minutes to 90 % and to 93 % of the validation images of CIFAR-10?

    python benchmarks/cifar_time_to_accuracy.py

- ``airbench``: ``06_cifar10/8_train_airbench.py`` is trained for few epochs, and anew with one more
  until it reaches the accuracy. Its time is that of the training that reached it.
- ``minivgg``: the recipe of ``06_cifar10/6_train_minivgg.py``, whose record says after which epoch
  it reaches 90 %. The time for these epochs is extrapolated from some steps.
- ``resnet20``: network and recipe of Keras's example ``cifar10_resnet.py``, ResNet-20 of He et al.
  (2016, section 4.2). The example reports 92.16 % of the test images after 200 epochs and lowers
  the learning rate for the first time after 80. Its time for 81 epochs is extrapolated from some
  steps, and it is only assumed that it reaches 90 % then.

The steps are timed before, between and after the trainings, each time in processes of their own.
"""

import json
import re
import subprocess
import sys
import time
from pathlib import Path

FIRST_EPOCHS = {0.90: 3, 0.93: 9}  # of airbench, for each accuracy: fewer are not tried
EPOCHS_OF_RESNET20 = 81  # after which it is assumed to be at 90 %
STEPS = 128  # timed
WARM_UP = 32  # steps before the clock starts
IMAGES = 45_000  # of an epoch
ROOT = Path(__file__).resolve().parents[1]


def resnet20(keras):
    """ResNet-20 of Keras's example: 3 groups of 3 blocks, of 16, 32 and 64 filters."""
    layers = keras.layers

    def convolution(x, filters, size=3, strides=1):
        regularizer = keras.regularizers.L2(1e-4)
        options = {"kernel_initializer": "he_normal", "kernel_regularizer": regularizer}
        return layers.Conv2D(filters, size, strides, padding="same", **options)(x)

    inputs = keras.Input((32, 32, 3))
    x = layers.ReLU()(layers.BatchNormalization()(convolution(inputs, 16)))
    for group, filters in enumerate((16, 32, 64)):
        for block in range(3):
            strides = 2 if group and not block else 1
            y = layers.ReLU()(layers.BatchNormalization()(convolution(x, filters, 3, strides)))
            y = layers.BatchNormalization()(convolution(y, filters))
            x = convolution(x, filters, 1, strides) if strides == 2 else x
            x = layers.ReLU()(layers.Add()([x, y]))
    x = layers.Flatten()(layers.AveragePooling2D(8)(x))
    outputs = layers.Dense(10, activation="softmax", kernel_initializer="he_normal")(x)
    model = keras.Model(inputs, outputs)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def images_per_second(which):
    """Of one short training, on random images: the values do not matter."""
    if which == "minivgg":
        import cifar_throughput

        return cifar_throughput.measure("ours", batch_size=128)
    import keras
    import numpy as np
    import tensorflow as tf

    rng, batch = np.random.default_rng(0), 32
    x = rng.random(((WARM_UP + STEPS) * batch, 32, 32, 3), np.float32)
    augment = keras.Sequential(
        [keras.layers.RandomTranslation(0.1, 0.1), keras.layers.RandomFlip("horizontal")]
    )
    data = tf.data.Dataset.from_tensor_slices((x, rng.integers(0, 10, len(x)))).batch(batch)
    data = data.map(lambda x, y: (augment(x, training=True), y)).prefetch(tf.data.AUTOTUNE)
    ends = {}
    clock = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: ends.setdefault(batch + 1, time.perf_counter())
    )
    resnet20(keras).fit(data, shuffle=False, verbose=0, callbacks=[clock])
    return STEPS * batch / (ends[WARM_UP + STEPS] - ends[WARM_UP])


def airbench(epochs):
    """Validation accuracy and seconds of a whole training of script 8, in a copy of the project."""
    from cnn_practice import files, hyperparameters

    sys.path.insert(0, str(ROOT / "09_several_machines"))
    import remote

    script = "06_cifar10/8_train_airbench.py"
    text = (ROOT / script).read_text(encoding="utf-8")
    text = hyperparameters.edited(text, VALIDATION=50_000 - IMAGES, EPOCHS=epochs)
    lines = [
        event[1]
        for event in remote.run(ROOT, script, text, {}, files.DATA, {})
        if event[0] == "line"
    ]
    found = re.search(r"validation accuracy ([\d.]+) in (\d+) s", lines[-1])
    if not found:
        raise SystemExit(f"Error: {script} has failed: {lines[-1]}")
    return float(found[1]), int(found[2])


def main():
    """The trainings, the timed steps between them, and the record."""
    from cnn_practice import files, results

    import numpy as np

    history = results.read("cifar10_minivgg")["history"]["val_accuracy"]
    if max(history) < 0.9:
        raise SystemExit("Error: mini-VGG's record stays below 90 %: «git checkout models».")
    first = 1 + next(i for i, accuracy in enumerate(history) if accuracy >= 0.9)
    epochs_to_90 = {"minivgg": first, "resnet20": EPOCHS_OF_RESNET20}
    speeds, trainings, minutes = {"minivgg": [], "resnet20": []}, [], {}

    def time_steps():
        for which, runs in speeds.items():
            command = [sys.executable, __file__, which]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            runs.append(float(done.stdout.splitlines()[-1]))
            print(f"{which}: {runs[-1]:.0f} images/s", flush=True)

    time_steps()
    for accuracy, epochs in FIRST_EPOCHS.items():
        reached = 0
        while reached < accuracy:
            reached, seconds = airbench(epochs)
            trainings.append({"epochs": epochs, "val_accuracy": reached, "seconds": seconds})
            print(f"airbench: {epochs} epochs, {reached:.2%} in {seconds} s", flush=True)
            epochs += 1
        minutes[f"airbench_{accuracy:.0%}"] = seconds / 60
        time_steps()
    for which, epochs in epochs_to_90.items():
        minutes[which] = epochs * IMAGES / float(np.median(speeds[which])) / 60
    record = {
        "benchmark": "cifar_time_to_accuracy",
        "airbench": trainings,
        "images_per_second": speeds,
        "epochs": epochs_to_90,
        "minutes": {which: round(value, 1) for which, value in minutes.items()},
        "summary": (
            f"{minutes['airbench_90%']:.0f} minutes to 90% of the validation images of CIFAR-10"
            f" and {minutes['airbench_93%']:.0f} to 93% with `06_cifar10/8_train_airbench.py`;"
            f" extrapolated, mini-VGG takes {minutes['minivgg']:.0f} minutes to 90%, and Keras's"
            f" ResNet-20 example {minutes['resnet20']:.0f} for the {EPOCHS_OF_RESNET20} epochs"
            f" after which 90% is assumed"
        ),
    } | results.environment()
    files.write_json(ROOT / "benchmarks" / "results" / "cifar_time_to_accuracy.json", record)
    print(json.dumps(record))


if __name__ == "__main__":
    if sys.argv[1:]:
        print(images_per_second(sys.argv[1]))
    else:
        main()
