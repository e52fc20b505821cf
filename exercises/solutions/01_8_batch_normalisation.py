# %% [markdown]
# # Batch normalisation, forward and backward
#
# `x.var(axis=0)` divides by N, as the paper does.

# %%
import numpy as np


def batch_normalisation(x, gamma, beta, epsilon=1e-3):
    """Normalise each feature over the batch."""
    return gamma * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + epsilon) + beta


def batch_normalisation_backward(dout, x, gamma, epsilon=1e-3):
    """The gradients."""
    deviation = np.sqrt(x.var(axis=0) + epsilon)
    normalised = (x - x.mean(axis=0)) / deviation
    d = dout * gamma
    dx = (d - d.mean(axis=0) - normalised * (d * normalised).mean(axis=0)) / deviation
    return dx, (dout * normalised).sum(axis=0), dout.sum(axis=0)
