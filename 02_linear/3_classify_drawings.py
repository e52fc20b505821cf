# %% [markdown]
# # Drawings classified by the linear and the dense model
#
# The models are reloaded and classify the drawings of a folder. A network classifies well only what
# looks like its training images, so each drawing is prepared as MNIST's digits were: cropped to the
# ink, fitted into 20×20 pixels and centred by mass in 28×28. For comparison the same drawings are
# also just shrunk to 28×28. You will see both versions of some drawings, and the accuracy on both.
#
#     python 02_linear/3_classify_drawings.py
#
# Takes about 5 s. Let FOLDER be a folder of your own drawings: a `groundtruth.json` in it, such as
# `{"my_seven.png": 7}`, says which digits they are, and the script computes the accuracy.
#
# Source: [LeCun, Bottou, Bengio & Haffner (1998)](https://doi.org/10.1109/5.726791) describe how
# the digits of MNIST were prepared.

# %%
from cnn_practice import classify, drawings, files, hyperparameters, plots

import numpy as np

# %% [markdown]
# ## Hyperparameters

# %%
FOLDER = files.DRAWINGS  # folder; of pictures: one of your own, such as "~/Pictures", will do
NAMES = ("linear", "dense")  # each a file name; models trained on MNIST, of those in models/
hyperparameters.check()

# %% [markdown]
# ## Prepared as MNIST was, and just shrunk
# A drawing on a large canvas with a thin pen nearly vanishes when it is only shrunk, and one in a
# corner stays there. The figure shows up to ten of the drawings: shrunk above, prepared below.

# %%
chosen = classify.load(NAMES)
file_names, pictures, truth = classify.apart(*drawings.read_folder(FOLDER))
shrunk = np.stack([drawings.resize_only(picture) for picture in pictures])
prepared = np.stack([drawings.prepare(*each) for each in zip(pictures, file_names, strict=True)])

some = np.unique(np.linspace(0, len(prepared) - 1, 10).astype(int))
captions = ["just shrunk"] * len(some) + ["prepared"] * len(some)
pairs = np.concatenate([shrunk[some], prepared[some]])
title = "Drawings just shrunk, and prepared as MNIST was"
plots.picture_grid(pairs, captions, "drawings_preparation", title, columns=len(some))

# %% [markdown]
# ## What each model predicts
# The confidence is the probability of the predicted class. It is no promise: look at the wrong
# predictions with a high one.

# %%
for name, model in chosen.items():
    probabilities = classify.predict(model, prepared)
    classify.table(name, file_names, truth, probabilities)
    classify.grid(name, prepared, file_names, truth, probabilities)

# %% [markdown]
# ## How much the preparation matters

# %%
print(f"\n{len(prepared)} drawings")
for name, model in chosen.items():
    for way, digits in {"just shrunk": shrunk, "prepared": prepared}.items():
        accuracy = classify.accuracy(truth, classify.predict(model, digits))
        if accuracy is not None:
            print(f"{name}: accuracy {accuracy:.1%} on drawings {way}")

# %% [markdown]
# **What you saw.** Both models do much better on prepared drawings: they learned from digits of one
# size in one place, and know nothing about others. The dense model suffers less from drawings that
# are just shrunk, because its training images were distorted.
#
# **Try.**
# - `FOLDER = "~/Pictures"`, or wherever you have drawings or photos of digits.
# - `NAMES = ("linear", "dense", "simple_cnn")`: which drawings do several models get wrong?
#
# **Next.** Chapter 03: networks that know which pixels are neighbours.
