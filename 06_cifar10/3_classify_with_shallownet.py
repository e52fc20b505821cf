# %% [markdown]
# # Cat, dog or horse? ShallowNet reloaded
#
# What `2_train_shallownet.py` saved, its architecture as JSON and its weights, is reloaded here and
# looks at animals it has never seen: a few test images, and how sure it was of each.
#
#     python 06_cifar10/3_classify_with_shallownet.py
#
# Takes about 4 s. Note what the mistakes have in common: colour and direction of edges are all it
# has to go by.

# %%
from cnn_practice import datasets, models, plots, results

import numpy as np

# %% Hyperparameters
NAME_OF_MODEL = "cifar10_shallownet"
SEED = 1  # of the choice of the pictures
PICTURES = 30  # how many to show

# %% [markdown]
# ## The model, and pictures of its classes from the test images

# %%
model = models.load(NAME_OF_MODEL)
classes = results.read_all([NAME_OF_MODEL])[0]["hyperparameters"]["CLASSES"]
_, (x_test, y_test) = datasets.load_cifar10()
kept, numbers = datasets.of_classes(y_test, classes)
few = np.random.default_rng(SEED).choice(len(kept), PICTURES, replace=False)
chosen, truth = kept[few], numbers[few]
pictures = x_test[chosen]

# %% [markdown]
# ## What it says

# %%
probabilities = model.predict_on_batch(pictures / np.float32(255))  # starts faster than predict
predicted, sure = probabilities.argmax(axis=1), probabilities.max(axis=1)
print("picture  truth   prediction  confidence")
for number, true, label, confidence in zip(chosen, truth, predicted, sure, strict=True):
    mark = "" if true == label else "  ← wrong"
    print(f"{number:>7}  {classes[true]:<6}  {classes[label]:<10}  {confidence:>10.1%}{mark}")
captions = [f"{classes[label]} {share:.0%}" for label, share in zip(predicted, sure, strict=True)]
wrong = np.flatnonzero(predicted != truth)
plots.picture_grid(
    pictures, captions, "cifar10_shallownet_pictures", "ShallowNet (red: wrong)", wrong
)
print(f"{NAME_OF_MODEL}: {np.mean(predicted == truth):.1%} of {PICTURES} test images are right")
