# %% [markdown]
# # Padding and the size of the output
#
# With "same" the last position begins at pixel $(o - 1) s$ and ends $k$ pixels later. What of
# that lies beyond the image is the total of the zeros.


# %%
def padding_and_output_size(size, kernel, stride, padding):
    """The zeros before and after an axis, and the length of the output."""
    if padding == "valid":
        return 0, 0, (size - kernel) // stride + 1
    output = -(-size // stride)  # rounded up
    total = max((output - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2, output
