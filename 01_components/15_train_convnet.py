# %% [markdown]
# # A convolutional network of our own
#
# Convolution → ReLU → pooling → affine → ReLU → affine → softmax, with the layers of this chapter,
# trained on all of MNIST by plain gradient descent, and filmed while its filters learn.
#
#     python 01_components/15_train_convnet.py
#
# Expect 98.93% ± 0.04% on the test images (mean and standard deviation over 3 seeds) after 87 s of
# training on AMD EPYC, 2 cores.
#
# Source: [LeCun, Bottou, Bengio & Haffner (1998)](https://doi.org/10.1109/5.726791) for the kind of
# network; ReLU and the first weights are later ([He et al., 2015](https://arxiv.org/abs/1502.01852)).

# %%
import time

from cnn_practice import datasets, files, hyperparameters, plots, results, training

import filters_film
import numpy as np
import numpy_cnn
import numpy_fast as cnn  # the names of numpy_cnn, faster and harder to read

# %% [markdown]
# ## Hyperparameters

# %%
NAME = "numpy_convnet"  # file name; of the record: a name of your own keeps the committed one
SEED = 0  # whole number, at least 0; of the first weights, the order of the images and dropout
ITERATIONS = 12_000  # whole number, at least 1; batches, 14 epochs
BATCH_SIZE = 64  # whole number, 1 to 55000; images per step
OPTIMIZER = "sgd"  # "sgd", "momentum", "rmsprop" or "adam"; plain gradient descent is the simplest
# number, above 0; at the start, falls to zero: 0.02 for momentum, 0.001 for rmsprop and adam
LEARNING_RATE = 0.1
LOSS = "softmax"  # "softmax" or "svm"; softmax cross-entropy, or the hinge loss
ACTIVATION = "relu"  # "relu", "tanh" or "sigmoid"; the last two start from Glorot's weights
POOLING = "max"  # "max" or "average"; of windows of 2×2
FILTERS = 16  # whole number, at least 1; of the convolution
KERNEL_SIZE = 7  # whole number, 1 to 28; large enough for the filters to be looked at
HIDDEN = 100  # whole number, at least 1; units of the first affine layer
L2 = 1e-4  # number, at least 0; strength of the penalty on weights, 0 for none
DROPOUT = 0.0  # number, 0 to below 1; rate before the last layer, 0.5 is a usual one
FRAMES = 60  # whole number, 1 to 200; of the film
hyperparameters.check()
training.begin(NAME, globals())

# %% [markdown]
# ## The data
# Three disjoint parts, float32 in [0, 1], channels last: (N, 28, 28, 1).

# %%
train, validation, test = (
    (x[..., None] / np.float32(255), y) for x, y in datasets.split(datasets.load_mnist())
)
plots.picture_grid(train[0][:20], train[1][:20], "components_15_examples", "Training images")

# %% [markdown]
# ## The network
# A plain list of layers. It is built from either library: `numpy_cnn`, which you have read, or
# `numpy_fast`, whose functions have the same names and give the same numbers.

# %%
initializer = cnn.he_normal if ACTIVATION == "relu" else cnn.glorot_normal
loss = {"softmax": cnn.softmax_cross_entropy, "svm": cnn.svm}[LOSS]
optimizer = {
    "sgd": cnn.SGD(LEARNING_RATE),
    "momentum": cnn.SGD(LEARNING_RATE, momentum=0.9),
    "rmsprop": cnn.RMSprop(LEARNING_RATE),
    "adam": cnn.Adam(LEARNING_RATE),
}[OPTIMIZER]


def network_of(library):
    """The network, its layers from ``numpy_cnn`` or ``numpy_fast``."""
    layers = [
        library.Conv2D(FILTERS, KERNEL_SIZE, padding="same", kernel_initializer=initializer),
        library.Activation(ACTIVATION),
        library.Pooling2D(POOLING, 2),
        library.Flatten(),
        library.Affine(HIDDEN, initializer),
        library.Activation(ACTIVATION),
        library.Dropout(DROPOUT),
        library.Affine(10, initializer),
    ]
    return library.Network(layers, (28, 28, 1), loss, L2, SEED)


few, seconds = [part[:BATCH_SIZE] for part in train], {}
for library in (numpy_cnn, cnn):
    network = network_of(library)
    network.loss_and_gradient(*few)  # the first step is slower
    start = time.perf_counter()
    for _ in range(10):
        network.loss_and_gradient(*few)
    seconds[library] = (time.perf_counter() - start) / 10
print(f"a step takes {1000 * seconds[numpy_cnn]:.0f} ms, with numpy_fast", end=" ")
print(f"{1000 * seconds[cnn]:.0f} ms: {seconds[numpy_cnn] / seconds[cnn]:.1f} times as fast")
print(f"The training will take about {results.duration(1.1 * ITERATIONS * seconds[cnn])} here.")

# %% [markdown]
# ## Training
# The learning rate falls linearly to zero: large steps first, and small ones at the end, when the
# noise of the batches would otherwise keep the weights moving. The weights with the best validation
# accuracy are kept.

# %%
network = network_of(cnn)
kernels = network.layers[0].parameters[0]  # (k, k, 1, FILTERS), changes with the network
film = [(0, kernels.copy())]
solver = cnn.Solver(network, train, validation, optimizer, BATCH_SIZE, seed=SEED)
# Most happens early, so the film slows down there.
filmed = {round(ITERATIONS * (frame / FRAMES) ** 3) for frame in range(1, FRAMES + 1)}


def after_step(step):
    solver.optimizer.learning_rate = LEARNING_RATE * (1 - step / ITERATIONS)
    if step in filmed:
        film.append((step, kernels.copy()))


start = time.perf_counter()
solver.train(ITERATIONS, after_step)
seconds = time.perf_counter() - start
test_accuracy = solver.evaluate(*test)[1]  # the test images, once

# %% [markdown]
# ## What it learned

# %%
plots.training_curves(solver.history, "components_15_curves", "Our convolutional network")
filters_film.save_film(film, files.FIGURES / "components_15_filters_learning.gif")
filters_film.save_before_and_after(film, "components_15_filters")
run = {"test_accuracy": test_accuracy, "parameters": network.parameters.size}
run |= {"epochs": round(ITERATIONS / solver.steps_per_epoch), "seconds": round(seconds, 1)}
results.save(results.record(NAME, globals(), **run))
print(f"{NAME}: test accuracy {test_accuracy:.4f} in {seconds:.0f} s")

# %% [markdown]
# **What you saw.** Red weights of a filter want ink, blue ones want none. Random dots have become
# strokes and edges of several directions.
#
# **Try.** First give `NAME` a value of your own.
# - `OPTIMIZER = "adam"` with `LEARNING_RATE = 0.001` and `ITERATIONS = 1500`: how far in an eighth?
#   And `"momentum"` with 0.02?
# - `ACTIVATION = "sigmoid"`: compare the curves, and the filters.
# - `POOLING = "average"` or `LOSS = "svm"`: what changes in the accuracy, and what in the filters?
#
# <!-- experiment numpy_convnet -->
#
# Measured, with `ITERATIONS = 1500` on AMD EPYC, 2 cores: the validation accuracy of the best
# epoch, mean and standard deviation over 3 seeds. The difference from the first row is in
# percentage points, and the time a multiple of its 7 s.
#
# | change | validation accuracy | difference | time |
# |---|---:|---:|---:|
# | as it is | 97.50% ± 0.12% |  | 1 |
# | `OPTIMIZER = 'adam'`, `LEARNING_RATE = 0.001` | 98.15% ± 0.09% | +0.65 | 1.09 |
# | momentum, `LEARNING_RATE = 0.02` | 98.05% ± 0.10% | +0.55 | 1.06 |
# | `ACTIVATION = 'sigmoid'` | 87.89% ± 0.30% | −9.61 | 1.10 |
# | `POOLING = 'average'` | 96.87% ± 0.17% | −0.63 | 0.92 |
# | `LOSS = 'svm'` | 97.82% ± 0.33% | +0.32 | 1.02 |
#
# <!-- end of experiment -->
#
# **Next.** Is it right, and is it fast? `16_lenet5_numpy_against_keras.py`.
