# %% [markdown]
# # Padding and the size of the output
#
# A kernel of size $k$ moves over an axis of $n$ pixels in steps of $s$. With the padding "valid"
# it stays inside the image. With "same" the output has $\lceil n / s \rceil$ positions, and zeros
# are added where the kernel would otherwise leave the image: half of them before and half after,
# an odd one after.
#
# Write the function. It is needed for every convolution and every pooling of this collection.
#
#     python exercises/check.py 01_1


# %%
def padding_and_output_size(size, kernel, stride, padding):
    """The zeros before and after an axis, and the length of the output.

    Args:
        size: pixels of the axis.
        kernel: pixels of the kernel along it.
        stride: step of the kernel.
        padding: "valid" or "same".

    Returns:
        ``(before, after, output)``, three whole numbers.
    """
    ...
