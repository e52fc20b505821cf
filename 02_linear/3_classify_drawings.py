# %% [markdown]
# # Mouse drawings, read by the linear and the dense model
#
# Reloads the models and lets them read the drawings of a folder, each prepared as MNIST was:
# cropped to the ink, fitted into 20×20, centred by mass in 28×28. Then, once, the same drawings
# merely shrunk to 28×28. The contrast is the lesson: a model reads what looks like its training
# images, and nothing else.
#
#     python 02_linear/3_classify_drawings.py
#
# Takes about 4 s. Point FOLDER at drawings of your own; a `groundtruth.json` beside them, such as
# {"my_seven.png": 7}, lets the script count how many are read right.

# %%
from cnn_practice import drawings, files, models, plots

import numpy as np

# %% Hyperparameters
FOLDER = files.DRAWINGS  # or any folder of pictures
NAMES = ("linear", "dense")  # the models to ask, of those in models/

# %% [markdown]
# ## The drawings, prepared as MNIST was, and merely shrunk

# %%
file_names, pictures, truth = drawings.read_folder(FOLDER)
prepared = np.stack([drawings.prepare(*each) for each in zip(pictures, file_names, strict=True)])
shrunk = np.stack([drawings.resize_only(picture) for picture in pictures])

# %% [markdown]
# ## What each model reads


# %%
labelled = [i for i, true in enumerate(truth) if true is not None]


def share_right(digits):
    """Share of the labelled drawings that were read right."""
    return np.mean([digits[i] == truth[i] for i in labelled])


for name in NAMES:
    model = models.load(name)
    probabilities = model.predict_on_batch(prepared[..., np.newaxis])  # starts faster than predict
    digits = probabilities.argmax(axis=1)
    confidence = probabilities.max(axis=1)

    print(f"\n{name:<28} truth  prediction  confidence")
    for file, true, digit, sure in zip(file_names, truth, digits, confidence, strict=True):
        mark = "" if true in (digit, None) else "  ← wrong"
        print(f"{file:<28} {'?' if true is None else true:>5}  {digit:>10}  {sure:>10.1%}{mark}")

    wrong = [i for i in labelled if digits[i] != truth[i]]
    plots.picture_grid(prepared, digits, f"{name}_drawings", f"Drawings, read by {name}", wrong)
    if labelled:
        unprepared = model.predict_on_batch(shrunk[..., np.newaxis]).argmax(axis=1)
        print(f"{name}: merely shrunk to 28×28, {share_right(unprepared):.1%} are read right")
        print(f"{name}: prepared as MNIST was, {share_right(digits):.1%} are read right")
