"""All machines' shares are put together and counted."""

from collections import Counter

from checking import Wrong, call

PLANTED = "belong to no machine"
HINTS = (
    "What does `//` do with the rest of the division?",
    "Deal the images out like cards.",
    "`range(machine, images, machines)` starts at the machine's number and takes every so many-th.",
)


def check(exercise):
    for images, machines in ((50_000, 4), (50_000, 3), (12, 7), (3, 5), (10, 1)):
        case = f"With {images:,} images and {machines} machines"
        shares = [list(call(exercise, "share", images, m, machines)) for m in range(machines)]
        counts = Counter(number for each in shares for number in each)
        if any(not 0 <= number < images for number in counts):
            raise Wrong(f"{case} there are numbers that no image has.")
        if len(counts) < images:
            raise Wrong(f"{case} {images - len(counts)} belong to no machine.")
        if max(counts.values()) > 1:
            raise Wrong(f"{case} {sum(n > 1 for n in counts.values())} belong to several machines.")
        sizes = [len(each) for each in shares]
        if max(sizes) - min(sizes) > 1:
            raise Wrong(f"{case} one has {max(sizes)} and another {min(sizes)}: share evenly.")
    return "five cases are right."
