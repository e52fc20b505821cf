# %% [markdown]
# # Max pooling, forward
#
# Max pooling keeps the largest value of each window, in every channel for itself. The windows
# have `pool` × `pool` pixels and lie `stride` pixels apart; what does not fill a window is left
# out.
#
#     python exercises/check.py 01_4

# %%
import numpy as np


def max_pool(x, pool, stride):
    """The largest value of each window.

    Args:
        x: feature maps, float64 of shape (N, H, W, C).
        pool: height and width of a window.
        stride: step of the windows, across and down.

    Returns:
        float64 of shape (N, out_h, out_w, C).
    """
    n, height, width, channels = x.shape
    y = np.zeros((n, (height - pool) // stride + 1, (width - pool) // stride + 1, channels))
    ...
