# %% [markdown]
# # Backpropagation to the feature maps and the biases
#
# A layer in the middle must also tell the layer before it what to change: the gradient with respect
# to its input. It turns out to be a convolution again, with the kernel turned by 180°.
#
#     python 01_components/5_backprop_feature_maps_and_biases.py
#
# Takes a few seconds, no training. The gradients are asserted to agree to six digits and more.
#
# Source: LeCun, Boser, Denker et al. (1989), *Backpropagation applied to handwritten zip code
# recognition*.

# %%
from cnn_practice import datasets, plots

import numpy as np
from matplotlib.figure import Figure
from numpy_cnn import conv_backward, conv_forward, numeric_gradient, relative_error, zero_pad

# %% Hyperparameters
SEED = 0  # of the kernels and of the gradient that comes from above
SIZE = 9  # side of the piece of a digit that is the input; small, since each pixel is moved
KERNEL_SIZE = 3
FILTERS = 2
TOLERANCE = 1e-6  # relative error against central differences, in float64

# %% [markdown]
# ## The formulas
# Forward, stride 1: z[i, j, f] = Σ_{p, q, c} x[i + p, j + q, c] · w[p, q, c, f] + b[f].
#
# **Bias.** It is added at every place, so with δ = ∂L/∂z: ∂L/∂b[f] = Σ_{n, i, j} δ[n, i, j, f].
#
# **Input.** The pixel x[m, n] is used by every output (i, j) whose window covers it, those with
# i + p = m and j + q = n, with the weight w[p, q]. The chain rule sums over them:
#
# ∂L/∂x[m, n, c] = Σ_{p, q, f} δ[m - p, n - q, f] · w[p, q, c, f]
#
# The minus signs say: **the gradient of the input is δ, in a padding of k - 1 zeros, convolved with
# the kernel turned by 180°**, input and output channels exchanged.

# %%
rng = np.random.default_rng(SEED)
digit = datasets.load_mnist()[1][0][2] / 255.0
x = digit[8 : 8 + SIZE, 10 : 10 + SIZE][None, :, :, None].copy()
w = rng.standard_normal((KERNEL_SIZE, KERNEL_SIZE, 1, FILTERS))
b = rng.standard_normal(FILTERS)
z, cache = conv_forward(x, w, b)
delta = rng.standard_normal(z.shape)

# %% [markdown]
# ## By the formula, by the library, by central differences

# %%
margin = (KERNEL_SIZE - 1, KERNEL_SIZE - 1)
turned = w[::-1, ::-1].transpose(0, 1, 3, 2)  # by 180°, and (kh, kw, F, C)
dx_formula, _ = conv_forward(zero_pad(delta, margin, margin), turned, np.zeros(1))
db_formula = delta.sum(axis=(0, 1, 2))

dx_library, _, db_library = conv_backward(delta, cache)
dx_numeric = numeric_gradient(lambda x: conv_forward(x, w, b)[0], x, delta)
db_numeric = numeric_gradient(lambda b: conv_forward(x, w, b)[0], b, delta)

errors = {
    "input, formula": relative_error(dx_formula, dx_numeric),
    "input, library": relative_error(dx_library, dx_numeric),
    "biases, formula": relative_error(db_formula, db_numeric),
    "biases, library": relative_error(db_library, db_numeric),
}
for name, error in errors.items():
    print(f"{name}: relative error {error:.1e} against central differences")

# %% [markdown]
# ## Stride and padding
# With stride s the outputs lie s pixels apart, so δ gets s - 1 zeros between its numbers before it
# is convolved. The library does the same in another order: it computes what each output hands back
# to its window, δ·wᵀ, and adds the windows up where they overlapped. What falls on the padding is
# cut off.

# %%
x3, w3 = rng.standard_normal((2, 7, 8, 3)), rng.standard_normal((3, 2, 3, 4))
b3 = rng.standard_normal(4)
for stride in (1, 2, 3):
    for padding in ("valid", "same"):
        options = (stride, padding)
        z3, cache3 = conv_forward(x3, w3, b3, *options)
        delta3 = rng.standard_normal(z3.shape)
        dx3, _, db3 = conv_backward(delta3, cache3)
        for name, value, analytic, f in (
            ("input", x3, dx3, lambda x, o=options: conv_forward(x, w3, b3, *o)[0]),
            ("biases", b3, db3, lambda b, o=options: conv_forward(x3, w3, b, *o)[0]),
        ):
            error = relative_error(analytic, numeric_gradient(f, value, delta3))
            errors[f"{name}, stride {stride}, '{padding}'"] = error
assert max(errors.values()) < TOLERANCE, errors

# %%
figure = Figure(figsize=(14, 4.2), layout="constrained")
figure.suptitle(
    "∂L/∂x = δ in zeros ∗ kernel turned by 180° (first filter's share shown on the left)"
)
axes = figure.subplots(1, 4, width_ratios=(11, 3.5, 9, 9))
one = zero_pad(delta, margin, margin)[0, :, :, 0]
plots.numbers(axes[0], one, "δ in its padding", cmap="RdBu_r", digits=1, mark=(3, 4, 3, 3))
plots.numbers(axes[1], turned[:, :, 0, 0], "kernel, turned", cmap="RdBu_r", digits=1)
plots.numbers(
    axes[2], dx_formula[0, :, :, 0], "∂L/∂x by the formula", cmap="RdBu_r", digits=1,
    mark=(3, 4, 1, 1),
)  # fmt: skip
plots.numbers(
    axes[3], dx_numeric[0, :, :, 0], "∂L/∂x by central differences", cmap="RdBu_r", digits=1
)
plots.save(figure, "components_5_backprop_feature_maps_and_biases")
print(f"backprop_feature_maps: {len(errors)} checks, all relative errors below {TOLERANCE:g}")
