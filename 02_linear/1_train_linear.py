# %% [markdown]
# # A linear model reads digits
#
# Softmax regression: each of the ten digits has one weight per pixel, and the digit with the
# largest weighted sum wins. There is no hidden layer, so all that it can learn is ten templates.
# Everything later in this collection is measured against it.
#
#     python 02_linear/1_train_linear.py
#
# Expect 92.76% ± 0.05% on the test images (mean and standard deviation over 3 seeds) after 41 s of
# training on AMD EPYC, 2 cores.
#
# Source: the linear classifier of LeCun, Bottou, Bengio & Haffner (1998), *Gradient-based learning
# applied to document recognition*, section III.C.1, where it makes 12 % errors; trained here with
# softmax and cross-entropy.

# %%
import time

from cnn_practice import datasets, drawings, models, plots, results

import keras
import numpy as np
from keras import layers

# %% Hyperparameters
NAME = "linear"
SEED = 1  # of the initial weights and the order of the images
VALIDATION = 5000  # images set apart to choose the best epoch
BATCH_SIZE = 128
EPOCHS = 30
LEARNING_RATE = 1e-3  # at the start; falls along a cosine to zero, which averages out the noise

# %% [markdown]
# ## The data
# Three disjoint parts. Pixels become float32 in [0, 1]: the one rule for the input of every model.

# %%
keras.utils.set_random_seed(SEED)
(x_train, y_train), (x_val, y_val), (x_test, y_test) = datasets.split(
    datasets.load_mnist(), VALIDATION
)
x_train, x_val, x_test = (
    x[..., np.newaxis].astype("float32") / 255 for x in (x_train, x_val, x_test)
)
print(f"{len(x_train)} training, {len(x_val)} validation, {len(x_test)} test images")

# %% [markdown]
# ## The model
# 784 pixels → 10 digits: 7,840 weights and 10 biases.

# %%
model = keras.Sequential(
    [
        keras.Input((28, 28, 1)),
        layers.Flatten(),
        layers.Dense(10, activation="softmax"),
    ],
    name=NAME,
)
model.summary()

# %% [markdown]
# ## Training
# The weights of the epoch with the best validation accuracy are kept.

# %%
steps = EPOCHS * -(-len(x_train) // BATCH_SIZE)
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
    x_train,
    y_train,
    batch_size=BATCH_SIZE,
    epochs=EPOCHS,
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
# The ten templates show what the model has learned: red pixels speak for a digit, blue against it.

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
plots.training_curves(history, f"{NAME}_curves", "Linear model: training")
plots.confusion_matrix(y_test, predicted, f"{NAME}_confusion", "Linear model: test images")
templates = model.layers[-1].kernel.numpy().T.reshape(10, 28, 28)
limit = np.abs(templates).max() / 2  # white is zero; a few extreme weights may saturate
plots.picture_grid(
    templates, range(10), f"{NAME}_templates", "The linear model's weights for each digit",
    columns=5, cmap="RdBu_r", vmin=-limit, vmax=limit,
)  # fmt: skip
print(f"{NAME}: test accuracy {test_accuracy:.4f} in {seconds:.0f} s")
