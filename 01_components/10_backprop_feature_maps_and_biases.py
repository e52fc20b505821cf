# %% [markdown]
# # Backpropagation to the feature maps and the biases
#
# A layer in the middle must also tell the layer below how its output should change: the gradient
# with respect to its own input. You will see that this is a convolution again, with the kernel
# turned by 180°, and recompute one of its numbers yourself.
#
#     python 01_components/10_backprop_feature_maps_and_biases.py
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
from numpy_cnn import conv_backward, conv_forward, numeric_gradient, relative_error, zero_pad

# %% [markdown]
# ## Hyperparameters

# %%
SEED = 0  # whole number, at least 0; of the kernel and of the gradient that comes from above
SIZE = 9  # whole number, 7 to 14; side of the input; small, because each pixel is moved
KERNEL_SIZE = 3  # whole number, 2 to 5; side of the kernel
hyperparameters.check()

# %% [markdown]
# ## The formulas
# Forward, with stride 1: $z_{i,j,f} = \sum_{p,q,c} x_{i+p,\; j+q,\; c}\; w_{p,q,c,f} + b_f$. Write
# $\delta = \partial L / \partial z$.
#
# **Bias.** It is added at every place, so $\partial L / \partial b_f = \sum_{i,j} \delta_{i,j,f}$.
#
# **Input.** The pixel $x_{m,n}$ is used by every output $(i, j)$ whose window covers it: those with
# $i + p = m$ and $j + q = n$, with the weight $w_{p,q}$. The chain rule adds them up:
#
# $$\frac{\partial L}{\partial x_{m,n,c}} = \sum_{p,q,f} \delta_{m-p,\; n-q,\; f}\; w_{p,q,c,f}$$
#
# The minus signs say: **the gradient of the input is $\delta$, in a padding of $k - 1$ zeros,
# convolved with the kernel turned by 180°**. With several filters, their shares are added.

# %%
rng = np.random.default_rng(SEED)
digit = datasets.load_mnist()[1][0][2] / 255.0  # a 1
x = digit[8 : 8 + SIZE, 10 : 10 + SIZE][None, :, :, None].copy()
w, b = rng.standard_normal((KERNEL_SIZE, KERNEL_SIZE, 1, 1)).round(1), rng.standard_normal(1)
z, cache = conv_forward(x, w, b)
delta = rng.standard_normal(z.shape).round(1)

# %% [markdown]
# ## By the formula
# One number by hand first: lay the turned kernel on $\delta$ in its padding, multiply, add up.

# %%
margin = (KERNEL_SIZE - 1, KERNEL_SIZE - 1)
around = zero_pad(delta, margin, margin)
turned = w[::-1, ::-1]  # by 180°
row, column = 3, 4
seen = around[0, row : row + KERNEL_SIZE, column : column + KERNEL_SIZE, 0]
one_number = np.sum(seen * turned[:, :, 0, 0])
terms = " ".join(f"{d:+.1f}·({k:.1f})" for d, k in zip(seen.flat, turned.flat, strict=True))
print(f"∂L/∂x at ({row}, {column}) = {terms} = {one_number:.2f}")

dx_formula, _ = conv_forward(around, turned.transpose(0, 1, 3, 2), np.zeros(1))  # (kh, kw, F, C)
db_formula = delta.sum(axis=(0, 1, 2))
assert np.isclose(dx_formula[0, row, column, 0], one_number)

# %% [markdown]
# ## By the library, and by central differences
# The library computes the same in another order: what each output hands back to its window,
# $\delta\, w$, is added up where the windows overlap.

# %%
dx_library, _, db_library = conv_backward(delta, cache)
dx_numeric = numeric_gradient(lambda x: conv_forward(x, w, b)[0], x, delta)
db_numeric = numeric_gradient(lambda b: conv_forward(x, w, b)[0], b, delta)
errors = {
    "input, formula": relative_error(dx_formula, dx_numeric),
    "input, library": relative_error(dx_library, dx_numeric),
    "biases, formula": relative_error(db_formula, db_numeric),
    "biases, library": relative_error(db_library, db_numeric),
}

# %% [markdown]
# ## Stride and padding
# With stride $s$ the outputs lie $s$ pixels apart, so the formula needs $s - 1$ zeros between the
# numbers of $\delta$. The library's order stays as it is. What arrives at the padding is cut off.

# %%
x3, w3 = rng.standard_normal((2, 7, 8, 3)), rng.standard_normal((3, 2, 3, 4))
b3 = rng.standard_normal(4)
for options in ((s, padding) for s in (1, 2, 3) for padding in ("valid", "same")):
    z3, cache3 = conv_forward(x3, w3, b3, *options)
    delta3 = rng.standard_normal(z3.shape)
    dx3, _, db3 = conv_backward(delta3, cache3)
    for name, value, analytic in (("input", x3, dx3), ("biases", b3, db3)):
        # x3 and b3 are moved in place, so f need not look at its argument.
        numeric = numeric_gradient(
            lambda _, o=options: conv_forward(x3, w3, b3, *o)[0], value, delta3
        )
        errors[f"{name}, stride {options[0]}, {options[1]}"] = relative_error(analytic, numeric)
for name, error in errors.items():
    print(f"{name}: relative error {error:.1e} against central differences")
    assert error < 1e-6

# %%
figure = Figure(figsize=(14, 4.2), layout="constrained")
figure.suptitle(
    f"∂L/∂x: δ in zeros, convolved with the turned kernel; the framed sum is {one_number:.2f}"
)
axes = figure.subplots(1, 4, width_ratios=(SIZE + margin[0], KERNEL_SIZE + 0.5, SIZE, SIZE))
k, red_blue = KERNEL_SIZE, {"cmap": "RdBu_r"}
plots.numbers(axes[0], around[0, :, :, 0], "δ in its padding", mark=(row, column, k, k), **red_blue)
plots.numbers(axes[1], turned[:, :, 0, 0], "kernel, turned", **red_blue)
one = (row, column, 1, 1)
plots.numbers(axes[2], dx_formula[0, :, :, 0], "∂L/∂x by the formula", mark=one, **red_blue)
plots.numbers(axes[3], dx_numeric[0, :, :, 0], "by central differences", mark=one, **red_blue)
plots.save(figure, "components_10_backprop_feature_maps_and_biases")
print(f"backprop_feature_maps: {len(errors)} checks, all relative errors below 1e-6")

# %% [markdown]
# **What you saw.** The framed numbers of $\delta$, multiplied by the turned kernel and added up,
# give the framed number of the gradient. You can recompute any other one in the same way.
#
# **Try.**
# - `SEED = 1`: another kernel; recompute the framed sum from the figure.
# - `KERNEL_SIZE = 2`: why does the padding become one zero on each side?
#
# **Next.** The gradient must also pass through pooling: `11_backprop_pooling.py`.
