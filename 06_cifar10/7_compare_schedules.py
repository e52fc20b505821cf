# %% [markdown]
# # Schedules of the learning rate, compared
#
# A high learning rate makes fast progress at first, but the weights then jump around a minimum. A
# low rate lets them settle, but makes slow progress. A schedule begins high and ends low. This
# script trains the network of `6_train_minivgg.py` once with each of five schedules. You will see
# the rates, the training loss and the validation accuracy side by side.
#
#     python 06_cifar10/7_compare_schedules.py
#
# Takes about 6 min on 2 cores. To be that fast it trains on 3,000 of the images, not shifted or
# mirrored, for 12 epochs and without weight decay. The accuracies are lower than those of script 6.
#
# Sources: step decay, Rosebrock (2017), [*Deep learning for computer vision with
# Python*](https://pyimagesearch.com/deep-learning-computer-vision-python-book/); one-cycle, [Smith
# & Topin (2017)](https://arxiv.org/abs/1708.07120); the cosine, [Loshchilov & Hutter
# (2017)](https://arxiv.org/abs/1608.03983).

# %%
from cnn_practice import datasets, hyperparameters, models, plots, training

import keras
import numpy as np
from keras.optimizers import schedules
from matplotlib.figure import Figure

# %% [markdown]
# ## Hyperparameters

# %%
SEED = 1  # whole number, at least 0; the same for each schedule
VALIDATION = 2000  # whole number, 1 to 49999; images to compare by
IMAGES = 3000  # whole number, 1 to 50000; to train on; all 48,000 take 16 times as long
BATCH_SIZE = 64  # whole number, at least 1; images per step
EPOCHS = 12  # whole number, at least 1; passes over the training images
LEARNING_RATE = 0.01  # number, above 0; at the start of all schedules but one-cycle
PEAK = 0.05  # number, above 0; the largest rate of one-cycle
WARM_UP = 0.3  # number, 0 to below 1; share of the training before the peak of one-cycle
STEP = 4  # whole number, at least 1; epochs between two steps of step decay
hyperparameters.check()

# %% [markdown]
# ## The data
# The schedules are compared by the validation images. The test images are not used.

# %%
(x_train, y_train), (x_val, y_val), _ = datasets.split(datasets.load_cifar10(), VALIDATION)
x_train, y_train = x_train[:IMAGES] / np.float32(255), y_train[:IMAGES]
x_val = x_val / np.float32(255)

# %% [markdown]
# ## The schedules
# $t$ is the number of steps so far, of one batch each, $\alpha$ is LEARNING_RATE and $E$ is EPOCHS.
#
# - constant: $\alpha$
# - decay: $\alpha / (1 + \alpha t / E)$
# - step decay: $\alpha$ is multiplied by 0.25 or 0.5 every STEP epochs
# - one-cycle: a linear rise from 0 to PEAK, then a cosine that falls to 0

# %%
steps = -(-len(x_train) // BATCH_SIZE)  # of an epoch, rounded up
rise = int(WARM_UP * EPOCHS * steps)
fall = EPOCHS * steps - rise
step_decay = {
    f"step decay, {factor} every {STEP} epochs": schedules.ExponentialDecay(
        LEARNING_RATE, STEP * steps, factor, staircase=True
    )
    for factor in (0.25, 0.5)
}
rates = {
    "constant": lambda t: LEARNING_RATE,
    "decay": schedules.InverseTimeDecay(LEARNING_RATE, EPOCHS, LEARNING_RATE),
    **step_decay,
    "one-cycle": schedules.CosineDecay(0.0, fall, warmup_target=PEAK, warmup_steps=rise),
}

# %% [markdown]
# ## The same network, trained with each
# `clone_model` builds the layers of the trained mini-VGG anew. The seed is set again before each
# training, so all five begin with the same weights and see the images in the same order.

# %%
print(f"{len(rates)} trainings, of which the first is measured:")
settings = {
    "validation_data": (x_val, y_val),
    "validation_batch_size": 500,
    "callbacks": [training.SayHowLong()],
    "verbose": 0,
}
minivgg = models.load("cifar10_minivgg")
histories = {}
for name, rate in rates.items():
    keras.utils.set_random_seed(SEED)
    model = keras.models.clone_model(minivgg)
    model.compile(
        keras.optimizers.SGD(rate(0) if name == "constant" else rate, 0.9, nesterov=True),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
        steps_per_execution=16,
    )
    histories[name] = model.fit(x_train, y_train, BATCH_SIZE, EPOCHS, **settings).history
    print(f"{name}: validation accuracy {histories[name]['val_accuracy'][-1]:.1%}", flush=True)

# %% [markdown]
# ## One figure

# %%
figure = Figure(figsize=(13, 4.5), layout="constrained")
figure.suptitle(f"Mini-VGG on {len(x_train):,} images: schedules of the learning rate")
rate_axes, loss_axes, accuracy_axes = figure.subplots(1, 3)
epochs = np.arange(1, EPOCHS + 1)
every_step = np.arange(EPOCHS * steps)
for name, rate in rates.items():
    rate_axes.plot(every_step / steps, [float(rate(t)) for t in every_step])
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
# ## Which schedules stop learning
# The fall of the training loss in the last STEP epochs says how much was still learned there.

# %%
print(f"\n{'':<35} last rate   loss, and its fall in {STEP} epochs   validation accuracy")
for name, rate in rates.items():
    loss, accuracy = histories[name]["loss"], histories[name]["val_accuracy"][-1]
    change = 1 - loss[-1] / loss[-1 - min(STEP, EPOCHS - 1)]
    last = float(rate(EPOCHS * steps - 1))
    print(f"{name:<35} {last:9.1e}   {loss[-1]:.3f} {change:>25.1%} {accuracy:>21.1%}")
best = max(histories, key=lambda name: histories[name]["val_accuracy"][-1])
print(f"best schedule: {best}")

# %% [markdown]
# **What you saw.** The first panel shows how fast each rate falls, the second where the training
# loss stops falling, and the third what it means for images that were not trained on.
#
# **Try.**
# - `PEAK = 0.2` and `PEAK = 0.01`: how large may the rate of one-cycle be? Script 6 has a
#   table of it, for more images.
# - `EPOCHS = 30`: does the order of the schedules stay the same in a longer training?
#
# **Next.** `8_train_airbench.py` trains another network in ten epochs.
