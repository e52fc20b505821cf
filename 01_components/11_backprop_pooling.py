# %% [markdown]
# # Backpropagation through pooling
#
# Pooling has nothing to learn, but the gradient must pass through it. Through the maximum it goes
# to the winner alone, through the mean it is spread evenly.
#
#     python 01_components/6_backprop_pooling.py
#
# Takes a few seconds, no training. The gradients are asserted to agree to six digits and more.
#
# Source: LeCun et al. (1998) for the mean; Ranzato et al. (2007) for the maximum.

# %%
from cnn_practice import plots

import numpy as np
from matplotlib.figure import Figure
from numpy_cnn import (
    average_pool_backward,
    average_pool_backward_naive,
    average_pool_forward,
    average_pool_forward_naive,
    max_pool_backward,
    max_pool_backward_naive,
    max_pool_forward,
    max_pool_forward_naive,
    numeric_gradient,
    relative_error,
)

# %% Hyperparameters
SEED = 0  # of the feature map and of the gradient that comes from above
SIZE = 6
WINDOW = 2
TOLERANCE = 1e-6  # relative error against central differences, in float64

# %% [markdown]
# ## The formulas
# With δ = ∂L/∂z, and z[i, j] pooled from the window at (i, j):
#
# - **maximum**: z = max x. A little more of the largest pixel is a little more of z; a little more
#   of any other changes nothing. ∂L/∂x = mask ∗ δ, the mask being 1 at the maximum and 0 elsewhere.
# - **mean**: z = Σ x / k². Each pixel has the same share: ∂L/∂x = δ / k².
#
# Where windows overlap (stride < k), a pixel adds up what it gets from each. Where two pixels are
# equal, the maximum has no derivative; the first in reading order gets all, as in TensorFlow.

# %%
rng = np.random.default_rng(SEED)
x = rng.permutation(SIZE * SIZE).reshape(1, SIZE, SIZE, 1).astype(float)  # no two are equal
z_max, cache_max = max_pool_forward_naive(x, WINDOW)
z_mean, cache_mean = average_pool_forward_naive(x, WINDOW)
delta = rng.standard_normal(z_max.shape).round(1)
dx_max = max_pool_backward_naive(delta, cache_max)
dx_mean = average_pool_backward_naive(delta, cache_mean)

# %% [markdown]
# ## By hand

# %%
for i, j in np.ndindex(*delta.shape[1:3]):
    rows, columns = slice(i * WINDOW, (i + 1) * WINDOW), slice(j * WINDOW, (j + 1) * WINDOW)
    window = x[0, rows, columns, 0]
    mask = window == window.max()
    assert np.allclose(dx_max[0, rows, columns, 0], mask * delta[0, i, j, 0])
    assert np.allclose(dx_mean[0, rows, columns, 0], delta[0, i, j, 0] / WINDOW**2)

# %% [markdown]
# ## By central differences, for windows that overlap, fit, or leave gaps
# Both the naive loops and the fast versions.

# %%
kinds = {
    "max, naive": (max_pool_forward_naive, max_pool_backward_naive),
    "max, fast": (max_pool_forward, max_pool_backward),
    "average, naive": (average_pool_forward_naive, average_pool_backward_naive),
    "average, fast": (average_pool_forward, average_pool_backward),
}
x3 = rng.permutation(2 * 7 * 5 * 2).reshape(2, 7, 5, 2) / 10.0
for name, (forward, backward) in kinds.items():
    errors = []
    for window in (1, 2, 3):
        for stride in (1, 2, 3):
            for padding in ("valid", "same"):
                options = (window, stride, padding)
                z3, cache3 = forward(x3, *options)
                delta3 = rng.standard_normal(z3.shape)
                numeric = numeric_gradient(lambda x, f=forward, o=options: f(x, *o)[0], x3, delta3)
                errors.append(relative_error(backward(delta3, cache3), numeric))
    print(f"{name}: {len(errors)} settings, largest relative error {max(errors):.1e}")
    assert max(errors) < TOLERANCE

# %%
figure = Figure(figsize=(14, 4), layout="constrained")
figure.suptitle("Where the gradient of one window goes (framed)")
axes = figure.subplots(1, 4, width_ratios=(6, 3.5, 6, 6))
frame = (0, WINDOW, WINDOW, WINDOW)
plots.numbers(axes[0], x[0, :, :, 0], "input x", mark=frame)
plots.numbers(axes[1], delta[0, :, :, 0], "δ = ∂L/∂z", cmap="RdBu_r", mark=(0, 1, 1, 1))
plots.numbers(axes[2], dx_max[0, :, :, 0], "max: to the winner", cmap="RdBu_r", mark=frame)
plots.numbers(
    axes[3], dx_mean[0, :, :, 0], "average: spread", cmap="RdBu_r", mark=frame,
    limit=np.abs(delta).max(),
)  # fmt: skip
plots.save(figure, "components_6_backprop_pooling")
print(f"backprop_pooling: {len(kinds)} versions, all relative errors below {TOLERANCE:g}")
