# %% [markdown]
# # Repair: 100 % on the validation pictures
#
# Crops of one photo landed in both parts, and the network had seen nearly every validation
# picture. What is shuffled must be what is independent: photos, not files. For drawings it is the
# writer.

# %%
import random


def split(names, share, seed):
    """Training and validation pictures."""
    photos = sorted({name.rsplit("_", 1)[0] for name in names})
    random.Random(seed).shuffle(photos)
    chosen = set(photos[: round(share * len(photos))])
    training = [name for name in names if name.rsplit("_", 1)[0] not in chosen]
    validation = [name for name in names if name.rsplit("_", 1)[0] in chosen]
    return training, validation
