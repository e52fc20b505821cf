# %% [markdown]
# # One step of Adam
#
# Adam (Kingma & Ba, 2015, algorithm 1) keeps two running means: $m$ of the gradient and $v$ of
# its square. Both start from 0 and are too small at first, which is corrected.
#
# $$m \leftarrow \beta_1 m + (1 - \beta_1) g \qquad v \leftarrow \beta_2 v + (1 - \beta_2) g^2$$
# $$\hat m = \frac{m}{1 - \beta_1^t} \qquad \hat v = \frac{v}{1 - \beta_2^t} \qquad
# \theta \leftarrow \theta - \eta \frac{\hat m}{\sqrt{\hat v} + \varepsilon}$$
#
# The steps are counted from $t = 1$.
#
#     python exercises/check.py 01_7

# %%
import numpy as np


def adam(theta, gradient, m, v, t, rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-8):
    """One step.

    Args:
        theta: parameters, float64 of any shape.
        gradient: of the loss with respect to them, of the same shape.
        m, v: the running means before this step, of the same shape.
        t: number of this step, from 1.
        rate: the learning rate η.
        beta_1, beta_2: how slowly the running means forget.
        epsilon: keeps the divisor from 0.

    Returns:
        ``(theta, m, v)`` after the step.
    """
    ...
