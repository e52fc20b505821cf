"""Trains the network on 55,000 images of MNIST and lets it read the hundred drawings."""

import checking
import numpy as np
from checking import Wrong

SECONDS = 20 * 60
PLANTED = "of 100 drawings are read"
MOST = 5_000  # weights
HINTS = (
    "The drawings lean, shake and have other pens than MNIST's digits. Which distortions of the"
    " training images make up for it?",
    "Convolutions share their weights over the picture. A pooling before the last dense layer"
    " leaves it little to connect.",
    "Start from a network that reads all drawings, and take away filters until one is misread. Do"
    " more epochs bring it back?",
)


def check(exercise):
    from cnn_practice import drawings

    model = checking.built_and_trained(exercise, MOST)
    names, pictures, truth = drawings.read_folder()
    prepared = [drawings.prepare(*each) for each in zip(pictures, names, strict=True)]
    read = checking.digits_read(model, np.stack(prepared)[..., None])
    misread = [
        f"{name} as a {seen}"
        for name, true, seen in zip(names, truth, read, strict=True)
        if true != seen
    ]
    reached = f"{len(names) - len(misread)} of {len(names)} drawings are read"
    size = model.count_params()
    if misread:
        more = ", …" if len(misread) > 3 else ""
        raise Wrong(f"{reached} with {size:,} weights. Misread: {', '.join(misread[:3])}{more}.")
    return f"{reached} with {size:,} weights. Fewer are better: can you do with half as many?"
