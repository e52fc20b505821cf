# %% [markdown]
# # Mouse drawings, read by VGG-16
#
# The drawings are prepared as MNIST was, and then enlarged as its images were for this network, by
# the same interpolation. Beside it the simple CNN of chapter 03, with a seventy-sixth of the
# weights, reads the same drawings: digits as clean as these do not need sixteen layers.
#
#     python 04_vgg16/3_classify_drawings.py
#
# Point FOLDER at drawings of your own; a `groundtruth.json` beside them, such as
# {"my_seven.png": 7}, lets the script count how many are read right.

# %%
from cnn_practice import drawings, files, models, plots

import numpy as np

# %% Hyperparameters
FOLDER = files.DRAWINGS  # or any folder of pictures
NAMES = ("simple_cnn", "vgg16_32")  # of models/; "vgg16_224" if you have trained it

# %% [markdown]
# ## The drawings, prepared as MNIST was, and merely shrunk

# %%
file_names, pictures, truth = drawings.read_folder(FOLDER)
ways = {
    "merely shrunk to 28×28": [drawings.resize_only(picture) for picture in pictures],
    "prepared as MNIST was": list(map(drawings.prepare, pictures, file_names)),
}

# %% [markdown]
# ## What each model reads
# The table and the figure are of the prepared drawings.

# %%
labelled = [i for i, true in enumerate(truth) if true is not None]
for name in NAMES:
    model = models.load(name)
    size = model.input_shape[1]
    print()
    for way, small in ways.items():
        seen = np.stack([drawings.enlarged(picture, size) for picture in small])
        probabilities = model.predict(seen[..., np.newaxis], verbose=0)
        digits = probabilities.argmax(axis=1)
        wrong = [i for i in labelled if digits[i] != truth[i]]
        if labelled:
            print(f"{name}: {way}, {1 - len(wrong) / len(labelled):.1%} are read right")

    print(f"{'drawing':<28} truth  prediction  confidence")
    for i, (file, digit) in enumerate(zip(file_names, digits, strict=True)):
        true = "?" if truth[i] is None else truth[i]
        mark = "  ← wrong" if i in wrong else ""
        print(f"{file:<28} {true:>5}  {digit:>10}  {probabilities[i, digit]:>10.1%}{mark}")
    plots.picture_grid(seen, digits, f"{name}_drawings", f"Drawings, read by {name}", wrong)
