# %% [markdown]
# # A multilayer perceptron, its whole update by hand
#
# Digits classified by fully connected layers, in NumPy alone, without even this chapter's library:
# the forward pass, backpropagation and gradient descent are a dozen lines.
#
#     python 01_components/7_train_mlp.py
#
# Expect 97.93% on the test images (one seed) after 7 s of training on AMD EPYC, 2 cores; the
# record is in `01_components/results/7_train_mlp.json`.
#
# Source: Rumelhart, Hinton & Williams (1986), *Learning representations by back-propagating
# errors*.

# %%
import time
from itertools import pairwise

from cnn_practice import datasets, files, plots, results

import numpy as np

# %% Hyperparameters
SEED = 0  # of the first weights and the order of the images
HIDDEN = (128, 64)  # units of each hidden layer
EPOCHS = 15
BATCH_SIZE = 64
LEARNING_RATE = 0.2  # the same all the time: plain gradient descent

# %% [markdown]
# ## The data
# Examples are columns, as in the formulas: Y_0 has the shape (784, N). The targets T are one-hot
# columns: 1 at the right class, 0 elsewhere.

# %%
settings = results.hyperparameters(globals())
train, validation, test = datasets.split(datasets.load_mnist())


def columns(part):
    """Images as columns of floats in [0, 1], float32 (784, N), and the labels, (N,)."""
    return part[0].reshape(len(part[0]), -1).T / np.float32(255), part[1]


(y_train, labels), validation, test = columns(train), columns(validation), columns(test)
targets = np.eye(10, dtype=np.float32)[labels].T

# %% [markdown]
# ## Forward
# For the layers ℓ = 1 … L, the last:  U_ℓ = W_ℓ Y_{ℓ-1} + b_ℓ  and  Y_ℓ = Φ(U_ℓ). Hidden layers
# take ReLU, Φ(u) = max(u, 0), whose derivative is 1 for u > 0, else 0. The last layer takes
# softmax, which makes the ten numbers of a column probabilities.
#
# The first weights are random, with variance 2 / inputs (He et al., 2015): signals neither grow
# nor die on their way through the layers.

# %%
rng = np.random.default_rng(SEED)
W, b, last = {}, {}, len(HIDDEN) + 1
for l, (inputs, outputs) in enumerate(pairwise((784, *HIDDEN, 10)), start=1):
    W[l] = rng.normal(0, np.sqrt(2 / inputs), (outputs, inputs)).astype(np.float32)
    b[l] = np.zeros((outputs, 1), dtype=np.float32)


def forward(y):
    """All U_ℓ and Y_ℓ for the columns ``y``; the last Y are the probabilities."""
    U, Y = {}, {0: y}
    for l in range(1, last + 1):
        U[l] = W[l] @ Y[l - 1] + b[l]
        Y[l] = np.maximum(U[l], 0)
    powers = np.exp(U[last] - U[last].max(axis=0))  # the largest is subtracted: e cannot overflow
    Y[last] = powers / powers.sum(axis=0)
    return U, Y


# %% [markdown]
# ## Backward
# The loss is the cross-entropy, L = -1/N Σ T ∗ ln Y_L. Write δ_ℓ = ∂L/∂U_ℓ. For softmax with
# cross-entropy nearly everything cancels: δ_L = (Y_L - T) / N. Going down, the chain rule gives
#
# - **δ_ℓ = Φ'(U_ℓ) ∗ (W_{ℓ+1}ᵀ δ_{ℓ+1})**, with ∗ number by number
# - **∂L/∂W_ℓ = δ_ℓ Y_{ℓ-1}ᵀ**, and ∂L/∂b_ℓ is δ_ℓ added up over the examples
#
# and the update is W_ℓ ← W_ℓ - η ∂L/∂W_ℓ, with the learning rate η.


# %%
def update(U, Y, T):
    """Backpropagation and one step of gradient descent on every W and b."""
    delta = (Y[last] - T) / T.shape[1]
    for l in range(last, 0, -1):
        dW, db = delta @ Y[l - 1].T, delta.sum(axis=1, keepdims=True)
        if l > 1:
            delta = (U[l - 1] > 0) * (W[l].T @ delta)  # δ_{ℓ-1}, with W_ℓ not yet moved
        W[l] -= LEARNING_RATE * dW
        b[l] -= LEARNING_RATE * db


def loss_and_accuracy(y, labels):
    """Mean cross-entropy, and the share of columns whose largest probability is right."""
    p = forward(y)[1][last]
    right = p[labels, np.arange(len(labels))]
    return float(-np.log(right + 1e-12).mean()), float((p.argmax(axis=0) == labels).mean())


# %% [markdown]
# ## Training
# The weights of the epoch with the best validation accuracy are kept.

# %%
history = {key: [] for key in ("loss", "accuracy", "val_loss", "val_accuracy")}
best = 0.0
seconds = -time.perf_counter()
for epoch in range(1, EPOCHS + 1):
    order = rng.permutation(len(labels))
    for start in range(0, len(order), BATCH_SIZE):
        batch = order[start : start + BATCH_SIZE]
        U, Y = forward(y_train[:, batch])
        update(U, Y, targets[:, batch])
    for prefix, part in (("", (y_train, labels)), ("val_", validation)):
        for key, value in zip(("loss", "accuracy"), loss_and_accuracy(*part), strict=True):
            history[prefix + key].append(value)
    latest = {key: round(values[-1], 4) for key, values in history.items()}
    print(f"epoch {epoch}/{EPOCHS}  {latest}", flush=True)
    if history["val_accuracy"][-1] > best:
        best = history["val_accuracy"][-1]
        kept = {l: (W[l].copy(), b[l].copy()) for l in W}
seconds += time.perf_counter()
for l in W:
    W[l], b[l] = kept[l]

# %% [markdown]
# ## The test images, once

# %%
test_accuracy = loss_and_accuracy(*test)[1]
plots.training_curves(history, "components_7_train_mlp", "Multilayer perceptron by hand")
record = {"test_accuracy": test_accuracy, "seconds": round(seconds, 1)}
record |= {"hyperparameters": settings} | results.environment()
files.write_json(files.ROOT / "01_components/results/7_train_mlp.json", record)
print(f"train_mlp: test accuracy {test_accuracy:.4f} in {seconds:.0f} s")
