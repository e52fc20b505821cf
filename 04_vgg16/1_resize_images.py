# %% [markdown]
# # Larger digits for a larger network
#
# VGG-16 halves its image five times, and was made for 224×224 pixels. From 28×28 nothing would be
# left for its last layers, so MNIST is enlarged first: to 32×32, which becomes 1×1 in the end and
# can be trained without a GPU, or to the paper's 224×224.
#
#     python 04_vgg16/1_resize_images.py
#
# Writes `data/mnist_shape<SIZE>.npz` with `x_train`, `y_train`, `x_test`, `y_test` in uint8, which
# `np.load` reads. The usual way, one float16 array of all images, needs 7 GB of memory at 224×224;
# here a few hundred images at a time go to the file, and the pixels stay bytes.

# %%
from cnn_practice import datasets

import numpy as np
import resized
from PIL import Image

# %% Hyperparameters
SIZES = (32,)  # or (32, 224), where a GPU trains at 224; that file takes 3.5 GB of disk
INTERPOLATION = "bilinear"  # or "nearest", "bicubic", "lanczos"; drawings are enlarged bilinearly
CHUNK = 500  # images that are in memory at a time

# %% [markdown]
# ## Resizing, a piece at a time
# A generator yields the pieces, and the function that writes them asks for one after the other.


# %%
def enlarged(images, size, title):
    """Yield ``images`` resized to ``size`` × ``size``, CHUNK of them at a time."""
    method = Image.Resampling[INTERPOLATION.upper()]
    for start in range(0, len(images), CHUNK):
        chunk = images[start : start + CHUNK]
        yield np.stack([Image.fromarray(image).resize((size, size), method) for image in chunk])
        done = (start + len(chunk)) / len(images)
        print(f"\r{title} [{'=' * round(40 * done):<40}] {done:4.0%}", end="", flush=True)
    print()


data = dict(zip(("train", "test"), datasets.load_mnist(), strict=True))
for size in SIZES:
    arrays = {}
    for part, (images, labels) in data.items():
        pieces = enlarged(images, size, f"{size}×{size}, {part:<5}")
        arrays[f"x_{part}"] = (len(images), size, size), pieces
        arrays[f"y_{part}"] = labels.shape, [labels]
    resized.write(resized.path_of(size), arrays)
