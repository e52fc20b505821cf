# %% [markdown]
# # A photo, classified by a network that others have trained
#
# ImageNet's training part has 1.28 million photos of 1,000 classes. Keras offers networks that were
# trained on it, with their weights, in one line. What remains is the input: each network needs its
# own size, and pixels scaled as they were in its training. You will see what each scaling does to a
# pixel, and the five likeliest classes of a photo.
#
#     python 08_pretrained/1_classify_photo.py
#     python 08_pretrained/1_classify_photo.py --image photo.jpg --model vgg16
#
# Keras downloads the weights once, into ~/.keras/models (14 MB for mobilenetv2, 528 MB for vgg16).
# On a computer without network the script says which files to put where. One photo takes seconds.
#
# Sources: ImageNet, [Russakovsky et al. (2015)](https://arxiv.org/abs/1409.0575); MobileNetV2,
# [Sandler et al. (2018)](https://arxiv.org/abs/1801.04381); VGG16, [Simonyan & Zisserman
# (2014)](https://arxiv.org/abs/1409.1556); ResNet, [He et al.
# (2015)](https://arxiv.org/abs/1512.03385). The photo of the cat: images/photos/README.md.

# %%
import argparse
import sys
from pathlib import Path

from cnn_practice import drawings, files, hyperparameters, plots

import keras
import numpy as np
import pretrained
from matplotlib.figure import Figure

# %% [markdown]
# ## Hyperparameters
# From the command line, the options `--image`, `--model`, `--weights` and `--classes` replace the
# first four. In a notebook, edit them here.

# %%
IMAGE = files.ROOT / "images" / "photos" / "cat.jpg"  # file; the photo, of any size
MODEL = "mobilenetv2"  # text; a network of keras.applications: this one has a small download
WEIGHTS = None  # file or None; the network's weights, None takes Keras's download
CLASSES = None  # file or None; imagenet_class_index.json, None takes Keras's download
TOP = 5  # whole number, 1 to 1000; how many of the likeliest classes to show
hyperparameters.check()
pretrained.find(MODEL)

# %%
parser = argparse.ArgumentParser(description="Classify a photo by a pretrained network.")
parser.add_argument("--image", default=IMAGE, help="the photo: JPEG, PNG, GIF, TIFF, WebP …")
parser.add_argument("--model", default=MODEL, help=", ".join(pretrained.networks()))
parser.add_argument("--weights", default=WEIGHTS, help="weights file instead of the download")
parser.add_argument("--classes", default=CLASSES, help="imagenet_class_index.json")
# In a notebook, sys.argv belongs to Jupyter.
arguments = parser.parse_args([] if "ipykernel" in sys.modules else None)
photo = drawings.read_photo(Path(arguments.image).expanduser())
build, preprocess_input = pretrained.find(arguments.model)

# %% [markdown]
# ## The network and the names of its classes

# %%
model, class_names = pretrained.build_with_names(
    arguments.model, arguments.weights, arguments.classes
)
size = model.input_shape[1] or 224  # MobileNetV3 takes any size; it was trained at 224
print(f"{build.__name__}: {model.count_params():,} parameters, input {size}×{size} pixels")

# %% [markdown]
# ## What a pixel becomes
# The weights were learned for inputs of a certain scale, so a pixel must be scaled as it was in
# training. The authors did this in different ways. Keras names them after the programs they used:
#
# - *caffe* (VGG, ResNet): blue, green, red instead of red, green, blue; the mean of ImageNet is
#   subtracted from each colour, and nothing is scaled.
# - *tf* (Inception, Xception, MobileNet, ResNetV2): 0 to 255 becomes −1 to 1.
# - *torch* (DenseNet): 0 to 255 becomes 0 to 1, then each colour gets mean 0 and standard
#   deviation 1 over ImageNet.
#
# EfficientNet and ConvNeXt scale in layers of their own: there `preprocess_input` changes nothing.
# A wrong scaling gives no error message, only wrong answers.

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
# The network sees the square in the middle of the photo, as a batch of one. `preprocess_input` may
# change the array that it is given, so it gets one of its own.

# %%
seen = pretrained.fitted(photo, size)
batch = preprocess_input(seen[np.newaxis].astype("float32"))
probabilities = model.predict(batch, verbose=0)[0]
best = probabilities.argsort()[::-1][:TOP]
for index in best:
    print(f"{probabilities[index]:7.2%}  {class_names[index]}")

# %% [markdown]
# ## The same, beside the picture

# %%
figure = Figure(figsize=(9, 3.6), layout="constrained")
picture, bars = figure.subplots(1, 2)
figure.suptitle(f"What {build.__name__} sees, and its likeliest classes")
picture.imshow(seen)
picture.axis("off")
shown = best[:10]
bars.barh(range(len(shown)), 100 * probabilities[shown])
bars.set_yticks(range(len(shown)), [class_names[index] for index in shown])
bars.invert_yaxis()
bars.set(xlabel="probability in %", xlim=(0, 100))
plots.save(figure, f"{Path(arguments.image).stem}_{arguments.model.lower()}")
print(f"{build.__name__}: {class_names[best[0]]} ({probabilities[best[0]]:.2%})")

# %% [markdown]
# **What you saw.** The likeliest classes of a photo that is in no training set of this collection.
#
# **Try.**
# - `IMAGE = files.ROOT / "images" / "photos" / "coffee.jpg"`, or a photo of your own of something
#   that is none of the 1,000 classes. How sure is the network then?
# - `MODEL = "vgg16"` or `"efficientnetb0"`: which scaling do they need, and do they agree?
#
# **Next.** `2_fine_tune.py` teaches such a network your own classes.
