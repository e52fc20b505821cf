# %% [markdown]
# # Max pooling, forward
#
# The maximum is taken over the two axes of the window, 1 and 2; images and channels stay apart.

# %%
import numpy as np


def max_pool(x, pool, stride):
    """The largest value of each window."""
    n, height, width, channels = x.shape
    y = np.zeros((n, (height - pool) // stride + 1, (width - pool) // stride + 1, channels))
    for i in range(y.shape[1]):
        for j in range(y.shape[2]):
            top, left = i * stride, j * stride
            y[:, i, j] = x[:, top : top + pool, left : left + pool].max(axis=(1, 2))
    return y
