# %% [markdown]
# # Larger digits for a larger network
#
# VGG-16 halves its image five times and was made for 224×224 pixels. Of 28×28 pixels nothing would
# be left for its last layers, so the digits are enlarged first: to 32×32, which becomes 1×1 in the
# end and can be trained without a GPU, or to the 224×224 of the paper. You will see a digit at each
# size.
#
#     python 04_vgg16/1_resize_images.py
#
# Writes `data/mnist_shape32.npz`, or one file for each of your SIZES, in about 10 s. It holds
# `x_train`, `y_train`, `x_test` and `y_test` in uint8, which `np.load` reads. All images at 224×224
# in one float32 array would need 14 GB of memory, so some hundred of them at a time go to the file.
#
# Source: [Simonyan & Zisserman (2015)](https://arxiv.org/abs/1409.1556) for the input size.

# %%
from cnn_practice import datasets, files, hyperparameters, plots

import numpy as np
import resized
from PIL import Image

# %% [markdown]
# ## Hyperparameters

# %%
# each a whole number, 32 to 1024; (32, 224) where a GPU trains at 224: 3.5 GB of disk
SIZES = (32,)
# "nearest", "bilinear", "bicubic" or "lanczos"; drawings are enlarged bilinearly
INTERPOLATION = "bilinear"
CHUNK = 500  # whole number, at least 1; images that are in memory at a time
hyperparameters.check()

# %% [markdown]
# ## Resizing, a piece at a time
# Interpolation computes each new pixel from the old ones around it: it adds pixels, no information.
# A generator yields pieces of CHUNK images, and `resized.write` asks for one after the other.

# %%
method = Image.Resampling[INTERPOLATION.upper()]


def enlarge(images, size):
    """Resize images, uint8 (N, 28, 28), to (N, size, size)."""
    return np.stack([Image.fromarray(image).resize((size, size), method) for image in images])


def pieces(images, size, title):
    """Yield ``images`` enlarged, CHUNK of them at a time, and print how far it is."""
    for start in range(0, len(images), CHUNK):
        chunk = images[start : start + CHUNK]
        yield enlarge(chunk, size)
        done = (start + len(chunk)) / len(images)
        print(f"\r{title} [{'=' * round(40 * done):<40}] {done:4.0%}", end="", flush=True)
    print()


data = dict(zip(("train", "test"), datasets.load_mnist(), strict=True))
for size in SIZES:
    arrays = {}
    for part, (images, labels) in data.items():
        enlarged = pieces(images, size, f"{size}×{size}, {part:<5}")
        arrays[f"x_{part}"] = (len(images), size, size), enlarged
        arrays[f"y_{part}"] = labels.shape, [labels]
    resized.write(resized.path_of(size), arrays)

# %% [markdown]
# ## A digit at each size

# %%
digit = data["train"][0][:1]
sizes = {28: digit[0]} | {size: enlarge(digit, size)[0] for size in SIZES}
captions = [f"{size}×{size}" for size in sizes]
plots.picture_grid(list(sizes.values()), captions, "vgg16_sizes", "The same digit, enlarged")
for size in SIZES:
    print(f"{files.shown(resized.path_of(size))}: {sum(len(y) for _, y in data.values())} images")

# %% [markdown]
# **What you saw.** The enlarged digit has more pixels, and its strokes are smoother and wider, but
# it shows nothing that was not there before.
#
# **Try.**
# - `INTERPOLATION = "nearest"`: look at the edges of the strokes.
# - `SIZES = (64,)`, and `IMAGE_SIZE = 64` in the next script: how much longer does a step take?
#
# **Next.** `2_train_vgg16.py` trains on the file.
