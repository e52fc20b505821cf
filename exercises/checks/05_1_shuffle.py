"""Each image carries its label, so that what was torn apart is seen."""

import checking
import numpy as np
from checking import Wrong, call, parts

PLANTED = "have the label of another image"
HINTS = (
    "Print some images and labels before and after. Do they still belong together?",
    "How often is a random order drawn?",
    "Draw one order with `permutation(len(labels))`, and index both arrays with it.",
)


def check(exercise):
    labels = np.arange(200)
    images = np.stack([labels, -labels], axis=1)
    orders = []
    for seed in (1, 1, 2):
        x, y = parts(call(exercise, "shuffled", images, labels, seed), 2, "shuffled")
        x, y = checking.array(x, (200, 2), "images"), checking.array(y, (200,), "labels")
        if sorted(x[:, 0]) != list(labels):
            raise Wrong("Some images are missing or there twice.")
        apart = int(np.sum(x[:, 0] != y))
        if apart:
            raise Wrong(f"{apart} of 200 images have the label of another image after shuffling.")
        orders.append(list(y))
    if orders[0] == list(labels):
        raise Wrong("The order is what it was: nothing was shuffled.")
    if orders[0] != orders[1]:
        raise Wrong("The same seed gives two different orders.")
    if orders[0] == orders[2]:
        raise Wrong("Two seeds give the same order: the seed is not used.")
    return "every image keeps its label."
