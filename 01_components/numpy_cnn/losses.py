"""Softmax cross-entropy, the multiclass SVM (hinge) loss, and the L2 penalty.

The losses take the scores of the last layer, floats of shape (N, classes), and labels, integers of
shape (N,). They return ``(loss, dscores)``: the mean over the N examples, and its gradient.
"""

from numpy_cnn.checks import check_floats, check_labels

import numpy as np


def softmax(scores):
    """p[n, k] = e^{z[n, k]} / Σ_j e^{z[n, j]}, for scores z of shape (N, classes).

    The largest score of each row is subtracted first: p stays the same, and e cannot overflow.
    """
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def softmax_cross_entropy(scores, labels):
    """L = -1/N · Σ_n ln p[n, y_n] with p = softmax(scores); its gradient is (p - one-hot(y)) / N.

    ln p = z - max z - ln Σ e^{z - max z}: that sum is at least 1, so there is no ln 0.
    """
    check_floats(scores, "scores (N, classes)", 2)
    check_labels(scores, labels)
    shifted = scores - scores.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    rows = np.arange(len(scores))
    dscores = np.exp(log_p)
    dscores[rows, labels] -= 1
    return float(-log_p[rows, labels].mean()), dscores / len(scores)


def svm(scores, labels):
    """L = 1/N · Σ_n Σ_{j ≠ y_n} max(0, z[n, j] - z[n, y_n] + 1).

    Each wrong class whose score comes closer than 1 to the right one's is pushed down by 1/N, and
    the right one up by as much.
    """
    check_floats(scores, "scores (N, classes)", 2)
    check_labels(scores, labels)
    rows = np.arange(len(scores))
    margins = np.maximum(scores - scores[rows, labels][:, None] + 1, 0)
    margins[rows, labels] = 0
    dscores = (margins > 0).astype(scores.dtype)
    dscores[rows, labels] = -dscores.sum(axis=1)
    return float(margins.sum(axis=1).mean()), dscores / len(scores)


def l2(w, strength):
    """``(penalty, dw)``: λ/2 · Σ w² and its gradient λ·w; λ is the strength (Keras has no ½)."""
    return float(strength / 2 * np.vdot(w, w)), strength * w
