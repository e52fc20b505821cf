# %% [markdown]
# # LeNet-5
#
# The network that read the cheques: two convolutions that look for strokes and corners anywhere
# in the picture, each followed by a pooling that forgets where exactly, then three dense layers.
# It has an eighth of the dense model's weights and makes fewer mistakes.
#
# The activation is the sigmoid, as in the lecture. Sigmoids squash gradients, each by a factor of 4
# or more, so the early layers learn slowly: hence a learning rate six times Adam's usual one, which
# the cosine takes back to zero. Put "tanh" (the paper's choice, apart from a scale) or "relu" in
# ACTIVATION and see how much sooner they arrive.
#
#     python 03_lenet5/1_train_lenet5.py
#
# Expect 99.30% ± 0.06% on the test images (mean and standard deviation over 3 seeds) after 7 min
# of training on AMD EPYC, 2 cores.
#
# Source: LeCun, Bottou, Bengio & Haffner (1998), *Gradient-based learning applied to document
# recognition*, section II.B: 99.05 % alone, 99.2 % with distorted images. Ours differs in three
# ways: every map of the second convolution sees all six maps before it, pooling has no weights of
# its own, and the output is a softmax.

# %%
import time

from cnn_practice import datasets, drawings, models, plots, results

import keras
import numpy as np
import tensorflow as tf
from keras import layers

# %% Hyperparameters
NAME = "lenet5"
SEED = 1  # of the initial weights, the order of the images and their distortions
VALIDATION = 5000  # images set apart to choose the best epoch
BATCH_SIZE = 128
EPOCHS = 40  # sigmoids need patience
LEARNING_RATE = 6e-3  # at the start; falls along a cosine to zero
ACTIVATION = "sigmoid"  # or "tanh", "relu"
ROTATION = 0.04  # of a full turn, to either side: 14°
SHIFT = 0.08  # of the width and height: 2 pixels
ZOOM = 0.1
SHEAR = 0.1

# %% [markdown]
# ## The data
# Three disjoint parts, float32 in [0, 1].

# %%
keras.utils.set_random_seed(SEED)
(x_train, y_train), (x_val, y_val), (x_test, y_test) = datasets.split(
    datasets.load_mnist(), VALIDATION
)
x_train, x_val, x_test = (
    x[..., np.newaxis].astype("float32") / 255 for x in (x_train, x_val, x_test)
)
print(f"{len(x_train)} training, {len(x_val)} validation, {len(x_test)} test images")

augment = keras.Sequential(
    [
        layers.RandomRotation(ROTATION, fill_mode="constant"),
        layers.RandomTranslation(SHIFT, SHIFT, fill_mode="constant"),
        layers.RandomZoom(ZOOM, ZOOM, fill_mode="constant"),
        layers.RandomShear(SHEAR, fill_mode="constant"),
    ]
)
train = (
    tf.data.Dataset.from_tensor_slices((x_train, y_train))
    .shuffle(len(x_train), seed=SEED)
    .batch(BATCH_SIZE)
    .map(lambda x, y: (augment(x, training=True), y))
    .prefetch(tf.data.AUTOTUNE)
)

# %% [markdown]
# ## The model
# The paper pads the 28×28 digits to 32×32; "same" padding of the first convolution is the same
# thing. The first layer makes the pixels' mean 0 and standard deviation 1 over the training images.

# %%
model = keras.Sequential(
    [
        keras.Input((28, 28, 1)),
        layers.Rescaling(1 / x_train.std(), offset=-x_train.mean() / x_train.std()),
        layers.Conv2D(6, 5, padding="same", activation=ACTIVATION),  # C1: 28×28×6
        layers.AveragePooling2D(2),  # S2: 14×14×6
        layers.Conv2D(16, 5, activation=ACTIVATION),  # C3: 10×10×16
        layers.AveragePooling2D(2),  # S4: 5×5×16
        layers.Flatten(),
        layers.Dense(120, activation=ACTIVATION),  # C5
        layers.Dense(84, activation=ACTIVATION),  # F6
        layers.Dense(10, activation="softmax"),
    ],
    name=NAME,
)
model.summary()

# %% [markdown]
# ## Training
# The weights of the epoch with the best validation accuracy are kept.

# %%
steps = EPOCHS * len(train)
model.compile(
    optimizer=keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)),
    loss="sparse_categorical_crossentropy",
    metrics=["accuracy"],
)
keep_best = keras.callbacks.EarlyStopping(
    "val_accuracy", patience=EPOCHS, restore_best_weights=True
)
start = time.perf_counter()
history = model.fit(
    train,
    epochs=EPOCHS,
    shuffle=False,  # the dataset does it
    validation_data=(x_val, y_val),
    callbacks=[keep_best],
).history
seconds = time.perf_counter() - start

# %% [markdown]
# ## The test images, once

# %%
predicted = model.predict(x_test).argmax(axis=1)
test_accuracy = float(np.mean(predicted == y_test))

# %% [markdown]
# ## Saving the model, its record and its figures
# %%
models.save(model, NAME)
results.save(
    NAME,
    globals(),
    test_accuracy=test_accuracy,
    drawings_accuracy=drawings.score(model),
    shrunk_drawings_accuracy=drawings.score(model, drawings.resize_only),
    parameters=model.count_params(),
    epochs=len(history["loss"]),
    seconds=seconds,
)
plots.training_curves(history, f"{NAME}_curves", "LeNet-5: training")
plots.confusion_matrix(y_test, predicted, f"{NAME}_confusion", "LeNet-5: test images")
print(f"{NAME}: test accuracy {test_accuracy:.4f} in {seconds:.0f} s")
