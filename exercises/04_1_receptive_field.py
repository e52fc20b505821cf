# %% [markdown]
# # How far does a network see?
#
# The receptive field of an output is the number of input pixels, along one axis, that can change
# it. Two 3×3 convolutions on top of each other see 5 pixels, three see 7. A stride, or a pooling,
# makes every later kernel reach further: neighbouring values of its input are then more than one
# pixel apart.
#
# Compute it from the list of the layers.
#
#     python exercises/check.py 04_1


# %%
def receptive_field(layers):
    """The number of input pixels, along one axis, that one output depends on.

    Args:
        layers: list of ``(kernel, stride)`` from the input to the output; a pooling layer of 2×2
            pixels is ``(2, 2)``.

    Returns:
        A whole number; 1 for an empty list.
    """
    ...
