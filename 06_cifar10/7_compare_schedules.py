# %% [markdown]
# # Schedules of the learning rate against each other
#
# The same mini-VGG from the same initial weights on the same few images, once for each schedule. A
# high rate covers the ground, and its noise keeps the network from settling; a low rate settles.
# The question is when to go from one to the other.
#
# Step decay with a factor of 0.25 every five epochs is a sixteenth of its start after ten epochs,
# and 1/64 after fifteen: whatever the network has not learned by then it hardly learns any more.
# The curve lies nearly flat, as if there were nothing left to learn. With 0.5 it goes
# on falling, and with a rate that rises first most of all. The last lines say how much.
#
#     python 06_cifar10/7_compare_schedules.py
#
# Takes about 6 min on 2 cores. The accuracies are low: an eighth of the images, and few epochs.
#
# Source: step decay and its stagnation, Rosebrock (2017), *Deep learning for computer vision with
# Python*; one-cycle, Smith & Topin (2019).

# %%
from cnn_practice import datasets, plots

import keras
import numpy as np
from keras import layers
from keras.optimizers import schedules
from matplotlib.figure import Figure

# %% Hyperparameters
SEED = 1  # of the initial weights and the order of the images, the same for each schedule
VALIDATION = 2000  # images to compare by
IMAGES = 6000  # of the others, to train on; all 48,000 take eight times as long
BATCH_SIZE = 64
EPOCHS = 15
LEARNING_RATE = 0.01  # at the start of all but one-cycle
PEAK = 0.05  # of one-cycle
WARM_UP = 0.3  # share of the training until the peak
STEP = 5  # epochs between the steps of step decay

# %% The data, of which the test images are not needed
(x_train, y_train), (x_val, y_val), _ = datasets.split(datasets.load_cifar10(), VALIDATION)
x_train, y_train = x_train[:IMAGES] / np.float32(255), y_train[:IMAGES]
x_val = x_val / np.float32(255)

# %% [markdown]
# ## The schedules
# α is LEARNING_RATE and t the number of steps done, a step being one batch.

# %%
steps = -(-len(x_train) // BATCH_SIZE)  # of an epoch, rounded up
rise = int(WARM_UP * EPOCHS * steps)
rates = {
    "constant": lambda t: LEARNING_RATE,
    "decay, α/(1 + α/epochs·t)": schedules.InverseTimeDecay(LEARNING_RATE, EPOCHS, LEARNING_RATE),
    **{
        f"step decay, {factor} every {STEP} epochs": schedules.ExponentialDecay(
            LEARNING_RATE, STEP * steps, factor, staircase=True
        )
        for factor in (0.25, 0.5)
    },
    "one-cycle": schedules.CosineDecay(
        0.0, EPOCHS * steps - rise, warmup_target=PEAK, warmup_steps=rise
    ),
}

# %% [markdown]
# ## The same network, trained with each


# %%
def minivgg():
    """The network of script 6."""
    model = keras.Sequential([keras.Input((32, 32, 3)), layers.Rescaling(4, offset=-2)])
    for filters in (32, 64):
        for _ in range(2):
            model.add(layers.Conv2D(filters, 3, padding="same", kernel_initializer="he_normal"))
            model.add(layers.BatchNormalization(momentum=0.9))
            model.add(layers.ReLU())
        model.add(layers.MaxPooling2D(2))
        model.add(layers.Dropout(0.25))
    model.add(layers.Flatten())
    model.add(layers.Dense(512, kernel_initializer="he_normal"))
    model.add(layers.BatchNormalization(momentum=0.9))
    model.add(layers.ReLU())
    model.add(layers.Dropout(0.5))
    model.add(layers.Dense(10, activation="softmax"))
    return model


histories = {}
for name, rate in rates.items():
    keras.utils.set_random_seed(SEED)
    model = minivgg()
    model.compile(
        keras.optimizers.SGD(rate(0) if name == "constant" else rate, 0.9, nesterov=True),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
        steps_per_execution=16,
    )
    histories[name] = model.fit(
        x_train, y_train, BATCH_SIZE, EPOCHS,
        validation_data=(x_val, y_val), validation_batch_size=500, verbose=0,
    ).history  # fmt: skip
    print(f"{name}: validation accuracy {histories[name]['val_accuracy'][-1]:.1%}")

# %% [markdown]
# ## One figure

# %%
figure = Figure(figsize=(13, 4.5), layout="constrained")
figure.suptitle(f"Mini-VGG on {len(x_train):,} images: schedules of the learning rate")
rate_axes, loss_axes, accuracy_axes = figure.subplots(1, 3)
epochs = np.arange(1, EPOCHS + 1)
for name, rate in rates.items():
    rate_axes.plot(
        np.arange(EPOCHS * steps) / steps, [float(rate(t)) for t in range(EPOCHS * steps)]
    )
    loss_axes.plot(epochs, histories[name]["loss"], ".-")
    accuracy_axes.plot(epochs, histories[name]["val_accuracy"], ".-", label=name)
rate_axes.set(yscale="log", ylim=(1e-5, 0.1), title="learning rate", xlabel="epoch")
loss_axes.set(title="training loss", xlabel="epoch")
accuracy_axes.set(title="validation accuracy", xlabel="epoch")
accuracy_axes.legend(fontsize=8)
for axes in (rate_axes, loss_axes, accuracy_axes):
    axes.grid(alpha=0.3)
plots.save(figure, "cifar10_schedules")

# %% [markdown]
# ## What stagnates
# By how much the training loss still falls in the last STEP epochs.

# %%
print(f"\n{'':<35} last rate   loss, and its fall in {STEP} epochs   validation accuracy")
for name, rate in rates.items():
    loss, accuracy = histories[name]["loss"], histories[name]["val_accuracy"][-1]
    fall = 1 - loss[-1] / loss[-1 - min(STEP, EPOCHS - 1)]
    last = float(rate(EPOCHS * steps - 1))
    print(f"{name:<35} {last:9.1e}   {loss[-1]:.3f} {fall:>25.1%} {accuracy:>21.1%}")
best = max(histories, key=lambda name: histories[name]["val_accuracy"][-1])
print(f"best schedule: {best}")
