# %% [markdown]
# # The input that a pretrained VGG-16 expects
#
# A pretrained network reads only what looks like its training images. Keras's VGG-16 was trained
# on images with the colours in the order blue, green, red, from 0 to 255, less the mean of
# ImageNet: 103.939 for blue, 116.779 for green and 123.68 for red. Nothing is divided.
#
#     python exercises/check.py 08_2

# %%
import numpy as np


def preprocess(images):
    """Images as Keras's VGG-16 takes them.

    Args:
        images: uint8 of shape (N, H, W, 3), red, green, blue, 0 to 255.

    Returns:
        float32 of the same shape.
    """
    ...
