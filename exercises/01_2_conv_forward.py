# %% [markdown]
# # The convolution, forward
#
# Each output pixel is a sum over a window of the input:
#
# $$y_{n,i,j,f} = b_f + \sum_{u,v,c} x_{n,\,is+u,\,js+v,\,c}\; w_{u,v,c,f}$$
#
# Write it with loops over the positions; the sum inside may be one NumPy expression. The kernel
# stays inside the image, and it is not flipped: what neural networks call a convolution is a
# cross-correlation.
#
#     python exercises/check.py 01_2

# %%
import numpy as np


def conv_forward(x, w, b, stride):
    """Convolve images with kernels.

    Args:
        x: images, float64 of shape (N, H, W, C).
        w: kernels, float64 of shape (kh, kw, C, F).
        b: biases, float64 of shape (F,).
        stride: step of the kernel, across and down.

    Returns:
        float64 of shape (N, out_h, out_w, F).
    """
    n, height, width, _ = x.shape
    kh, kw, _, filters = w.shape
    y = np.zeros((n, (height - kh) // stride + 1, (width - kw) // stride + 1, filters))
    ...
