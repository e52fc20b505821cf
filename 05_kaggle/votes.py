"""The figure that compares the networks of an ensemble with their vote."""

from cnn_practice import plots

from matplotlib.figure import Figure


def accuracies(names, alone, together, name, title):
    """The accuracy of each network and, as a line, that of their vote.

    Args:
        names: of the networks, N strings.
        alone: N accuracies in [0, 1].
        together: the accuracy of the vote.
        name: file name without suffix.
        title: heading of the figure.
    """
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
