# %% [markdown]
# # Softmax and cross-entropy
#
# The softmax does not change when the same number is subtracted from all scores of a row. With
# the largest one subtracted, no exponential is above 1. The logarithm is taken of the sum, so
# that it never sees a probability that was rounded to 0.

# %%
import numpy as np


def softmax_cross_entropy(scores, labels):
    """The loss, and its gradient with respect to the scores."""
    rows = np.arange(len(scores))
    shifted = scores - scores.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    loss = -log_p[rows, labels].mean()
    dscores = np.exp(log_p)
    dscores[rows, labels] -= 1
    return loss, dscores / len(scores)
