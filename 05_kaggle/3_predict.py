# %% [markdown]
# # A submission for Kaggle
#
# Reads the 28,000 test images with the network of `2_train_lenet.py`, writes `submission.csv`, and
# checks it as Kaggle does, because Kaggle limits the number of submissions per day. You will see
# the score where the labels are known, and the digits of which the network is least certain.
#
#     python 05_kaggle/3_predict.py
#
# Takes about 40 s on 2 CPU cores.

# %%
from cnn_practice import files, hyperparameters, models, plots
from cnn_practice.errors import InputError

import batches
import competition
import numpy as np

# %% [markdown]
# ## Hyperparameters

# %%
NAME = "kaggle_lenet"  # file name; of the model that reads the practice competition
REAL_NAME = "kaggle_lenet_real"  # file name; of the model that reads Kaggle's own test images
SUBMISSION = "submission.csv"  # file name; in data/kaggle/
VIEWS = 16  # whole number, at least 1; slightly distorted copies of each image that are read
UNCERTAIN = 40  # whole number, 1 to 400; how many of the least certain digits to show
hyperparameters.check()

# %% [markdown]
# ## Predicting the test images
# They are scaled as in training. A model trained on practice files has seen most of Kaggle's test
# images with their labels, so it never reads those: each competition has its own model. The mean
# of the answers to several views of an image is right more often than the answer to the image.

# %%
data = competition.load()
source = competition.SOURCES[data.source]
name = {"practice": NAME, "kaggle": REAL_NAME}[data.source]
if not (files.MODELS / f"{name}.config.json").exists():
    raise InputError(f"There is no model {name} yet: run «python 05_kaggle/2_train_lenet.py».")
model = models.load(name)
x_test = data.x_test[..., np.newaxis].astype("float32") / 255
probabilities = batches.predict_views(model, x_test, VIEWS)
predicted = probabilities.argmax(axis=1)

# %% [markdown]
# ## The submission
# A line for each image: its number, counted from 1, and its digit. The file is read back, so that
# what is checked is what will be sent.

# %%
path = competition.FOLDER / SUBMISSION
competition.write_submission(path, predicted)
submitted = competition.read_submission(path)
counts = np.bincount(submitted, minlength=10)
print(f"{files.shown(path)} ({source}): valid, {len(submitted):,} rows")
print("images read as each digit: " + ", ".join(f"{d}: {n:,}" for d, n in enumerate(counts)))

# %% [markdown]
# ## The least certain digits
# The first probability is hardly larger than the second. Most of these digits are hard for people,
# too.

# %%
second, first = np.sort(probabilities, axis=1)[:, -2:].T
uncertain = np.argsort(first - second)[:UNCERTAIN]
order = np.argsort(-probabilities[uncertain], axis=1)
captions = [f"{a} or {b}" for a, b in order[:, :2]]
wrong = []
if data.source == "practice":
    answers = competition.practice_answers()
    wrong = np.flatnonzero(submitted[uncertain] != answers[uncertain])
title = f"Least certain digits, {source}" + (" (red: the first is wrong)" if len(wrong) else "")
plots.picture_grid(data.x_test[uncertain], captions, "kaggle_uncertain", title, wrong)

# %% [markdown]
# ## The score
# Of the practice competition it is computed here. Of Kaggle's own you get it with the command.

# %%
if data.source == "practice":
    right = int(np.sum(submitted == answers))
    print(f"score ({source}): {right / len(answers):.5f}, {right:,} of {len(answers):,} right")
else:
    print(f"kaggle competitions submit -c digit-recognizer -f {files.shown(path)} -m LeNet-5")

# %% [markdown]
# **What you saw.** Which two digits the network confuses, for each of the images of which it is
# least certain.
#
# **Try.**
# - `UNCERTAIN = 200`: where does the network stop being wrong often?
# - `NAME = "lenet5"`, the model of chapter 03. It was trained on MNIST's training images, most of
#   which are test images here: its score is too good, and says nothing. That is why the models of
#   this chapter see `train.csv` alone.
#
# **Next.** `4_ensemble.py` lets several networks vote.
