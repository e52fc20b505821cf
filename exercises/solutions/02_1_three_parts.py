# %% [markdown]
# # Repair: three parts of the data
#
# The validation images were test images. Whoever chooses an epoch by them has chosen by the test
# images, and the accuracy on these says no more how the model reads images that it never met.


# %%
def three_parts(x, y, x_test, y_test, validation):
    """Training, validation and test images, which share no image."""
    x_val, y_val = x[:validation], y[:validation]
    x_train, y_train = x[validation:], y[validation:]
    return (x_train, y_train), (x_val, y_val), (x_test, y_test)
