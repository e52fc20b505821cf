# %% [markdown]
# # The boxes, drawn: on test scenes, and on mouse drawings in larger canvases
#
# Reloads the detector and shows what it predicts (orange, dashed) beside what is true (green).
# First on test scenes, the worst ones too. Then on what it has never seen: drawings, each pasted
# at a random place and size into a canvas larger than the network's input.
#
#     python 07_bounding_box/3_draw_boxes.py
#
# Takes some 10 seconds on 2 CPU cores.

# %%
from cnn_practice import drawings, files, models
from cnn_practice.errors import InputError

import boxes
import numpy as np
from PIL import Image
from scipy import ndimage

# %% Hyperparameters
NAME = "bounding_box"  # the model to ask
FOLDER = files.DRAWINGS  # or any folder of pictures
SHOWN = 24  # pictures per figure
SEED = 1  # of places and sizes of the drawings
CANVAS = (240, 320)  # height and width in pixels
DRAWING_SIZES = (100, 220)  # longer side in pixels; 20 to 44 once the canvas is shrunk to 64

# %% [markdown]
# ## Test scenes
# A mean hides its worst cases, so they get a figure of their own.

# %%
model = models.load(NAME)


def captions(digits, overlaps):
    """What was read, and how well the box fits."""
    return [f"{digit}, IoU {each:.2f}" for digit, each in zip(digits, overlaps, strict=True)]


scenes, true, _ = boxes.load_scenes("test")
answer = model.predict(scenes[..., np.newaxis].astype("float32") / 255, verbose=0)
predicted, digits = answer["box"], answer["digit"].argmax(axis=1)
overlaps = boxes.iou(true, predicted)
numbers = {"first": np.arange(len(scenes))[:SHOWN], "worst": overlaps.argsort()[:SHOWN]}
for name, chosen in numbers.items():
    boxes.figure(
        scenes[chosen],
        captions(digits[chosen], overlaps[chosen]),
        f"boxes_{name}",
        f"Test scenes: the {name} {len(chosen)}",
        true[chosen],
        predicted[chosen],
    )

# %% [markdown]
# ## Drawings in larger canvases
# We know the true box of a drawing, since we put it there.

# %%
rng = np.random.default_rng(SEED)
file_names, greys, labels = drawings.read_folder(FOLDER)
canvases, true = [], []
for file, grey in zip(file_names, greys, strict=True):
    ink = np.abs(grey - np.median(grey))  # dark on light or light on dark: ink is what differs
    if ink.max() < 0.1:
        raise InputError(f"There is no ink in {file}: draw a digit, or remove the file.")
    ink /= ink.max()
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
# The network takes 64×64 and nothing else. So the canvas is made square by more paper, which keeps
# the digit's proportions, and shrunk; the predicted box is enlarged by the same factor.
#
# Shrinking by 5 averages 5×5 pixels, and a thin pen becomes as pale as the lines of the clutter,
# which the network has learned to overlook. So the ink is first thickened by as much.

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
boxes.figure(
    canvases[:SHOWN],
    captions(digits, drawn)[:SHOWN],
    "boxes_drawings",
    f"Drawings in canvases of {CANVAS[1]}×{CANVAS[0]}",
    true,
    predicted,
    columns=6,
)
labelled = [i for i, label in enumerate(labels) if label is not None]
if labelled:
    right = np.mean([digits[i] == labels[i] for i in labelled])
    print(f"{len(labelled)} of the drawings are labelled: {right:.1%} of these are read right")
print(f"{NAME}: mean IoU {overlaps.mean():.3f} on test scenes, {drawn.mean():.3f} on drawings")
