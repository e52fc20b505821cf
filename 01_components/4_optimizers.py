# %% [markdown]
# # Optimisers
#
# The gradient says in which direction the loss falls. The optimiser decides how far to go, and what
# to remember of earlier steps. You will see four of them walk down the same valley, and then train
# the same small network.
#
#     python 01_components/4_optimizers.py
#
# Takes about 10 s. Each optimiser is asserted to take the same steps as Keras's.
#
# Source: [Kingma & Ba (2015)](https://arxiv.org/abs/1412.6980), *Adam: a method for stochastic
# optimization*, Algorithm 1; Tieleman & Hinton (2012),
# [lecture 6](https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf), for RMSprop
# and momentum.

# %%
from cnn_practice import datasets, hyperparameters, plots

import keras
import numpy as np
import numpy_cnn as cnn
import tensorflow as tf
from matplotlib.figure import Figure

# %% [markdown]
# ## Hyperparameters

# %%
SEED = 0  # whole number, at least 0; of the first weights and the order of the images
EXAMPLES = 10_000  # whole number, 1 to 55000; training images of the small network
EPOCHS = 3  # whole number, at least 1; passes over them
RATE_SGD = 0.1  # number, above 0; learning rate of plain gradient descent
RATE_MOMENTUM = 0.01  # number, above 0; with momentum 0.9, steps add up to ten times as much
RATE_RMSPROP = 0.001  # number, above 0; of the size of each step, whatever the gradient's size
RATE_ADAM = 0.001  # number, above 0; about the size of each step, as RMSprop's
hyperparameters.check()


def optimizers():
    """A fresh optimiser of each kind, by name."""
    return {
        "SGD": cnn.SGD(RATE_SGD),
        "momentum": cnn.SGD(RATE_MOMENTUM, momentum=0.9),
        "RMSprop": cnn.RMSprop(RATE_RMSPROP),
        "Adam": cnn.Adam(RATE_ADAM),
    }


# %% [markdown]
# ## The formulas
# With the gradient $g = \partial L / \partial \theta$ and the learning rate $\eta$:
#
# - **SGD**: $\theta \leftarrow \theta - \eta g$
# - **momentum**: $v \leftarrow \mu v - \eta g$, then $\theta \leftarrow \theta + v$. Steps in the
#   same direction add up, steps that alternate cancel.
# - **RMSprop**: $v \leftarrow \rho v + (1 - \rho) g^2$, then
#   $\theta \leftarrow \theta - \eta\, g / \sqrt{v + \varepsilon}$. Each parameter's gradient is
#   divided by its own recent size, so steep and flat directions get steps of similar length.
# - **Adam**: $m \leftarrow \beta_1 m + (1 - \beta_1) g$ takes the place of $g$, and
#   $v \leftarrow \beta_2 v + (1 - \beta_2) g^2$ as above. Both start from 0, so after $t$ steps
#   they are too small by $1 - \beta_1^t$ and $1 - \beta_2^t$, and are divided by that.
#
# Adam's first step can be computed by hand: $m / (1 - \beta_1) = g$ and $v / (1 - \beta_2) = g^2$,
# so $\theta$ moves by $\eta\, g / |g|$: by $\eta$, for a gradient of any size.

# %%
for g in (0.01, 1.0, 100.0):
    theta = np.array([0.0])
    cnn.Adam(0.5).update(theta, np.array([g]))
    assert np.isclose(theta[0], -0.5, rtol=1e-3)
    print(f"gradient {g:g}: Adam's first step is {theta[0]:.4f}")

# %% [markdown]
# ## The same steps as Keras

# %%
theirs = {
    "SGD": keras.optimizers.SGD(RATE_SGD),
    "momentum": keras.optimizers.SGD(RATE_MOMENTUM, momentum=0.9),
    "RMSprop": keras.optimizers.RMSprop(RATE_RMSPROP),
    "Adam": keras.optimizers.Adam(RATE_ADAM),
}
rng = np.random.default_rng(SEED)
for name, ours in optimizers().items():
    theta = rng.standard_normal(50).astype(np.float32)
    variable = keras.Variable(theta)
    for _ in range(20):
        g = rng.standard_normal(50).astype(np.float32)
        ours.update(theta, g)
        theirs[name].apply([tf.convert_to_tensor(g)], [variable])
    error = cnn.relative_error(theta, variable.numpy())
    print(f"{name}: after 20 steps, relative error {error:.1e} against Keras")
    assert error < 1e-5

# %% [markdown]
# ## A narrow valley, and a small network
# The valley is $L(a, b) = (a^2 + 20 b^2) / 2$: twenty times as steep in one direction as in the
# other. The learning rates for it are larger, so that 40 steps are enough to come near the bottom.

# %%
figure = Figure(figsize=(12, 4), layout="constrained")
valley, curves = figure.subplots(1, 2)
a, b = np.meshgrid(np.linspace(-1.2, 4.2, 200), np.linspace(-1.3, 1.3, 200))
valley.contour(a, b, (a**2 + 20 * b**2) / 2, levels=12, cmap="Greys", linewidths=0.7)
in_the_valley = (cnn.SGD(0.08), cnn.SGD(0.02, 0.8), cnn.RMSprop(0.15), cnn.Adam(0.25))
for name, optimizer in zip(optimizers(), in_the_valley, strict=True):
    path = [np.array([4.0, 1.0])]
    for _ in range(40):
        path.append(path[-1].copy())
        optimizer.update(path[-1], np.array([1, 20]) * path[-1])
    valley.plot(*np.transpose(path), ".-", label=name, markersize=4, linewidth=1)
valley.set(title="40 steps down a narrow valley", xlabel="a, flat", ylabel="b, steep")

(x, y), (x_val, y_val), _ = datasets.split(datasets.load_mnist())
x, x_val = (each.reshape(len(each), -1) / np.float32(255) for each in (x, x_val))
reached = {}
for name, optimizer in optimizers().items():
    layers = [cnn.Affine(64, cnn.he_normal), cnn.Activation("relu"), cnn.Affine(10, cnn.he_normal)]
    network, few = cnn.Network(layers, (784,), seed=SEED), slice(0, EXAMPLES)
    solver = cnn.Solver(network, (x[few], y[few]), (x_val, y_val), optimizer, 64, seed=SEED)
    print(f"\n{name}")
    solver.train(EPOCHS * solver.steps_per_epoch)
    reached[name] = solver.best_accuracy
    smooth = np.convolve(solver.losses, np.ones(20) / 20, "valid")
    curves.semilogy(smooth, label=f"{name}: {solver.best_accuracy:.1%}")
curves.set(title="The same network, validation accuracy", xlabel="step", ylabel="training loss")
for axes in (valley, curves):
    axes.legend()
plots.save(figure, "components_4_optimizers")
listed = ", ".join(f"{name} {accuracy:.4f}" for name, accuracy in reached.items())
print(f"optimizers: validation accuracy {listed}")

# %% [markdown]
# **What you saw.** In the valley, SGD jumps from side to side in the steep direction and creeps in
# the flat one. RMSprop and Adam take steps of similar length in both. Momentum and Adam remember
# earlier steps, so they go past the bottom and come back.
#
# **Try.**
# - `RATE_SGD = 1.0`, and `RATE_ADAM = 0.1`: which optimiser forgives a rate ten times too large?
# - `RATE_MOMENTUM = 0.1`: the rate of plain SGD, with momentum on top.
#
# **Next.** Where should the weights start? `5_initializers.py`.
