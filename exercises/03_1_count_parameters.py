# %% [markdown]
# # How many weights has LeNet-5?
#
# Count the parameters of a network from its description. A convolution has one kernel per pair of
# input map and filter, and one bias per filter. A dense layer has one weight per pair of input
# and unit, and one bias per unit. A pooling layer has nothing to learn.
#
#     python exercises/check.py 03_1


# %%
def count_parameters(layers):
    """The number of weights and biases.

    Args:
        layers: list of ``("conv", kernel, channels, filters)``, ``("pool", size)`` and
            ``("dense", inputs, units)``; kernels are ``kernel`` × ``kernel`` pixels.

    Returns:
        A whole number.
    """
    ...
