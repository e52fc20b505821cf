# %% [markdown]
# # Your own pictures, classified by mini-VGG
#
# Reloads what `6_train_minivgg.py` saved. Without a folder of yours it takes pictures from the test
# images, so that you see first how it works.
#
#     python 06_cifar10/9_classify_pictures.py
#
# Takes about 4 s. Put pictures of any size and format into a folder and give it in FOLDER: the
# middle square of each is shrunk to 32×32. What the network has never been shown (a person, a
# house) it calls one of its ten classes all the same, often with great confidence.

# %%
from pathlib import Path

from cnn_practice import datasets, drawings, models, plots

import numpy as np
from PIL import Image, ImageOps

# %% Hyperparameters
NAME_OF_MODEL = "cifar10_minivgg"
FOLDER = None  # of your pictures, such as "/home/me/photos"; None draws from the test images
PICTURES = 20  # how many of the test images
SEED = 1  # of their choice

# %% [markdown]
# ## The pictures
# The network was trained on whole things in the middle of a square.


# %%
def square(path):
    """The middle square of a picture in RGB, 192×192; what is transparent becomes white."""
    return ImageOps.fit(drawings.read_photo(path), (192, 192), Image.Resampling.LANCZOS)


if FOLDER is None:
    _, (x_test, y_test) = datasets.load_cifar10()
    chosen = np.random.default_rng(SEED).choice(len(x_test), PICTURES, replace=False)
    names = [f"test image {number}" for number in chosen]
    truth = [datasets.CIFAR10_CLASSES[label] for label in y_test[chosen]]
    shown = images = x_test[chosen]
else:
    paths = drawings.list_folder(Path(FOLDER).expanduser())
    names, truth = [path.name for path in paths], [None] * len(paths)
    shown = [square(path) for path in paths]
    images = np.stack([picture.resize((32, 32), Image.Resampling.BOX) for picture in shown])

# %% [markdown]
# ## What the network says
# The two likeliest classes of each. A picture is right with its first.

# %%
model = models.load(NAME_OF_MODEL)
probabilities = model.predict_on_batch(images / np.float32(255))  # starts faster than predict
captions, wrong = [], []
print(f"{'picture':<28} {'first':<20} {'second':<20} truth")
for number, (name, true, row) in enumerate(zip(names, truth, probabilities, strict=True)):
    order = np.argsort(-row)[:2]
    first, second = (f"{datasets.CIFAR10_CLASSES[label]} {row[label]:.1%}" for label in order)
    captions.append(f"{datasets.CIFAR10_CLASSES[order[0]]} {row[order[0]]:.0%}")
    if true not in (None, datasets.CIFAR10_CLASSES[order[0]]):
        wrong.append(number)
    print(f"{name:<28} {first:<20} {second:<20} {true or '?'}")
plots.picture_grid(
    shown, captions, "cifar10_pictures", f"{NAME_OF_MODEL} (red: wrong)", wrong, columns=5
)
right = "" if FOLDER else f", {len(names) - len(wrong)} of them right"
print(f"{NAME_OF_MODEL}: {len(names)} pictures classified{right}")
