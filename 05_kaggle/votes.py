"""The networks of an ensemble side by side: as one model, and in a figure with their vote."""

from cnn_practice import plots

import keras
from matplotlib.figure import Figure


def joint(models):
    """One model whose outputs are those of several, for all to read the same images.

    Args:
        models: Keras models, each from (N, 28, 28, 1) to (N, 10).

    Returns:
        Keras model from (N, 28, 28, 1) to (N, models, 10).
    """
    inputs = keras.Input((28, 28, 1))
    return keras.Model(inputs, keras.ops.stack([model(inputs) for model in models], axis=1))


def accuracies(names, alone, together, name, source):
    """The accuracy of each network and, as a line, that of their vote.

    Args:
        names: of the networks, N strings.
        alone: N accuracies in [0, 1].
        together: the accuracy of the vote.
        name: file name without suffix.
        source: of the images, for the heading.
    """
    title = f"{len(names)} networks and their vote, {source}"
    figure = Figure(figsize=(7, 1.2 + 0.3 * len(names)), layout="constrained")
    axes = figure.subplots()
    rows = range(len(names))
    axes.plot([100 * each for each in alone], rows, "o", label="a network alone")
    axes.axvline(100 * together, color=plots.WRONG, label="their vote")
    axes.set_yticks(rows, names)
    axes.invert_yaxis()
    axes.set(xlabel="accuracy on the test images in %", title=title)
    axes.grid(axis="x", alpha=0.3)
    figure.legend(loc="outside right upper")
    return plots.save(figure, name)
