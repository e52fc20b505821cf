# %% [markdown]
# # Overfit a little data on purpose
#
# The cheapest test of a network and its gradients: it must be able to learn a hundred examples, or
# ten, by heart. If its training accuracy does not reach 100 %, something is wrong, and you know it
# before the long training. You will also see how little that says about other images.
#
#     python 01_components/12_overfit_small_data.py
#
# Takes about 10 s. Expect 100 % training accuracy on both sets.
#
# Source: Stanford's course
# [CS231n](https://cs231n.github.io/neural-networks-3/#sanitycheck), «Overfit a tiny subset of
# data»; [Karpathy (2019)](https://karpathy.github.io/2019/04/25/recipe/), *A recipe for training
# neural networks*, «overfit one batch».

# %%
from cnn_practice import datasets, hyperparameters, plots
from cnn_practice.errors import InputError

import numpy as np
import numpy_cnn as cnn
from matplotlib.figure import Figure

# %% [markdown]
# ## Hyperparameters

# %%
SEED = 0  # whole number, at least 0; of the first weights and the choice of the examples
EXAMPLES = (100, 10)  # each a whole number, 1 to 55000; one training for each
EPOCHS = (50, 40)  # each a whole number, at least 1; passes over the examples of each training
BATCH_SIZE = 10  # whole number, at least 1; examples per step
FILTERS = 8  # whole number, at least 1; of the convolution
LEARNING_RATE = 3e-3  # number, above 0; of Adam
VALIDATION = 1000  # whole number, 1 to 5000; other images, to look at the accuracy there
hyperparameters.check()
if len(EXAMPLES) != len(EPOCHS):
    raise InputError(f"EPOCHS is {EPOCHS!r}: give one number for each of EXAMPLES.")

# %% [markdown]
# ## The data

# %%
(x, y), (x_val, y_val), _ = datasets.split(datasets.load_mnist())
x, x_val = (images[..., np.newaxis] / np.float32(255) for images in (x, x_val[:VALIDATION]))
order = np.random.default_rng(SEED).permutation(len(x))

# %% [markdown]
# ## Training on next to nothing
# A step of Adam for every ten examples. There is no dropout, no penalty, nothing against
# overfitting: that is the point.

# %%
solvers = []
for examples, epochs in zip(EXAMPLES, EPOCHS, strict=True):
    layers = [
        cnn.Conv2D(FILTERS, 5, padding="same", kernel_initializer=cnn.he_normal),
        cnn.Activation("relu"),
        cnn.Pooling2D("max", 2),
        cnn.Flatten(),
        cnn.Affine(64, cnn.he_normal),
        cnn.Activation("relu"),
        cnn.Affine(10, cnn.he_normal),
    ]
    network = cnn.Network(layers, input_shape=(28, 28, 1), seed=SEED)
    few = order[:examples]
    train, validation = (x[few], y[few]), (x_val, y_val[:VALIDATION])
    solver = cnn.Solver(network, train, validation, cnn.Adam(LEARNING_RATE), BATCH_SIZE, seed=SEED)
    print(f"\n{examples} examples, {epochs} epochs")
    solver.train(epochs * solver.steps_per_epoch)
    solvers.append(solver)

# %% [markdown]
# ## By heart, and elsewhere
# The loss falls to nothing and every training example is right. On other images the accuracy stays
# where so few examples can bring it.

# %%
figure = Figure(figsize=(11, 3.2 * len(solvers)), layout="constrained")
figure.suptitle("Learning a few examples by heart")
rows = figure.subplots(len(solvers), 2, squeeze=False)
for (loss_axes, axes), solver, examples in zip(rows, solvers, EXAMPLES, strict=True):
    epochs = np.arange(1, len(solver.losses) + 1) / solver.steps_per_epoch
    loss_axes.semilogy(epochs, solver.losses, linewidth=1)
    loss_axes.set(xlabel="epoch", ylabel="loss of each batch", title=f"{examples} examples")
    checked = np.array(solver.checked_at) / solver.steps_per_epoch
    for key, name in (("accuracy", "training"), ("val_accuracy", "validation")):
        axes.plot(checked, solver.history[key], ".-", label=name)
    axes.set(xlabel="epoch", ylabel="accuracy", ylim=(0, 1.05), title=f"{examples} examples")
    axes.legend(loc="lower right")
    for each in (loss_axes, axes):
        each.grid(alpha=0.3)
plots.save(figure, "components_12_overfit_small_data")
reached = ", ".join(
    f"{examples} examples {solver.history['accuracy'][-1]:.0%}"
    for solver, examples in zip(solvers, EXAMPLES, strict=True)
)
print(f"overfit_small_data: training accuracy on {reached}")

# %% [markdown]
# **What you saw.** The training accuracy reaches 100 %, so forward pass, gradients and optimiser
# work together. The gap to the validation accuracy is **overfitting**: what was learned holds for
# these examples and not for others.
#
# **Try.**
# - `EXAMPLES = (1000, 10)`: how far does the validation accuracy rise with ten times the examples?
# - `LEARNING_RATE = 0.3`: does the test show that something is wrong?
# - Break something on purpose: in `numpy_cnn/layers.py`, let `relu_backward` return `dout`.
#
# **Next.** A way to overfit less: `13_dropout.py`.
