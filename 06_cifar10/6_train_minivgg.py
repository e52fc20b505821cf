# %% [markdown]
# # Mini-VGG, and four ways to lower the learning rate
#
# VGG's idea in small: pairs of 3×3 convolutions, twice as many filters after each pooling. What
# makes it better than the four convolutions of script 4 is batch normalisation, and a schedule that
# fits it: try the others of SCHEDULE, or see `7_compare_schedules.py`.
#
#     python 06_cifar10/6_train_minivgg.py
#
# Expect 88.95% on the test images (one run, so no deviation) after 30 min of training on AMD EPYC,
# 2 cores.
#
# The curves in `images/figures/cifar10_minivgg_curves.png` are redrawn after each epoch: look at
# them while it trains. After an interruption the same command goes on with the next epoch.
#
# Source: the layout of MiniVGGNet in Rosebrock (2017), *Deep learning for computer vision with
# Python*, about 82 %; Simonyan & Zisserman (2015); batch normalisation, Ioffe & Szegedy (2015);
# one-cycle, Smith & Topin (2019).

# %%
import math

from cnn_practice import datasets, files, models, results
from cnn_practice.checkpoints import Checkpoint
from cnn_practice.distortions import shift_and_mirror
from cnn_practice.fast_layers import BatchNormalization, Dropout  # Keras's, but faster

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from keras.optimizers import schedules
from training_monitor import TrainingMonitor

# %% Hyperparameters
NAME = "cifar10_minivgg"
SEED = 1  # of the initial weights, the order of the images and their distortions
VALIDATION = 5000  # images set apart to choose the best epoch
IMAGES = 45_000  # of the others, to train on; fewer show sooner whether a change runs
BATCH_SIZE = 64
EPOCHS = 80
BATCH_NORMALISATION = True  # False: learns later, and not at the peak of one-cycle
SCHEDULE = "one-cycle"  # or "constant", "decay", "step"
LEARNING_RATE = 0.01  # at the start of all but one-cycle
STEP_FACTOR = 0.5  # of "step", every 5 epochs; at 0.25 the rate is gone before the network is ready
PEAK = 0.05  # of "one-cycle", after WARM_UP of the training; then along a cosine to zero
WARM_UP = 0.2
MOMENTUM = 0.9  # Nesterov's
WEIGHT_DECAY = 2e-3  # times the learning rate, per step; momentum does not multiply it by 10
SHIFT = 3  # pixels to either side; more is of use in longer trainings
KEEP = "best"  # weights in models/checkpoints/; "improvements" keeps a file of each
PRECISION = "float32"  # "mixed_bfloat16" is faster on a CPU with AVX512-BF16 or AMX

# %% The data: three disjoint parts, bytes until their batch is taken
keras.utils.set_random_seed(SEED)
(x_train, y_train), (x_val, y_val), (x_test, y_test) = datasets.split(
    datasets.load_cifar10(), VALIDATION
)
x_train, y_train = x_train[:IMAGES], y_train[:IMAGES]
x_val, x_test = x_val / np.float32(255), x_test / np.float32(255)
colours = x_train[::10].reshape(-1, 3) / 255  # every tenth image is enough for mean and variance


# %% The model
def activated(x):
    """ReLU, after batch normalisation where it is asked for."""
    return layers.ReLU()(BatchNormalization()(x) if BATCH_NORMALISATION else x)


def minivgg():
    """Two pairs of convolutions and two dense layers."""
    he = {"kernel_initializer": "he_normal"}
    inputs = keras.Input((32, 32, 3))
    x = layers.Normalization(mean=colours.mean(axis=0), variance=colours.var(axis=0))(inputs)
    for filters in (32, 64):
        x = activated(layers.Conv2D(filters, 3, padding="same", **he)(x))
        x = activated(layers.Conv2D(filters, 3, padding="same", **he)(x))
        x = Dropout(0.25)(layers.MaxPooling2D(2)(x))
    x = activated(layers.Dense(512, **he)(layers.Flatten()(x)))
    x = Dropout(0.5)(x)
    return keras.Model(inputs, layers.Dense(10, "softmax", dtype="float32")(x), name=NAME)


keras.config.set_dtype_policy(PRECISION)
model = minivgg()
model.summary()

# %% The schedule: the learning rate of each step
steps = math.ceil(len(x_train) / BATCH_SIZE)
rise, fall = int(WARM_UP * EPOCHS * steps), EPOCHS * steps - int(WARM_UP * EPOCHS * steps)
rate = {
    "constant": LEARNING_RATE,
    "decay": schedules.InverseTimeDecay(LEARNING_RATE, EPOCHS, LEARNING_RATE),  # α/(1 + α/EPOCHS·t)
    "step": schedules.ExponentialDecay(LEARNING_RATE, 5 * steps, STEP_FACTOR, staircase=True),
    "one-cycle": schedules.CosineDecay(0.0, fall, warmup_target=PEAK, warmup_steps=rise),
}[SCHEDULE]
optimizer = keras.optimizers.SGD(rate, MOMENTUM, nesterov=True, weight_decay=WEIGHT_DECAY)
optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
model.compile(
    optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"], steps_per_execution=16
)


# %% Training
checkpoint = Checkpoint(model, NAME, results.hyperparameters(globals()))
former = checkpoint.history.get("val_accuracy", [0])  # of an interrupted run
part = "best" if KEEP == "best" else "{epoch:02d}_{val_accuracy:.4f}"
keep = keras.callbacks.ModelCheckpoint(
    files.MODELS / "checkpoints" / f"{NAME}_{part}.weights.h5", "val_accuracy",
    save_best_only=True, save_weights_only=True, initial_value_threshold=max(former),
)  # fmt: skip
train = (
    tf.data.Dataset.from_tensor_slices((x_train, y_train))
    .shuffle(len(x_train), seed=SEED + checkpoint.epoch)
    .batch(BATCH_SIZE)
    .map(lambda x, y: (shift_and_mirror(x, SHIFT), y))  # edges mirrored; half left for right
    .prefetch(tf.data.AUTOTUNE)
)
model.fit(
    train,
    epochs=EPOCHS,
    initial_epoch=checkpoint.epoch,
    shuffle=False,  # the dataset does it
    validation_data=(x_val, y_val),
    validation_batch_size=500,
    callbacks=[checkpoint, keep, TrainingMonitor(checkpoint, NAME, "Mini-VGG: training")],
    verbose=2,
)

# %% Saving the best epoch, stored as float16; the test images, once
checkpoint.restore_best()
models.save(model, NAME, dtype="float16")
predicted = models.load(NAME).predict(x_test, batch_size=500, verbose=0).argmax(axis=1)
test_accuracy = float(np.mean(predicted == y_test))
results.save(
    NAME, globals(), test_accuracy=test_accuracy, best_epoch=checkpoint.best_epoch,
    parameters=model.count_params(), epochs=EPOCHS, seconds=checkpoint.seconds,
    history=checkpoint.history,
)  # fmt: skip
checkpoint.remove()
print(f"{NAME}: test accuracy {test_accuracy:.4f} in {checkpoint.seconds:.0f} s")
