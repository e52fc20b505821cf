# %% [markdown]
# # Repair: images that nobody reads
#
# Every `machines`-th image, from an own start. In training with equal batches the rest must then
# be left out on purpose, another one in each epoch.


# %%
def share(images, machine, machines):
    """The numbers of the images that one machine reads."""
    return range(machine, images, machines)
