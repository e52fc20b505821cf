# %% [markdown]
# # One step of Adam
#
# The corrected means are used for the step alone; what is kept is `m` and `v` without correction.

# %%
import numpy as np


def adam(theta, gradient, m, v, t, rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-8):
    """One step."""
    m = beta_1 * m + (1 - beta_1) * gradient
    v = beta_2 * v + (1 - beta_2) * gradient**2
    corrected_m = m / (1 - beta_1**t)
    corrected_v = v / (1 - beta_2**t)
    return theta - rate * corrected_m / (np.sqrt(corrected_v) + epsilon), m, v
