"""Losses: softmax cross-entropy, the multiclass SVM (hinge) loss, and the L2 penalty.

Each takes the scores of the last affine layer, floats of shape (N, classes), and integer labels of
shape (N,), and returns ``(loss, dscores)``: the mean over the N examples and its gradient.
"""

from numpy_cnn.checks import check_floats, check_labels

import numpy as np


def softmax(scores):
    """p[n, k] = e^{z[n, k]} / Σ_j e^{z[n, j]}.

    The largest score of each row is subtracted first: p stays the same, and e cannot overflow.
    """
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def softmax_cross_entropy(scores, labels):
    """L = -1/N · Σ_n ln p[n, y_n], with p = softmax(scores).

    ln p = z - max z - ln Σ e^{z - max z} is used, whose sum is at least 1: there is no ln 0, for
    scores of any size. Its gradient is (p - one-hot(y)) / N.

    Args:
        scores: floats of shape (N, classes), also called logits.
        labels: integers 0 … classes - 1 of shape (N,).

    Returns:
        ``(loss, dscores)``: a number, and an array of the shape of ``scores``.

    Raises:
        ValueError: scores that are not finite, labels out of range or not fitting.
    """
    check_floats(scores, "scores (N, classes)", 2)
    check_labels(scores, labels)
    shifted = scores - scores.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    rows = np.arange(len(scores))
    dscores = np.exp(log_p)
    dscores[rows, labels] -= 1
    dscores /= len(scores)
    return float(-log_p[rows, labels].mean()), dscores


def svm(scores, labels):
    """L = 1/N · Σ_n Σ_{j ≠ y_n} max(0, z[n, j] - z[n, y_n] + 1) (Weston & Watkins, 1999).

    Every wrong class whose score comes closer than 1 to the right one's is pushed down by 1/N, and
    the right one up by as much. Arguments, result and errors as ``softmax_cross_entropy``.
    """
    check_floats(scores, "scores (N, classes)", 2)
    check_labels(scores, labels)
    rows = np.arange(len(scores))
    margins = np.maximum(scores - scores[rows, labels][:, None] + 1, 0)
    margins[rows, labels] = 0
    dscores = (margins > 0).astype(scores.dtype)
    dscores[rows, labels] = -dscores.sum(axis=1)
    dscores /= len(scores)
    return float(margins.sum(axis=1).mean()), dscores


def l2(w, strength):
    """R = λ/2 · Σ w², whose gradient is λ·w; λ is the strength (Keras's ``L2`` has no ½).

    Args:
        w: weights, array of any shape.
        strength: λ ≥ 0.

    Returns:
        ``(penalty, dw)``.
    """
    return float(strength / 2 * np.vdot(w, w)), strength * w
