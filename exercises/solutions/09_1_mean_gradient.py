# %% [markdown]
# # One gradient from many machines
#
# `np.average` divides by the sum of the weights.

# %%
import numpy as np


def mean_gradient(gradients, sizes):
    """The mean gradient of all images."""
    return np.average(gradients, axis=0, weights=sizes)
