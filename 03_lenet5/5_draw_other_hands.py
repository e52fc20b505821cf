# %% [markdown]
# # Digits that MNIST lacks, drawn by a model of the hand
#
# The last script found what is missing: hooked ones, crossed sevens, slashed zeros and more. This
# script makes training images of them. Each style is a path with random proportions, in
# `other_hands.py`. A model of the hand writes it: it misses the path's points a little, trembles,
# and its speed follows the curvature. Pens of many widths ink the strokes, some digits are
# stretched towards a square, and all are prepared as MNIST's were.
#
# You will see them beside MNIST's digits.
#
#     python 03_lenet5/5_draw_other_hands.py
#
# Takes about 1 min on 2 cores. The drawings of `images/drawings/` follow other paths, so they
# still test what the next script trains.
#
# Source of the model of the hand: [Lacquaniti, Terzuolo & Viviani
# (1983)](https://doi.org/10.1016/0001-6918(83)90027-6), the two-thirds power law.

# %%
from cnn_practice import datasets, files, hyperparameters, plots

import keras
import numpy as np
import other_hands
from matplotlib.figure import Figure

# %% [markdown]
# ## Hyperparameters

# %%
SEED = 1  # whole number, at least 0; the same seed makes the same file
DIGITS = 350  # whole number, 1 to 5000; of each style
hyperparameters.check()

# %% [markdown]
# ## Drawing
# Every style has a random generator of its own, so that a style more does not change the others.

# %%
images, styles = [], []
progress = keras.utils.Progbar(len(other_hands.STYLES) * DIGITS, unit_name="digit")
for number, style in enumerate(other_hands.STYLES):
    rng = np.random.default_rng([SEED, number])
    for _ in range(DIGITS):
        images.append((255 * other_hands.draw(style, rng)).round().astype(np.uint8))
        styles.append(number)
    progress.update(len(images))
images, styles = np.array(images), np.array(styles)
names = np.array(list(other_hands.STYLES))
digits = np.array([int(name[0]) for name in names], dtype=np.uint8)[styles]
with files.written_beside(other_hands.FILE) as path:
    np.savez_compressed(path, images=images, digits=digits, styles=styles, names=names, seed=SEED)

# %% [markdown]
# ## The drawn digits beside MNIST's
# Left: twelve of MNIST's training images of each digit. Right: twelve that the hand drew.

# %%
x_train, y_train = datasets.load_mnist()[0]
figure = Figure(figsize=(9, 4.2), layout="constrained")
figure.suptitle("MNIST's training images, and digits that a model of the hand drew")
rng = np.random.default_rng(SEED)
sources = {"MNIST": (x_train, y_train), "drawn": (images, digits)}
for axes, (title, (pictures, labels)) in zip(figure.subplots(1, 2), sources.items(), strict=True):
    rows = [rng.permutation(np.flatnonzero(labels == digit))[:12] for digit in range(10)]
    rows = [np.resize(row, 12) for row in rows]
    axes.imshow(np.vstack([np.hstack(pictures[row]) for row in rows]), cmap="gray_r")
    axes.set_title(title)
    axes.axis("off")
plots.save(figure, "other_hands")
print(f"drew {len(images):,} digits of {len(names)} styles: {files.shown(other_hands.FILE)}")

# %% [markdown]
# **What you saw.** The drawn digits are ones that a person reads at once, in shapes that MNIST has
# rarely or never.
#
# **Try.**
# - `DIGITS = 20`: done in seconds. Is it enough for the next script?
# - A style of your own in `other_hands.py`: a function that returns strokes, and a line in
#   `STYLES`.
#
# **Next.** `6_train_for_any_hand.py` trains on both.
