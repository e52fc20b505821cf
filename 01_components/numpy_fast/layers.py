"""Sigmoid and tanh with fewer arrays in between; the same as in ``numpy_cnn.layers``."""

import numpy as np


def sigmoid_forward(x):
    """σ(x) = (1 + tanh(x/2)) / 2."""
    out = np.tanh(x / 2)
    out += 1
    out /= 2
    return out, out


def tanh_backward(dout, cache):
    """tanh'(x) = 1 - tanh(x)²."""
    dx = cache * cache
    np.subtract(1, dx, out=dx)
    dx *= dout
    return dx
