# %% [markdown]
# # A submission for Kaggle
#
# `enumerate(…, start=1)` counts from 1. `int` makes a plain 7 of NumPy's `np.int64(7)` or `7.0`.


# %%
def submission(digits):
    """The text of a submission."""
    lines = [f"{number},{int(digit)}\n" for number, digit in enumerate(digits, start=1)]
    return "ImageId,Label\n" + "".join(lines)
