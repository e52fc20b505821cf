# %% [markdown]
# # Repair: three parts of the data
#
# The function below cuts the data into training, validation and test images. A model that was
# trained with it reached 99.2 % on the validation images and 99.2 % on the test images, and its
# author was proud that the two agree so well. One line is wrong. Find it and mend it.
#
#     python exercises/check.py 02_1


# %%
def three_parts(x, y, x_test, y_test, validation):
    """Training, validation and test images, which share no image.

    Args:
        x, y: images and labels to learn from, arrays with the same first axis.
        x_test, y_test: images and labels that are used once, at the end.
        validation: how many images the validation set has.

    Returns:
        ``(x_train, y_train), (x_val, y_val), (x_test, y_test)``.
    """
    x_val, y_val = x_test[:validation], y_test[:validation]
    x_train, y_train = x[validation:], y[validation:]
    return (x_train, y_train), (x_val, y_val), (x_test, y_test)
