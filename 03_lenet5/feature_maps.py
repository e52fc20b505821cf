"""What the convolutions of a network compute for one digit, as a figure."""

from cnn_practice import plots

import keras
import numpy as np
from keras import layers
from matplotlib.figure import Figure


def draw(model, image, name, title):
    """Save the filters of the first convolution, and the feature maps of all convolutions.

    Args:
        model: Keras ``Sequential``.
        image: float32 of shape (28, 28, 1).
        name: file name of the figure without suffix.
        title: heading of the figure.
    """
    convolutions = [layer for layer in model.layers if isinstance(layer, layers.Conv2D)]
    outputs = keras.Model(model.inputs[0], [layer.output for layer in convolutions])(image[None])
    filters = convolutions[0].kernel.numpy()[:, :, 0].transpose(2, 0, 1)
    limit = np.abs(filters).max()
    rows = [(title, image[None, :, :, 0], ("gray_r", 0, 1))]
    rows += [("the filters of the first convolution", filters, ("RdBu_r", -limit, limit))]
    for number, maps in enumerate(outputs, 1):
        maps = keras.ops.convert_to_numpy(maps)[0].transpose(2, 0, 1)
        rows += [(f"the feature maps of convolution {number}", maps, ("gray_r", None, None))]

    columns = 16
    lines = [-(-len(pictures) // columns) for _, pictures, _ in rows]
    heights = [0.75 * number + 0.35 for number in lines]
    figure = Figure(figsize=(12, sum(heights)))
    parts = figure.subfigures(len(rows), height_ratios=heights)
    for part, number, (heading, pictures, colours) in zip(parts, lines, rows, strict=True):
        part.suptitle(heading, x=0.01, ha="left", fontsize=11)
        inside = {"left": 0.01, "right": 0.99, "bottom": 0.02, "top": 1 - 0.3 / heights[0]}
        grid = part.subplots(number, columns, squeeze=False, gridspec_kw=inside).ravel()
        for axes in grid:
            axes.axis("off")
        cmap, low, high = colours
        for axes, picture in zip(grid, pictures, strict=False):
            axes.imshow(picture, cmap=cmap, vmin=low, vmax=high)
    plots.save(figure, name, alt=title)
