# %% [markdown]
# # CIFAR-10: a look at the data
#
# 60,000 colour photographs of 32×32 pixels in ten classes, 50,000 of them for training. Look before
# you train: what is a cat at this size, how differently is it photographed, and which classes share
# their colours? The classes have as many images each, so that chance has one of ten right.
#
#     python 06_cifar10/1_look_at_the_data.py
#
# The first run fetches the 184 MB of `data/cifar10.npz` once; later ones take 3 s.
#
# Source: Krizhevsky (2009), *Learning multiple layers of features from tiny images*.

# %%
from cnn_practice import datasets, plots

import numpy as np

# %% Hyperparameters
SEED = 1  # of the choice of the examples
EXAMPLES = 12  # pictures of each class in the figure

# %% [markdown]
# ## The data
# Images uint8 of shape (N, 32, 32, 3), red, green and blue; labels uint8 of shape (N,).

# %%
(x_train, y_train), (x_test, y_test) = datasets.load_cifar10()
print(f"training images {x_train.shape} {x_train.dtype}, labels {y_train.shape} {y_train.dtype}")
print(f"test images {x_test.shape} {x_test.dtype}, labels {y_test.shape} {y_test.dtype}")

# %% [markdown]
# ## Random examples of each class

# %%
rng = np.random.default_rng(SEED)
chosen = [rng.choice(np.flatnonzero(y_train == label), EXAMPLES, False) for label in range(10)]
captions = [name for name in datasets.CIFAR10_CLASSES for _ in range(EXAMPLES)]
plots.picture_grid(
    x_train[np.concatenate(chosen)], captions, "cifar10_examples",
    "CIFAR-10: random examples of each class", columns=EXAMPLES,
)  # fmt: skip

# %% [markdown]
# ## The mean of each channel
# Water and sky make ships and airplanes blue; frogs and deer stand on brown and green. A network
# that knew nothing else would already be better than chance. The networks of this chapter subtract
# the mean of each channel over the training images and divide by its standard deviation.

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
# What stays when 5,000 images are laid over each other: horses stand in the middle, on their legs;
# cars are seen from the front; cats are everywhere.

# %%
means = [x_train[y_train == label].mean(axis=0) / 255 for label in range(10)]
plots.picture_grid(
    means, datasets.CIFAR10_CLASSES, "cifar10_means", "CIFAR-10: mean of each class", columns=5
)
print(f"CIFAR-10: {len(x_train):,} training and {len(x_test):,} test images of 10 classes")
