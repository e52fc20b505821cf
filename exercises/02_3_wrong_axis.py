# %% [markdown]
# # Repair: which digit is found least often?
#
# In a confusion matrix row $t$ and column $p$ count the images of digit $t$ that were read as
# $p$. The *recall* of a digit is the share of its images that were read right. The function below
# is said to compute it; for a model that reads every image as an 8, it gives 0.1 for the 8
# instead of 1.
#
#     python exercises/check.py 02_3

# %%
import numpy as np


def recall(counts):
    """The share of each digit's images that were read right.

    Args:
        counts: confusion matrix, integers of shape (10, 10): row true, column predicted.

    Returns:
        float64 of shape (10,); 0 for a digit of which there is no image.
    """
    totals = counts.sum(axis=0)
    return np.diag(counts) / np.maximum(totals, 1)
