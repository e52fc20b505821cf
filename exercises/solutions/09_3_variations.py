# %% [markdown]
# # All trials of a sweep
#
# `itertools.product` is any number of nested loops.

# %%
import itertools


def variations(values):
    """Every combination."""
    return [dict(zip(values, each, strict=True)) for each in itertools.product(*values.values())]
