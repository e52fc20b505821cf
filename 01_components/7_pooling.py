# %% [markdown]
# # Max and average pooling
#
# Pooling replaces each window of a feature map by one number, channel by channel: its maximum («is
# the feature anywhere here?») or its mean («how much of it is here?»). It has no parameters. The
# map gets smaller, and a feature may move a little without being lost.
#
#     python 01_components/7_pooling.py
#
# Takes a few seconds, no training. The loops and the version without loops are asserted to agree.
#
# Source: [LeCun, Bottou, Bengio & Haffner (1998)](https://doi.org/10.1109/5.726791) for the mean,
# there called sub-sampling; [Ranzato, Huang, Boureau & LeCun
# (2007)](https://doi.org/10.1109/CVPR.2007.383157) for the maximum.

# %%
from cnn_practice import datasets, hyperparameters, plots

import numpy as np
import numpy_cnn as cnn
from matplotlib.figure import Figure

# %% [markdown]
# ## Hyperparameters

# %%
IMAGE = 0  # whole number, 0 to 9999; which test image is pooled
WINDOWS = (2, 3, 4)  # each a whole number, 1 to 28; sides of the pooling windows
SHIFT = 1  # whole number, -28 to 28; pixels to the right, to see what the pooled maps notice
hyperparameters.check()

# %% [markdown]
# ## By hand
# Each window gives one number:
#
# $$z_{i,j} = \max_{p,q}\, x_{i s + p,\; j s + q} \qquad \text{or} \qquad
#   z_{i,j} = \frac 1{k^2} \sum_{p,q} x_{i s + p,\; j s + q}$$
#
# The stride $s$ is the window's side $k$ unless one asks for another, so that windows do not
# overlap. The output has the size $H' = \lfloor (H - k) / s \rfloor + 1$, as in a convolution.

# %%
small = np.array([[1.0, 3, 2, 1], [4, 6, 5, 0], [7, 2, 0, 1], [1, 2, 3, 8]])
by_hand = {"max": np.zeros((2, 2)), "average": np.zeros((2, 2))}
for i in range(2):
    for j in range(2):
        window = small[2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
        by_hand["max"][i, j] = window.max()
        by_hand["average"][i, j] = window.mean()
assert by_hand["max"].tolist() == [[6, 5], [7, 8]]
assert by_hand["average"].tolist() == [[3.5, 2], [3, 3]]

# %% [markdown]
# ## The library's loops
# `max_pool_forward_naive` and `average_pool_forward_naive` are the same loops, over images and
# channels too. With padding "same", the windows at the border look only at the pixels inside the
# image: padding is never the maximum, and it is not counted in the mean.

# %%
x = small[None, :, :, None]
assert np.array_equal(cnn.max_pool_forward_naive(x)[0][0, :, :, 0], by_hand["max"])
assert np.array_equal(cnn.average_pool_forward_naive(x)[0][0, :, :, 0], by_hand["average"])
mean, _ = cnn.average_pool_forward_naive(x, window=3, stride=2, padding="same")
assert mean[0, 1, 1, 0] == np.mean([0, 1, 3, 8])  # 2×2 pixels of that window are inside

# %% [markdown]
# ## Without loops over pixels
# `max_pool_forward` and `average_pool_forward` lay out all windows with im2col, as the convolution
# does, and take the maximum or the mean of each at once.

# %%
kinds = {
    "max": (cnn.max_pool_forward_naive, cnn.max_pool_forward),
    "average": (cnn.average_pool_forward_naive, cnn.average_pool_forward),
}
x = np.random.default_rng(0).standard_normal((2, 11, 9, 3))
for window in (2, 3, 4):
    for stride in (1, 2, 3):
        for padding in ("valid", "same"):
            for naive, at_once in kinds.values():
                options = (window, stride, padding)
                assert np.allclose(naive(x, *options)[0], at_once(x, *options)[0], atol=1e-12)
print("loops and windows at once agree for every window, stride and padding")

# %% [markdown]
# ## What pooling forgives
# Move the digit a little to the right, and compare the edge maps before and after: the root of the
# summed squares of the differences, relative to the map. 0 % would mean that the layer above cannot
# tell whether the digit moved.


# %%
def changed(a, b):
    """How far two maps are apart, relative to the first one's size."""
    return float(np.linalg.norm(a - b) / np.linalg.norm(a))


digit = datasets.load_mnist()[1][0][IMAGE][None, :, :, None] / np.float32(255)
edges = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], dtype=np.float32)[:, :, None, None] / 4
maps = [
    np.maximum(cnn.conv_forward(np.roll(digit, by, axis=2), edges, np.zeros(1, np.float32))[0], 0)
    for by in (0, SHIFT)
]
print(f"moved by {SHIFT} pixel, the edge map changes by {changed(*maps):.0%}")
for window in WINDOWS:
    by_kind = [changed(*(pool(each, window)[0] for each in maps)) for _, pool in kinds.values()]
    print(f"  pooled {window}×{window}: maximum {by_kind[0]:.0%}, mean {by_kind[1]:.0%}")

# %%
figure = Figure(figsize=(11, 7), layout="constrained")
top, bottom = figure.subfigures(2, 1, height_ratios=(1, 1.4))
axes = top.subplots(1, 3, width_ratios=(4, 2, 2))
plots.numbers(axes[0], small, "a 4×4 map; one 2×2 window", mark=(0, 0, 2, 2))
plots.numbers(axes[1], by_hand["max"], "maximum", limit=8, mark=(0, 0, 1, 1))
plots.numbers(axes[2], by_hand["average"], "mean", limit=8, mark=(0, 0, 1, 1))
bottom.suptitle("An edge map of a digit, pooled")
for row, (kind, (_, pool)) in zip(bottom.subplots(2, 1 + len(WINDOWS)), kinds.items(), strict=True):
    shown = [("edge map", maps[0])] + [(f"{kind} {k}×{k}", pool(maps[0], k)[0]) for k in WINDOWS]
    for axis, (title, values) in zip(row, shown, strict=True):
        axis.imshow(values[0, :, :, 0], cmap="gray_r", vmin=0, vmax=1)
        axis.set_title(f"{title}: {values.shape[1]}×{values.shape[2]}", fontsize=10)
        axis.set(xticks=[], yticks=[])
plots.save(figure, "components_7_pooling")
print(f"pooling: moved by {SHIFT}, the map changes {changed(*maps):.2f}, {by_kind[0]:.2f} pooled")

# %% [markdown]
# **What you saw.** After pooling, the same shift changes the map less, so the layers above need not
# learn every position of a stroke anew. Some of the shift remains: pooling makes a network less
# sensitive to it, not independent of it. In the picture the maximum stays dark, and the mean fades.
#
# **Try.**
# - `SHIFT = 2`, and then 4: how large a shift can a window of side 4 still forgive?
# - `IMAGE = 1`, a 2: is the change the same for another digit?
#
# **Next.** Which layers have the parameters, and which do the work? `8_count_parameters.py`.
