# %% [markdown]
# # What MNIST never saw
#
# MNIST was written in the United States. Most people elsewhere write the 1 with a hook, many cross
# the 7, and some slash the 0. Here the simple CNN classifies digits in such styles, and the
# training images nearest to its mistakes show why it makes them.
#
# You will see the mistakes by digit and style, and beside each mistake its nearest neighbours among
# MNIST's training images.
#
#     python 03_lenet5/4_find_what_is_missing.py
#
# Takes about 30 s on 2 cores. The digits are drawn by the model of the hand of the next script.
# With `FOLDER` the script uses your own pictures instead, with their digits in a `groundtruth.json`
# such as {"my_seven.png": 7}.

# %%
import textwrap
from pathlib import Path

from cnn_practice import datasets, drawings, hyperparameters, models, plots
from cnn_practice.errors import InputError

import numpy as np
import other_hands

# %% [markdown]
# ## Hyperparameters

# %%
FOLDER = None  # folder or None; of your own pictures, instead of drawn digits
MODEL = "simple_cnn"  # file name; of the model that classifies
DIGITS = 20  # whole number, 1 to 1000; drawn of each style
SEED = 2  # whole number, at least 0; another seed draws other digits
NEIGHBOURS = 5  # whole number, 1 to 20; shown beside each mistake
hyperparameters.check()

# %% [markdown]
# ## Digits from elsewhere

# %%
if FOLDER is None:
    rng = np.random.default_rng(SEED)
    kinds = [style for style in other_hands.STYLES for _ in range(DIGITS)]
    pictures = np.stack([other_hands.draw(style, rng) for style in kinds])
    truth = np.array([int(style[0]) for style in kinds])
else:
    names, greys, digits = drawings.read_folder(Path(FOLDER).expanduser())
    known = [i for i, digit in enumerate(digits) if digit is not None]
    if not known:
        raise InputError(f"No digits are given in {FOLDER}: write a groundtruth.json there.")
    pictures = np.stack([drawings.prepare(greys[i], names[i]) for i in known])
    truth = np.array([digits[i] for i in known])
    kinds = [f"{digit}" for digit in truth]

# %% [markdown]
# ## The mistakes, style by style

# %%
model = models.load(MODEL)
predicted = model.predict(pictures[..., np.newaxis], verbose=0).argmax(axis=1)
wrong = np.flatnonzero(predicted != truth)
print(f"{'style':<26} wrong  of   most often taken for a")
for kind in dict.fromkeys(kinds):
    of_kind = np.array([each == kind for each in kinds])
    mistakes = predicted[of_kind & (predicted != truth)]
    taken_for = np.bincount(mistakes).argmax() if len(mistakes) else ""
    print(f"{kind:<26} {len(mistakes):>5}  {of_kind.sum():>3}  {taken_for}")

# %% [markdown]
# ## What MNIST has instead
# A network gives similar images the same class. The nearest neighbours of an image $a$ are the
# training images $b$ with the smallest $\lVert a - b \rVert$. Where they show another digit, MNIST
# has nothing more like it.

# %%
(x_train, y_train), _ = datasets.load_mnist()
flat = x_train.reshape(len(x_train), -1).astype("float32") / 255
# One mistake of each style, those with the most mistakes first.
counts = {kind: sum(kinds[i] == kind for i in wrong) for kind in dict.fromkeys(kinds)}
worst = sorted(counts, key=counts.get, reverse=True)
shown = [next(i for i in wrong if kinds[i] == kind) for kind in worst[:6] if counts[kind]]
rows, captions = [], []
for i in shown:
    distances = np.sum(flat**2, axis=1) - 2 * flat @ pictures[i].ravel()
    nearest = np.argsort(distances)[:NEIGHBOURS]
    rows += [pictures[i], *(x_train[nearest] / 255)]
    style = textwrap.fill(kinds[i], 17)
    captions += [f"{style}\n→ {predicted[i]}", *(f"MNIST {y_train[n]}" for n in nearest)]
if shown:
    plots.picture_grid(
        np.stack(rows),
        captions,
        "what_is_missing",
        f"Misread by {MODEL}, and what MNIST has nearby",
        wrong=range(0, len(rows), NEIGHBOURS + 1),
        columns=NEIGHBOURS + 1,
    )
accuracy = 1 - len(wrong) / len(truth)
print(f"{MODEL}: {accuracy:.1%} of {len(truth)} digits from elsewhere are read correctly")

# %% [markdown]
# **What you saw.** The mistakes are not spread evenly: a few styles have most of them. Beside the
# ones with a hook stand training images of nines and sevens, not of ones. What the training images
# lack, a network cannot learn from them.
#
# **Try.**
# - `FOLDER`: a folder of digits that you and your friends drew. Which styles of yours are misread?
# - `MODEL = "linear"` or `"lenet5"`: are the same styles misread?
#
# **Next.** `5_draw_other_hands.py` draws training images in these styles.
