# %% [markdown]
# # Repair: images that nobody reads
#
# Every machine reads its share of the images. With 4 machines and 50,000 images all is well. With
# 3 machines two images are never read, and with 7 machines and 12 images, five.
#
#     python exercises/check.py 09_2


# %%
def share(images, machine, machines):
    """The numbers of the images that one machine reads.

    Args:
        images: how many there are.
        machine: number of this machine, from 0.
        machines: how many there are.

    Returns:
        A list or range of whole numbers below ``images``. Every image belongs to one machine, and
        no machine has more than one image more than another.
    """
    size = images // machines
    return range(machine * size, (machine + 1) * size)
