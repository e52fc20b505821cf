# %% [markdown]
# # Drawings classified by LeNet-5 and the simple CNN
#
# The same drawings as in `02_linear/3_classify_drawings.py`, prepared in the same way, now
# classified by convolutional networks. You will see a line and a picture for each drawing, and on
# which of them the networks are least confident. At the end all digit models are compared, on
# drawings prepared as MNIST was and on drawings just shrunk: does a network that looks for strokes
# everywhere need the preparation less?
#
#     python 03_lenet5/3_classify_drawings.py
#
# Takes about 5 s. Let FOLDER be a folder of your own drawings: a `groundtruth.json` in it, such as
# `{"my_seven.png": 7}`, says which digits they are, and the script computes the accuracy.

# %%
from cnn_practice import classify, drawings, files, hyperparameters

import numpy as np

# %% [markdown]
# ## Hyperparameters

# %%
FOLDER = files.DRAWINGS  # folder; of pictures: one of your own, such as "~/Pictures", will do
NAMES = ("lenet5", "simple_cnn")  # each a file name; models trained on MNIST, of those in models/
COMPARED = ("linear", "dense")  # each a file name; further models, only for the comparison
hyperparameters.check()

# %% [markdown]
# ## What each model predicts

# %%
chosen, others = classify.load(NAMES), classify.load(COMPARED)
file_names, pictures, truth = classify.apart(*drawings.read_folder(FOLDER))
shrunk = np.stack([drawings.resize_only(picture) for picture in pictures])
prepared = np.stack([drawings.prepare(*each) for each in zip(pictures, file_names, strict=True)])

for name, model in chosen.items():
    probabilities = classify.predict(model, prepared)
    classify.table(name, file_names, truth, probabilities)
    classify.grid(name, prepared, file_names, truth, probabilities)
    confidence = probabilities.max(axis=1)
    least = [f"{file_names[i]} ({confidence[i]:.0%})" for i in confidence.argsort()[:3]]
    print(f"{name} is least confident on {', '.join(least)}")

# %% [markdown]
# ## The comparison
# Nothing else differs between the two columns: the same drawings, the same networks.

# %%
print(f"\n{len(prepared)} drawings")
for name, model in (others | chosen).items():
    for way, digits in {"just shrunk": shrunk, "prepared": prepared}.items():
        accuracy = classify.accuracy(truth, classify.predict(model, digits))
        if accuracy is not None:
            print(f"{name}: accuracy {accuracy:.1%} on drawings {way}")

# %% [markdown]
# **What you saw.** Convolution and pooling make a network less sensitive to where a stroke is, and
# the convolutional networks do better on drawings that are just shrunk. But size and thickness
# still matter, so prepared drawings are classified best.
#
# **Try.**
# - `FOLDER = "~/Pictures"`, or wherever you have drawings or photos of digits.
# - `NAMES = ("lenet5", "vgg16_32")`: the drawings are enlarged for the network of chapter 04.
#
# **Next.** Chapter 04 trains a much deeper network.
