# %% [markdown]
# # Scenes with a digit to find
#
# A classifier of centred digits tells which digit it is; a detector must also tell where it is. Its
# training images need a box around each object. Drawing such boxes by hand is slow work. Here they
# are known, because the script makes the scenes: a real MNIST digit of random size at a random
# place, among clutter. You will see 32 scenes with their boxes.
#
#     python 07_bounding_box/1_make_scenes.py
#
# Takes half a minute on 2 CPU cores, and writes 267 MB to data/scenes.npz.
#
# Source: [Mnih, Heess, Graves & Kavukcuoglu (2014)](https://arxiv.org/abs/1406.6247), *Recurrent
# models of visual attention*, put MNIST digits among clutter. The sizes, lines, noise and boxes of
# these scenes are this chapter's own.

# %%
from cnn_practice import datasets, files, hyperparameters
from cnn_practice.errors import InputError

import boxes
import numpy as np
from PIL import Image

# %% [markdown]
# ## Hyperparameters

# %%
SEED = 1  # whole number, at least 0; of everything random here
VALIDATION = 5000  # whole number, 1 to 59999; MNIST training digits set apart for validation scenes
COUNTS = (55000, 5000, 5000)  # each a whole number, at least 1; training, validation, test scenes
# each a whole number, 8 to 64; smallest and largest longer side of the digit, in pixels of the
# 64×64 scene: a smaller digit can hardly be read
DIGIT_SIZES = (20, 56)
PIECES = 6  # whole number, at least 0; largest number of pieces of other digits
PIECE_SIZES = (5, 13)  # each a whole number, 1 to 64; in pixels, too small to be taken for a digit
LINES = 3  # whole number, at least 0; largest number of lines
NOISE = 20  # number, 0 to 255; largest standard deviation of the noise, in grey levels of 0 to 255
hyperparameters.check()
if len(COUNTS) != 3:
    raise InputError(f"COUNTS is {COUNTS!r}: write three numbers, one for each part.")
boxes.check_range("DIGIT_SIZES", DIGIT_SIZES, 8, boxes.SIZE)
boxes.check_range("PIECE_SIZES", PIECE_SIZES, 1, boxes.SIZE)

# %% [markdown]
# ## Three disjoint parts
# The digits of the test scenes are MNIST's test digits. No validation digit is in a training scene,
# not even as a piece of clutter. A test scene made of a training digit would be no test.

# %%
parts = datasets.split(datasets.load_mnist(), VALIDATION)


# %% [markdown]
# ## One scene
# The digit is cropped to its ink, scaled, and placed so that all of it is inside. Then the box is
# measured on its pixels: it holds all ink that is darker than a quarter of black.


# %%
def resized(digit, size):
    """The digit cropped to its ink, its longer side scaled to ``size`` pixels; uint8."""
    x, y, width, height = boxes.tight_box(digit > boxes.INK)
    scale = size / max(width, height)
    new = max(1, round(width * scale)), max(1, round(height * scale))
    cropped = Image.fromarray(digit[y : y + height, x : x + width])
    return np.asarray(cropped.resize(new, Image.Resampling.BICUBIC))


def place(scene, ink, x, y):
    """Put ``ink`` on the scene at (x, y), in place; where both have ink, the darker stays."""
    window = scene[y : y + ink.shape[0], x : x + ink.shape[1]]
    np.maximum(window, ink[: window.shape[0], : window.shape[1]], out=window)


# %% [markdown]
# Pieces of other digits stay outside the box: a piece that touches the digit could make a 9 of a 4,
# and the label would be wrong. Lines and noise may cross the digit, but are fainter.


# %%
def make_scene(digit, others, rng):
    """A scene, uint8 (64, 64), and its box; the clutter is cut from ``others``, (N, 28, 28)."""
    size = boxes.SIZE
    scene = np.zeros((size, size), dtype=np.uint8)
    ink = resized(digit, rng.integers(*DIGIT_SIZES, endpoint=True))
    left, top = (rng.integers(size - length, endpoint=True) for length in ink.shape[::-1])
    place(scene, ink, left, top)
    box = boxes.tight_box(scene > boxes.INK)

    for _ in range(rng.integers(PIECES, endpoint=True)):
        other = resized(rng.choice(others), rng.integers(*DIGIT_SIZES, endpoint=True))
        length = rng.integers(*PIECE_SIZES, endpoint=True)
        row, column = (rng.integers(max(1, side - length)) for side in other.shape)
        piece = other[row : row + length, column : column + length]
        x, y = rng.integers(size - length, size=2, endpoint=True)
        # One pixel larger, so that the piece does not even touch the digit.
        if boxes.iou(box, (x - 1, y - 1, length + 2, length + 2)) == 0:
            place(scene, piece, x, y)

    for _ in range(rng.integers(LINES, endpoint=True)):
        (x0, y0), (x1, y1) = rng.integers(size, size=(2, 2))
        steps = np.linspace(0, 1, 2 * size)
        rows, columns = (y0 + (y1 - y0) * steps).round(), (x0 + (x1 - x0) * steps).round()
        points = rows.astype(int), columns.astype(int)
        scene[points] = np.maximum(scene[points], rng.integers(60, 160))

    noise = rng.normal(0, rng.uniform(0, NOISE), scene.shape)
    return np.clip(scene + noise, 0, 255).astype(np.uint8), box


# %% [markdown]
# ## All scenes
# Each digit is used once, in random order. Where a part has more scenes than digits, the digits are
# used again.

# %%
arrays = {}
for name, (digits, labels), count, seed in zip(
    boxes.PARTS, parts, COUNTS, np.random.SeedSequence(SEED).spawn(3), strict=True
):
    rng = np.random.default_rng(seed)
    order = np.resize(rng.permutation(len(digits)), count)
    made = [make_scene(digits[index], digits, rng) for index in order]
    arrays[f"{name}_scenes"] = np.stack([scene for scene, _ in made])
    arrays[f"{name}_boxes"] = np.stack([box for _, box in made]).astype("float32")
    arrays[f"{name}_digits"] = labels[order]
    print(f"{count} {name} scenes")

with files.written_beside(boxes.SCENES) as temporary:
    np.savez(temporary, **arrays)
boxes.figure(
    arrays["train_scenes"][:32],
    [str(digit) for digit in arrays["train_digits"][:32]],
    "scenes",
    "Training scenes and their boxes",
    arrays["train_boxes"],
)
print(f"scenes: {files.shown(boxes.SCENES)}, {boxes.SCENES.stat().st_size / 1e6:.0f} MB")

# %% [markdown]
# **What you saw.** Digits of several sizes, each in its box, among pieces, lines and noise.
#
# **Try.**
# - `NOISE = 80` and `LINES = 12`: can you still find every digit? Train on such scenes and see
#   whether the network can.
# - `DIGIT_SIZES = (8, 16)`: small digits are harder to read, and a box that is off by a pixel
#   covers them badly.
#
# **Next.** `2_train_bounding_box.py` trains a network that finds and reads them.
