# %% [markdown]
# # Repair: five networks, one vote
#
# The members are axis 0. Their mean has the shape (N, 10), and its largest probability is looked
# for along axis 1.

# %%
import numpy as np


def vote(probabilities):
    """The digit with the largest mean probability."""
    return np.mean(probabilities, axis=0).argmax(axis=1)
