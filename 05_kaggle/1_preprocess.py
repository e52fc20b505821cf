# %% [markdown]
# # From Kaggle's CSV files to arrays
#
# Kaggle's digit-recognizer gives 42,000 labelled digits (`train.csv`: label, pixel0 … pixel783) and
# asks for the labels of 28,000 others (`test.csv`: pixel0 … pixel783). This script checks the two
# files value by value and saves them as `data/kaggle/digit-recognizer.npz`.
#
#     python 05_kaggle/1_preprocess.py
#
# Without Kaggle's files it says where to get them, and makes a **practice competition**: the same
# two files in the same shape, drawn from MNIST, and the answers in `practice_answers.csv`. So the
# chapter runs without an account, and its score is known at once.
#
# You will see how often each digit occurs, and a figure with some digits of each class. The script
# takes about 5 s, and 10 s when it makes the practice files first (2 CPU cores).
#
# Source: the [competition's page](https://www.kaggle.com/competitions/digit-recognizer/data).

# %%
from cnn_practice import files, hyperparameters, plots
from cnn_practice.errors import InputError

import competition
import numpy as np

# %% [markdown]
# ## Hyperparameters

# %%
EXAMPLES = 8  # whole number, 1 to 100; pictures of each digit in the figure
hyperparameters.check()

# %% [markdown]
# ## Reading and checking
# `train.csv` and `test.csv` may be plain, `.gz`, or in the zip that Kaggle serves.
#
# pandas reads the numbers. `competition.py` adds what a reader of foreign files needs: every value
# must be a whole number from 0 to 255, every label a digit, every row complete. A file that breaks
# this rule ends the script with one sentence that names the line and the column.

# %%
paths = {name: competition.find(name) for name in competition.HEADERS}
tables = {
    name: competition.read_csv(path, name, competition.ROWS[name])
    for name, path in paths.items()
    if path
}
if not tables:
    print(f"There are no files of Kaggle in {files.shown(competition.FOLDER)}. To get them:")
    print(f"  download them from {competition.PAGE}, or")
    print("  kaggle competitions download -c digit-recognizer -p data/kaggle")
    print("Until then: a practice competition, drawn from MNIST.")

# %% [markdown]
# ## The practice competition
# It is drawn from MNIST with a fixed seed. A practice file is written only where both files are
# missing, or where the other one is a practice file, as after an interruption between the two.


# %%
def write_csv(path, header, table):
    """Write the rows of the table, uint8 of shape (N, columns), under the header."""
    numbers = [str(number) for number in range(256)]
    with files.written_beside(path) as temporary, open(temporary, "w", newline="\n") as file:
        file.write(",".join(header) + "\n")
        for row in table:
            file.write(",".join([numbers[value] for value in row]) + "\n")


practice, answers = competition.practice()
practice_tables = {
    "train.csv": np.column_stack([practice.y_train, practice.x_train.reshape(-1, 784)]),
    "test.csv": practice.x_test.reshape(-1, 784),
}
for name in [name for name in paths if paths[name] is None]:
    if any(not np.array_equal(tables[other], practice_tables[other]) for other in tables):
        raise InputError(
            f"There is no {name} in {files.shown(competition.FOLDER)}, though the other file is"
            f" there: get it from {competition.PAGE}, or remove the other."
        )
    paths[name] = competition.FOLDER / name
    write_csv(paths[name], competition.HEADERS[name], practice_tables[name])
    tables[name] = competition.read_csv(paths[name], name, competition.ROWS[name])

# %% [markdown]
# ## Kaggle's files or practice files?
# Their content tells, and the npz records it: a practice score must never be taken for a score on
# Kaggle.

# %%
same = [np.array_equal(tables[name], practice_tables[name]) for name in tables]
if any(same) and not all(same):
    raise InputError(
        f"One of {files.shown(paths['train.csv'])} and {files.shown(paths['test.csv'])} belongs to"
        " the practice competition, and the other does not: replace or remove both."
    )
if all(same):
    competition.write_submission(competition.PRACTICE_ANSWERS, answers)
data = competition.Data(
    x_train=tables["train.csv"][:, 1:].reshape(-1, 28, 28),
    y_train=tables["train.csv"][:, 0],
    x_test=tables["test.csv"].reshape(-1, 28, 28),
    source="practice" if all(same) else "kaggle",
)
competition.save(data)
source = competition.SOURCES[data.source]

# %% [markdown]
# ## A look at the digits

# %%
counts = np.bincount(data.y_train, minlength=10)
print("training images by digit: " + ", ".join(f"{d}: {n:,}" for d, n in enumerate(counts)))
chosen = np.concatenate([np.flatnonzero(data.y_train == digit)[:EXAMPLES] for digit in range(10)])
title = f"Training digits: {source}"
plots.picture_grid(
    data.x_train[chosen], data.y_train[chosen], "kaggle_digits", title, columns=2 * EXAMPLES
)
print(
    f"{files.shown(competition.ARCHIVE)} ({source}):"
    f" {len(data.x_train):,} training and {len(data.x_test):,} test images"
)

# %% [markdown]
# **What you saw.** The digits are about equally frequent, the 1 most and the 5 least often. The
# two parts have the same shape as Kaggle's, but only `train.csv` has labels.
#
# The 70,000 images of Kaggle's competition are those of MNIST in another order. That is why this
# chapter trains on `train.csv` alone: whoever adds MNIST's own files trains on the very images that
# Kaggle tests with, and a score of 100 % then says nothing about the next digit.
#
# **Try.**
# - `EXAMPLES = 40`: which digits can you not read yourself?
# - `EXAMPLES = 1`, and change one number of `data/kaggle/train.csv` to `12.5` in an editor. What
#   does the script say? Remove the file, and the next run makes it again.
#
# **Next.** `2_train_lenet.py` trains a network on these digits.
