# %% [markdown]
# # The input that a pretrained VGG-16 expects
#
# `[..., ::-1]` reverses the colours. The bytes become floating-point numbers before the
# subtraction: 50 - 104 is not a byte.

# %%
import numpy as np


def preprocess(images):
    """Images as Keras's VGG-16 takes them."""
    mean = np.array([103.939, 116.779, 123.68], np.float32)
    return images[..., ::-1].astype(np.float32) - mean
