# %% [markdown]
# # The convolution, forward
#
# The window of all images at once has the shape (N, kh, kw, C). `tensordot` multiplies it with
# the kernels and sums over kh, kw and C.

# %%
import numpy as np


def conv_forward(x, w, b, stride):
    """Convolve images with kernels."""
    n, height, width, _ = x.shape
    kh, kw, _, filters = w.shape
    y = np.zeros((n, (height - kh) // stride + 1, (width - kw) // stride + 1, filters))
    for i in range(y.shape[1]):
        for j in range(y.shape[2]):
            top, left = i * stride, j * stride
            window = x[:, top : top + kh, left : left + kw]
            y[:, i, j] = np.tensordot(window, w, axes=3) + b
    return y
