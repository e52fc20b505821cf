# %% [markdown]
# # A photo, classified by a network that others have trained
#
# ImageNet's training part has 1.28 million photos of 1,000 classes; training on them takes days.
# Keras has the results ready: a network with its weights, in one line. What is left to do right
# is the input: each network wants its own size, and pixels scaled as they were in its training.
#
#     python 08_pretrained/1_classify_photo.py --image photo.jpg --model vgg16
#
# The weights (14 MB for mobilenetv2, 528 MB for vgg16) are downloaded once, into ~/.keras/models;
# a file that is already there, or given by --weights, needs no network. One photo takes seconds.
#
# Sources: ImageNet, Russakovsky et al. (2015); VGG16 and VGG19, Simonyan & Zisserman (2014);
# ResNet, He et al. (2015); Inception v3, Szegedy et al. (2015); Xception, Chollet (2016);
# MobileNetV2, Sandler et al. (2018); EfficientNet, Tan & Le (2019).

# %%
import argparse
import sys
from pathlib import Path

from cnn_practice import drawings, plots
from cnn_practice.errors import InputError

import keras
import numpy as np
import pretrained
from matplotlib.figure import Figure

# %% Hyperparameters
IMAGE = None  # path of the photo, or --image
MODEL = "mobilenetv2"  # the smallest of the good ones; or --model vgg16, resnet50, xception …
WEIGHTS = None  # path of a weights file, or --weights; None: Keras's download
CLASSES = None  # path of imagenet_class_index.json, or --classes; None: Keras's download
TOP = 5  # classes to show

# %%
parser = argparse.ArgumentParser(description="Classify a photo by a pretrained network.")
parser.add_argument("--image", default=IMAGE, help="the photo: JPEG, PNG, GIF, TIFF, WebP …")
parser.add_argument("--model", default=MODEL, help=", ".join(pretrained.networks()))
parser.add_argument("--weights", default=WEIGHTS, help="weights file instead of the download")
parser.add_argument("--classes", default=CLASSES, help="imagenet_class_index.json")
# In a notebook, sys.argv belongs to Jupyter; there the block above is edited instead.
arguments = parser.parse_args([] if "ipykernel" in sys.modules else None)
if arguments.image is None:
    raise InputError("Which photo? Name it by --image, as in --image photo.jpg.")
photo = drawings.read_photo(arguments.image)
build, preprocess_input = pretrained.find(arguments.model)

# %% [markdown]
# ## The network and the names of its classes

# %%
model = pretrained.build(arguments.model, arguments.weights)
class_names = pretrained.read_class_names(arguments.classes)
size = model.input_shape[1] or 224  # MobileNetV3 takes any size; it was trained at 224
print(f"{build.__name__}: {model.count_params():,} parameters, input {size}×{size} pixels")

# %% [markdown]
# ## What a pixel becomes
# A weight was learned for inputs of a certain scale, so a pixel must arrive as it did in training.
# The papers' authors did it in different ways, and Keras names them after where they come from:
#
# - *caffe* (VGG, ResNet): blue, green, red instead of red, green, blue; the mean of ImageNet is
#   subtracted from each, and nothing is scaled.
# - *tf* (Inception, Xception, MobileNet, ResNetV2): 0…255 becomes −1…1.
# - *torch* (DenseNet): 0…255 becomes 0…1, then each colour gets mean 0 and deviation 1.
#
# EfficientNet and ConvNeXt do it by layers of their own: there `preprocess_input` changes nothing.
# With the wrong one there is no error, only bad answers.

# %%
orange = np.array([[[255, 128, 0]]], dtype="float32")
ways = {
    way: keras.applications.imagenet_utils.preprocess_input(orange.copy(), mode=way)
    for way in ("caffe", "tf", "torch")
} | {"inside the network": orange}
for way, pixel in ways.items():
    mark = "  ← this network" if np.allclose(pixel, preprocess_input(orange.copy())) else ""
    print(f"(255, 128, 0) by {way:<18} ({', '.join(f'{v:.3f}' for v in pixel.flat)}){mark}")

# %% [markdown]
# ## The answer
# One photo is a batch of one. `preprocess_input` may write into what it is given, hence float32
# of its own.

# %%
seen = pretrained.fitted(photo, size)
batch = preprocess_input(seen[np.newaxis].astype("float32"))
probabilities = model.predict(batch, verbose=0)[0]
best = probabilities.argsort()[::-1][:TOP]
for index in best:
    print(f"{probabilities[index]:7.2%}  {class_names[index]}")

# %% [markdown]
# ## The same, on the picture
# This is all that the network has seen: the middle of the photo, this small.

# %%
figure = Figure(figsize=(5, 5), layout="constrained")
axes = figure.subplots()
axes.imshow(seen)
axes.axis("off")
for row, index in enumerate(best):
    axes.text(
        0.02, 0.98 - 0.07 * row, f"{probabilities[index]:.1%} {class_names[index]}", va="top",
        transform=axes.transAxes, bbox={"facecolor": "white", "alpha": 0.8, "edgecolor": "none"},
    )  # fmt: skip
plots.save(figure, f"{Path(arguments.image).stem}_{arguments.model.lower()}")
print(f"{build.__name__}: {class_names[best[0]]} ({probabilities[best[0]]:.2%})")
