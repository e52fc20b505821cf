"""Photos of which a crop is in each part are counted."""

from checking import Wrong, call, parts

PLANTED = "have crops in both parts"
HINTS = (
    "Take one photo and follow its three crops. Where do they land?",
    "What should be shuffled: files or photos?",
    'Collect the photos (`name.rsplit("_", 1)[0]`), shuffle these, and let every file follow its'
    " photo.",
)


def check(exercise):
    names = [
        f"{kind}_{n:02d}_{crop}.jpg" for kind in ("cat", "dog") for n in range(20) for crop in "abc"
    ]
    chosen = []
    for seed in (1, 2, 1):
        training, validation = parts(call(exercise, "split", names, 0.25, seed), 2, "split")
        training, validation = list(training), list(validation)
        if sorted(training + validation) != sorted(names):
            raise Wrong("Some pictures are lost, or in the list twice.")
        photos = [{name.rsplit("_", 1)[0] for name in part} for part in (training, validation)]
        both = photos[0] & photos[1]
        if both:
            raise Wrong(
                f"{len(both)} of 40 photos have crops in both parts: the network is asked about"
                " pictures that it has nearly seen."
            )
        if len(photos[1]) != 10:
            raise Wrong(f"{len(photos[1])} of 40 photos are for validation: a share of 0.25 is 10.")
        chosen.append(photos[1])
    if chosen[0] != chosen[2]:
        raise Wrong("The same seed gives two different splits.")
    if chosen[0] == chosen[1]:
        raise Wrong("Two seeds give the same split: the choice is not random.")
    return "no photo is in both parts."
