# %% [markdown]
# # The smallest box around the ink
#
# `nonzero` gives the rows and the columns of all ink. From the first to the last column are last
# - first + 1 pixels.

# %%
import numpy as np


def tight_box(ink):
    """The smallest box around the ink."""
    rows, columns = np.nonzero(ink)
    if len(rows) == 0:
        return 0, 0, 0, 0
    x, y = int(columns.min()), int(rows.min())
    return x, y, int(columns.max()) - x + 1, int(rows.max()) - y + 1
