# %% [markdown]
# # Dropout
#
# While a network trains, dropout sets random units to zero, so that no unit can rely on a certain
# other one. You will compute it by hand, check its gradient, and train a network on a thousand
# images with and without it.
#
#     python 01_components/13_dropout.py
#
# Takes about 10 s. The gradient is asserted against central differences and Keras.
#
# Source: [Srivastava, Hinton, Krizhevsky, Sutskever & Salakhutdinov
# (2014)](https://jmlr.org/papers/v15/srivastava14a.html), *Dropout: a simple way to prevent neural
# networks from overfitting*.

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
SEED = 0  # whole number, at least 0; of the weights, the examples and what is dropped
RATE = 0.5  # number, 0 to below 1; probability of a unit to be set to zero
EXAMPLES = 1000  # whole number, 1 to 55000; training images, few enough to learn by heart
EPOCHS = 30  # whole number, at least 1; passes over them
UNITS = 256  # whole number, at least 1; of each of the two hidden layers
LEARNING_RATE = 1e-3  # number, above 0; of Adam
hyperparameters.check()

# %% [markdown]
# ## Forward
# Each number is set to zero with probability $r$, the rate. The others are multiplied by
# $1 / (1 - r)$:
#
# $$\text{out} = x \odot m, \qquad m = \begin{cases} 0 & \text{with probability } r \\
#   1 / (1 - r) & \text{else} \end{cases}$$
#
# The mean of $m$ is 1, so the sums in the next layer stay the same on average. When the network is
# used, nothing is dropped and nothing is to be done.

# %%
ones = np.ones((1, 8), dtype=np.float32)
out, mask = cnn.dropout_forward(ones, 0.5, np.random.default_rng(SEED))
print(f"training: {out[0]}")
print(f"use:      {cnn.dropout_forward(ones, 0.5)[0][0]}")
assert set(out[0]) <= {0, 2}  # 1 / (1 - 0.5) = 2
many, _ = cnn.dropout_forward(np.ones(100_000, np.float32), 0.5, np.random.default_rng(SEED))
assert abs(many.mean() - 1) < 0.02

# %% [markdown]
# ## Backward
# The mask is a factor, so the gradient is multiplied by the same one:
# $\partial L / \partial x = m \odot \partial L / \partial\, \text{out}$. What was dropped learns
# nothing from this batch. For central differences the mask must stay the same: the same seed each
# time. Keras draws masks of its own, so its mask is read from its output.

# %%
rng = np.random.default_rng(SEED)
x, dout = rng.standard_normal((4, 6)), rng.standard_normal((4, 6))
_, mask = cnn.dropout_forward(x, 0.3, np.random.default_rng(SEED))
numeric = cnn.numeric_gradient(
    lambda x: cnn.dropout_forward(x, 0.3, np.random.default_rng(SEED))[0], x, dout
)
error = cnn.relative_error(cnn.dropout_backward(dout, mask), numeric)
variable = tf.Variable(x, dtype="float32")
with tf.GradientTape() as tape:
    of_keras = keras.layers.Dropout(0.3)(variable, training=True)
gradient = tape.gradient(of_keras, variable, tf.constant(dout, "float32")).numpy()
mask = of_keras.numpy() / x.astype("float32")
keras_error = cnn.relative_error(cnn.dropout_backward(dout.astype("float32"), mask), gradient)
print(f"relative error {error:.1e} against central differences, {keras_error:.1e} against Keras")
assert error < 1e-6 and keras_error < 1e-5

# %% [markdown]
# ## With and without
# The same network from the same weights, on the same few images.

# %%
(x, y), validation, _ = datasets.split(datasets.load_mnist())
few = rng.permutation(len(x))[:EXAMPLES]
train, validation = (
    (images.reshape(len(images), -1) / np.float32(255), labels)
    for images, labels in ((x[few], y[few]), validation)
)
histories = {}
for rate in (0.0, RATE):
    layers = []
    for _ in range(2):
        layers += [cnn.Affine(UNITS, cnn.he_normal), cnn.Activation("relu"), cnn.Dropout(rate)]
    network = cnn.Network([*layers, cnn.Affine(10, cnn.he_normal)], (784,), seed=SEED)
    solver = cnn.Solver(network, train, validation, cnn.Adam(LEARNING_RATE), 50, seed=SEED)
    print(f"\ndropout {rate:g}")
    solver.train(EPOCHS * solver.steps_per_epoch)
    histories[rate] = solver.history

# %%
figure = Figure(figsize=(11, 3.8), layout="constrained")
figure.suptitle(f"{EXAMPLES:,} training images, without dropout and with dropout {RATE:g}")
for axes, quantity in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
    for colour, (rate, history) in zip(("C0", "C1"), histories.items(), strict=False):
        epochs = np.arange(1, EPOCHS + 1)
        axes.plot(epochs, history[quantity], colour + ":", label=f"training, {rate:g}")
        axes.plot(epochs, history[f"val_{quantity}"], colour, label=f"validation, {rate:g}")
    axes.set(xlabel="epoch", ylabel=quantity)
    axes.grid(alpha=0.3)
    axes.legend()
plots.save(figure, "components_13_dropout")
without, dropped = (
    f"{history['val_loss'][-1]:.3f}" for history in (histories[0.0], histories[RATE])
)
print(f"dropout: validation loss {without} without, {dropped} with")

# %% [markdown]
# **What you saw.** Without dropout the training loss goes to 0 while the validation loss rises
# again. With dropout the validation loss ends lower. The training loss stays higher: it is measured
# while units are missing, and each batch meets another network. So where there is dropout, a
# training loss above the validation loss, or a training accuracy below the validation accuracy, is
# no error. (The training accuracy here is measured without dropping.)
#
# **Try.**
# - `EXAMPLES = 20000` and `EPOCHS = 5`: is dropout still worth it with more images?
# - `RATE = 0.9`: can the network still learn?
# - `SEED = 1`, then 2: which differences hold for every seed, and which do not?
#
# **Next.** Another layer that trains in one way and works in another: `14_batch_normalization.py`.
