"""Compared with central differences of the forward pass."""

import checking
import numpy as np
from checking import Wrong, call, close
from numpy.lib.stride_tricks import sliding_window_view

FORBIDDEN = ("keras", "tensorflow", "torch", "jax", "scipy", "numpy_cnn", "numpy_fast")
HINTS = (
    "Loop over all entries of dout: `for n, i, j, c in np.ndindex(dout.shape)`.",
    "`window.argmax()` numbers the window's pixels row by row: `divmod` with the width gives row"
    " and column.",
    "Add with +=, because overlapping windows may have the same largest pixel.",
)


def check(exercise):
    random = np.random.default_rng(5)
    for pool, stride in ((2, 2), (3, 2), (2, 1)):
        x = random.normal(size=(2, 5, 6, 2))
        windows = sliding_window_view(x, (pool, pool), axis=(1, 2))[:, ::stride, ::stride]
        dout = random.normal(size=windows.shape[:4])

        def loss(v, pool=pool, stride=stride, dout=dout):
            v = sliding_window_view(v, (pool, pool), axis=(1, 2))[:, ::stride, ::stride]
            return float(np.sum(v.max(axis=(-1, -2)) * dout))

        right = checking.central_differences(loss, x)
        got = call(exercise, "max_pool_backward", dout, x, pool, stride)
        got = checking.array(got, x.shape, "dx")
        case = f"pool {pool}, stride {stride}"
        if not got.any():
            raise Wrong("dx is all zeros.")
        if pool == stride and np.count_nonzero(got) > dout.size:
            raise Wrong(
                f"{np.count_nonzero(got)} pixels got a gradient, but only {dout.size} are the"
                " largest of a window: the others did not change the output."
            )
        if (
            stride < pool
            and not close(got, right, 1e-4)
            and np.isin(got[np.abs(got - right) > 1e-4], np.append(dout, 0)).all()
        ):
            raise Wrong(
                f"With overlapping windows ({case}) a pixel that is the largest of two windows"
                " keeps the gradient of only one: add them with +=."
            )
        checking.require(got, right, f"dx ({case})", "Which pixel was the largest?", 1e-4)
    return "dx agrees with central differences, with overlapping windows, too."
