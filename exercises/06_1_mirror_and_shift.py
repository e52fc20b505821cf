# %% [markdown]
# # Mirror and shift photographs
#
# A mirrored ship is still a ship, and a shifted one is, too. Training on such images, made anew
# in each epoch, shows the network more than the 50,000 photographs that there are. Write both
# distortions for a batch. What comes in at an edge is the image's own mirror image:
# `np.pad(…, mode="reflect")`.
#
#     python exercises/check.py 06_1

# %%
import numpy as np


def mirror(images):
    """Images with left and right exchanged.

    Args:
        images: array of shape (N, H, W, 3).

    Returns:
        Array of the same shape.
    """
    ...


def shift(images, right, down):
    """Images moved by whole pixels.

    Args:
        images: array of shape (N, H, W, 3).
        right: pixels to the right; negative ones to the left.
        down: pixels down; negative ones up.

    Returns:
        Array of the same shape.
    """
    ...
