# %% [markdown]
# # Repair: statistics that know too much
#
# Mean and deviation are a part of the model. They are learned from the training images, and
# applied to all three parts. For colours the difference is small. The habit matters: with other
# statistics, or with few images, what leaks decides.

# %%


def normalise(x_train, x_val, x_test):
    """All images with the mean and standard deviation of each colour taken out."""
    mean, deviation = x_train.mean(axis=(0, 1, 2)), x_train.std(axis=(0, 1, 2))
    return tuple((x - mean) / deviation for x in (x_train, x_val, x_test))
