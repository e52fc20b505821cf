"""Compared with NumPy's sliding windows."""

import checking
import numpy as np
from checking import Wrong, call, close
from numpy.lib.stride_tricks import sliding_window_view

FORBIDDEN = ("keras", "tensorflow", "torch", "jax", "scipy", "numpy_cnn", "numpy_fast")
HINTS = (
    "Loop over the rows and columns of the output, as in the convolution.",
    "The window of all images is `x[:, i*stride : i*stride+pool, j*stride : j*stride+pool]`.",
    "`.max(axis=(1, 2))` takes the maximum over the two axes of the window and leaves (N, C).",
)


def windows(x, pool, stride):
    """All windows, of shape (N, out_h, out_w, C, pool, pool)."""
    return sliding_window_view(x, (pool, pool), axis=(1, 2))[:, ::stride, ::stride]


def check(exercise):
    random = np.random.default_rng(4)
    for pool, stride in ((2, 2), (3, 2), (2, 1), (3, 3)):
        # Mostly negative: a maximum that starts from zero is found out.
        x = random.normal(loc=-2, size=(2, 7, 8, 3))
        all_windows = windows(x, pool, stride)
        right = all_windows.max(axis=(-1, -2))
        case = f"pool {pool}, stride {stride}"
        y = checking.array(call(exercise, "max_pool", x, pool, stride), right.shape, "The output")
        if close(y, np.maximum(right, 0)):
            raise Wrong("Negative values became 0: start from the first value, not from 0.")
        if close(y, all_windows.mean(axis=(-1, -2))):
            raise Wrong("This is average pooling: take the largest value of each window.")
        if close(y, np.broadcast_to(right.max(axis=3, keepdims=True), right.shape)):
            raise Wrong("All channels are the same: each has a maximum of its own.")
        if close(y, np.broadcast_to(right.max(axis=0, keepdims=True), right.shape)):
            raise Wrong("All images are the same: each has a maximum of its own.")
        checking.require(y, right, f"The output ({case})", "Where does the window begin and end?")
    return "four kinds of windows are right."
