# %% [markdown]
# # The boxes, drawn: on test scenes, and on mouse drawings in larger canvases
#
# Reloads the detector and shows the predicted box (orange, dashed) and the true box (green). First
# on test scenes, the worst ones too. Then on pictures unlike its training scenes: drawings, each
# pasted at a random place and size into a canvas larger than the network's input.
#
#     python 07_bounding_box/3_draw_boxes.py
#
# Takes about 10 s on 2 CPU cores.

# %%
from pathlib import Path

from cnn_practice import drawings, files, hyperparameters, models
from cnn_practice.errors import InputError
from cnn_practice.ink import find_ink

import boxes
import numpy as np
from PIL import Image
from scipy import ndimage

# %% [markdown]
# ## Hyperparameters

# %%
NAME = "bounding_box"  # file name; of the model to ask
FOLDER = files.DRAWINGS  # folder; of pictures with one digit each
SHOWN = 24  # whole number, 1 to 100; pictures per figure
SEED = 1  # whole number, at least 0; of places and sizes of the drawings
CANVAS = (240, 320)  # each a whole number, 64 to 4096; height and width in pixels
# each a whole number, 8 to 4096; smallest and largest longer side of a drawing, in pixels of the
# canvas: 20 to 44 once the canvas is shrunk to 64
DRAWING_SIZES = (100, 220)
hyperparameters.check()
if len(CANVAS) != 2:
    raise InputError(f"CANVAS is {CANVAS!r}: write two numbers, height and width.")
boxes.check_range("DRAWING_SIZES", DRAWING_SIZES, 8, min(CANVAS))

# %% [markdown]
# ## Test scenes
# A mean hides the worst cases, so these get a figure of their own.

# %%
model = models.load(NAME)
scenes, true, truth = boxes.load_scenes("test")
answer = model.predict(scenes[..., np.newaxis].astype("float32") / 255, verbose=0)
predicted, digits = answer["box"], answer["digit"].argmax(axis=1)
overlaps = boxes.iou(true, predicted)
numbers = {"first": np.arange(len(scenes))[:SHOWN], "worst": overlaps.argsort()[:SHOWN]}
for name, chosen in numbers.items():
    captions, wrong = boxes.captions(digits[chosen], overlaps[chosen], truth[chosen])
    title = f"Test scenes: the {name} {len(chosen)} (red: misread)"
    boxes.figure(
        scenes[chosen], captions, f"boxes_{name}", title, true[chosen], predicted[chosen], wrong
    )

# %% [markdown]
# ## Drawings in larger canvases
# `find_ink` finds the ink of a drawing, as in chapters 02 to 05: dark on light or light on dark, on
# uneven paper. The ink is cropped, scaled and pasted into an empty canvas. Its true box is known,
# because the script puts it there.

# %%
rng = np.random.default_rng(SEED)
file_names, greys, truth = drawings.read_folder(Path(FOLDER).expanduser())
canvases, true = [], []
for file, grey in zip(file_names, greys, strict=True):
    ink = find_ink(grey, file)
    x, y, width, height = boxes.tight_box(ink > boxes.INK / 255)
    scale = rng.integers(*DRAWING_SIZES, endpoint=True) / max(width, height)
    new = max(1, round(width * scale)), max(1, round(height * scale))
    cropped = Image.fromarray(ink[y : y + height, x : x + width])
    left, top = (rng.integers(CANVAS[1] - new[0] + 1), rng.integers(CANVAS[0] - new[1] + 1))
    canvas = Image.new("F", CANVAS[::-1])
    canvas.paste(cropped.resize(new, Image.Resampling.BICUBIC), (left, top))
    canvases.append(np.clip(canvas, 0, 1))
    true.append(boxes.tight_box(canvases[-1] > boxes.INK / 255))
true = np.array(true)

# %% [markdown]
# The network's input is 64×64. The canvas is padded with paper to a square, which keeps the digit's
# proportions, and shrunk; the predicted box is enlarged by the same factor.
#
# Shrinking by 5 averages 5×5 pixels, and a thin pen becomes as pale as the lines of the scenes,
# which the network has learned to ignore. So the ink is thickened first, by the same factor.

# %%
side = max(CANVAS)
shrunk = []
for canvas in canvases:
    square = np.pad(canvas, ((0, side - CANVAS[0]), (0, side - CANVAS[1])))
    thick = Image.fromarray(ndimage.maximum_filter(square, round(side / boxes.SIZE)))
    shrunk.append(np.asarray(thick.resize((boxes.SIZE, boxes.SIZE), Image.Resampling.BOX)))
answer = model.predict(np.stack(shrunk)[..., np.newaxis], verbose=0)
predicted, digits = answer["box"] * side / boxes.SIZE, answer["digit"].argmax(axis=1)
drawn = boxes.iou(true, predicted)
chosen = np.unique(np.linspace(0, len(canvases) - 1, SHOWN).astype(int))  # of all digits
captions, wrong = boxes.captions(digits[chosen], drawn[chosen], np.array(truth)[chosen])
title = f"Drawings in canvases of {CANVAS[1]}×{CANVAS[0]} (red: misread)"
shown = np.stack(canvases)[chosen], captions, "boxes_drawings", title
boxes.figure(*shown, true[chosen], predicted[chosen], wrong, columns=6)

# %% [markdown]
# ## The result

# %%
labelled = [i for i, label in enumerate(truth) if label is not None]
if labelled:
    accuracy = np.mean([digits[i] == truth[i] for i in labelled])
    print(f"{len(labelled)} of the drawings are labelled: accuracy {accuracy:.1%}")
print(f"{NAME}: mean IoU {overlaps.mean():.3f} on test scenes, {drawn.mean():.3f} on drawings")

# %% [markdown]
# **What you saw.** Nearly every box fits. In the worst scenes the box lies between the digit and a
# piece of clutter, or holds both. Most of these digits are read correctly all the same.
#
# **Try.**
# - `DRAWING_SIZES = (30, 60)`: the digits become smaller than those of the training scenes.
# - `FOLDER = "~/Pictures/digits"`, a folder with drawings or photographs of your own.
# - `CANVAS = (240, 960)`: the padding to a square makes the digits small. How would you avoid it?
#
# **Next.** Chapter 08 uses networks that others have trained.
