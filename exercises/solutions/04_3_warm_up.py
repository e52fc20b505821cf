# %% [markdown]
# # A learning rate that rises and falls
#
# With `warm_up` 0 the first case never holds, so nothing is divided by zero.

# %%
import math


def learning_rate(step, steps, highest, warm_up):
    """The learning rate of a step."""
    rising = warm_up * steps
    if step < rising:
        return highest * step / rising
    return highest / 2 * (1 + math.cos(math.pi * (step - rising) / (steps - rising)))
