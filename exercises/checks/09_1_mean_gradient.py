"""Compared with the gradient of the whole batch of a linear model."""

import itertools

import checking
import numpy as np
from checking import Wrong, call, close

HINTS = (
    "Multiply each machine's gradient by its number of images, and add.",
    "Divide by the number of all images.",
    "`np.average` takes `weights`.",
)


def gradient(x, y, w):
    """Of the mean squared error of x @ w."""
    return 2 * x.T @ (x @ w - y) / len(x)


def check(exercise):
    random = np.random.default_rng(91)
    x, y, w = random.normal(size=(30, 4)), random.normal(size=30), random.normal(size=4)
    for sizes in ([10, 10, 10], [20, 9, 1], [30, 0]):
        ends = np.cumsum([0, *sizes])
        shares = [
            gradient(x[a:b], y[a:b], w) if b > a else np.zeros(4)
            for a, b in itertools.pairwise(ends)
        ]
        right = gradient(x, y, w)
        got = checking.array(call(exercise, "mean_gradient", shares, sizes), (4,), "The gradient")
        if close(got, right):
            continue
        if close(got, np.sum(shares, axis=0)):
            raise Wrong("This is the sum of the machines' gradients: it grows with their number.")
        if close(got, np.mean(shares, axis=0)):
            raise Wrong(f"With {sizes} images the machines count alike: more images weigh more.")
        checking.require(got, right, f"With {sizes} images the gradient")
    return "it is the gradient of the whole batch, for unequal machines, too."
