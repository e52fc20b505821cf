# %% [markdown]
# # Max pooling, backward
#
# The place of the maximum is found again from `x`. `divmod` turns its number within the window
# into a row and a column.

# %%
import numpy as np


def max_pool_backward(dout, x, pool, stride):
    """The gradient of max pooling."""
    dx = np.zeros_like(x)
    for n, i, j, c in np.ndindex(dout.shape):
        top, left = i * stride, j * stride
        window = x[n, top : top + pool, left : left + pool, c]
        row, column = divmod(int(window.argmax()), window.shape[1])
        dx[n, top + row, left + column, c] += dout[n, i, j, c]
    return dx
