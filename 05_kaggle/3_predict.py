# %% [markdown]
# # A submission for Kaggle
#
# Reads the 28,000 test images with the network of `2_train_lenet.py`, writes `submission.csv`,
# and checks it as Kaggle does before it costs one of the day's submissions.
#
#     python 05_kaggle/3_predict.py
#
# Takes about 4 s.

# %%
from cnn_practice import files, models, plots

import competition
import numpy as np

# %% Hyperparameters
MODELS = {"practice": "kaggle_lenet", "kaggle": "kaggle_lenet_real"}  # by what it was trained on
SUBMISSION = "submission.csv"  # in data/kaggle/
UNCERTAIN = 40  # how many of the least certain digits to show

# %% [markdown]
# ## Reading the test images
# The same scaling as in training.

# %%
data = competition.load()
source = competition.SOURCES[data.source]
model = models.load(MODELS[data.source])
x_test = data.x_test[..., np.newaxis].astype("float32") / 255
probabilities = model.predict(x_test, batch_size=1000, verbose=0)
predicted = probabilities.argmax(axis=1)

# %% [markdown]
# ## The submission
# Read back from the file: what is checked is what will be sent.

# %%
path = competition.FOLDER / SUBMISSION
competition.write_submission(path, predicted)
submitted = competition.read_submission(path)
counts = np.bincount(submitted, minlength=10)
print(f"{files.shown(path)} ({source}): valid, {len(submitted):,} rows")
print("images read as each digit: " + ", ".join(f"{d}: {n:,}" for d, n in enumerate(counts)))

# %% [markdown]
# ## The least certain digits
# Where the best digit is hardly ahead of the second. Most are hard for people too.

# %%
second, first = np.sort(probabilities, axis=1)[:, -2:].T
uncertain = np.argsort(first - second)[:UNCERTAIN]
order = np.argsort(-probabilities[uncertain], axis=1)
captions = [f"{a} or {b}" for a, b in order[:, :2]]
wrong = []
if data.source == "practice":
    answers = competition.practice_answers()
    wrong = np.flatnonzero(submitted[uncertain] != answers[uncertain])
title = f"Least certain digits, {source}" + (" (red: read wrongly)" if len(wrong) else "")
plots.picture_grid(data.x_test[uncertain], captions, "kaggle_uncertain", title, wrong)

# %% [markdown]
# ## The score

# %%
if data.source == "practice":
    right = int(np.sum(submitted == answers))
    print(f"score ({source}): {right / len(answers):.5f}, {right:,} of {len(answers):,} right")
else:
    print(f"kaggle competitions submit -c digit-recognizer -f {files.shown(path)} -m LeNet-5")
