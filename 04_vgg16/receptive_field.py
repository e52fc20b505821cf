"""How 3×3 convolutions on top of each other see a larger part of the image, as a figure."""

from cnn_practice import plots

import numpy as np
from matplotlib.figure import Figure
from scipy.signal import convolve2d


def draw(name, convolutions=3):
    """Save a figure of the pixels that one output depends on, and on how many paths.

    Args:
        name: file name of the figure without suffix.
        convolutions: the most that are put on top of each other.
    """
    side = 2 * convolutions + 1
    figure = Figure(figsize=(3.2 * convolutions, 4.2), layout="constrained")
    figure.suptitle("On how many paths each pixel reaches one output of 3×3 convolutions")
    paths = np.ones((1, 1), int)
    for number, axes in enumerate(figure.subplots(1, convolutions, squeeze=False).flat, 1):
        paths = convolve2d(paths, np.ones((3, 3), int))
        seen, weights = len(paths), 9 * number
        title = f"{number} convolution{'s' if number > 1 else ''}: {seen}×{seen} pixels\n"
        title += f"{weights} weights; one {seen}×{seen} filter has {seen**2}"
        edge = (side - seen) // 2
        plots.numbers(axes, np.pad(paths, edge), title, mark=(edge, edge, seen, seen))
    plots.save(figure, name, alt="Two 3×3 convolutions see 5×5 pixels, three see 7×7")
