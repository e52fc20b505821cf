# %% [markdown]
# # Backpropagation through pooling
#
# Pooling has nothing to learn, but the gradient must pass through it. Through the maximum it goes
# to one pixel of the window alone, through the mean it is spread evenly. You will run both as loops
# and follow the gradient of one window.
#
#     python 01_components/11_backprop_pooling.py
#
# Takes a few seconds, no training. All gradients are asserted to agree with central differences,
# with a relative error below 1e-6.
#
# Source: [LeCun, Bottou, Bengio & Haffner (1998)](https://doi.org/10.1109/5.726791) for the mean;
# [Ranzato, Huang, Boureau & LeCun (2007)](https://doi.org/10.1109/CVPR.2007.383157) for the
# maximum.

# %%
from cnn_practice import hyperparameters, plots
from cnn_practice.errors import InputError

import numpy as np
import numpy_cnn as cnn
from matplotlib.figure import Figure

# %% [markdown]
# ## Hyperparameters

# %%
SEED = 0  # whole number, at least 0; of the feature map and of the gradient that comes from above
SIZE = 6  # whole number, 2 to 12; side of the feature map
WINDOW = 2  # whole number, 1 to 6; side of the pooling window
hyperparameters.check()
if 2 * WINDOW > SIZE:
    raise InputError(f"WINDOW is {WINDOW} and SIZE is {SIZE}: two windows must fit side by side.")

# %% [markdown]
# ## The formulas
# With $\delta = \partial L / \partial z$, and $z_{i,j}$ pooled from the window at $(i, j)$:
#
# - **maximum**, $z = \max x$: if the largest pixel grows a little, so does $z$; if any other pixel
#   does, $z$ stays. So $\partial L / \partial x = \text{mask} \odot \delta$, where the mask is 1 at
#   the maximum and 0 elsewhere.
# - **mean**, $z = \sum x / k^2$: each pixel has the same share,
#   $\partial L / \partial x = \delta / k^2$.
#
# Where windows overlap, a pixel adds up what it gets from each. Where two pixels are equal, the
# maximum has no derivative. Then the first in reading order gets all, as in TensorFlow.

# %%
rng = np.random.default_rng(SEED)
x = rng.permutation(SIZE * SIZE).reshape(SIZE, SIZE).astype(float)  # no two are equal
side = SIZE // WINDOW
delta = rng.standard_normal((side, side)).round(1)

# %% [markdown]
# ## By hand

# %%
by_hand = {"max": np.zeros_like(x), "average": np.zeros_like(x)}
for i in range(side):
    for j in range(side):
        rows, columns = slice(i * WINDOW, (i + 1) * WINDOW), slice(j * WINDOW, (j + 1) * WINDOW)
        mask = x[rows, columns] == x[rows, columns].max()
        by_hand["max"][rows, columns] = mask * delta[i, j]
        by_hand["average"][rows, columns] = delta[i, j] / WINDOW**2

# %% [markdown]
# ## The library: loops, and all windows at once
# `max_pool_backward_naive` is the loop above for any stride and padding, images and channels.
# `max_pool_backward` remembers where each maximum was. The same holds for the mean.

# %%
kinds = {
    "max, loops": (cnn.max_pool_forward_naive, cnn.max_pool_backward_naive),
    "max, at once": (cnn.max_pool_forward, cnn.max_pool_backward),
    "average, loops": (cnn.average_pool_forward_naive, cnn.average_pool_backward_naive),
    "average, at once": (cnn.average_pool_forward, cnn.average_pool_backward),
}
for name, (forward, backward) in kinds.items():
    _, cache = forward(x[None, :, :, None], WINDOW)
    dx = backward(delta[None, :, :, None], cache)
    assert np.allclose(dx[0, :, :, 0], by_hand[name.split(",")[0]])

# %% [markdown]
# ## By central differences, for windows that overlap, fit, or leave gaps

# %%
x3 = rng.permutation(7 * 5 * 2).reshape(1, 7, 5, 2) / 10.0
for name, (forward, backward) in kinds.items():
    errors = []
    for window in (1, 2, 3):
        for stride in (1, 2, 3):
            for padding in ("valid", "same"):
                options = (window, stride, padding)
                z3, cache3 = forward(x3, *options)
                delta3 = rng.standard_normal(z3.shape)
                numeric = cnn.numeric_gradient(
                    lambda x, f=forward, o=options: f(x, *o)[0], x3, delta3
                )
                errors.append(cnn.relative_error(backward(delta3, cache3), numeric))
    print(f"{name}: {len(errors)} settings, largest relative error {max(errors):.1e}")
    assert max(errors) < 1e-6

# %%
figure = Figure(figsize=(14, 4), layout="constrained")
figure.suptitle("Where the gradient of one window goes (framed)")
axes = figure.subplots(1, 4, width_ratios=(SIZE, side + 0.5, SIZE, SIZE))
frame, limit = (0, WINDOW, WINDOW, WINDOW), np.abs(delta).max()
plots.numbers(axes[0], x, "input x", mark=frame)
plots.numbers(axes[1], delta, "δ = ∂L/∂z", cmap="RdBu_r", mark=(0, 1, 1, 1))
for axis, (kind, dx) in zip(axes[2:], by_hand.items(), strict=True):
    plots.numbers(axis, dx, f"∂L/∂x, {kind}", cmap="RdBu_r", mark=frame, limit=limit)
plots.save(figure, "components_11_backprop_pooling")
print(f"backprop_pooling: {len(kinds)} versions, all relative errors below 1e-6")

# %% [markdown]
# **What you saw.** Behind the maximum, most pixels get no gradient at all: only the winners of this
# image learn from it. Behind the mean, all of them get a small one.
#
# **Try.**
# - `WINDOW = 3`: how many pixels get a gradient through the maximum now?
# - `SIZE = 7`: what do the last row and column get, and why?
#
# **Next.** All parts are there. Before a long training, a cheap test: `12_overfit_small_data.py`.
