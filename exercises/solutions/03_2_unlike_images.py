# %% [markdown]
# # Repair: 99 % on the training images, 11 % on the validation images
#
# The validation images ran from 0 to 255. What is done to one part is done to all parts; one
# expression for the three makes it hard to forget.


# %%
def prepare(x_train, x_val, x_test):
    """Images as the network takes them: float32 in [0, 1], with an axis for the channel."""
    return tuple(x[..., None].astype("float32") / 255 for x in (x_train, x_val, x_test))
