# %% [markdown]
# # Open: make eight of your own drawings fail
#
# A network reads only what looks like its training images. Draw digits that every person reads and
# LeNet-5 does not (`make draw` shows its answer while you draw), save them into a folder of your
# own with a `groundtruth.json` beside them, such as `{"my_seven.png": 7}`, and explain each
# mistake: what in the drawing is unlike MNIST?
#
# The check reads the folder with the trained LeNet-5.
#
#     python exercises/check.py 03_3


# %%
def my_drawings():
    """Drawings that LeNet-5 misreads, and why.

    Returns:
        ``(folder, explanations)``: the path of the folder, and a dict from file names to sentences
        of at least five words, one for each of at least eight drawings that are misread.
    """
    ...
