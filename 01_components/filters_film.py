"""Pictures of filters as they learn: a film, and the filters before and after."""

import math

from cnn_practice import files, plots

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from PIL import Image, ImageDraw

COLUMNS, SIDE, GAP, TOP = 8, 56, 6, 24  # of the film, in pixels but the first
COLOURS = 33  # few, so that the film is a small file


def save_film(film, path):
    """Save the filters as an animated GIF.

    Args:
        film: list of ``(step, kernels)``, kernels of shape (k, k, 1, F).
        path: where to; written beside and renamed.
    """
    red_blue = matplotlib.colormaps["RdBu_r"](np.linspace(0, 1, COLOURS))[:, :3]
    palette = (np.vstack([red_blue, [[1, 1, 1], [0, 0, 0]]]) * 255).astype(np.uint8)
    paper, ink = COLOURS, COLOURS + 1
    limit = max(np.abs(kernels).max() for _, kernels in film) or 1
    frames = []
    for step, kernels in film:
        number = kernels.shape[3]
        size = (
            min(number, COLUMNS) * (SIDE + GAP) + GAP,
            math.ceil(number / COLUMNS) * (SIDE + GAP) + TOP,
        )
        frame = Image.new("P", (max(size[0], 160), size[1]), paper)
        frame.putpalette(palette.ravel().tolist())
        ImageDraw.Draw(frame).text((10, 8), f"iteration {step:,}", fill=ink)
        for f in range(number):
            colours = np.rint((kernels[:, :, 0, f] / limit / 2 + 0.5) * (COLOURS - 1))
            picture = Image.fromarray(colours.astype(np.uint8)).resize(
                (SIDE, SIDE), Image.Resampling.NEAREST
            )
            row, column = divmod(f, COLUMNS)
            frame.paste(picture, (GAP + column * (SIDE + GAP), TOP + row * (SIDE + GAP)))
        frames.append(frame)
    times = [100] * (len(frames) - 1) + [2000]  # milliseconds; the last one stays
    with files.written_beside(path) as temporary:
        frames[0].save(temporary, save_all=True, append_images=frames[1:], duration=times, loop=0)
    print(f"film: {files.shown(path)}")


def save_before_and_after(film, name):
    """Save the filters of the film's first and last moment as a figure.

    Args:
        film: as of ``save_film``.
        name: of the figure.
    """
    number = film[0][1].shape[3]
    columns = min(number, COLUMNS)
    rows = math.ceil(number / columns)
    limit = max(np.abs(film[0][1]).max(), np.abs(film[-1][1]).max()) or 1
    figure = Figure(figsize=(10, 2.6 * rows + 1), layout="constrained")
    figure.suptitle("Filters before and after training: red wants ink, blue wants none")
    moments = figure.subfigures(2, 1)
    for part, (step, kernels) in zip(moments, (film[0], film[-1]), strict=True):
        part.suptitle(f"iteration {step:,}", fontsize=11)
        for f, axes in enumerate(part.subplots(rows, columns, squeeze=False).flat):
            axes.axis("off")
            if f < number:
                axes.imshow(kernels[:, :, 0, f], cmap="RdBu_r", vmin=-limit, vmax=limit)
                axes.set_title(f"{f + 1}", fontsize=8, pad=2)
    plots.save(figure, name)
