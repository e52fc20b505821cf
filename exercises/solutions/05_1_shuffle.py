# %% [markdown]
# # Repair: the network that learns nothing
#
# Two calls of `permutation` give two different orders. One order for both keeps each image with
# its label.

# %%
import numpy as np


def shuffled(images, labels, seed):
    """Images and labels in another order."""
    order = np.random.default_rng(seed).permutation(len(labels))
    return images[order], labels[order]
