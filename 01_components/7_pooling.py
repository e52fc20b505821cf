# %% [markdown]
# # Max and average pooling
#
# Pooling replaces each window of a feature map by one number, channel by channel: its maximum ("is
# the feature anywhere here?") or its mean ("how much of it is here?"). It has no parameters. The
# map gets smaller, and a feature may move a little without being lost.
#
#     python 01_components/2_pooling.py
#
# Takes a few seconds, no training. The naive loops and the fast version are asserted to agree.
#
# Source: LeCun et al. (1998) for the average, there called subsampling; Ranzato et al. (2007) for
# the maximum.

# %%
from cnn_practice import datasets, plots

import numpy as np
from matplotlib.figure import Figure
from numpy_cnn import (
    average_pool_forward,
    average_pool_forward_naive,
    conv_forward,
    max_pool_forward,
    max_pool_forward_naive,
)

# %% Hyperparameters
IMAGE = 0  # which test image is pooled
WINDOWS = (2, 3, 4)
SHIFT = 1  # pixels by which the digit is moved, to see what the pooled maps notice

# %% [markdown]
# ## By hand
# out[i, j] = max_{p, q} x[i·s + p, j·s + q], or the mean of the same window; s is the window's
# side by default, so that windows do not overlap. H' = ⌊(H - k) / s⌋ + 1.

# %%
small = np.array([[1.0, 3, 2, 1], [4, 6, 5, 0], [7, 2, 0, 1], [1, 2, 3, 8]])
x = small[None, :, :, None]
maximum, mean = max_pool_forward_naive(x)[0], average_pool_forward_naive(x)[0]
assert maximum[0, :, :, 0].tolist() == [[6, 5], [7, 8]]
assert mean[0, :, :, 0].tolist() == [[3.5, 2], [3, 3]]

# %% [markdown]
# ## Fast
# The maximum of a window is the maximum of its rows' maxima, and a sum likewise: so each axis is
# pooled on its own, for all images at once. With 'same', the windows at the border look only at
# the pixels inside the image.

# %%
rng = np.random.default_rng(0)
x = rng.standard_normal((2, 11, 9, 3))
for window in WINDOWS:
    for stride in (1, 2, 3):
        for padding in ("valid", "same"):
            options = (window, stride, padding)
            for naive, fast in (
                (max_pool_forward_naive, max_pool_forward),
                (average_pool_forward_naive, average_pool_forward),
            ):
                assert np.allclose(naive(x, *options)[0], fast(x, *options)[0], atol=1e-12)
print("naive and fast pooling agree for every window, stride and padding")

# %% [markdown]
# ## What pooling forgives
# Move the digit by a pixel, and see how much of the edge map changes, before and after pooling.


# %%
def changed(a, b):
    """How far two maps are apart, relative to their size."""
    return float(np.linalg.norm(a - b) / np.linalg.norm(a))


digit = datasets.load_mnist()[1][0][IMAGE][None, :, :, None] / np.float32(255)
edges = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], dtype=np.float32)[:, :, None, None] / 4
maps = [
    np.maximum(conv_forward(np.roll(digit, by, axis=2), edges, np.zeros(1, np.float32))[0], 0)
    for by in (0, SHIFT)
]
print(f"moved by {SHIFT} pixel, the edge map changes by {changed(*maps):.0%}")
for window in WINDOWS:
    by_max = changed(*(max_pool_forward(each, window)[0] for each in maps))
    by_mean = changed(*(average_pool_forward(each, window)[0] for each in maps))
    print(f"  pooled {window}×{window}: maximum {by_max:.0%}, mean {by_mean:.0%}")

# %%
figure = Figure(figsize=(11, 7), layout="constrained")
top, bottom = figure.subfigures(2, 1, height_ratios=(1, 1.4))
axes = top.subplots(1, 3, width_ratios=(4, 2, 2))
plots.numbers(axes[0], small, "a 4×4 map; one 2×2 window", mark=(0, 0, 2, 2))
plots.numbers(axes[1], maximum[0, :, :, 0], "maximum", limit=8, mark=(0, 0, 1, 1))
plots.numbers(axes[2], mean[0, :, :, 0], "mean", limit=8, mark=(0, 0, 1, 1))
bottom.suptitle("An edge map of a digit, pooled: the maximum stays sharp, the mean fades")
grid = bottom.subplots(2, 1 + len(WINDOWS))
for row, (kind, pool) in enumerate((("max", max_pool_forward), ("average", average_pool_forward))):
    shown = [("edge map", maps[0])] + [(f"{kind} {k}×{k}", pool(maps[0], k)[0]) for k in WINDOWS]
    for axis, (title, values) in zip(grid[row], shown, strict=True):
        axis.imshow(values[0, :, :, 0], cmap="gray_r", vmin=0, vmax=1)
        size = "×".join(map(str, values.shape[1:3]))
        axis.set_title(f"{title}: {size}", fontsize=10)
        axis.set(xticks=[], yticks=[])
plots.save(figure, "components_2_pooling")
print(f"pooling: moved by {SHIFT} pixel, the map changes {changed(*maps):.2f}, pooled {by_max:.2f}")
