# %% [markdown]
# # Softmax and cross-entropy
#
# The softmax makes probabilities of scores, and the cross-entropy is the mean of the negative
# logarithm of the true class's probability:
#
# $$p_{nk} = \frac{e^{z_{nk}}}{\sum_m e^{z_{nm}}} \qquad L = -\frac{1}{N} \sum_n \ln p_{n,\,y_n}$$
#
# Its gradient is simple: $\partial L / \partial z = (p - \text{onehot}(y)) / N$. Scores of 1,000
# are allowed, although $e^{1000}$ is too large for a floating-point number.
#
#     python exercises/check.py 01_6

# %%
import numpy as np


def softmax_cross_entropy(scores, labels):
    """The loss, and its gradient with respect to the scores.

    Args:
        scores: float64 of shape (N, classes).
        labels: the true classes, integers of shape (N,).

    Returns:
        ``(loss, dscores)``: a number, and float64 of shape (N, classes).
    """
    ...
