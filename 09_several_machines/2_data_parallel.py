# %% [markdown]
# # One network on several machines: data-parallel training
#
# Every machine holds the whole network and takes its share of each batch. The gradients of the
# shares are averaged over the network cable, and all machines take the same step: they train as one
# machine would with the whole batch, and their weights stay equal. Here it is VGG-16 of chapter 04
# on Keras's JAX backend, since TensorFlow's `MultiWorkerMirroredStrategy` [does not work with
# Keras 3](https://github.com/keras-team/keras/issues/20585). You will see why a mean is sent, then
# two processes of this computer that train as two machines do.
#
#     pip install -e ".[cluster]"
#     python 09_several_machines/2_data_parallel.py
#
# That starts all machines by Ray. Without Ray, start the script on each machine, with its number,
# from 0, in the variable `KERAS_DISTRIBUTION_PROCESS_ID`. A machine that is lost stops the others,
# and the same command, with fewer machines too, goes on after the last whole epoch.
#
# Sources: Goyal et al. (2017), [Accurate, large minibatch SGD](https://arxiv.org/abs/1706.02677);
# Simonyan & Zisserman (2015), [Very deep convolutional networks](https://arxiv.org/abs/1409.1556).

# %%
from cnn_practice import datasets, hyperparameters, results, training
from cnn_practice.errors import InputError

import keras
import machines
from keras import layers
from keras.optimizers import schedules
from mean_of_gradients import show_mean

# %% [markdown]
# ## Hyperparameters

# %%
NAME = "vgg16_data_parallel"  # file name; of the model's files
PROCESSES = 2  # whole number, at least 1; machines, or processes that stand for them
COORDINATOR = "127.0.0.1:8476"  # text; machine 0 and a free port there, when started by hand
CORES = 1  # whole number, at least 1; of each machine, when Ray starts them
MEMORY = 2  # number, above 0; GB of each machine, when Ray starts them
GPUS = 0  # whole number, at least 0; of each machine, when Ray starts them
ADDRESS = None  # text or None; None: this computer; "auto" or "ray://<host>:10001": a cluster
SEED = 1  # whole number, at least 0; of the initial weights, dropout and the order of the images
VALIDATION = 5000  # whole number, 1 to 59999; images set apart to choose the best epoch
IMAGES = 20_000  # whole number, at least 1; of the others, to train on
IMAGE_SIZE = 48  # whole number, at least 32; pixels a side: below 48 JAX is slow on processors
FILTERS = (16, 32, 64, 128, 128)  # each a whole number, at least 1; a quarter of VGG-16's
CONVOLUTIONS = (2, 2, 3, 3, 3)  # each a whole number, at least 1; in each block, as in the paper
BATCH_SIZE = 128  # whole number, at least 1; of all machines together
EPOCHS = 3  # whole number, at least 1; passes over the training images
RATE_PER_64 = 0.01  # number, above 0; learning rate for 64 images: it grows with the batch
WARM_UP = 0.1  # number, 0 to below 1; share of the training in which the rate rises to its height

hyperparameters.check()
if len(CONVOLUTIONS) != len(FILTERS):
    raise InputError(f"CONVOLUTIONS has {len(CONVOLUTIONS)} blocks: write {len(FILTERS)} numbers.")
if BATCH_SIZE % PROCESSES:
    raise InputError(f"BATCH_SIZE is {BATCH_SIZE}: write a multiple of PROCESSES, {PROCESSES}.")

# %% [markdown]
# ## The network
# A batch $k$ times as large makes $k$ times fewer steps, by gradients with less noise. Goyal et al.
# (2017, abstract) multiply the learning rate by $k$, and let it rise slowly at first. On ImageNet
# they lose no accuracy so, up to a batch of 8,192 images.


# %%
def vgg16(steps):
    """Configuration D, compiled, for images of 28×28, which the first layer enlarges."""
    he = {"activation": "relu", "kernel_initializer": "he_normal"}
    stack = [keras.Input((28, 28, 1)), layers.Resizing(IMAGE_SIZE, IMAGE_SIZE)]
    for filters, convolutions in zip(FILTERS, CONVOLUTIONS, strict=True):
        stack += [layers.Conv2D(filters, 3, padding="same", **he) for _ in range(convolutions)]
        stack += [layers.MaxPooling2D()]
    stack += [layers.Flatten()]
    for units in (256, 128):
        stack += [layers.Dense(units, **he), layers.Dropout(0.5)]
    model = keras.Sequential([*stack, layers.Dense(10, activation="softmax")], name=NAME)
    rate, rise = RATE_PER_64 * BATCH_SIZE / 64, steps * WARM_UP
    falling = schedules.CosineDecay(0.0, steps - rise, warmup_target=rate, warmup_steps=rise)
    optimizer = keras.optimizers.SGD(falling, momentum=0.9, nesterov=True, global_clipnorm=1.0)
    model.compile(optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


# %% [markdown]
# ## The same program on every machine
# `initialize` lets the machines find each other, `DataParallel` puts all weights on each of them,
# and `fit` exchanges the gradients by itself. `auto_shard_dataset=False`: each machine cuts its own
# share. Machine 0 writes the checkpoint; the others take over from it what it has read.


# %%
def train(number):
    """Train as machine ``number``, together with the others; returns the checkpoint and speed."""
    keras.utils.set_random_seed(SEED)
    keras.distribution.initialize()  # addresses and number are in the environment
    keras.distribution.set_distribution(keras.distribution.DataParallel(auto_shard_dataset=False))
    settings = machines.of_the_network(results.hyperparameters(globals()))
    machines.require_equal(training_images=x_train, labels=y_train, **settings)
    steps = -(-len(x_train) // BATCH_SIZE)
    model = vgg16(EPOCHS * steps)
    checkpoint = machines.shared_checkpoint(model, NAME, settings)
    speed = machines.ImagesPerSecond(BATCH_SIZE)
    cut = {"batch_size": BATCH_SIZE, "number": number, "processes": PROCESSES}
    model.fit(
        machines.Share(x_train, y_train, **cut, seed=SEED, first_epoch=checkpoint.epoch),
        validation_data=machines.Share(*val_part, **cut),
        shuffle=False,  # Share does it
        epochs=EPOCHS,
        initial_epoch=checkpoint.epoch,
        callbacks=[checkpoint, speed],
        verbose=0 if number else 2,
    )
    machines.leave()
    return checkpoint, speed


# %% [markdown]
# ## The mean of the gradients is the gradient of the whole batch
# The loss is a mean over images, $L = \frac{1}{N}\sum_n L_n$, and so is its gradient. Of shares of
# equal size, the mean of the shares' gradients is that of the whole batch, whatever the network.
# The numbers are of softmax regression with weights of zero: $X^\top (P - Y) / N$ with $P = 0.1$.
#
# `predict` fails while images are spread over machines. So in the end machine 0 goes on alone: it
# gives the best weights to a network of its own, reads the test images once, and saves.

# %%
train_part, val_part, test_part = datasets.split(datasets.load_mnist(), VALIDATION)
x_train, y_train = (each[:IMAGES] for each in train_part)
number = machines.this_machine(PROCESSES, COORDINATOR)  # None: no machine is started yet
if number is None:
    training.begin(NAME, globals())
    show_mean(x_train[:BATCH_SIZE], y_train[:BATCH_SIZE], PROCESSES, vgg16(1).count_params())
    machines.start_all(results.hyperparameters(globals()))
else:
    with machines.others_needed():
        checkpoint, speed = train(number)
    if number == 0:
        machines.save(vgg16(1), checkpoint, test_part, globals(), images_per_second=speed.rate)

# %% [markdown]
# **What you saw.** Two shares gave two gradients, and their mean was the gradient of the batch to
# the last digit. Machine 0 printed one history, because there is only one network.
#
# **Try.**
# - `PROCESSES = 1`: the same batches on one machine. Compare the validation accuracy of each epoch.
# - `BATCH_SIZE = 1024`, once with `RATE_PER_64` an eighth of what it was: which of them is worse?
# - `WARM_UP = 0`: the rate is at its height at once.
#
# **Next.** What one loses, in the `README.md` of this folder, and `plan_for_128_gpus.md`.
