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
# Takes about 3 s, and 6 s when it makes the practice files first.
#
# Source: <https://www.kaggle.com/competitions/digit-recognizer>, whose 70,000 images are those of
# MNIST in another order. That is why this chapter trains on `train.csv` alone: whoever adds MNIST's
# own files trains on the very images that Kaggle tests with, and a score of 100 % means nothing.

# %%
from cnn_practice import files, kaggle, plots
from cnn_practice.errors import InputError

import numpy as np

# %% Hyperparameters
EXAMPLES = 8  # pictures of each digit in the figure

# %% [markdown]
# ## The files
# Plain, as `.gz`, or in the zip that Kaggle serves.


# %%
def write_csv(path, header, *columns):
    """Write the columns, uint8 of shape (N,) or (N, k), side by side under the header."""
    numbers = [str(number) for number in range(256)]
    with files.written_beside(path) as temporary, open(temporary, "w", newline="\n") as file:
        file.write(",".join(header) + "\n")
        for row in np.column_stack(columns):
            file.write(",".join([numbers[value] for value in row]) + "\n")


paths = {name: kaggle.find(name) for name in ("train.csv", "test.csv")}
if not any(paths.values()):
    print(f"There are no files of Kaggle in {files.shown(kaggle.FOLDER)}. To get them:")
    print(f"  download them from {kaggle.PAGE}, or")
    print("  kaggle competitions download -c digit-recognizer -p data/kaggle")
    print("Until then: a practice competition, drawn from MNIST.")
    practice, _ = kaggle.practice()
    test, train = kaggle.FOLDER / "test.csv", kaggle.FOLDER / "train.csv"
    write_csv(test, kaggle.HEADERS["test.csv"], practice.x_test.reshape(-1, 784))
    write_csv(
        train, kaggle.HEADERS["train.csv"], practice.y_train, practice.x_train.reshape(-1, 784)
    )
    paths = {"train.csv": train, "test.csv": test}
for name, path in paths.items():
    if path is None:
        raise InputError(
            f"There is no {name} in {files.shown(kaggle.FOLDER)}, though the other file is there:"
            f" get it from {kaggle.PAGE}, or remove the other."
        )

# %% [markdown]
# ## Reading and checking
# Every value must be a whole number from 0 to 255, every label a digit, every row complete.

# %%
tables = {name: kaggle.read_csv(path, name, kaggle.ROWS[name]) for name, path in paths.items()}
data = kaggle.Data(
    x_train=tables["train.csv"][:, 1:].reshape(-1, 28, 28),
    y_train=tables["train.csv"][:, 0],
    x_test=tables["test.csv"].reshape(-1, 28, 28),
    source="kaggle",
)

# %% [markdown]
# ## Kaggle's files, or those for practice?
# Their content tells, and the npz records it: a practice score must never pass for one of Kaggle's.

# %%
practice, answers = kaggle.practice()
same = [np.array_equal(data[i], practice[i]) for i in range(3)]
if all(same):
    data = practice
    kaggle.write_submission(kaggle.PRACTICE_ANSWERS, answers)
elif same[0] or same[2]:
    raise InputError(
        f"One of {files.shown(paths['train.csv'])} and {files.shown(paths['test.csv'])} belongs to"
        f" the practice competition, and the other does not: replace or remove both."
    )
kaggle.save(data)
source = kaggle.SOURCES[data.source]

# %% [markdown]
# ## A look at the digits

# %%
counts = np.bincount(data.y_train, minlength=10)
print("training images by digit: " + ", ".join(f"{d}: {n:,}" for d, n in enumerate(counts)))
chosen = np.concatenate([np.flatnonzero(data.y_train == digit)[:EXAMPLES] for digit in range(10)])
plots.picture_grid(
    data.x_train[chosen], data.y_train[chosen], "kaggle_digits", f"Training digits: {source}",
    columns=2 * EXAMPLES,
)  # fmt: skip
print(
    f"{files.shown(kaggle.ARCHIVE)} ({source}):"
    f" {len(data.x_train):,} training and {len(data.x_test):,} test images"
)
