# %% [markdown]
# # Repair: statistics that know too much
#
# The colours of the photographs are brought to mean 0 and standard deviation 1. The function
# below does so, and no accuracy looks odd. Still, a reviewer refuses it: one of the three parts
# takes part where it must not. Which one, and where?
#
#     python exercises/check.py 06_2

# %%
import numpy as np


def normalise(x_train, x_val, x_test):
    """All images with the mean and standard deviation of each colour taken out.

    Args:
        x_train, x_val, x_test: float arrays of shape (N, 32, 32, 3), in [0, 1].

    Returns:
        Three arrays of these shapes.
    """
    everything = np.concatenate([x_train, x_val, x_test])
    mean, deviation = everything.mean(axis=(0, 1, 2)), everything.std(axis=(0, 1, 2))
    return tuple((x - mean) / deviation for x in (x_train, x_val, x_test))
