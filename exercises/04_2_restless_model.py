# %% [markdown]
# # Repair: a model that changes its mind
#
# This function asks a trained network for the digits of some drawings. Asked twice about the same
# drawings it gives different probabilities, and its accuracy is lower than the one that training
# printed.
#
#     python exercises/check.py 04_2

# %%
import numpy as np


def read_digits(model, drawings):
    """The digits of drawings, and how sure the model is of each.

    Args:
        model: trained Keras model from (N, 28, 28, 1) to (N, 10) probabilities.
        drawings: float32 of shape (N, 28, 28, 1), in [0, 1].

    Returns:
        ``(digits, confidence)``: integers and floats of shape (N,).
    """
    probabilities = np.asarray(model(drawings, training=True))
    return probabilities.argmax(axis=1), probabilities.max(axis=1)
