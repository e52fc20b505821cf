# %% [markdown]
# # CIFAR-10: a look at the data
#
# CIFAR-10 has 60,000 colour photographs of 32×32 pixels in ten classes. 50,000 of them are for
# training and 10,000 for the test. All classes have equally many images, so guessing gives an
# accuracy of 10 %. Look at the data before you train on it. You will see examples of each class,
# its mean colour and its mean image.
#
#     python 06_cifar10/1_look_at_the_data.py
#
# The first run downloads the data once, 184 MB in `data/cifar10.npz`. Later runs take 3 s.
#
# Source: Krizhevsky (2009), [*Learning multiple layers of features from tiny
# images*](https://www.cs.toronto.edu/~kriz/learning-features-2009-TR.pdf).

# %%
from cnn_practice import datasets, hyperparameters, plots

import numpy as np

# %% [markdown]
# ## Hyperparameters

# %%
SEED = 1  # whole number, at least 0; chooses the examples
EXAMPLES = 6  # whole number, 1 to 5000; pictures of each class in the figure
hyperparameters.check()

# %% [markdown]
# ## The data
# The images are uint8 arrays of shape (N, 32, 32, 3): the values of red, green and blue, 0 to 255.
# The labels have the shape (N,), as those of MNIST do. `keras.datasets.cifar10.load_data()` returns
# the same images, but labels of shape (N, 1).

# %%
(x_train, y_train), (x_test, y_test) = datasets.load_cifar10()
print(f"training images {x_train.shape} {x_train.dtype}, labels {y_train.shape} {y_train.dtype}")
print(f"test images {x_test.shape} {x_test.dtype}, labels {y_test.shape} {y_test.dtype}")

# %% [markdown]
# ## Random examples of each class
# The objects of one class differ in size, position, direction, colour and background. The digits of
# MNIST are simpler: grey values only, an empty background, and the digit always in the centre.

# %%
rng = np.random.default_rng(SEED)
chosen = [rng.choice(np.flatnonzero(y_train == label), EXAMPLES, False) for label in range(10)]
captions = [name for name in datasets.CIFAR10_CLASSES for _ in range(EXAMPLES)]
plots.picture_grid(
    x_train[np.concatenate(chosen)],
    captions,
    "cifar10_examples",
    "CIFAR-10: random examples of each class",
    columns=EXAMPLES,
)

# %% [markdown]
# ## The mean of each channel
# Colour alone says something about the class: images of ships and airplanes have more blue than red
# on average, those of the other classes have less, and those of frogs the least. The networks of
# this chapter subtract the mean of each channel over the training images and divide by its standard
# deviation.

# %%
print("\nclass       images    red  green   blue   (mean over the training images, 0 to 255)")
for label, name in enumerate(datasets.CIFAR10_CLASSES):
    images = x_train[y_train == label]
    red, green, blue = images.mean(axis=(0, 1, 2))
    print(f"{name:<10} {len(images):>7}  {red:5.1f}  {green:5.1f}  {blue:5.1f}")
for statistic, name in ((np.mean, "mean"), (np.std, "deviation")):
    red, green, blue = (statistic(x_train[..., channel]) for channel in range(3))
    print(f"{name:<10} {len(x_train):>7}  {red:5.1f}  {green:5.1f}  {blue:5.1f}")

# %% [markdown]
# ## The mean image of each class
# Each picture is the mean of 5,000 images. It shows what they have in common at each pixel.

# %%
means = [x_train[y_train == label].mean(axis=0) / 255 for label in range(10)]
plots.picture_grid(
    means, datasets.CIFAR10_CLASSES, "cifar10_means", "CIFAR-10: mean of each class", columns=5
)
print(f"CIFAR-10: {len(x_train):,} training and {len(x_test):,} test images of 10 classes")

# %% [markdown]
# **What you saw.** The mean image of the horses still shows a body on legs, and that of the
# automobiles a windscreen, because many images show them in the same position. The mean cat is
# only a blurred spot: cats have no common position. A classifier needs features that do not depend
# on the position, and convolutions compute such features.
#
# **Try.**
# - Change `SEED` a few times and name each picture before you read its caption. Which classes do
#   you confuse?
# - Set `EXAMPLES = 30` and look at one class alone. How many of its pictures show only a part of
#   the object?
#
# **Next.** `2_train_shallownet.py` trains a network with a single convolution on three classes.
