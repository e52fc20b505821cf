# %% [markdown]
# # Padding, stride and kernel
#
# What one convolution computes, step by step, and how padding, stride and the kernel's size decide
# how large its output is and what it sees.
#
#     python 01_components/1_padding_stride_kernel.py
#
# Takes a few seconds, no training. Every size printed is asserted against the formula.
#
# Source: Dumoulin & Visin (2016), *A guide to convolution arithmetic for deep learning*.

# %%
from cnn_practice import datasets, plots

import numpy as np
from matplotlib.figure import Figure
from numpy_cnn import conv_forward, conv_single_step, padding_sizes, zero_pad

# %% Hyperparameters
IMAGE = 7  # which test image is convolved
STRIDES = (1, 2, 3)
KERNEL_SIZES = (1, 3, 5, 7)

# %% [markdown]
# ## One step
# The kernel is laid on a window of the image, the numbers that lie on each other are multiplied,
# and everything is added up, plus a bias:
#
# z[i, j] = Σ_{p, q} x[i·s + p, j·s + q] · w[p, q] + b
#
# This kernel compares what is right of a pixel with what is left of it: it finds vertical edges.

# %%
image = np.zeros((5, 6))
image[1:4, 2:4] = 1
edges = np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])  # Sobel
padded = zero_pad(image[None, :, :, None], (1, 1), (1, 1))
window = padded[0, 2:5, 1:4]
z = conv_single_step(window, edges[:, :, None], 0.0)
print(f"one step at row 2, column 1: Σ window ∗ kernel = {z:g}")

# %% [markdown]
# ## All steps, and the size of the output
# With input size H, kernel k and stride s, on each axis:
#
# - 'valid', no padding: H' = ⌊(H - k) / s⌋ + 1
# - 'same', zeros around: H' = ⌈H / s⌉, which takes max((H' - 1)·s + k - H, 0) zeros; when that is
#   odd, the last side gets one more

# %%
out, _ = conv_forward(image[None, :, :, None], edges[:, :, None, None], np.zeros(1), padding="same")
assert out[0, 2, 1, 0] == z

print("\nH = 28       " + "".join(f"stride {s}            " for s in STRIDES))
for k in KERNEL_SIZES:
    row = []
    for s in STRIDES:
        valid = padding_sizes(28, k, s, "valid")
        same = padding_sizes(28, k, s, "same")
        assert valid[2] == (28 - k) // s + 1 and same[2] == -(-28 // s)
        row.append(f"valid {valid[2]:2}, same {same[2]:2} ({same[0]}+{same[1]})")
    print(f"kernel {k}×{k}   " + "   ".join(row))

# %% [markdown]
# ## The same on a real digit
# A larger kernel smears more; a larger stride looks at fewer places; 'valid' loses the border.

# %%
digit = datasets.load_mnist()[1][0][IMAGE][None, :, :, None] / np.float32(255)
figure = Figure(figsize=(12, 7.6), layout="constrained")
top, bottom = figure.subfigures(2, 1, height_ratios=(1, 1.15))
top.suptitle("One step of a convolution: window ∗ kernel, all added up", fontsize=12)
axes = top.subplots(1, 3, width_ratios=(8, 3, 6))
plots.numbers(axes[0], padded[0, :, :, 0], "image in its zero padding ('same')", mark=(2, 1, 3, 3))
plots.numbers(axes[1], edges, "∗ kernel", cmap="RdBu_r")
plots.numbers(axes[2], out[0, :, :, 0], "= output", cmap="RdBu_r", mark=(2, 1, 1, 1))

bottom.suptitle(
    "On a digit, from left to right: red is where ink begins, blue where it ends", fontsize=12
)
grid = bottom.subplots(2, 4)
grid[0, 0].imshow(digit[0, :, :, 0], cmap="gray_r")
grid[0, 0].set_title("input 28×28", fontsize=10)
shown = [(3, 1, "valid"), (3, 1, "same"), (3, 2, "same"), (3, 3, "same")]
shown += [(5, 1, "valid"), (7, 1, "valid"), (7, 3, "valid")]
for axis, (k, s, padding) in zip(grid.flat[1:], shown, strict=True):
    # An edge detector of any size: minus one left of the middle, plus one right of it.
    kernel = np.tile(np.sign(np.arange(k) - k // 2), (k, 1)).astype(np.float32)
    out, _ = conv_forward(digit, kernel[:, :, None, None], np.zeros(1, np.float32), s, padding)
    limit = np.abs(out).max()
    axis.imshow(out[0, :, :, 0], cmap="RdBu_r", vmin=-limit, vmax=limit)
    size = "×".join(map(str, out.shape[1:3]))
    axis.set_title(f"kernel {k}×{k}, stride {s}, '{padding}': {size}", fontsize=10)
for axis in grid.flat:
    axis.set(xticks=[], yticks=[])
plots.save(figure, "components_1_padding_stride_kernel")
print(f"padding_stride_kernel: one step gives {z:g}, a 7×7 kernel with stride 3 {size}")
