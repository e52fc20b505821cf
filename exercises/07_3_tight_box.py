# %% [markdown]
# # The smallest box around the ink
#
# Training a network to find a digit needs the true box of each digit. It is computed from the
# ink: the smallest box that holds all of it. A single pixel of ink has a box of width 1 and
# height 1.
#
#     python exercises/check.py 07_3

# %%
import numpy as np


def tight_box(ink):
    """The smallest box around the ink.

    Args:
        ink: bool array of shape (H, W), True where there is ink.

    Returns:
        ``(x, y, width, height)`` in pixels, whole numbers; ``(0, 0, 0, 0)`` if there is no ink.
    """
    ...
