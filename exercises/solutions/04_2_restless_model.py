# %% [markdown]
# # Repair: a model that changes its mind
#
# `training=True` switches dropout on, which silences random units, and lets batch normalisation
# use the statistics of the batch. For reading, both are off: `training=False`, or
# `model.predict`.

# %%
import numpy as np


def read_digits(model, drawings):
    """The digits of drawings, and how sure the model is of each."""
    probabilities = np.asarray(model(drawings, training=False))
    return probabilities.argmax(axis=1), probabilities.max(axis=1)
