"""Trains the network on 55,000 images of MNIST and lets it read the hundred drawings."""

from checking import Wrong, built_and_trained

SECONDS = 1200
PLANTED = "of the 100 drawings are read"
PARAMETERS = 30_000
HINTS = (
    "What do the drawings have that MNIST's images have less of? Distortions make up for it.",
    "Convolutions share their weights over the picture. A pooling before the last dense layer"
    " leaves it little to connect.",
    "Start from a network that reads all drawings, and halve the filters until one drawing fails.",
)


def check(exercise):
    from cnn_practice import drawings

    model = built_and_trained(exercise, PARAMETERS)
    size, read = model.count_params(), drawings.score(model)
    if read < 1:
        raise Wrong(
            f"{size:,} parameters, and {read:.0%} of the 100 drawings are read: which ones are not?"
        )
    return f"{size:,} parameters read all 100 drawings. Can you do with fewer?"
