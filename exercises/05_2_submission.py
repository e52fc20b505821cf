# %% [markdown]
# # A submission for Kaggle
#
# The competition takes a CSV file with a header and one line per test image. The images are
# counted from 1:
#
#     ImageId,Label
#     1,2
#     2,0
#
# Write the text of this file.
#
#     python exercises/check.py 05_2


# %%
def submission(digits):
    """The text of a submission.

    Args:
        digits: predicted digits, integers of shape (N,).

    Returns:
        A string of N + 1 lines, each ended by a newline.
    """
    ...
