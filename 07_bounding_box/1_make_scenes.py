# %% [markdown]
# # Scenes with a digit to find
#
# A classifier of centred digits answers "what?"; a detector must also answer "where?". Its
# training data need a box around each object, and here the boxes cost nothing, because we make
# the scenes: a real MNIST digit of random size at a random place, among clutter.
#
#     python 07_bounding_box/1_make_scenes.py
#
# Takes half a minute on 2 CPU cores, and writes 267 MB to data/scenes.npz.
#
# Source: digits among clutter follow the cluttered MNIST of Mnih, Heess, Graves & Kavukcuoglu
# (2014), *Recurrent models of visual attention*, section 4.1; sizes, lines and boxes are ours.

# %%
from cnn_practice import datasets, files

import boxes
import numpy as np
from PIL import Image

# %% Hyperparameters
SEED = 1  # of everything random here
VALIDATION = 5000  # MNIST training digits set apart for the validation scenes
COUNTS = (55000, 5000, 5000)  # training, validation and test scenes
DIGIT_SIZES = (20, 56)  # the longer side of the digit, in pixels of the 64×64 scene
PIECES = 6  # of other digits, at most
PIECE_SIZES = (5, 13)  # in pixels: too small to be taken for a digit
LINES = 3  # at most
NOISE = 20  # largest standard deviation of the noise, in grey levels of 0–255

# %% [markdown]
# ## Three disjoint parts
# The digits of the test scenes are MNIST's test digits, and no validation digit is in a training
# scene, not even as a piece of clutter. A scene drawn anew from a training digit would be no test.

# %%
parts = datasets.split(datasets.load_mnist(), VALIDATION)


# %% [markdown]
# ## One scene
# The digit is cropped to its ink, scaled, and placed so that all of it is inside. The box is
# measured on the pixels as they then are, so it is exact: it holds all ink darker than a quarter.


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
# Pieces of other digits stay off the box: a piece that touches the digit could make a 9 of a 4,
# and nobody could say which is right. Lines and noise cross it, but are fainter than the digit.


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
# Each digit is used once, in random order; where more scenes than digits are wanted, again.

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
