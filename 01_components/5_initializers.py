# %% [markdown]
# # The first weights
#
# Before it has learned anything, a deep network must let signals through: forward, and their
# gradients backward. That depends on the size of the random weights it starts from. You will see
# signals die out, explode, or keep their size over ten layers, without any training.
#
#     python 01_components/5_initializers.py
#
# Takes a few seconds, no training.
#
# Source: [Glorot & Bengio (2010)](https://proceedings.mlr.press/v9/glorot10a.html), *Understanding
# the difficulty of training deep feedforward neural networks*, and
# [He, Zhang, Ren & Sun (2015)](https://arxiv.org/abs/1502.01852), *Delving deep into rectifiers*.

# %%
from cnn_practice import hyperparameters, plots

import numpy as np
import numpy_cnn as cnn
from matplotlib.figure import Figure

# %% [markdown]
# ## Hyperparameters

# %%
SEED = 0  # whole number, at least 0; of the input and the weights
DEPTH = 10  # whole number, at least 1; layers one after the other
UNITS = 256  # whole number, at least 1; of each layer
SMALL = 0.01  # number, above 0; standard deviation of weights that are too small
LARGE = 0.2  # number, above 0; standard deviation of weights that are too large
hyperparameters.check()

# %% [markdown]
# ## The formulas
# A unit adds up $n$ inputs, each multiplied by its weight. If the inputs have mean square $q$, and
# the weights are independent with mean 0 and variance $v$, the sum has the variance $n v q$. So the
# signal keeps its size if $v = 1 / n$. Two details make two rules:
#
# - **Glorot**: backward, each unit adds up the gradients of the $m$ units above it, which asks for
#   $v = 1 / m$. The compromise is $v = 2 / (n + m)$. It is meant for tanh, whose slope at 0 is 1.
# - **He**: ReLU sets the negative half to 0, which halves the mean square. So $v = 2 / n$.
#
# In a convolution, $n = k_h k_w C$, the numbers under the kernel, and $m = k_h k_w F$.

# %%
rng = np.random.default_rng(SEED)
assert cnn.fans((784, 128)) == (784, 128) and cnn.fans((5, 5, 6, 16)) == (150, 400)
for name, initializer, variance in (
    ("he_normal", cnn.he_normal, 2 / 150),
    ("glorot_normal", cnn.glorot_normal, 2 / (150 + 400)),
    ("glorot_uniform", cnn.glorot_uniform, 2 / (150 + 400)),
):
    measured = initializer((5, 5, 6, 16), rng).var()
    print(f"{name} for kernels (5, 5, 6, 16): variance {measured:.5f}, formula {variance:.5f}")
    assert abs(measured / variance - 1) < 0.15  # of 2,400 random numbers


# %% [markdown]
# ## Ten layers
# Forward, what is measured is the root mean square of each layer's output. Backward, a random
# gradient is sent down from the top, and the root mean square that arrives at each layer is
# measured.


# %%
def rms(x):
    """The root mean square of an array."""
    return float(np.sqrt(np.mean(x**2)))


def through(initializer, forward, backward):
    """The size of the signal after each layer, and of the gradient before each, input first."""
    x = rng.standard_normal((200, UNITS))
    sizes, caches = [rms(x)], []
    for _ in range(DEPTH):
        w = initializer((UNITS, UNITS), rng, np.float64)
        z, cache = cnn.affine_forward(x, w, np.zeros(UNITS))
        x, of_activation = forward(z)
        caches.append((cache, of_activation))
        sizes.append(rms(x))
    dx = rng.standard_normal(x.shape)
    gradients = [rms(dx)]
    for cache, of_activation in reversed(caches):
        dx, _, _ = cnn.affine_backward(backward(dx, of_activation), cache)
        gradients.append(rms(dx))
    return sizes, gradients[::-1]


def normal(deviation):
    """An initializer with a standard deviation that does not depend on the layer."""
    return lambda shape, rng, dtype: rng.normal(0, deviation, shape).astype(dtype)


# %%
choices = {
    f"normal, {SMALL:g}": normal(SMALL),
    f"normal, {LARGE:g}": normal(LARGE),
    "Glorot": cnn.glorot_normal,
    "He": cnn.he_normal,
}
activations = {
    "ReLU": (cnn.relu_forward, cnn.relu_backward),
    "tanh": (cnn.tanh_forward, cnn.tanh_backward),
}
figure = Figure(figsize=(11, 7), layout="constrained")
figure.suptitle(f"{DEPTH} layers of {UNITS} units before any training, from four kinds of weights")
kept = {}
for row, (activation, pair) in zip(figure.subplots(2, 2), activations.items(), strict=True):
    for name, initializer in choices.items():
        sizes, gradients = through(initializer, *pair)
        kept[activation, name] = sizes[-1] / sizes[0], gradients[0] / gradients[-1]
        print(f"{activation}, {name}: signal × {kept[activation, name][0]:.1e}", end=", ")
        print(f"gradient × {kept[activation, name][1]:.1e}")
        for axes, values in zip(row, (sizes, gradients), strict=True):
            axes.semilogy(range(DEPTH + 1), values, ".-", label=name)
    for axes, quantity in zip(row, ("signal", "gradient"), strict=True):
        axes.set(title=f"{activation}: {quantity}", xlabel="after layer", ylabel="root mean square")
        axes.grid(alpha=0.3)
    row[0].legend()
plots.save(figure, "components_5_initializers")
print(f"initializers: ReLU over {DEPTH} layers, He keeps {kept['ReLU', 'He'][0]:.2f} of the signal")

# %% [markdown]
# **What you saw.** With weights that are too small, the signal loses the same factor at every layer
# (a straight line, for the axis is logarithmic). With weights that are too large, ReLU lets it
# explode. tanh cannot exceed 1, so there only the gradient grows. With ReLU, He's weights keep the
# size of both, and Glorot's lose a part at every layer.
#
# **Try.**
# - `DEPTH = 50`: which of the lines still end near where they began?
# - `UNITS = 1024`: what becomes of the two fixed deviations, and of Glorot and He?
#
# **Next.** So far each pixel had its own weight. A convolution uses the same few weights
# everywhere: `6_padding_stride_kernel.py`.
