# %% [markdown]
# # One gradient from many machines
#
# Each machine computes the mean gradient of its own images. The gradient of the whole batch is a
# mean over all images. If one machine has fewer images than another, it must count less:
#
# $$g = \frac{\sum_k n_k\, g_k}{\sum_k n_k}$$
#
#     python exercises/check.py 09_1

# %%
import numpy as np


def mean_gradient(gradients, sizes):
    """The mean gradient of all images.

    Args:
        gradients: list of arrays of one shape, the mean gradient of each machine's images.
        sizes: list of whole numbers, how many images each machine had; 0 is allowed.

    Returns:
        Array of the same shape.
    """
    ...
