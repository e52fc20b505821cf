# %% [markdown]
# # A linear model classifies digits
#
# Softmax regression: each of the ten classes has one weight per pixel and one bias. A digit's score
# is the sum of its pixels times these weights, and the class with the largest score is predicted.
# There is no hidden layer, so all that the model can learn is ten templates. You will see them as
# pictures. Every other network of this collection is compared with this one.
#
#     python 02_linear/1_train_linear.py
#
# Expect 92.76% ± 0.05% on the test images (mean and standard deviation over 3 seeds) after 41 s of
# training on AMD EPYC, 2 cores.
#
# Source: the linear classifier is the first of those that [LeCun, Bottou, Bengio & Haffner
# (1998)](https://doi.org/10.1109/5.726791) compare on MNIST; theirs misreads 12 % of the test
# images. This one is trained with softmax and cross-entropy instead of the squared error.

# %%
import time

from cnn_practice import classify, datasets, hyperparameters, models, plots, results, training

import keras
import numpy as np
from keras import layers

# %% [markdown]
# ## Hyperparameters
# This block is yours to edit. Each line says what may be written there, and why it is there.

# %%
NAME = "linear"  # file name; of the model's files: a name of your own keeps the committed model
SEED = 1  # whole number, at least 0; of the initial weights and the order of the images
VALIDATION = 5000  # whole number, 1 to 59999; images set apart to choose the best epoch
BATCH_SIZE = 128  # whole number, at least 1; images per step: fewer are noisier, more are faster
EPOCHS = 30  # whole number, at least 1; passes over the training images
# number, above 0; at the start: it falls along a cosine to zero, so that the last steps are small
LEARNING_RATE = 1e-3
hyperparameters.check()
training.begin(NAME, globals())

# %% [markdown]
# ## The data
# MNIST has 60,000 images to train with and 10,000 to test with. Three disjoint parts are made of
# them: the training images change the weights, the validation images choose the best epoch, and
# the test images are used once, at the end. Pixels become float32 between 0 (paper) and 1 (ink).

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
# The pixels in one row, $x \in \mathbb{R}^{784}$, and one layer: the probabilities are
# $\mathrm{softmax}(xW + b)$ with 784 × 10 weights $W$ and 10 biases $b$.

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
# The loss is the cross-entropy: minus the logarithm of the probability of the true class, averaged
# over a batch. After each epoch the validation accuracy is measured, and in the end the weights of
# the best epoch are restored. (`EarlyStopping` does it; its patience lets it never stop early.)

# %%
steps = EPOCHS * -(-len(x_train) // BATCH_SIZE)
model.compile(
    optimizer=keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)),
    loss="sparse_categorical_crossentropy",
    metrics=["accuracy"],
    steps_per_execution=16,  # steps between two returns to Python: faster, with the same result
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
    callbacks=[keep_best, training.SayHowLong()],
).history
seconds = time.perf_counter() - start

# %% [markdown]
# ## The test images, once
# The accuracy is the share of the test images whose most probable class is the true one.

# %%
probabilities = model.predict(x_test)
predicted = probabilities.argmax(axis=1)
test_accuracy = float(np.mean(predicted == y_test))

# %% [markdown]
# ## Saving the model, its record and its figures
# In the templates, red pixels speak for a digit and blue ones against it.

# %%
record = results.record(
    NAME,
    globals(),
    test_accuracy=test_accuracy,
    parameters=model.count_params(),
    epochs=EPOCHS,
    seconds=seconds,
    **classify.scores(model),
)
models.save(model, NAME, record)
plots.training_curves(history, f"{NAME}_curves", "Linear model: training")
plots.confusion_matrix(y_test, predicted, f"{NAME}_confusion", "Linear model: test images")
plots.misread(x_test, y_test, probabilities, f"{NAME}_misread", "Linear model")
templates = model.layers[-1].kernel.numpy().T.reshape(10, 28, 28)
limit = np.abs(templates).max() / 2  # white is zero; a few extreme weights may saturate
title = "The linear model's weights for each digit"
colours = {"cmap": "RdBu_r", "vmin": -limit, "vmax": limit}
plots.picture_grid(templates, range(10), f"{NAME}_templates", title, columns=5, **colours)
print(f"{NAME}: test accuracy {test_accuracy:.4f} in {seconds:.0f} s")

# %% [markdown]
# **What you saw.** Ten templates are enough for more than nine test images of ten. The misread
# digits are those that fit another template better: look at how many of them people read at once.
#
# **Try.**
# - `BATCH_SIZE = 32`: how do the curves change, and how long does an epoch take?
# - `VALIDATION = 59000` leaves 1,000 training images. Compare the training accuracy with the
#   validation accuracy.
# - `LEARNING_RATE = 0.01`, then `0.0001`: look at the validation loss.
# - Pixels from 0 to 255: take away the division.
#
# <!-- experiment linear -->
#
# Measured, with `EPOCHS = 10` on AMD EPYC, 2 cores: the validation accuracy of the best epoch,
# mean and standard deviation over 3 seeds. The difference from the first row is in percentage
# points, and the time a multiple of its 5 s.
#
# | change | validation accuracy | difference | time |
# |---|---:|---:|---:|
# | as it is | 91.16% ± 0.02% |  | 1 |
# | `LEARNING_RATE = 0.01` | 92.31% ± 0.10% | +1.15 | 1.01 |
# | `LEARNING_RATE = 0.0001` | 86.32% ± 0.07% | −4.84 | 1.00 |
# | `BATCH_SIZE = 32` | 91.71% ± 0.08% | +0.55 | 2.06 |
# | `VALIDATION = 59000` | 74.68% ± 1.89% | −16.48 | 0.88 |
# | pixels from 0 to 255 | 88.73% ± 0.29% | −2.43 | 1.01 |
#
# <!-- end of experiment -->
#
# **Next.** `2_train_dense.py` puts hidden layers between the pixels and the classes.
