# %% [markdown]
# # Mirror and shift photographs
#
# The image is padded on all sides by the largest shift, and a window of the old size is cut out:
# to move the picture to the right, the window moves to the left.

# %%
import numpy as np


def mirror(images):
    """Images with left and right exchanged."""
    return images[:, :, ::-1]


def shift(images, right, down):
    """Images moved by whole pixels."""
    height, width = images.shape[1:3]
    edge = max(abs(right), abs(down))
    padded = np.pad(images, [(0, 0), (edge, edge), (edge, edge), (0, 0)], mode="reflect")
    top, left = edge - down, edge - right
    return padded[:, top : top + height, left : left + width]
