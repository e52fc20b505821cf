# %% [markdown]
# # Intersection over union
#
# How well does a box fit? The area that two boxes share, over the area that either covers: 1 for
# the same box, 0 for boxes that lie apart. A box is `(x, y, width, height)`, with `(x, y)` its
# upper left corner.
#
#     python exercises/check.py 07_1


# %%
def iou(first, second):
    """Intersection over union of two boxes.

    Args:
        first, second: four numbers ``(x, y, width, height)``, width and height above 0.

    Returns:
        A float in [0, 1].
    """
    ...
