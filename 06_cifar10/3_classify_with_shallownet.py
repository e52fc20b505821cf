# %% [markdown]
# # Cat, dog or horse? ShallowNet reloaded
#
# This script reloads what `2_train_shallownet.py` saved, the architecture as JSON and the weights,
# and classifies some test images. You will see each picture with the predicted class and its
# probability.
#
#     python 06_cifar10/3_classify_with_shallownet.py
#
# Takes about 4 s.

# %%
from cnn_practice import datasets, hyperparameters, plots

import numpy as np
import trained_models

# %% [markdown]
# ## Hyperparameters

# %%
NAME_OF_MODEL = "cifar10_shallownet"  # file name; of a model that this chapter trained
SEED = 1  # whole number, at least 0; chooses the pictures
PICTURES = 20  # whole number, 1 to 1000; how many to show
hyperparameters.check()

# %% [markdown]
# ## The model and the pictures
# The record beside the weights says which classes the model was trained on.

# %%
[(model, classes)] = trained_models.load(NAME_OF_MODEL)
_, (x_test, y_test) = datasets.load_cifar10()
kept, numbers = datasets.of_classes(y_test, classes)
few = np.random.default_rng(SEED).choice(len(kept), PICTURES, replace=False)
chosen, truth = kept[few], numbers[few]
pictures = x_test[chosen]

# %% [markdown]
# ## The predictions
# The softmax layer returns one probability per class. The largest one decides.

# %%
probabilities = model.predict_on_batch(pictures / np.float32(255))  # starts faster than predict
predicted, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
print("picture  truth       prediction  confidence")
for number, true, label, share in zip(chosen, truth, predicted, confidence, strict=True):
    mark = "" if true == label else "  ← wrong"
    print(f"{number:>7}  {classes[true]:<10}  {classes[label]:<10}  {share:>10.1%}{mark}")
captions = [f"{classes[i]} {share:.0%}" for i, share in zip(predicted, confidence, strict=True)]
wrong = np.flatnonzero(predicted != truth)
plots.picture_grid(
    pictures, captions, f"{NAME_OF_MODEL}_pictures", f"{NAME_OF_MODEL} (red: wrong)", wrong
)
accuracy = np.mean(predicted == truth)
print(f"{NAME_OF_MODEL}: accuracy {accuracy:.1%} on {PICTURES} test images")

# %% [markdown]
# **What you saw.** The wrong predictions are often made with a high probability too: a softmax
# output is not a measure of how reliable the network is.
#
# **Try.**
# - `NAME_OF_MODEL = "cifar10_minivgg"`: a deeper network that knows ten classes.
# - `PICTURES = 300`: is the accuracy in the last line closer to that of the training script's
#   record than with 20 pictures?
#
# **Next.** `4_train_four_layer.py` adds three convolutions, pooling and seven more classes.
