# %% [markdown]
# # A learning rate that rises and falls
#
# Deep networks without normalisation can fail in their first steps. A warm-up lets the rate rise
# from zero; a cosine takes it back to zero, which averages out the noise of the batches at the
# end. With $T$ steps, of which $W$ are the warm-up, and the highest rate $\eta$:
#
# $$\eta_t = \eta \frac{t}{W} \quad (t < W) \qquad
# \eta_t = \frac{\eta}{2} \left(1 + \cos \frac{\pi (t - W)}{T - W}\right) \quad (t \ge W)$$
#
#     python exercises/check.py 04_3

# %%
import math


def learning_rate(step, steps, highest, warm_up):
    """The learning rate of a step.

    Args:
        step: from 0 to ``steps``.
        steps: of the whole training.
        highest: the highest rate.
        warm_up: share of the steps in which the rate rises, from 0 to below 1.

    Returns:
        A float.
    """
    ...
