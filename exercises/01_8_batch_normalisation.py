# %% [markdown]
# # Batch normalisation, forward and backward
#
# In training every feature gets mean 0 and variance 1 over the batch, then a scale and a shift
# that are learned (Ioffe & Szegedy, 2015, algorithm 1):
#
# $$\hat x = \frac{x - \mu}{\sqrt{\sigma^2 + \varepsilon}} \qquad y = \gamma \hat x + \beta$$
#
# Mean $\mu$ and variance $\sigma^2$ depend on $x$, too, so the gradient of $x$ has three parts.
# With $d = \partial L / \partial y \odot \gamma$:
#
# $$\frac{\partial L}{\partial x} = \frac{1}{\sqrt{\sigma^2 + \varepsilon}}
# \left(d - \operatorname{mean}(d) - \hat x \odot \operatorname{mean}(d \odot \hat x)\right)$$
#
#     python exercises/check.py 01_8

# %%
import numpy as np


def batch_normalisation(x, gamma, beta, epsilon=1e-3):
    """Normalise each feature over the batch.

    Args:
        x: float64 of shape (N, D).
        gamma, beta: scale and shift, float64 of shape (D,).
        epsilon: keeps the divisor from 0.

    Returns:
        float64 of shape (N, D).
    """
    ...


def batch_normalisation_backward(dout, x, gamma, epsilon=1e-3):
    """The gradients.

    Args:
        dout: gradient with respect to the output, float64 of shape (N, D).
        x, gamma, epsilon: as before.

    Returns:
        ``(dx, dgamma, dbeta)`` of the shapes (N, D), (D,) and (D,).
    """
    ...
