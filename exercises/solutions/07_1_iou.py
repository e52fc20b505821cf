# %% [markdown]
# # Intersection over union
#
# Along each axis the shared part begins at the larger of the two starts and ends at the smaller
# of the two ends. If that is negative, the boxes lie apart.


# %%
def iou(first, second):
    """Intersection over union of two boxes."""
    shared = 1
    for axis in (0, 1):
        start = max(first[axis], second[axis])
        end = min(first[axis] + first[axis + 2], second[axis] + second[axis + 2])
        shared *= max(end - start, 0)
    either = first[2] * first[3] + second[2] * second[3] - shared
    return shared / either
