# %% [markdown]
# # VGG-16
#
# Nothing but 3×3 convolutions, thirteen of them, and three dense layers: two convolutions on top
# of each other see 5×5 pixels, three see 7×7, with fewer weights than one wide kernel and a ReLU
# between them. It is configuration D of the paper, with one input channel and ten classes.
#
# Sixteen layers without normalisation can stay at 11 %, the share of the most frequent digit. The
# authors trained a smaller network first. Here He initialisation keeps the size of the signal from
# layer to layer, the learning rate rises from zero, and no gradient is longer than CLIP.
#
#     python 04_vgg16/2_train_vgg16.py   (after 1_resize_images.py)
#
# A run that is interrupted goes on from its last whole epoch.
#
# Expect 99.54% on the test images (one run, so no deviation) after 54 min of training in
# mixed_bfloat16 on AMD EPYC, 2 cores.
#
# Source: Simonyan & Zisserman (2015), *Very deep convolutional networks for large-scale image
# recognition*; initialisation: He et al. (2015), *Delving deep into rectifiers*.

# %%
import math
import time

from cnn_practice import datasets, drawings, models, plots, results
from cnn_practice.checkpoints import Checkpoint
from cnn_practice.distortions import distort

import keras
import machine
import numpy as np
import resized
import tensorflow as tf
from keras import layers

gpus = tf.config.list_physical_devices("GPU")

# %% Hyperparameters
IMAGE_SIZE = 224 if gpus else 32  # pixels a side; write 32 or 224 to overrule
NAME = f"vgg16_{IMAGE_SIZE}"
SEED = 1  # of the initial weights, the order of the images and their distortions
VALIDATION = 5000  # images set apart to choose the best epoch
HEAD = (256, 128)  # units of the dense layers; the paper's (4096, 4096) are for 1,000 classes
DROPOUT = 0.5  # after each of them
BATCH_SIZE = 64
EPOCHS = 8
LEARNING_RATE = 0.02  # at its highest; falls along a cosine to zero
WARM_UP = 0.05  # share of the training in which it rises to that
CLIP = 1.0  # longest gradient; a longer one is shortened to this
PRECISION = "mixed_float16" if gpus else "float32"  # "mixed_bfloat16": faster on CPUs with AMX
ROTATION = 10  # degrees to either side
SHIFT = 0.06 * IMAGE_SIZE  # pixels to either side
ZOOM = 0.1  # of the size, up or down
SHEAR = 0.1  # pixels across per pixel down, and the other way round
ELASTIC = 0.025 * IMAGE_SIZE  # pixels by which strokes are bent, as a standard deviation
STOP_AFTER = None  # epochs: 1 shows whether a seed trains at all, 0.05 how long an epoch takes


# %% The network
def vgg16(steps):
    """Configuration D, compiled: from (N, IMAGE_SIZE, IMAGE_SIZE, 1) to (N, 10)."""
    he = {"activation": "relu", "kernel_initializer": "he_normal"}
    stack = [keras.Input((IMAGE_SIZE, IMAGE_SIZE, 1))]
    for filters, convolutions in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        stack += [layers.Conv2D(filters, 3, padding="same", **he) for _ in range(convolutions)]
        stack += [layers.MaxPooling2D()]
    stack += [layers.Flatten()]
    for units in HEAD:
        stack += [layers.Dense(units, **he), layers.Dropout(DROPOUT)]
    stack += [layers.Dense(10, activation="softmax", dtype="float32")]  # 16 bits are too few here
    model = keras.Sequential(stack, name=NAME)
    falling = keras.optimizers.schedules.CosineDecay(
        0.0, steps * (1 - WARM_UP), warmup_target=LEARNING_RATE, warmup_steps=steps * WARM_UP
    )
    clip = CLIP / strategy.num_replicas_in_sync  # each GPU clips its own share
    optimizer = keras.optimizers.SGD(falling, momentum=0.9, nesterov=True, global_clipnorm=clip)
    model.compile(optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


# %% The data: three disjoint parts, each the numbers of its images, which stay in their file
(x_all, y_all), (x_test, y_test) = resized.load(IMAGE_SIZE)
numbered = (np.arange(len(y_all)), y_all), (np.arange(len(y_test)), y_test)
train_part, val_part, test_part = datasets.split(numbered, VALIDATION)
val = resized.batches(x_all, *val_part, BATCH_SIZE)
test = resized.batches(x_test, *test_part, BATCH_SIZE)

# %% [markdown]
# ## On one GPU, on several, or on none
# Each of several GPUs gets its share of every batch, and their gradients are added up. The second
# network only serves to measure how long the training will take.

# %%
keras.utils.set_random_seed(SEED)
keras.mixed_precision.set_global_policy(PRECISION)
strategy = tf.distribute.MirroredStrategy() if len(gpus) > 1 else tf.distribute.get_strategy()
steps = math.ceil(len(train_part[0]) / BATCH_SIZE)
settings = globals() | {"STOP_AFTER": None}  # which changes nothing about the training
with strategy.scope():
    model, trial = vgg16(EPOCHS * steps), vgg16(EPOCHS * steps)
    checkpoint = Checkpoint(model, NAME, results.hyperparameters(settings))
model.summary()
train = resized.batches(x_all, *train_part, BATCH_SIZE, seed=SEED + checkpoint.epoch).map(
    lambda x, y: (distort(x, ROTATION, SHIFT, ZOOM, SHEAR, ELASTIC), y), tf.data.AUTOTUNE
)
train = train.prefetch(tf.data.AUTOTUNE)
machine.say_what_to_expect(trial, train, BATCH_SIZE, EPOCHS - checkpoint.epoch)

# %% Training
if STOP_AFTER and STOP_AFTER < 1:
    few, start = math.ceil(STOP_AFTER * steps), time.perf_counter()
    model.fit(train.take(few), shuffle=False)
    seconds, done = time.perf_counter() - start, few / steps
else:
    epochs = {"initial_epoch": checkpoint.epoch, "epochs": min(EPOCHS, STOP_AFTER or EPOCHS)}
    model.fit(train, validation_data=val, shuffle=False, callbacks=[checkpoint], **epochs)
    seconds, done = checkpoint.seconds, checkpoint.epoch
speed = {
    "images_per_second": done * len(train_part[0]) / seconds,  # validation included
    "seconds_per_epoch": seconds / done,
    "peak_memory_gb": machine.peak_gigabytes(),
    "val_accuracies": checkpoint.history.get("val_accuracy"),
}

# %% The best epoch on the test images, once with weights of 32 and, saved in the end, of 16 bits
if STOP_AFTER:  # recorded as the part of a run that it is
    results.save_part(NAME, settings, epochs=done, **speed)
    print(f"{NAME}: stopped after {done:.2g} epochs, {seconds / done / 60:.1f} min per epoch")
else:
    checkpoint.restore_best()
    accuracy = {}
    for dtype in ("float32", "float16"):
        models.save(model, NAME, dtype)
        saved = models.load(NAME)
        predicted = saved.predict(test, verbose=0).argmax(axis=1)
        accuracy[dtype] = float(np.mean(predicted == test_part[1]))
    results.save(
        NAME, globals(), test_accuracy=accuracy["float16"],
        unrounded_test_accuracy=accuracy["float32"], drawings_accuracy=drawings.score(saved),
        shrunk_drawings_accuracy=drawings.score(saved, drawings.resize_only),
        best_epoch=checkpoint.best_epoch, parameters=saved.count_params(), epochs=done,
        seconds=seconds, **speed,
    )  # fmt: skip
    plots.training_curves(checkpoint.history, f"{NAME}_curves", "VGG-16: training")
    plots.confusion_matrix(test_part[1], predicted, f"{NAME}_confusion", "VGG-16: test images")
    checkpoint.remove()
    print(f"{NAME}: test accuracy {accuracy['float16']:.4f} in {seconds:.0f} s")
