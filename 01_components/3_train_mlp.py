# %% [markdown]
# # A multilayer perceptron, its whole update by hand
#
# Fully connected layers classify digits, in NumPy alone, without even this chapter's library: the
# forward pass, backpropagation and gradient descent are a dozen lines.
#
#     python 01_components/3_train_mlp.py
#
# Expect 97.91% ± 0.12% on the test images (mean and standard deviation over 3 seeds) after 72 s of
# training on AMD EPYC, 2 cores.
#
# Source: [Rumelhart, Hinton & Williams (1986)](https://doi.org/10.1038/323533a0), *Learning
# representations by back-propagating errors*.

# %%
import time
from itertools import pairwise

from cnn_practice import datasets, hyperparameters, plots, results, training

import numpy as np

# %% [markdown]
# ## Hyperparameters

# %%
NAME = "numpy_mlp"  # file name; of the record: a name of your own keeps the committed one
SEED = 0  # whole number, at least 0; of the first weights and the order of the images
HIDDEN = (128, 64)  # each a whole number, at least 1; units of the hidden layers
EPOCHS = 15  # whole number, at least 1; passes over the training images
BATCH_SIZE = 64  # whole number, at least 1; images per update, more give a smoother gradient
LEARNING_RATE = 0.2  # number, above 0; η, the same all the time: plain gradient descent
hyperparameters.check()
training.begin(NAME, globals())

# %% [markdown]
# ## The data
# Examples are columns, as in the formulas: $Y_0$ has the shape (784, N). The targets $T$ are
# one-hot columns: 1 at the right class, 0 elsewhere.


# %%
def columns(part):
    """Images as columns of floats in [0, 1], float32 (784, N), and the labels, (N,)."""
    return part[0].reshape(len(part[0]), -1).T / np.float32(255), part[1]


(x, labels), validation, test = map(columns, datasets.split(datasets.load_mnist()))
targets = np.eye(10, dtype=np.float32)[labels].T

# %% [markdown]
# ## Forward
# For the layers $\ell = 1 \dots L$: $U_\ell = W_\ell Y_{\ell-1} + b_\ell$ and
# $Y_\ell = \Phi(U_\ell)$. Hidden layers take ReLU, $\Phi(u) = \max(u, 0)$, whose derivative is 1
# for $u > 0$, else 0. The last layer takes softmax, which makes the ten numbers of a column
# probabilities. The first weights have the variance 2 / inputs; `5_initializers.py` shows why.

# %%
rng = np.random.default_rng(SEED)
weights, biases, last = {}, {}, len(HIDDEN) + 1
for l, (inputs, outputs) in enumerate(pairwise((784, *HIDDEN, 10)), start=1):
    weights[l] = rng.normal(0, np.sqrt(2 / inputs), (outputs, inputs)).astype(np.float32)
    biases[l] = np.zeros((outputs, 1), dtype=np.float32)


def forward(x):
    """All U_ℓ and Y_ℓ for the columns ``x``; the last Y are the probabilities."""
    u, y = {}, {0: x}
    for l in range(1, last + 1):
        u[l] = weights[l] @ y[l - 1] + biases[l]
        y[l] = np.maximum(u[l], 0)
    powers = np.exp(u[last] - u[last].max(axis=0))  # the largest is subtracted: e cannot overflow
    y[last] = powers / powers.sum(axis=0)
    return u, y


# %% [markdown]
# ## Backward
# The loss is the cross-entropy, $L = -\frac 1N \sum T \odot \ln Y_L$, where $\odot$ multiplies
# number by number. Write $\delta_\ell = \partial L / \partial U_\ell$. At the top,
# $\delta_L = (Y_L - T) / N$, as `2_losses.py` showed. Going down, the chain rule gives
#
# $$\delta_\ell = \Phi'(U_\ell) \odot (W_{\ell+1}^T\, \delta_{\ell+1}), \qquad
#   \frac{\partial L}{\partial W_\ell} = \delta_\ell\, Y_{\ell-1}^T,$$
#
# and $\partial L / \partial b_\ell$ is $\delta_\ell$ added up over the examples. The update is
# $W_\ell \leftarrow W_\ell - \eta\, \partial L / \partial W_\ell$ with the learning rate $\eta$.


# %%
def update(u, y, t):
    """Backpropagation and one step of gradient descent on all weights and biases."""
    delta = (y[last] - t) / t.shape[1]
    for l in range(last, 0, -1):
        dw, db = delta @ y[l - 1].T, delta.sum(axis=1, keepdims=True)
        if l > 1:
            delta = (u[l - 1] > 0) * (weights[l].T @ delta)  # δ_{ℓ-1}, before W_ℓ moves
        weights[l] -= LEARNING_RATE * dw
        biases[l] -= LEARNING_RATE * db


def loss_and_accuracy(x, labels):
    """Mean cross-entropy, and the share of columns whose largest probability is right."""
    p = forward(x)[1][last]
    right = p[labels, np.arange(len(labels))]
    return float(-np.log(right + 1e-12).mean()), float((p.argmax(axis=0) == labels).mean())


# %% [markdown]
# ## Training
# The weights with the best validation accuracy are kept. The test images are used once, at the end.

# %%
history = {key: [] for key in ("loss", "accuracy", "val_loss", "val_accuracy")}
seconds = -time.perf_counter()
for epoch in range(1, EPOCHS + 1):
    order = rng.permutation(len(labels))
    for start in range(0, len(order), BATCH_SIZE):
        batch = order[start : start + BATCH_SIZE]
        u, y = forward(x[:, batch])
        update(u, y, targets[:, batch])
    measured = *loss_and_accuracy(x, labels), *loss_and_accuracy(*validation)
    for values, value in zip(history.values(), measured, strict=True):
        values.append(value)
    latest = {key: round(values[-1], 4) for key, values in history.items()}
    print(f"epoch {epoch}/{EPOCHS}  {latest}", flush=True)
    if history["val_accuracy"][-1] == max(history["val_accuracy"]):
        best = {l: (weights[l].copy(), biases[l].copy()) for l in weights}
seconds += time.perf_counter()
for l in weights:
    weights[l], biases[l] = best[l]

test_accuracy = loss_and_accuracy(*test)[1]
parameters = sum(weights[l].size + biases[l].size for l in weights)
plots.training_curves(history, "components_3_mlp_curves", "Multilayer perceptron by hand")
run = {"test_accuracy": test_accuracy, "parameters": parameters, "epochs": EPOCHS}
results.save(results.record(NAME, globals(), **run, seconds=round(seconds, 1)))
print(f"{NAME}: test accuracy {test_accuracy:.4f} in {seconds:.0f} s")

# %% [markdown]
# **What you saw.** The training loss goes on falling after the validation loss has stopped: the
# network learns the training images by heart while it gets no better on others.
#
# **Try.** First give `NAME` a value of your own.
# - `HIDDEN = (16,)`: what accuracy does a network with a ninth of the weights reach?
# - `HIDDEN = (512,)`: one layer more or four times as many units, which of the two is worth more?
# - `LEARNING_RATE = 2.0`: does the loss still fall? And `0.02`?
# - `BATCH_SIZE = 1024`: is an epoch faster, and does it learn as much?
#
# <!-- experiment numpy_mlp -->
#
# Measured, with `EPOCHS = 5` on AMD EPYC, 2 cores: the validation accuracy of the best epoch, mean
# and standard deviation over 3 seeds. The difference from the first row is in percentage points,
# and the time a multiple of its 2 s.
#
# | change | validation accuracy | difference | time |
# |---|---:|---:|---:|
# | as it is | 97.23% ± 0.01% |  | 1 |
# | `HIDDEN = (16,)` | 94.00% ± 0.11% | −3.23 | 0.25 |
# | `HIDDEN = (512,)` | 97.05% ± 0.07% | −0.17 | 3.24 |
# | `LEARNING_RATE = 2.0` | 10.97% ± 0.46% | −86.25 | 1.00 |
# | `LEARNING_RATE = 0.02` | 94.13% ± 0.30% | −3.09 | 1.02 |
# | `BATCH_SIZE = 1024` | 92.99% ± 0.15% | −4.23 | 0.90 |
#
# <!-- end of experiment -->
#
# **Next.** Gradient descent can be improved: `4_optimizers.py`.
