# %% [markdown]
# # Precision and recall
#
# «Cat» may be missed often, or said too often, and the accuracy alone does not tell which. From a
# confusion matrix (row true, column predicted):
#
# - precision of a class: of the images that were *called* so, the share that *are* so;
# - recall of a class: of the images that *are* so, the share that were *called* so.
#
# Where there is nothing to divide by, both are 0.
#
#     python exercises/check.py 06_3

# %%
import numpy as np


def precision_and_recall(counts):
    """Precision and recall of each class.

    Args:
        counts: confusion matrix, integers of shape (classes, classes): row true, column predicted.

    Returns:
        ``(precision, recall)``, float64 arrays of shape (classes,).
    """
    ...
