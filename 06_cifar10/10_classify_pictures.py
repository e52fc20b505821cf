# %% [markdown]
# # Your own pictures, classified
#
# This script reloads the most accurate network of this chapter, which `8_train_airbench.py` saved,
# and classifies pictures. Without a folder of yours it takes some of the test images, so that you
# see how it works. You will see each picture with the predicted class, and a table with the two
# most probable classes.
#
#     python 06_cifar10/10_classify_pictures.py
#
# Takes about 4 s. Put pictures of any size and format into a folder and write its path into FOLDER.

# %%
from pathlib import Path

from cnn_practice import datasets, drawings, hyperparameters, plots

import numpy as np
import trained_models
from PIL import Image, ImageOps

# %% [markdown]
# ## Hyperparameters

# %%
NAME_OF_MODEL = "cifar10_airbench"  # file name; of a model that this chapter trained
FOLDER = None  # folder or None; of your pictures, as "~/Pictures"; None takes test images
PICTURES = 20  # whole number, 1 to 1000; how many of the test images
SEED = 1  # whole number, at least 0; chooses them
hyperparameters.check()

# %% [markdown]
# ## The pictures
# The network was trained on pictures of 32×32 pixels with one object that fills them. Therefore the
# middle square of each picture is cut out and reduced to 32×32 pixels.


# %%
def square(path):
    """The middle square of a picture in RGB, 192×192; what is transparent becomes white."""
    return ImageOps.fit(drawings.read_photo(path), (192, 192), Image.Resampling.LANCZOS)


[(model, classes)] = trained_models.load(NAME_OF_MODEL)
if FOLDER is None:
    _, (x_test, y_test) = datasets.load_cifar10()
    kept, numbers = datasets.of_classes(y_test, classes)
    few = np.random.default_rng(SEED).choice(len(kept), PICTURES, replace=False)
    names = [f"test image {number}" for number in kept[few]]
    truth = [classes[label] for label in numbers[few]]
    shown = images = x_test[kept[few]]
else:
    paths = drawings.list_folder(Path(FOLDER).expanduser())
    names, truth = [path.name for path in paths], [None] * len(paths)
    shown = [square(path) for path in paths]
    images = np.stack([picture.resize((32, 32), Image.Resampling.BOX) for picture in shown])

# %% [markdown]
# ## The predictions
# The table has the two most probable classes of each picture. The first one is the prediction.

# %%
probabilities = model.predict_on_batch(images / np.float32(255))  # starts faster than predict
captions, wrong = [], []
print(f"{'picture':<28} {'first':<20} {'second':<20} truth")
for number, (name, true, row) in enumerate(zip(names, truth, probabilities, strict=True)):
    order = np.argsort(-row)[:2]
    first, second = (f"{classes[label]} {row[label]:.1%}" for label in order)
    caption = f"{classes[order[0]]} {row[order[0]]:.0%}"
    captions.append(caption if true else f"{name[:14]}\n{caption}")
    if true and true != classes[order[0]]:
        wrong.append(number)
    print(f"{name:<28} {first:<20} {second:<20} {true or '?'}")
title = NAME_OF_MODEL if FOLDER else f"{NAME_OF_MODEL} (red: wrong)"
plots.picture_grid(shown, captions, "cifar10_pictures", title, wrong, columns=5)
right = "" if FOLDER else f", {len(names) - len(wrong)} of them correctly"
print(f"{NAME_OF_MODEL}: {len(names)} pictures classified{right}")

# %% [markdown]
# **What you saw.** The network always chooses one of its ten classes. It has no answer for "none of
# these": a person or a house becomes one of the ten as well, and its probability can be high.
#
# **Try.**
# - `FOLDER = "~/Pictures"`, or another folder of yours: which objects does the network recognise,
#   and what does it call those that it was never trained on?
# - `PICTURES = 200`: which two classes are confused most often?
# - `NAME_OF_MODEL = "cifar10_minivgg"`: which pictures does it read otherwise, and how sure is it?
#
# **Next.** `11_compare_networks.py` compares all networks of this chapter.
