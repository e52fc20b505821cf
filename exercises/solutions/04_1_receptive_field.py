# %% [markdown]
# # How far does a network see?
#
# A kernel of $k$ values adds $k - 1$ steps to the field. Each step is as many pixels long as the
# product of all strides before it. The thirteen convolutions and five poolings of VGG-16 see 212
# pixels.


# %%
def receptive_field(layers):
    """The number of input pixels, along one axis, that one output depends on."""
    field, step = 1, 1
    for kernel, stride in layers:
        field += (kernel - 1) * step
        step *= stride
    return field
