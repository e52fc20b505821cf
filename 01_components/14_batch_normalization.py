# %% [markdown]
# # Batch normalisation
#
# Batch normalisation gives every unit of a layer mean 0 and variance 1 over the batch, whatever the
# weights are. You will compute it by hand, check its gradient, and train a deep network from
# weights that are too small, with and without it.
#
#     python 01_components/14_batch_normalization.py
#
# Takes about 10 s. The gradients are asserted against central differences and Keras.
#
# Source: [Ioffe & Szegedy (2015)](https://arxiv.org/abs/1502.03167), *Batch normalization:
# accelerating deep network training by reducing internal covariate shift*, Algorithms 1 and 2.

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
SEED = 0  # whole number, at least 0; of the weights and the order of the images
DEPTH = 8  # whole number, at least 1; hidden layers
UNITS = 64  # whole number, at least 1; of each hidden layer
DEVIATION = 0.03  # number, above 0; of the first weights: too small, `5_initializers.py` says why
EXAMPLES = 6000  # whole number, 100 to 55000; training images
EPOCHS = 3  # whole number, at least 1; passes over them
LEARNING_RATE = 0.1  # number, above 0; of plain gradient descent
MOMENTUM = 0.9  # number, 0 to below 1; how slowly the moving averages follow the batches
hyperparameters.check()

# %% [markdown]
# ## Forward
# With the mean $\mu$ and the variance $\sigma^2$ of each unit over the batch:
#
# $$\hat x = \frac{x - \mu}{\sqrt{\sigma^2 + \varepsilon}}, \qquad
#   \text{out} = \gamma \odot \hat x + \beta$$
#
# $\gamma$ and $\beta$ are learned, so that the network can choose another scale and mean. When the
# network is used, one example must not depend on others. Then moving averages of $\mu$ and
# $\sigma^2$, gathered in training, take the place of the batch's own.

# %%
x = np.array([[1.0], [3.0]])  # mean 2, variance 1
out, _ = cnn.batch_normalization_forward(x, np.array([2.0]), np.array([10.0]), epsilon=0)
assert out.ravel().tolist() == [8, 12]  # 10 - 2 and 10 + 2
used, _ = cnn.batch_normalization_forward(x[:1], 2.0, 10.0, moving=(0.0, 1.0), epsilon=0)
assert used.item() == 12  # (1 - 0) / 1 · 2 + 10

# %% [markdown]
# ## Backward
# $\mu$ and $\sigma^2$ depend on every $x$, so each $x$ has an influence on all outputs of its unit.
# Put together, with means over the batch:
#
# $$\frac{\partial L}{\partial x} = \frac{\gamma}{\sqrt{\sigma^2 + \varepsilon}} \odot \left(
#   \delta - \overline{\delta} - \hat x \odot \overline{\delta \odot \hat x} \right), \qquad
#   \delta = \frac{\partial L}{\partial\, \text{out}}$$
#
# The two subtracted terms say: a change that only moves or stretches the whole batch changes
# nothing. $\partial L / \partial \gamma = \sum \delta \odot \hat x$ and
# $\partial L / \partial \beta = \sum \delta$.

# %%
rng = np.random.default_rng(SEED)
x, gamma, beta = rng.standard_normal((8, 5)) * 3 + 2, rng.standard_normal(5), rng.standard_normal(5)
delta = rng.standard_normal(x.shape)
gradients = cnn.batch_normalization_backward(
    delta, cnn.batch_normalization_forward(x, gamma, beta)[1]
)
layer = keras.layers.BatchNormalization()
layer.build(x.shape)
layer.gamma.assign(gamma)
layer.beta.assign(beta)
variable = tf.Variable(x, dtype="float32")
with tf.GradientTape() as tape:
    of_keras = layer(variable, training=True)
sources = [variable, layer.gamma.value, layer.beta.value]
of_keras = tape.gradient(of_keras, sources, tf.constant(delta, "float32"))
for name, value, ours, theirs in zip(
    ("x", "γ", "β"), (x, gamma, beta), gradients, of_keras, strict=True
):
    numeric = cnn.numeric_gradient(  # moves x, γ or β in place
        lambda _: cnn.batch_normalization_forward(x, gamma, beta)[0], value, delta
    )
    error, keras_error = cnn.relative_error(ours, numeric), cnn.relative_error(ours, theirs.numpy())
    print(f"∂L/∂{name}: {error:.1e} against central differences, {keras_error:.1e} against Keras")
    assert error < 1e-6 and keras_error < 1e-5

# %% [markdown]
# ## In a deep network
# The pairs of this chapter, one after the other: affine, batch normalisation, ReLU.
# `cnn.BatchNormalization` keeps the moving averages.


# %%
def small(shape, rng, dtype):
    """Weights that are too small."""
    return rng.normal(0, DEVIATION, shape).astype(dtype)


(x, y), validation, _ = datasets.split(datasets.load_mnist())
train, validation = (
    (images.reshape(len(images), -1) / np.float32(255), labels)
    for images, labels in ((x[:EXAMPLES], y[:EXAMPLES]), validation)
)
solvers = {}
for name in ("without", "with"):
    layers = []
    for _ in range(DEPTH):
        layers += [cnn.Affine(UNITS, small)]
        layers += [cnn.BatchNormalization(MOMENTUM)] if name == "with" else []
        layers += [cnn.Activation("relu")]
    network = cnn.Network([*layers, cnn.Affine(10, small)], (784,), seed=SEED)
    solver = cnn.Solver(network, train, validation, cnn.SGD(LEARNING_RATE), 100, seed=SEED)
    print(f"\n{name} batch normalisation")
    solver.train(EPOCHS * solver.steps_per_epoch)
    solvers[name] = solver

# %%
figure = Figure(figsize=(7, 3.8), layout="constrained")
axes = figure.subplots()
for name, solver in solvers.items():
    axes.plot(solver.losses, label=f"{name}: validation {solver.history['val_accuracy'][-1]:.1%}")
axes.set(xlabel="step", ylabel="loss of each batch", title="With and without batch normalisation")
axes.grid(alpha=0.3)
axes.legend()
plots.save(figure, "components_14_batch_normalization")
without, reached = (solver.history["val_accuracy"][-1] for solver in solvers.values())
print(f"batch_normalization: validation accuracy {reached:.4f}, without it {without:.4f}")

# %% [markdown]
# **What you saw.** From these weights the plain network does not learn: its signals die out. With
# batch normalisation each layer gets them back to size 1, and the same network learns.
#
# **Try.**
# - `DEVIATION = 0.3`: weights that are too large.
# - `DEVIATION = 0.18`, He's for 64 inputs: what is batch normalisation still worth?
#
# **Next.** A whole convolutional network: `15_train_convnet.py`.
