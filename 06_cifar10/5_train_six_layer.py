# %% [markdown]
# # Six convolutions for CIFAR-10
#
# This network has a third pair of convolutions, with 128 filters, and all its convolutions keep the
# size of their input ("same" padding). Three pooling layers reduce 32 pixels to 16, 8 and 4. Each
# value of the last maps depends on a field of 36×36 pixels, so it can depend on the whole object.
# You will see its curves, and whether it is better than the network of `4_train_four_layer.py`.
#
#     python 06_cifar10/5_train_six_layer.py
#
# Expect 86.79% on the test images (one seed) after 28 min of training on AMD EPYC, 2 cores.
#
# Run the command again after an interruption: it resumes after the last complete epoch.
#
# Sources: the layout of the larger network in Brownlee (2016), [*Object recognition with
# convolutional neural networks in the Keras deep learning library*](https://machinelearningmastery.com/object-recognition-convolutional-neural-networks-keras-deep-learning-library/),
# without its second dense layer and trained differently; dropout and max-norm, [Srivastava et al.
# (2014)](https://jmlr.org/papers/v15/srivastava14a.html).

# %%
from cnn_practice import hyperparameters, models, plots, results, training
from cnn_practice.checkpoints import Checkpoint

import keras
import numpy as np
from keras import constraints, layers
from photographs import colour_statistics, distorted_batches, three_parts

# %% [markdown]
# ## Hyperparameters

# %%
NAME = "cifar10_six_layer"  # file name; another name keeps the committed model
SEED = 1  # whole number, at least 0; of the initial weights, the order and the distortions
VALIDATION = 5000  # whole number, 1 to 49999; images set apart to choose the best epoch
IMAGES = 45_000  # whole number, 1 to 50000; of the others, to train on; fewer are faster
BATCH_SIZE = 64  # whole number, at least 1; images per step
EPOCHS = 36  # whole number, at least 1; passes over the training images
LEARNING_RATE = 0.03  # number, above 0; the largest, at the end of the warm-up
WARM_UP = 0.1  # number, 0 to below 1; share of the training in which the rate rises
MOMENTUM = 0.9  # number, 0 to below 1; share of the former step that is kept in the next
WEIGHT_DECAY = 1e-3  # number, at least 0; times the learning rate: share a weight loses per step
SHIFT = 2  # whole number, 0 to 31; pixels to either side, of the training images
hyperparameters.check()
training.begin(NAME, globals())

# %% [markdown]
# ## The data

# %%
keras.utils.set_random_seed(SEED)
(x_train, y_train), (x_val, y_val), (x_test, y_test) = three_parts(VALIDATION, IMAGES)

# %% [markdown]
# ## The model
# The dense layer of 1024 units has a max-norm constraint: after each step, the weights of a unit
# whose norm is above 3 are scaled back to the norm 3. This bounds the output of each unit.

# %%
relu = {"padding": "same", "activation": "relu", "kernel_initializer": "he_normal"}
model = keras.Sequential(
    [
        keras.Input((32, 32, 3)),
        layers.Normalization(**colour_statistics(x_train)),
        layers.Conv2D(32, 3, **relu),  # 32×32
        layers.Dropout(0.2),
        layers.Conv2D(32, 3, **relu),
        layers.MaxPooling2D(2),  # 16×16
        layers.Conv2D(64, 3, **relu),
        layers.Dropout(0.2),
        layers.Conv2D(64, 3, **relu),
        layers.MaxPooling2D(2),  # 8×8
        layers.Conv2D(128, 3, **relu),
        layers.Dropout(0.2),
        layers.Conv2D(128, 3, **relu),
        layers.MaxPooling2D(2),  # 4×4
        layers.Flatten(),
        layers.Dropout(0.2),
        layers.Dense(
            1024, "relu", kernel_initializer="he_normal", kernel_constraint=constraints.MaxNorm(3)
        ),
        layers.Dropout(0.2),
        layers.Dense(10, activation="softmax"),
    ],
    name=NAME,
)
model.summary()

# %% [markdown]
# ## SGD
# This network is trained by SGD with Nesterov's momentum. The rate rises from 0 during the warm-up,
# and gradients longer than 1 are shortened to 1 (`global_clipnorm`): both keep the first steps
# short. Later the rate falls to 0 along a cosine.

# %%
steps = EPOCHS * -(-len(x_train) // BATCH_SIZE)  # batches of an epoch, rounded up
rise = int(WARM_UP * steps)
rate = keras.optimizers.schedules.CosineDecay(
    0.0, steps - rise, warmup_target=LEARNING_RATE, warmup_steps=rise
)
optimizer = keras.optimizers.SGD(
    rate, MOMENTUM, nesterov=True, weight_decay=WEIGHT_DECAY, global_clipnorm=1
)
optimizer.exclude_from_weight_decay(var_names=["bias"])
model.compile(
    optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"], steps_per_execution=16
)

# %% [markdown]
# ## The training and the test
# As in script 4: distorted images, a checkpoint after each epoch, and the test images once.

# %%
checkpoint = Checkpoint(model, NAME, results.hyperparameters(globals()))
model.fit(
    distorted_batches(x_train, y_train, BATCH_SIZE, SHIFT, SEED + checkpoint.epoch),
    epochs=EPOCHS,
    initial_epoch=checkpoint.epoch,
    shuffle=False,  # the dataset does it
    validation_data=(x_val, y_val),
    validation_batch_size=500,
    callbacks=[checkpoint, training.SayHowLong()],
    verbose=2,
)

checkpoint.restore_best()
models.round_weights(model, "float16")
predicted = model.predict(x_test, batch_size=500, verbose=0).argmax(axis=1)
test_accuracy = float(np.mean(predicted == y_test))
record = results.record(NAME, globals(), test_accuracy=test_accuracy, **checkpoint.figures())
models.save(model, NAME, record, dtype="float16")
checkpoint.remove()
plots.training_curves(checkpoint.history, f"{NAME}_curves", "Six convolutions: training")
print(f"{NAME}: test accuracy {test_accuracy:.4f} in {checkpoint.seconds:.0f} s")

# %% [markdown]
# **What you saw.** The training accuracy is below the validation accuracy at first, because of
# dropout and the distortions. It overtakes in the second half: now the network also learns what
# only the training images have. The accuracy is below that of four convolutions, which Muon trained
# on fewer epochs: how a network is trained can matter more than two layers more.
#
# **Try.**
# - `WEIGHT_DECAY = 0`: when does the training accuracy overtake now?
# - No max-norm constraint: `kernel_constraint` removed.
# - No clipping of the gradient: `global_clipnorm` removed.
#
# <!-- experiment cifar10_six_layer -->
#
# Measured, with `IMAGES = 10000` and `EPOCHS = 10` on AMD EPYC, 2 cores: the validation accuracy
# of the best epoch, mean and standard deviation over 3 seeds. The difference from the first row is
# in percentage points, and the time a multiple of its 117 s.
#
# | change | validation accuracy | difference | time |
# |---|---:|---:|---:|
# | as it is | 59.16% ± 0.42% |  | 1 |
# | `WEIGHT_DECAY = 0` | 59.24% ± 0.56% | +0.08 | 0.89 |
# | no max-norm constraint | 60.18% ± 1.25% | +1.02 | 0.88 |
# | no clipping of the gradient | 65.60% ± 0.21% | +6.44 | 0.98 |
#
# <!-- end of experiment -->
#
# **Next.** `6_train_minivgg.py` has four convolutions again, and batch normalisation.
