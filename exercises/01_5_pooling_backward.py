# %% [markdown]
# # Max pooling, backward
#
# Of each window only the largest value reached the output, so the whole gradient goes to its
# place, and none to the others. Where windows overlap, one pixel may be the largest of several:
# it collects the gradient of each.
#
#     python exercises/check.py 01_5

# %%
import numpy as np


def max_pool_backward(dout, x, pool, stride):
    """The gradient of max pooling.

    Args:
        dout: gradient with respect to the output, float64 of shape (N, out_h, out_w, C).
        x: feature maps, float64 of shape (N, H, W, C).
        pool: height and width of a window.
        stride: step of the windows, across and down.

    Returns:
        float64 of shape (N, H, W, C), the gradient with respect to ``x``.
    """
    dx = np.zeros_like(x)
    ...
