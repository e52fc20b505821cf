# %% [markdown]
# # One neuron that learns
#
# The smallest thing that learns: one neuron with a weight for each pixel tells one digit from
# another. There is no gradient yet. The neuron looks at one image at a time and changes its weights
# only when it is wrong. You will see its mistakes become fewer, and then a picture of what it
# learned.
#
#     python 01_components/1_train_perceptron.py
#
# Takes a few seconds.
#
# Source: [Rosenblatt (1958)](https://doi.org/10.1037/h0042519), *The perceptron: a probabilistic
# model for information storage and organization in the brain*.

# %%
from cnn_practice import datasets, hyperparameters, plots
from cnn_practice.errors import InputError

import numpy as np
from matplotlib.figure import Figure

# %% [markdown]
# ## Hyperparameters

# %%
SEED = 0  # whole number, at least 0; of the order of the images
DIGITS = (0, 1)  # each a whole number, 0 to 9; the two to tell apart, try (3, 5)
EPOCHS = 20  # whole number, at least 1; it stops sooner if an epoch passes without a mistake
hyperparameters.check()
if len(set(DIGITS)) != 2:
    raise InputError(f"DIGITS is {DIGITS!r}: give two different digits, such as (0, 1).")

# %% [markdown]
# ## The data
# There are three disjoint parts: the neuron learns from the training images, the epoch is chosen on
# the validation images, and the test images are used once, at the end. Each image is a row of 784
# numbers between 0 and 1. The target $t$ is $-1$ for the first digit and $+1$ for the second.


# %%
def two_digits(part):
    """Rows of pixels, float64 (N, 784), and targets -1 or +1, (N,), of the two digits."""
    images, labels = part
    kept = np.isin(labels, DIGITS)
    rows = images[kept].reshape(-1, 784) / 255
    return rows, np.where(labels[kept] == DIGITS[1], 1, -1)


(x, t), validation, test = map(two_digits, datasets.split(datasets.load_mnist()))
print(f"{len(x):,} training, {len(validation[0]):,} validation and {len(test[0]):,} test images")

# %% [markdown]
# ## The neuron
# It multiplies each pixel by its weight and adds everything up: $z = w \cdot x + b$. If $z$ is
# positive, it says «second digit», else «first digit». So an image is classified correctly exactly
# if $t \cdot z > 0$.


# %%
def accuracy(w, b, rows, targets):
    """Share of the rows whose sign is right."""
    return float((targets * (rows @ w + b) > 0).mean())


# %% [markdown]
# ## Learning
# The perceptron rule changes nothing while the neuron is right. When it is wrong,
#
# $$w \leftarrow w + t\,x, \qquad b \leftarrow b + t.$$
#
# This moves $z$ for the same image in the right direction: $z$ changes by $t\,(x \cdot x + 1)$. If
# any weights classify all training images correctly, the rule finds such weights after a finite
# number of mistakes. If there are none, it goes on making mistakes, and its accuracy goes up and
# down.

# %%
rng = np.random.default_rng(SEED)
w, b = np.zeros(784), 0.0
mistakes, accuracies = [], []
for epoch in range(1, EPOCHS + 1):
    wrong = 0
    for i in rng.permutation(len(x)):
        if t[i] * (x[i] @ w + b) <= 0:
            w, b, wrong = w + t[i] * x[i], b + t[i], wrong + 1
    mistakes.append(wrong)
    accuracies.append(accuracy(w, b, *validation))
    print(f"epoch {epoch}: {wrong} mistakes, validation accuracy {accuracies[-1]:.4f}")
    if accuracies[-1] == max(accuracies):
        best = w, b
    if wrong == 0:
        break

# %% [markdown]
# ## What it learned
# There is one weight for each pixel, so the weights can be drawn as an image. Ink on a red pixel
# speaks for the second digit, ink on a blue one for the first. The weights shown are those of the
# epoch with the best validation accuracy, the latest of equals; they also take the test.

# %%
w, b = best
test_accuracy = accuracy(w, b, *test)
figure = Figure(figsize=(11, 3.6), layout="constrained")
figure.suptitle(f"A neuron that tells {DIGITS[0]} from {DIGITS[1]}")
first, second, weights, curve = figure.subplots(1, 4, width_ratios=(1, 1, 1, 1.6))
for axes, target, digit in ((first, -1, DIGITS[0]), (second, 1, DIGITS[1])):
    axes.imshow(x[t == target].mean(axis=0).reshape(28, 28), cmap="gray_r")
    axes.set_title(f"mean of all {digit}", fontsize=10)
limit = np.abs(w).max() or 1
weights.imshow(w.reshape(28, 28), cmap="RdBu_r", vmin=-limit, vmax=limit)
weights.set_title(f"weights: red for {DIGITS[1]}", fontsize=10)
for axes in (first, second, weights):
    axes.set(xticks=[], yticks=[])
curve.plot(np.arange(1, len(mistakes) + 1), mistakes, ".-")
curve.set(xlabel="epoch", ylabel="mistakes on training images", ylim=(0, None))
curve.xaxis.get_major_locator().set_params(integer=True)
curve.grid(alpha=0.3)
plots.save(figure, "components_1_perceptron")
print(f"train_perceptron: test accuracy {test_accuracy:.4f} after {len(mistakes)} epochs")

# %% [markdown]
# **What you saw.** A weighted sum and a rule of one line learn to tell zeros from ones. The weights
# are red where ones have ink (the middle) and blue where zeros have ink (the ring).
#
# **Try.**
# - `DIGITS = (3, 5)`: do the mistakes ever end? Compare the two mean images. And `(4, 9)`?
# - `EPOCHS = 1`: how good is the neuron after it has seen each image once?
# - `SEED = 1`: another order of the images. Are the weights the same?
#
# **Next.** Ten digits need ten scores and a measure of how wrong they are: `2_losses.py`.
