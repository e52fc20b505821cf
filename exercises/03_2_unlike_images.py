# %% [markdown]
# # Repair: 99 % on the training images, 11 % on the validation images
#
# The network learns well, the validation accuracy stays at about 11 % from the first epoch to the
# last, and the test accuracy is as good as that of the training images. The images are prepared
# by the function below. What is wrong?
#
#     python exercises/check.py 03_2


# %%
def prepare(x_train, x_val, x_test):
    """Images as the network takes them: float32 in [0, 1], with an axis for the channel.

    Args:
        x_train, x_val, x_test: uint8 of shape (N, 28, 28), 0 = paper, 255 = ink.

    Returns:
        Three float32 arrays of shape (N, 28, 28, 1), in [0, 1].
    """
    x_train = x_train[..., None].astype("float32") / 255
    x_val = x_val[..., None].astype("float32")
    x_test = x_test[..., None].astype("float32") / 255
    return x_train, x_val, x_test
