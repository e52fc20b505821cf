# %% [markdown]
# # Repair: five networks, one vote
#
# The mean of several networks' probabilities makes fewer mistakes than each of them. The function
# below is said to compute the digits of this mean. For 5 networks and 28,000 images it returns 5
# digits.
#
#     python exercises/check.py 05_3

# %%
import numpy as np


def vote(probabilities):
    """The digit with the largest mean probability.

    Args:
        probabilities: float array of shape (members, N, 10).

    Returns:
        Integers of shape (N,).
    """
    return np.mean(probabilities, axis=1).argmax(axis=1)
