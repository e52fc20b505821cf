# %% [markdown]
# # ShallowNet: what one convolution can do
#
# ShallowNet has one convolution with 32 filters of 3×3 and a softmax layer on all its 32,768
# outputs. It learns three classes of animals: the cats, dogs and horses of CIFAR-10. Guessing gives
# an accuracy of 33.3 %. You will see its training curves and its confusion matrix.
#
#     python 06_cifar10/2_train_shallownet.py
#
# Expect 73.57% on the test images (one seed) after 2 min of training on AMD EPYC, 2 cores.
#
# Sources: ShallowNet in Rosebrock (2017), [*Deep learning for computer vision with
# Python*](https://pyimagesearch.com/deep-learning-computer-vision-python-book/); weight decay,
# [Loshchilov & Hutter (2019)](https://arxiv.org/abs/1711.05101).

# %%
import time

from cnn_practice import datasets, hyperparameters, models, plots, results, training

import keras
import numpy as np
from keras import layers

# %% [markdown]
# ## Hyperparameters

# %%
NAME = "cifar10_shallownet"  # file name; another name keeps the committed model
SEED = 1  # whole number, at least 0; of the initial weights and the order of the images
# each "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship" or "truck";
# the classes to tell apart, 5,000 training images and 1,000 test images each
CLASSES = ("cat", "dog", "horse")
VALIDATION = 1500  # whole number, 1 to 40000; images set apart to choose the best epoch
BATCH_SIZE = 128  # whole number, at least 1; images per step
EPOCHS = 20  # whole number, at least 1; passes over the training images
LEARNING_RATE = 0.01  # number, above 0; at the start, then it falls along a cosine to zero
MOMENTUM = 0.9  # number, 0 to below 1; share of the former step that is kept in the next
WEIGHT_DECAY = 0.1  # number, at least 0; times the learning rate: share a weight loses per step
hyperparameters.check()
training.begin(NAME, globals())

# %% [markdown]
# ## The data
# `datasets.of_classes` finds the images of the chosen classes and numbers their labels anew: a
# label is the position of the class in CLASSES. Each training image is used twice, as it is and
# mirrored left to right, because a mirrored animal is still the same animal.


# %%
def chosen(images, labels):
    """The images of CLASSES, float32 in [0, 1], and their labels."""
    kept, numbers = datasets.of_classes(labels, CLASSES)
    return images[kept] / np.float32(255), numbers


keras.utils.set_random_seed(SEED)
(x_train, y_train), (x_val, y_val), (x_test, y_test) = datasets.split(
    [chosen(*part) for part in datasets.load_cifar10()], VALIDATION
)
x_train, y_train = np.concatenate([x_train, x_train[:, :, ::-1]]), np.tile(y_train, 2)
print(f"{len(x_train)} training images, {len(x_val)} validation, {len(x_test)} test images")

# %% [markdown]
# ## The model
# The first layer gives each colour channel the mean 0 and the standard deviation 1. There is no
# pooling, so the last layer has one weight for each filter at each pixel and class: it learns
# where an edge or a colour should be.

# %%
model = keras.Sequential(
    [
        keras.Input((32, 32, 3)),
        layers.Normalization(
            mean=x_train.mean(axis=(0, 1, 2), dtype=float),
            variance=x_train.var(axis=(0, 1, 2), dtype=float),
        ),
        layers.Conv2D(32, 3, padding="same", activation="relu"),
        layers.Flatten(),
        layers.Dense(len(CLASSES), activation="softmax"),
    ],
    name=NAME,
)
model.summary()

# %% [markdown]
# ## Training
# Weight decay subtracts a small share of each weight in every step and so keeps the weights of the
# large last layer small. EarlyStopping restores the weights of the epoch with the best validation
# accuracy. Its patience is so long that it never stops this training.

# %%
steps = EPOCHS * -(-len(x_train) // BATCH_SIZE)
rate = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)
model.compile(
    keras.optimizers.SGD(rate, MOMENTUM, nesterov=True, weight_decay=WEIGHT_DECAY),
    loss="sparse_categorical_crossentropy",
    metrics=["accuracy"],
    steps_per_execution=16,
)
keep_best = keras.callbacks.EarlyStopping(
    "val_accuracy", patience=EPOCHS, restore_best_weights=True
)
start = time.perf_counter()
history = model.fit(
    x_train,
    y_train,
    batch_size=BATCH_SIZE,
    epochs=EPOCHS,
    validation_data=(x_val, y_val),
    callbacks=[keep_best, training.SayHowLong()],
    verbose=2,
).history
seconds = time.perf_counter() - start

# %% [markdown]
# ## The test images
# The weights are rounded to float16, as they are stored, and then the model is tested once.

# %%
models.round_weights(model, "float16")
predicted = model.predict(x_test, batch_size=500, verbose=0).argmax(axis=1)
test_accuracy = float(np.mean(predicted == y_test))
record = results.record(
    NAME,
    globals(),
    test_accuracy=test_accuracy,
    parameters=model.count_params(),
    epochs=EPOCHS,
    seconds=seconds,
    history=history,
)
models.save(model, NAME, record, dtype="float16")
plots.training_curves(history, f"{NAME}_curves", "ShallowNet: training")
plots.confusion_matrix(y_test, predicted, f"{NAME}_confusion", "ShallowNet: test images", CLASSES)
print(f"{NAME}: test accuracy {test_accuracy:.4f} in {seconds:.0f} s")

# %% [markdown]
# **What you saw.** The training accuracy rises far above the validation accuracy: the network also
# learns what only the training images have. This is called overfitting. Most mistakes are between
# cats and dogs. One convolution finds edges and colours, but not the shapes made of them.
#
# **Try.**
# - `WEIGHT_DECAY = 0`: compare the distance between the two accuracy curves.
# - `LEARNING_RATE = 0.1`, then `0.001`; or no mirrored images.
# - `CLASSES = ("ship", "frog", "truck")`: look at the confusion matrix. Which classes does colour
#   alone tell apart?
#
# <!-- experiment cifar10_shallownet -->
#
# Measured, with `EPOCHS = 10` on AMD EPYC, 2 cores: the validation accuracy of the best epoch,
# mean and standard deviation over 3 seeds. The difference from the first row is in percentage
# points, and the time a multiple of its 39 s.
#
# | change | validation accuracy | difference | time |
# |---|---:|---:|---:|
# | as it is | 70.91% ± 0.54% |  | 1 |
# | `WEIGHT_DECAY = 0` | 70.98% ± 0.50% | +0.07 | 0.91 |
# | `LEARNING_RATE = 0.1` | 33.33% ± 0.00% | −37.58 | 0.94 |
# | `LEARNING_RATE = 0.001` | 65.89% ± 1.34% | −5.02 | 0.93 |
# | `CLASSES = ('ship', 'frog', 'truck')` | 92.22% ± 0.20% | +21.31 | 0.93 |
# | no mirrored images | 69.29% ± 0.62% | −1.62 | 0.47 |
#
# <!-- end of experiment -->
#
# **Next.** `3_classify_with_shallownet.py` reloads this model and shows single pictures.
