# %% [markdown]
# # How many weights has LeNet-5?
#
# Two convolutions share 2,572 of LeNet-5's 61,706 parameters: the dense layers have all the
# others.


# %%
def count_parameters(layers):
    """The number of weights and biases."""
    total = 0
    for kind, *sizes in layers:
        if kind == "conv":
            kernel, channels, filters = sizes
            total += kernel * kernel * channels * filters + filters
        elif kind == "dense":
            inputs, units = sizes
            total += inputs * units + units
    return total
