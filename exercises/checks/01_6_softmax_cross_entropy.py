"""Compared with scipy.special.log_softmax and central differences."""

import warnings

import checking
import numpy as np
from checking import Wrong, call, close, parts
from scipy.special import log_softmax

FORBIDDEN = ("keras", "tensorflow", "torch", "jax", "scipy", "numpy_cnn", "numpy_fast")
HINTS = (
    "Each row is for itself: use `axis=1, keepdims=True` for its maximum and its sum.",
    "Subtract the row's maximum before the exponential: the probabilities stay the same.",
    "ln p = z - ln Σ e^z. Take the logarithm of the sum; p itself may be rounded to 0.",
)


def loss_of(scores, labels):
    return float(-log_softmax(scores, axis=1)[np.arange(len(labels)), labels].mean())


def check(exercise):
    random = np.random.default_rng(6)
    scores, labels = random.normal(size=(5, 4)), np.array([0, 3, 1, 1, 2])
    returned = call(exercise, "softmax_cross_entropy", scores, labels)
    loss, dscores = parts(returned, 2, "softmax_cross_entropy")
    loss = checking.array(loss, (), "The loss")
    right = loss_of(scores, labels)
    if close(loss, right * len(labels)):
        raise Wrong("The loss is 5 times too large for 5 images: it is their mean, not their sum.")
    if close(loss, -right):
        raise Wrong("The loss has the wrong sign: ln p is negative, and the loss is -ln p.")
    if close(loss, right / np.log(2)):
        raise Wrong("The logarithm is of base 2: np.log is the natural one.")
    columns = log_softmax(scores, axis=0)[np.arange(len(labels)), labels]
    if close(loss, -columns.mean()):
        raise Wrong("The softmax runs over the images: each row of scores is for itself (axis=1).")
    checking.require(loss, right, "The loss")
    gradient = checking.central_differences(lambda z: loss_of(z, labels), scores)
    dscores = checking.array(dscores, scores.shape, "dscores")
    if close(dscores, gradient * len(labels), 1e-4):
        raise Wrong("dscores is 5 times too large for 5 images: the loss is a mean.")
    if close(dscores, -gradient, 1e-4):
        raise Wrong("dscores has the wrong sign.")
    checking.require(
        dscores, gradient, "dscores", "It is p, less 1 at the true class, over N.", 1e-4
    )

    large = np.array([[1000.0, 0.0], [0.0, -1000.0], [-1000.0, 1000.0]])
    answers = np.array([0, 1, 0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the sentence below says what NumPy warns of
        loss, dscores = parts(call(exercise, "softmax_cross_entropy", large, answers), 2, "it")
    if not np.isfinite(loss) or not np.isfinite(dscores).all():
        raise Wrong(
            "With scores of 1,000 the result is NaN or infinite: what may be subtracted from a row"
            " without changing its probabilities, and where does ln(0) come from?"
        )
    checking.require(loss, loss_of(large, answers), "The loss for scores of 1,000")
    return "loss and gradient are right, for scores of 1,000, too."
