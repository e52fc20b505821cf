# %% [markdown]
# # Pictures classified by the network that you fine-tuned
#
# Reloads what `2_fine_tune.py` saved and lets it read the pictures of a folder. You will see the
# two likeliest classes of each. The sample pictures are balls, cones and cubes that are in none of
# the class folders: the network was neither trained nor tested on them.
#
#     python 08_pretrained/2_fine_tune.py
#     python 08_pretrained/3_classify_pictures.py
#
# Takes about 10 s on 2 CPU cores.

# %%
from pathlib import Path

from cnn_practice import drawings, files, hyperparameters, models, plots, results
from cnn_practice.errors import InputError

import numpy as np
import pretrained

# %% [markdown]
# ## Hyperparameters

# %%
NAME = "fine_tuned"  # file name; of the model to ask
FOLDER = files.ROOT / "images" / "shapes_unseen"  # folder; of pictures of any size and format
hyperparameters.check()

# %% [markdown]
# ## The network and the pictures
# The record has the names of the classes. The preprocessing is part of the saved network, so the
# pictures only become squares of its input size, with pixels from 0 to 1.

# %%
if not (files.MODELS / f"{NAME}.config.json").exists():
    raise InputError(f"There is no model {NAME} yet: run «python 08_pretrained/2_fine_tune.py».")
model = models.load(NAME)
classes = results.read(NAME)["classes"]
paths = drawings.list_folder(Path(FOLDER).expanduser())
size = model.input_shape[1]
pictures = np.stack([pretrained.fitted(drawings.read_photo(path), size) for path in paths])

# %% [markdown]
# ## What the network reads
# It always names one of its classes, whatever the picture shows. Only the probability can tell that
# it is not sure, and even that can be large for a picture of something else.

# %%
probabilities = model.predict_on_batch(pictures / np.float32(255))  # starts faster than predict
captions = []
print(f"{'picture':<28} {'first':<20} second")
for path, row in zip(paths, probabilities, strict=True):
    first, second = (f"{classes[label]} {row[label]:.1%}" for label in np.argsort(-row)[:2])
    captions.append(first)
    print(f"{path.name:<28} {first:<20} {second}")
plots.picture_grid(pictures, captions, f"{NAME}_pictures", f"As read by {NAME}", columns=5)
print(f"{NAME}: {len(paths)} pictures classified")

# %% [markdown]
# **What you saw.** Your own classifier at work. The file names of the samples tell what they show.
#
# **Try.**
# - `FOLDER = files.ROOT / "images" / "photos"`: which shape is a cat?
# - `FOLDER = "~/Pictures"`, after you fine-tuned the network on your own classes.
#
# **Next.** This is the last chapter. The README tells how to take part.
