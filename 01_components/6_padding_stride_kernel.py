# %% [markdown]
# # Convolution: padding, stride and kernel
#
# What one convolution computes, number by number, and how padding, stride and the kernel's size
# decide how large its output is. You will run it as loops, then as one matrix product that gives
# the same numbers in a fraction of the time.
#
#     python 01_components/6_padding_stride_kernel.py
#
# Takes a few seconds, no training. Every size printed is asserted against the formula.
#
# Source: [Dumoulin & Visin (2016)](https://arxiv.org/abs/1603.07285), *A guide to convolution
# arithmetic for deep learning*; im2col:
# [Chellapilla, Puri & Simard (2006)](https://inria.hal.science/inria-00112631).

# %%
import time

from cnn_practice import datasets, hyperparameters, plots

import numpy as np
import numpy_cnn as cnn
from matplotlib.figure import Figure

# %% [markdown]
# ## Hyperparameters

# %%
IMAGE = 7  # whole number, 0 to 9999; which test image is convolved
STRIDES = (1, 2, 3)  # each a whole number, at least 1; of the table of output sizes
KERNEL_SIZES = (1, 3, 5, 7)  # each a whole number, 1 to 28; of the table of output sizes
hyperparameters.check()

# %% [markdown]
# ## One step
# The kernel $w$ is laid on a window of the image $x$. The numbers that lie on each other are
# multiplied, everything is added up, and a bias is added:
#
# $$z_{i,j} = \sum_{p,q} x_{i s + p,\; j s + q}\; w_{p,q} + b$$
#
# with the stride $s$, the number of pixels from one window to the next. The sum can be written
# $\sum \text{window} \odot w$, where $\odot$ multiplies number by number. The kernel below compares
# what is right of a pixel with what is left of it: it finds vertical edges.

# %%
image = np.zeros((5, 6))
image[1:4, 2:4] = 1
edges = np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])  # Sobel
padded = cnn.zero_pad(image[None, :, :, None], (1, 1), (1, 1))
window = padded[0, 2:5, 1:4]
z = cnn.conv_single_step(window, edges[:, :, None], 0.0)
print(f"one step at row 2, column 1: Σ window ⊙ kernel = {z:g}")
assert z == 1 * 1 + 2 * 1 + 1 * 1  # the kernel's right column lies on ink, the rest on paper

# %% [markdown]
# ## All steps, as loops
# The function below is the formula: loops over images, rows, columns and filters, with one step
# inside. Arrays are channels last, as in Keras: images (N, H, W, C), kernels (kh, kw, C, F).

# %%
x, w = image[None, :, :, None], edges[:, :, None, None]
out, _ = cnn.conv_forward_naive(x, w, np.zeros(1), stride=1, padding="same")
assert out[0, 2, 1, 0] == z
print(out[0, :, :, 0])

# %% [markdown]
# ## The size of the output
# With input size $H$, kernel $k$ and stride $s$, on each axis:
#
# - **valid**, no padding: $H' = \lfloor (H - k) / s \rfloor + 1$
# - **same**, zeros around: $H' = \lceil H / s \rceil$. This takes $\max((H' - 1)\,s + k - H,\; 0)$
#   zeros, half of them before, and an odd one after.

# %%
print("\nH = 28       " + "".join(f"stride {s}            " for s in STRIDES))
for k in KERNEL_SIZES:
    row = []
    for s in STRIDES:
        valid = cnn.padding_sizes(28, k, s, "valid")
        same = cnn.padding_sizes(28, k, s, "same")
        assert valid[2] == (28 - k) // s + 1 and same[2] == -(-28 // s)
        row.append(f"valid {valid[2]:2}, same {same[2]:2} ({same[0]}+{same[1]})")
    print(f"kernel {k}×{k}   " + "   ".join(row))

# %% [markdown]
# ## The same as one matrix product
# Loops in Python are slow. **im2col** lays each window out as one row of a matrix $X$, and each
# kernel as one column of $W$. Then one product computes every step: $X$ has the shape
# $(N H' W',\; k_h k_w C)$, $W$ has $(k_h k_w C,\; F)$. A pixel is copied once for each window that
# covers it: more memory, less time.

# %%
windows = cnn.im2col(padded, 3, 3, stride=1)  # (N, H', W', kh, kw, C)
product = windows.reshape(-1, 9) @ w.reshape(9, 1)
assert np.array_equal(product.reshape(out.shape), out)

digit = datasets.load_mnist()[1][0][IMAGE][None, :, :, None] / np.float32(255)
kernels = np.random.default_rng(0).standard_normal((5, 5, 1, 6), dtype=np.float32)
seconds, results = {}, {}
for convolve in (cnn.conv_forward_naive, cnn.conv_forward):
    start = time.process_time()
    results[convolve], _ = convolve(digit, kernels, np.zeros(6, np.float32), padding="same")
    seconds[convolve] = time.process_time() - start
assert cnn.relative_error(*results.values()) < 1e-6
loops, product = (1000 * each for each in seconds.values())
print(f"\n6 filters on one digit: loops {loops:.0f} ms, matrix product {product:.1f} ms", end=": ")
print(f"{loops / product:.0f} times as fast")

# %% [markdown]
# ## On a real digit

# %%
figure = Figure(figsize=(12, 7.6), layout="constrained")
top, bottom = figure.subfigures(2, 1, height_ratios=(1, 1.15))
top.suptitle("One step of a convolution: Σ window ⊙ kernel", fontsize=12)
axes = top.subplots(1, 3, width_ratios=(8, 3, 6))
plots.numbers(axes[0], padded[0, :, :, 0], "image in its zero padding", mark=(2, 1, 3, 3))
plots.numbers(axes[1], edges, "kernel", cmap="RdBu_r")
plots.numbers(axes[2], out[0, :, :, 0], "output", cmap="RdBu_r", mark=(2, 1, 1, 1))
bottom.suptitle("On a digit, from left to right: red is where ink begins, blue where it ends")
grid = bottom.subplots(2, 4).ravel()
grid[0].imshow(digit[0, :, :, 0], cmap="gray_r")
grid[0].set_title("input 28×28", fontsize=10)
shown = [(3, 1, "valid"), (3, 1, "same"), (3, 2, "same"), (3, 3, "same")]
shown += [(5, 1, "valid"), (7, 1, "valid"), (7, 3, "valid")]
for axis, (k, s, padding) in zip(grid[1:], shown, strict=True):
    # An edge detector of any size: minus one left of the middle, plus one right of it.
    kernel = np.tile(np.sign(np.arange(k) - k // 2), (k, 1)).astype(np.float32)
    out, _ = cnn.conv_forward_naive(digit, kernel[:, :, None, None], np.zeros(1), s, padding)
    limit = np.abs(out).max()
    axis.imshow(out[0, :, :, 0], cmap="RdBu_r", vmin=-limit, vmax=limit)
    size = "×".join(map(str, out.shape[1:3]))
    axis.set_title(f"kernel {k}×{k}, stride {s}, {padding}: {size}", fontsize=10)
for axis in grid:
    axis.set(xticks=[], yticks=[])
plots.save(figure, "components_6_padding_stride_kernel")
print(f"padding_stride_kernel: one step gives {z:g}, a 7×7 kernel with stride 3 {size}")

# %% [markdown]
# **What you saw.** A larger kernel smears more, a larger stride looks at fewer places, and "valid"
# loses the border.
#
# **Try.**
# - `IMAGE = 2`, a 1: which edges does the kernel find, and which not?
# - `STRIDES = (1, 4)` and `KERNEL_SIZES = (2, 4)`: where does the odd zero of "same" go?
#
# **Next.** The output is still large: `7_pooling.py`.
