# %% [markdown]
# # Drawings classified by VGG-16
#
# The drawings are prepared as MNIST was, and then enlarged with the interpolation that enlarged the
# training images of this network. The simple CNN of chapter 03 classifies the same drawings beside
# it. You will see how many parameters each has, how long each takes, and what each gets wrong: does
# a network for photographs classify clean digits any better?
#
#     python 04_vgg16/3_classify_drawings.py
#
# Takes about 10 s. Let FOLDER be a folder of your own drawings: a `groundtruth.json` in it, such as
# `{"my_seven.png": 7}`, says which digits they are, and the script computes the accuracy.

# %%
import time

from cnn_practice import classify, drawings, files, hyperparameters

import numpy as np

# %% [markdown]
# ## Hyperparameters

# %%
FOLDER = files.DRAWINGS  # folder; of pictures: one of your own, such as "~/Pictures", will do
# each a file name; models trained on MNIST, of those in models/: "vgg16_224" if you have trained it
NAMES = ("simple_cnn", "vgg16_32")
hyperparameters.check()

# %% [markdown]
# ## What each model predicts
# `classify.predict` enlarges the prepared drawings to the input size of each network.

# %%
chosen = classify.load(NAMES)
file_names, pictures, truth = classify.apart(*drawings.read_folder(FOLDER))
shrunk = np.stack([drawings.resize_only(picture) for picture in pictures])
prepared = np.stack([drawings.prepare(*each) for each in zip(pictures, file_names, strict=True)])

seconds = {}
for name, model in chosen.items():
    start = time.perf_counter()
    probabilities = classify.predict(model, prepared)
    seconds[name] = time.perf_counter() - start
    classify.table(name, file_names, truth, probabilities)
    classify.grid(name, prepared, file_names, truth, probabilities)

# %% [markdown]
# ## The comparison
# The first prediction of a model also prepares its computation, so the time is an upper bound.

# %%
print(f"\n{len(prepared)} drawings")
for name, model in chosen.items():
    print(f"{name}: {model.count_params():,} parameters, {seconds[name]:.1f} s")
    for way, digits in {"just shrunk": shrunk, "prepared": prepared}.items():
        accuracy = classify.accuracy(truth, classify.predict(model, digits))
        if accuracy is not None:
            print(f"{name}: accuracy {accuracy:.1%} on drawings {way}")

# %% [markdown]
# **What you saw.** VGG-16 classifies more of the drawings that are just shrunk, and takes longer.
# On prepared drawings the small network is as good.
#
# **Try.**
# - `NAMES = ("linear", "lenet5", "vgg16_32")`: compare their confidence on the same drawing.
# - `FOLDER`: a folder of digits that you have drawn as badly as you can.
#
# **Next.** Chapter 05 takes part in a competition on handwritten digits.
