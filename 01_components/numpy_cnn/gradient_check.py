"""Is a gradient right? Compare it with central differences, in float64.

float32 has about seven digits; the difference of two nearly equal numbers keeps hardly any.
"""

import numpy as np


def numeric_gradient(f, x, dout=1.0, h=1e-6):
    """∂/∂x Σ f(x) ⊙ dout by central differences: (f(x + h) - f(x - h)) / 2h, one number at a time.

    Args:
        f: function of one array, returning an array or a number.
        x: where to take the gradient, float64 of any shape; changed and restored on the way.
        dout: gradient of the loss with respect to f(x), of its shape; 1 if f is the loss.
        h: half the step.

    Returns:
        Array of the shape of ``x``.
    """
    gradient = np.zeros_like(x)
    for index in np.ndindex(*x.shape):
        kept = x[index]
        x[index] = kept + h
        above = np.sum(f(x) * dout)
        x[index] = kept - h
        below = np.sum(f(x) * dout)
        x[index] = kept
        gradient[index] = (above - below) / (2 * h)
    return gradient


def relative_error(a, b):
    """The largest difference of two arrays, relative to the largest number in them.

    0 for arrays of zeros, infinity for arrays of different shapes.
    """
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        return np.inf
    largest = max(np.abs(a).max(initial=0), np.abs(b).max(initial=0))
    return float(np.abs(a - b).max(initial=0) / largest) if largest else 0.0
