# %% [markdown]
# # All trials of a sweep
#
# A sweep tries every combination of some values. From
# `{"BATCH_NORMALISATION": [True, False], "SEED": [1, 2, 3]}` come six trials, each a dict with
# one value per name. The last name changes fastest.
#
#     python exercises/check.py 09_3


# %%
def variations(values):
    """Every combination.

    Args:
        values: dict from names to lists of values.

    Returns:
        List of dicts with the same names, in the order of nested loops; one empty dict for no
        names at all.
    """
    ...
