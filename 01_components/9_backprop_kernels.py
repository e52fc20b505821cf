# %% [markdown]
# # Backpropagation to the kernels
#
# How much does the loss change when one weight of a kernel changes? The formula is derived in two
# lines, computed by hand and by the library, and checked by moving each weight a little.
#
#     python 01_components/4_backprop_kernels.py
#
# Takes a few seconds, no training. The gradients are asserted to agree to six digits and more.
#
# Source: LeCun, Boser, Denker et al. (1989), *Backpropagation applied to handwritten zip code
# recognition*.

# %%
from cnn_practice import datasets, plots

import numpy as np
from matplotlib.figure import Figure
from numpy_cnn import conv_backward, conv_forward, numeric_gradient, relative_error

# %% Hyperparameters
SEED = 0  # of the kernels and of the gradient that comes from above
IMAGE = 2  # which test image; a 1
KERNEL_SIZE = 5
STRIDE = 1
PADDING = "valid"
TOLERANCE = 1e-6  # relative error against central differences, in float64

# %% [markdown]
# ## The formula
# Forward, each weight w[p, q] is used at every place (i, j) of the output:
#
# z[i, j] = Σ_{p, q} x[i·s + p, j·s + q] · w[p, q] + b
#
# so by the chain rule its gradient collects from all of them:
#
# ∂L/∂w[p, q] = Σ_{i, j} ∂L/∂z[i, j] · ∂z[i, j]/∂w[p, q] = Σ_{i, j} δ[i, j] · x[i·s + p, j·s + q]
#
# with δ = ∂L/∂z, the gradient that arrives from the layer above. Read it as a convolution: **the
# gradient of the kernel is the input convolved with δ**. Where the input had what δ asks for more
# of, the weight grows. With several images, their sums are added; with several channels and
# filters, each pair (c, f) has its own.

# %%
rng = np.random.default_rng(SEED)
x = datasets.load_mnist()[1][0][IMAGE][None, :, :, None] / 255.0  # float64
w = rng.standard_normal((KERNEL_SIZE, KERNEL_SIZE, 1, 2))
b = np.zeros(2)
z, cache = conv_forward(x, w, b, STRIDE, PADDING)
delta = rng.standard_normal(z.shape)

# %% [markdown]
# ## By hand, by the library, by central differences
# The loss here is L = Σ δ ∗ z, whose gradient with respect to z is δ. The central difference moves
# one weight by ±h and looks at the loss: (L(w + h) - L(w - h)) / 2h.

# %%
by_hand = np.zeros_like(w)
rows, columns = z.shape[1:3]
assert PADDING == "valid", "the padding would have to be put around x first"
for p in range(KERNEL_SIZE):
    for q in range(KERNEL_SIZE):
        seen = x[0, p : p + rows * STRIDE : STRIDE, q : q + columns * STRIDE : STRIDE, 0]
        for f in range(2):
            by_hand[p, q, 0, f] = np.sum(seen * delta[0, :, :, f])

_, by_library, _ = conv_backward(delta, cache)
numeric = numeric_gradient(lambda w: conv_forward(x, w, b, STRIDE, PADDING)[0], w, delta)
errors = {
    "by hand": relative_error(by_hand, numeric),
    "library": relative_error(by_library, numeric),
}
for name, error in errors.items():
    print(f"{name}: relative error {error:.1e} against central differences")
    assert error < TOLERANCE

# %% [markdown]
# ## The same for several images and channels, with stride and padding

# %%
x3, w3 = rng.standard_normal((3, 9, 7, 3)), rng.standard_normal((3, 2, 3, 4))
b3 = rng.standard_normal(4)
for stride in (1, 2, 3):
    for padding in ("valid", "same"):
        z3, cache3 = conv_forward(x3, w3, b3, stride, padding)
        delta3 = rng.standard_normal(z3.shape)
        dw3 = conv_backward(delta3, cache3)[1]
        numeric3 = numeric_gradient(
            lambda w, s=stride, p=padding: conv_forward(x3, w, b3, s, p)[0], w3, delta3
        )
        errors[f"stride {stride}, '{padding}'"] = relative_error(dw3, numeric3)
assert max(errors.values()) < TOLERANCE

# %%
figure = Figure(figsize=(12, 3.6), layout="constrained")
figure.suptitle("∂L/∂w = input ∗ δ, and what central differences say")
axes = figure.subplots(1, 4)
axes[0].imshow(x[0, :, :, 0], cmap="gray_r")
axes[0].set_title("input x", fontsize=10)
axes[1].imshow(delta[0, :, :, 0], cmap="RdBu_r")
axes[1].set_title("δ = ∂L/∂z from above", fontsize=10)
for axis in axes[:2]:
    axis.set(xticks=[], yticks=[])
plots.numbers(axes[2], by_hand[:, :, 0, 0], "∂L/∂w by the formula", cmap="RdBu_r")
plots.numbers(axes[3], numeric[:, :, 0, 0], "∂L/∂w by central differences", cmap="RdBu_r")
plots.save(figure, "components_4_backprop_kernels")
print(f"backprop_kernels: {len(errors)} checks, all relative errors below {TOLERANCE:g}")
