# %% [markdown]
# # Overfit a little data on purpose
#
# The cheapest test of a network and its gradients: with a hundred examples, or ten, it must be able
# to learn them by heart. If the training accuracy does not reach 100 %, something is wrong, and you
# know it before the long training. What it is worth elsewhere shows the validation curve.
#
#     python 01_components/8_overfit_small_data.py
#
# Expect 100 % training accuracy on both, in 10 seconds on two cores.
#
# Source: the habit is that of Stanford's course CS231n (Karpathy, Li & Johnson, 2015).

# %%
from cnn_practice import datasets, plots
from cnn_practice.errors import InputError

import numpy as np
from matplotlib.figure import Figure
from numpy_cnn import (
    Activation,
    Adam,
    Affine,
    Conv2D,
    Flatten,
    Network,
    Pooling2D,
    Solver,
    he_normal,
)

# %% Hyperparameters
SEED = 0  # of the first weights and the choice of the examples
RUNS = ((100, 50), (10, 40))  # (examples, epochs)
BATCH_SIZE = 10
FILTERS = 8
LEARNING_RATE = 3e-3
VALIDATION_EXAMPLES = 1000

# %% [markdown]
# ## The data

# %%
(x_train, y_train), (x_val, y_val), _ = datasets.split(datasets.load_mnist())
x_train, x_val = (x[..., np.newaxis] / np.float32(255) for x in (x_train, x_val))
if max(examples for examples, _ in RUNS) > len(x_train):
    raise InputError(f"RUNS asks for more examples than the {len(x_train)} there are: take fewer.")
validation = (x_val[:VALIDATION_EXAMPLES], y_val[:VALIDATION_EXAMPLES])
order = np.random.default_rng(SEED).permutation(len(x_train))

# %% [markdown]
# ## Training on next to nothing
# One step of gradient descent for every ten examples. There is no dropout, no penalty, nothing
# against overfitting: that is the point.

# %%
solvers = []
for examples, epochs in RUNS:
    network = Network(
        [
            Conv2D(FILTERS, 5, padding="same", kernel_initializer=he_normal),
            Activation("relu"),
            Pooling2D("max", 2),
            Flatten(),
            Affine(64, he_normal),
            Activation("relu"),
            Affine(10, he_normal),
        ],
        input_shape=(28, 28, 1),
        seed=SEED,
    )
    few = order[:examples]
    solver = Solver(
        network, (x_train[few], y_train[few]), validation, Adam(LEARNING_RATE), BATCH_SIZE,
        check_every=-(-examples // BATCH_SIZE), seed=SEED,
    )  # fmt: skip
    print(f"\n{examples} examples, {epochs} epochs")
    solver.train(epochs * solver.steps_per_epoch)
    solvers.append(solver)

# %% [markdown]
# ## By heart, and elsewhere
# The loss falls to nothing and every training example is right; on other images the accuracy stays
# where so few examples can bring it.

# %%
figure = Figure(figsize=(11, 6.4), layout="constrained")
figure.suptitle("Learning a few examples by heart")
for row, (solver, (examples, epochs)) in enumerate(zip(solvers, RUNS, strict=True)):
    loss_axes, axes = figure.add_subplot(2, 2, 2 * row + 1), figure.add_subplot(2, 2, 2 * row + 2)
    steps = np.arange(1, len(solver.losses) + 1) / solver.steps_per_epoch
    loss_axes.semilogy(steps, solver.losses, linewidth=1)
    loss_axes.set(xlabel="epoch", ylabel="loss of each batch", title=f"{examples} examples")
    passed = np.array(solver.checked_at) / solver.steps_per_epoch
    axes.plot(passed, solver.history["accuracy"], ".-", label=f"training: {examples} examples")
    axes.plot(
        passed,
        solver.history["val_accuracy"],
        ".-",
        label=f"validation: {len(validation[0]):,} others",
    )
    axes.set(xlabel="epoch", ylabel="accuracy", ylim=(0, 1.05), title=f"{epochs} epochs")
    axes.legend(loc="lower right")
    for each in (loss_axes, axes):
        each.grid(alpha=0.3)
plots.save(figure, "components_8_overfit_small_data")
reached = ", ".join(
    f"{examples} examples {solver.history['accuracy'][-1]:.0%}"
    for solver, (examples, _) in zip(solvers, RUNS, strict=True)
)
print(f"overfit_small_data: training accuracy on {reached}")
