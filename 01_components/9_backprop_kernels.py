# %% [markdown]
# # Backpropagation to the kernels
#
# How much does the loss change when one weight of a kernel changes? You will derive the formula in
# two lines, compute it by hand, and check it by moving each weight a little.
#
#     python 01_components/9_backprop_kernels.py
#
# Takes a few seconds, no training. All gradients are asserted to agree with central differences,
# with a relative error below 1e-6.
#
# Source: [LeCun, Boser, Denker et al. (1989)](https://doi.org/10.1162/neco.1989.1.4.541),
# *Backpropagation applied to handwritten zip code recognition*.

# %%
from cnn_practice import datasets, hyperparameters, plots

import numpy as np
from matplotlib.figure import Figure
from numpy_cnn import conv_backward, conv_forward, numeric_gradient, relative_error

# %% [markdown]
# ## Hyperparameters

# %%
SEED = 0  # whole number, at least 0; of the kernel and of the gradient that comes from above
IMAGE = 2  # whole number, 0 to 9999; which test image, a 1
KERNEL_SIZE = 5  # whole number, 1 to 27; side of the kernel
STRIDE = 1  # whole number, 1 to 27; pixels from one window to the next
hyperparameters.check()

# %% [markdown]
# ## The formula
# Forward, each weight $w_{p,q}$ is used at every place $(i, j)$ of the output:
#
# $$z_{i,j} = \sum_{p,q} x_{i s + p,\; j s + q}\; w_{p,q} + b$$
#
# So by the chain rule its gradient adds up what comes from all of them. With
# $\delta = \partial L / \partial z$, the gradient that arrives from the layer above:
#
# $$\frac{\partial L}{\partial w_{p,q}} = \sum_{i,j} \frac{\partial L}{\partial z_{i,j}}
#   \frac{\partial z_{i,j}}{\partial w_{p,q}} = \sum_{i,j} \delta_{i,j}\; x_{i s + p,\; j s + q}$$
#
# For stride 1 this is a convolution: **the gradient of the kernel is the input convolved with
# $\delta$**. Gradient descent subtracts it. So where ink of the input meets $\delta > 0$ (a larger
# $z$ would make the loss larger), the weight becomes smaller; where it meets $\delta < 0$, larger.

# %%
rng = np.random.default_rng(SEED)
x = datasets.load_mnist()[1][0][IMAGE][None, :, :, None] / 255.0  # float64
w, b = rng.standard_normal((KERNEL_SIZE, KERNEL_SIZE, 1, 1)), np.zeros(1)
z, cache = conv_forward(x, w, b, STRIDE)
delta = rng.standard_normal(z.shape)

# %% [markdown]
# ## By hand
# For each weight: take every pixel that it was multiplied with, and multiply it by the $\delta$ of
# that place.

# %%
by_hand = np.zeros_like(w)
for p in range(KERNEL_SIZE):
    for q in range(KERNEL_SIZE):
        for i in range(z.shape[1]):
            for j in range(z.shape[2]):
                pixel = x[0, i * STRIDE + p, j * STRIDE + q, 0]
                by_hand[p, q, 0, 0] += delta[0, i, j, 0] * pixel

# %% [markdown]
# ## By the library, and by central differences
# As a loss whose gradient with respect to $z$ is $\delta$, take $L = \sum \delta \odot z$. The
# central difference moves one weight by $\pm h$ and looks at that loss. The library computes all
# weights of all filters at once, as a matrix product.

# %%
_, by_library, _ = conv_backward(delta, cache)
numeric = numeric_gradient(lambda w: conv_forward(x, w, b, STRIDE)[0], w, delta)
errors = {
    "by hand": relative_error(by_hand, numeric),
    "library": relative_error(by_library, numeric),
}
step = w - 0.01 * by_library  # one step of gradient descent makes the loss smaller
assert np.sum(delta * conv_forward(x, step, b, STRIDE)[0]) <= np.sum(delta * z)

# %% [markdown]
# ## Several images, channels and filters, stride and padding
# With several images their sums are added. Each pair of channel $c$ and filter $f$ has its own
# kernel, and so its own sum.

# %%
x3, w3 = rng.standard_normal((3, 9, 7, 3)), rng.standard_normal((3, 2, 3, 4))
b3 = rng.standard_normal(4)
for stride in (1, 2, 3):
    for padding in ("valid", "same"):
        z3, cache3 = conv_forward(x3, w3, b3, stride, padding)
        delta3 = rng.standard_normal(z3.shape)
        numeric3 = numeric_gradient(
            lambda w, s=stride, p=padding: conv_forward(x3, w, b3, s, p)[0], w3, delta3
        )
        error = relative_error(conv_backward(delta3, cache3)[1], numeric3)
        errors[f"stride {stride}, {padding}"] = error
for name, error in errors.items():
    print(f"{name}: relative error {error:.1e} against central differences")
    assert error < 1e-6

# %%
figure = Figure(figsize=(12, 3.6), layout="constrained")
figure.suptitle("∂L/∂w = input ∗ δ (∗ is the convolution), and what central differences say")
axes = figure.subplots(1, 4)
axes[0].imshow(x[0, :, :, 0], cmap="gray_r")
axes[0].set_title("input x", fontsize=10)
limit = np.abs(delta).max()
axes[1].imshow(delta[0, :, :, 0], cmap="RdBu_r", vmin=-limit, vmax=limit)
axes[1].set_title("δ = ∂L/∂z from above", fontsize=10)
for axis in axes[:2]:
    axis.set(xticks=[], yticks=[])
plots.numbers(axes[2], by_hand[:, :, 0, 0], "∂L/∂w by the formula", cmap="RdBu_r")
plots.numbers(axes[3], numeric[:, :, 0, 0], "∂L/∂w by central differences", cmap="RdBu_r")
plots.save(figure, "components_9_backprop_kernels")
print(f"backprop_kernels: {len(errors)} checks, all relative errors below 1e-6")

# %% [markdown]
# **What you saw.** Two ways to the same numbers: the formula in one pass over the image, and
# central differences with two passes for each weight.
#
# **Try.**
# - `STRIDE = 3`: the loops by hand still agree. Which pixels are never used?
# - `KERNEL_SIZE = 27`: $\delta$ has 2 × 2 numbers. Which part of the digit is in the gradient?
#
# **Next.** The layer below needs a gradient too: `10_backprop_feature_maps_and_biases.py`.
