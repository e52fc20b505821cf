# %% [markdown]
# # Repair: 100 % on the validation pictures
#
# Somebody fine-tunes a network on pictures of two cats and a dog. Of every photo there are three
# crops: `cat_07_a.jpg`, `cat_07_b.jpg`, `cat_07_c.jpg`. The validation accuracy is 100 %, but new
# photos are read much worse. Look at how the pictures are split.
#
#     python exercises/check.py 08_3

# %%
import random


def split(names, share, seed):
    """Training and validation pictures.

    Args:
        names: file names such as ``cat_07_a.jpg``: class, number of the photo, crop.
        share: of the photos that are set apart for validation, in (0, 1).
        seed: of the random choice.

    Returns:
        ``(training, validation)``, two lists of names.
    """
    names = list(names)
    random.Random(seed).shuffle(names)
    number = round(share * len(names))
    return names[number:], names[:number]
