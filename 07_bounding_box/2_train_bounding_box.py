# %% [markdown]
# # One network, two answers: where is the digit, and which one is it?
#
# The convolutions are shared. On their feature maps stand two heads: one gives four numbers, the
# box, and is trained as a regression; the other gives ten probabilities, as in the chapters before.
#
#     python 07_bounding_box/1_make_scenes.py
#     python 07_bounding_box/2_train_bounding_box.py
#
# HEADER
#
# Sources: a box regressed beside the class, Sermanet et al. (2014), *OverFeat*; the GIoU loss,
# Rezatofighi et al. (2019), *Generalized intersection over union*; batch normalisation, Ioffe &
# Szegedy (2015).

# %%
import time

from cnn_practice import models, plots, results

import boxes
import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

# %% Hyperparameters
NAME = "bounding_box"
SEED = 1  # of the initial weights and the order of the scenes
BATCH_SIZE = 64
EPOCHS = 6
LEARNING_RATE = 1e-3  # at the start; falls along a cosine to zero
BOX_WEIGHT = 2.0  # of the box loss against the digit loss, which would else outweigh it at first
BOX_UNITS = 128  # of the box head's hidden layer
DROPOUT = 0.3  # before the digit head's output

# %% [markdown]
# ## The data
# Three disjoint parts. The scenes stay bytes, a quarter of the memory, until their batch is taken;
# then they become float32 in [0, 1], the one rule for the input of every model here.

# %%
keras.utils.set_random_seed(SEED)


def batches(part, shuffle=False):
    """Batches of (scenes, {"box": …, "digit": …}) of a part."""
    scenes, box, digit = boxes.load_scenes(part)
    data = tf.data.Dataset.from_tensor_slices((scenes[..., None], {"box": box, "digit": digit}))
    if shuffle:
        data = data.shuffle(len(scenes), seed=SEED)
    data = data.batch(BATCH_SIZE).map(lambda x, y: (tf.cast(x, "float32") / 255, y))
    return data.prefetch(tf.data.AUTOTUNE)


train, val = batches("train", shuffle=True), batches("val")

# %% [markdown]
# ## The model
# Strides of 2 in place of pooling: the maximum over a window forgets where in it the edge lay,
# and the edge is what the box head is after. Its dense layers read the 8×8 maps whole, place by
# place. The digit head takes the maximum over all places, since a 7 is a 7 wherever it stands.


# %%
def convolution(x, filters, strides=1):
    """3×3 convolution, batch normalisation, ReLU."""
    x = layers.Conv2D(filters, 3, strides, padding="same", use_bias=False)(x)
    # Averages over the last tens of batches; at 0.99, hundreds, the first validations would lag.
    x = layers.BatchNormalization(momentum=0.9)(x)
    return layers.ReLU()(x)


inputs = keras.Input((boxes.SIZE, boxes.SIZE, 1))
x = convolution(inputs, 16, strides=2)  # 32×32
x = convolution(x, 32)
x = convolution(x, 48, strides=2)  # 16×16
x = convolution(x, 64)
x = convolution(x, 96, strides=2)  # 8×8
x = convolution(x, 96)

box = layers.Conv2D(32, 1, activation="relu")(x)  # a third of the maps will do, and saves weights
box = layers.Flatten()(box)
box = layers.Dense(BOX_UNITS, activation="relu")(box)
# Small weights begin every box in the middle of the scene, where the sigmoid's slope is largest.
small = keras.initializers.RandomNormal(stddev=0.01)
box = layers.Dense(4, activation="sigmoid", kernel_initializer=small)(box)
box = layers.Rescaling(boxes.SIZE, name="box")(box)  # x, y, width, height in pixels

digit = convolution(x, 128)
digit = layers.GlobalMaxPooling2D()(digit)
digit = layers.Dropout(DROPOUT)(digit)
digit = layers.Dense(10, activation="softmax", name="digit")(digit)

model = keras.Model(inputs, {"box": box, "digit": digit}, name=NAME)
model.summary()

# %% [markdown]
# ## The loss of a box
# Plain squared error on the corners is not IoU. Two pixels off is nothing for a box of 50×50 (IoU
# 0.92) and half of everything for a 1 of 4×20 (IoU 0.30), but the squared error of both is the
# same; and it counts the four numbers as if each erred for itself, while IoU asks what they share.
#
# So IoU itself is maximised. It needs help where the boxes lie apart: there IoU is 0 whatever the
# distance, and gives no gradient. GIoU subtracts the share of the common hull that neither box
# covers, which shrinks as the boxes approach each other.


# %%
def giou_loss(true, predicted):
    """1 − GIoU of boxes (N, 4), shape (N,): 0 for the same box, nearly 2 for boxes far apart."""
    true_end, predicted_end = true[:, :2] + true[:, 2:], predicted[:, :2] + predicted[:, 2:]
    start, end = ops.maximum(true, predicted)[:, :2], ops.minimum(true_end, predicted_end)
    shared = ops.prod(ops.maximum(end - start, 0), axis=1)
    either = ops.prod(true[:, 2:], axis=1) + ops.prod(predicted[:, 2:], axis=1) - shared
    hull = ops.maximum(true_end, predicted_end) - ops.minimum(true, predicted)[:, :2]
    hull = ops.prod(hull, axis=1)
    return 1 - shared / either + (hull - either) / hull


# %% [markdown]
# ## Training
# The weights of the epoch with the lowest validation loss are kept.

# %%
schedule = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, EPOCHS * len(train))
model.compile(
    optimizer=keras.optimizers.Adam(schedule),
    loss={"box": giou_loss, "digit": "sparse_categorical_crossentropy"},
    loss_weights={"box": BOX_WEIGHT, "digit": 1},
    metrics={"digit": "accuracy"},
)
keep_best = keras.callbacks.EarlyStopping("val_loss", patience=EPOCHS, restore_best_weights=True)
start = time.perf_counter()
history = model.fit(train, epochs=EPOCHS, validation_data=val, callbacks=[keep_best]).history
seconds = time.perf_counter() - start

# %% [markdown]
# ## The test scenes, once

# %%
_, true_boxes, true_digits = boxes.load_scenes("test")
predicted = model.predict(batches("test"))
digits = predicted["digit"].argmax(axis=1)
overlaps = boxes.iou(true_boxes, predicted["box"])
test_accuracy = float(np.mean(digits == true_digits))
mean_iou = float(overlaps.mean())
iou_50, iou_75 = (float(np.mean(overlaps >= least)) for least in (0.5, 0.75))

# %% [markdown]
# ## Saving the model, its record and its figures

# %%
models.save(model, NAME)
results.save(
    NAME,
    results.hyperparameters(globals()),
    test_accuracy=test_accuracy,
    mean_iou=mean_iou,
    iou_50=iou_50,
    iou_75=iou_75,
    parameters=model.count_params(),
    epochs=len(history["loss"]),
    seconds=seconds,
)
history |= {f"{part}accuracy": history[f"{part}digit_accuracy"] for part in ("", "val_")}
plots.training_curves(history, f"{NAME}_curves", "Bounding box: both losses, and the digit")
plots.confusion_matrix(true_digits, digits, f"{NAME}_confusion", "Bounding box: test scenes")
print(
    f"{NAME}: mean IoU {mean_iou:.4f}, IoU ≥ 0.5 {iou_50:.2%}, IoU ≥ 0.75 {iou_75:.2%},"
    f" test accuracy {test_accuracy:.4f} in {seconds:.0f} s"
)
