"""Figures that several scripts draw: curves, confusion matrices, picture grids.

Every function saves a PNG in ``images/figures/``, which a notebook also shows below the cell.
"""

import math
import sys

from cnn_practice import files

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image, ImageChops

WRONG = "#c62828"


def save(figure, name, alt=None, bbox_inches="tight"):
    """Save ``figure`` as ``images/figures/<name>.png``, atomically, and print where it is.

    In a notebook the saved picture is also shown, once.

    Args:
        figure: Matplotlib ``Figure``.
        name: file name without suffix.
        alt: what the picture shows, for those who cannot see it; by default the figure's title,
            or those of its parts.
        bbox_inches: None keeps the margins as they are, and need not draw the figure twice.

    Raises:
        InputError: the file cannot be written.
    """
    path = files.FIGURES / f"{name}.png"
    with files.written_beside(path) as temporary:
        figure.savefig(temporary, dpi=120, bbox_inches=bbox_inches)
        with Image.open(temporary) as picture:
            small = in_few_colours(picture.convert("RGB"))
        small.save(temporary, optimize=True)
    titles = "; ".join(filter(None, (axes.get_title() for axes in figure.axes)))
    show(path, alt or figure.get_suptitle() or titles or name)


def show(path, alt):
    """Print where a picture was saved, and show it below the cell of a notebook.

    Args:
        path: of the file.
        alt: what the picture shows, for those who cannot see it.
    """
    print(f"figure: {files.shown(path)}")
    if "IPython" in sys.modules and sys.modules["IPython"].get_ipython():
        from IPython import display

        display.display(display.Image(filename=path, alt=alt))


def in_few_colours(picture):
    """``picture`` with a palette of 256 colours, much smaller, if that can hardly be seen."""
    few = picture.quantize(256, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    difference = ImageChops.difference(picture, few.convert("RGB"))
    return few if np.quantile(np.asarray(difference), 0.999) <= 16 else picture


def training_curves(history, name, title):
    """Loss and accuracy of training and validation by epoch.

    Args:
        history: dict with the lists ``loss``, ``accuracy``, ``val_loss``, ``val_accuracy``, one
            number per epoch, as ``fit(...).history`` is.
        name: file name without suffix.
        title: heading of the figure.
    """
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    figure.suptitle(title)
    epochs = range(1, len(history["loss"]) + 1)
    for axes, quantity in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
        axes.plot(epochs, history[quantity], ".-", label="training")
        axes.plot(epochs, history[f"val_{quantity}"], ".-", label="validation")
        axes.set(xlabel="epoch", ylabel=quantity)
        axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
        axes.grid(alpha=0.3)
        axes.legend()
    save(figure, name)


def confusion_counts(truth, predicted, number):
    """How often each class was read as each other one.

    Args:
        truth: true class indices, integers of shape (N,).
        predicted: predicted class indices, integers of shape (N,).
        number: of classes.

    Returns:
        int array of shape (number, number): row true class, column predicted class.
    """
    counts = np.zeros((number, number), dtype=int)
    np.add.at(counts, (np.asarray(truth), np.asarray(predicted)), 1)
    return counts


def confusion_matrix(truth, predicted, name, title, classes=range(10)):
    """How often each class was read as each other one, as a heat map with counts.

    Args:
        truth: true class indices, integers of shape (N,).
        predicted: predicted class indices, integers of shape (N,).
        name: file name without suffix.
        title: heading of the figure.
        classes: the name of each class, in the order of the indices.
    """
    classes = [str(each) for each in classes]
    counts = confusion_counts(truth, predicted, len(classes))
    figure = Figure(figsize=(6.5, 6), layout="constrained")
    axes = figure.subplots()
    # The logarithm lets single mistakes be seen beside a thousand right answers.
    shade = np.log1p(counts) - np.log1p(counts.min())
    axes.imshow(shade, cmap="Blues", vmin=0)
    for (row, column), count in np.ndenumerate(counts):
        if count:
            colour = "white" if shade[row, column] > 0.6 * shade.max() else "black"
            axes.text(column, row, count, ha="center", va="center", fontsize=8, color=colour)
    axes.set(xlabel="predicted", ylabel="true", title=title)
    axes.set_xticks(
        range(len(classes)), classes, rotation=90 if len(max(classes, key=len)) > 2 else 0
    )
    axes.set_yticks(range(len(classes)), classes)
    save(figure, name)


def picture_grid(pictures, captions, name, title, wrong=(), columns=10, **imshow):
    """Pictures in rows, each with a caption; the wrong ones framed and captioned in red.

    Args:
        pictures: array of shape (N, H, W), (N, H, W, 1) or (N, H, W, 3), or a list of such
            pictures of any sizes; grey pictures are shown black on white, 1 or 255 = black.
        captions: N texts of one line or more, or numbers.
        name: file name without suffix.
        title: heading of the figure.
        wrong: indices of the pictures to mark.
        columns: pictures per row.
        **imshow: further arguments of Matplotlib's ``imshow``, such as ``cmap``.
    """
    imshow = {"cmap": "gray_r"} | imshow
    columns = min(columns, len(pictures))
    rows = math.ceil(len(pictures) / columns)
    captions = [str(caption) for caption in captions]
    # One pair of axes for all pictures: a hundred pairs would take seconds to draw.
    captions = [str(caption) for caption in captions]
    more = 0.14 * max((caption.count("\n") for caption in captions), default=0)
    pitch = 1.2 + more
    inches = pitch * rows + 0.6
    figure = Figure(figsize=(max(columns, 4), inches))
    figure.suptitle(title, y=1 - 0.12 / inches, va="top")
    axes = figure.add_axes((0, 0, 1, 1 - 0.4 / inches))
    axes.axis("off")
    for index, picture in enumerate(pictures):
        row, column = divmod(index, columns)
        height, width = np.squeeze(picture).shape[:2]
        half_height, half_width = 0.45 * np.array([height, width]) / max(height, width)
        x, y = column, pitch * row
        left, top = x - half_width, y - half_height
        box = (left, x + half_width, y + half_height, top)
        axes.imshow(np.squeeze(picture), extent=box, **imshow)
        frame, ink, line = (WRONG, WRONG, 2.5) if index in wrong else ("#cccccc", "black", 0.5)
        size = 2 * half_width, 2 * half_height
        axes.add_patch(Rectangle((left, top), *size, fill=False, color=frame, linewidth=line))
        axes.text(x, y - 0.49, captions[index], ha="center", va="bottom", fontsize=8, color=ink)
    axes.set(xlim=(-0.55, columns - 0.45), ylim=(pitch * (rows - 1) + 0.55, -0.75 - more))
    save(figure, name, bbox_inches=None)


def misread(pictures, truth, probabilities, name, title, most=40):
    """The pictures that a network misreads, those of which it is surest first.

    Args:
        pictures: of N digits, as of ``picture_grid``.
        truth: which digits they are, integers of shape (N,).
        probabilities: what the network predicts, of shape (N, 10).
        name: file name without suffix.
        title: heading of the figure; how many are wrong is added.
        most: pictures shown.
    """
    predicted = probabilities.argmax(axis=1)
    wrong = np.flatnonzero(predicted != truth)
    surest = wrong[np.argsort(-probabilities.max(axis=1)[wrong])][:most]
    shown = f", {len(surest)} shown" if len(surest) < len(wrong) else ""
    captions = [f"{truth[i]} read as {predicted[i]}" for i in surest]
    title = f"{title}: {len(wrong):,} of {len(truth):,} misread{shown}"
    picture_grid(pictures[surest], captions, name, title)


def numbers(axes, matrix, title, cmap="Blues", mark=None, limit=None, digits=2):
    """A small matrix as coloured squares with its numbers in them, drawn into ``axes``.

    Args:
        axes: Matplotlib axes.
        matrix: array of shape (rows, columns).
        title: heading.
        cmap: colours; a diverging one such as "RdBu_r" is centred on 0.
        mark: ``(row, column, height, width)`` of a rectangle to frame, or None.
        limit: number that gets the full colour; the largest by default.
        digits: decimals shown; none for whole numbers.
    """
    matrix = np.asarray(matrix)
    limit = limit or np.abs(matrix).max() or 1
    low = -limit if cmap.startswith("RdBu") else 0
    squares = axes.imshow(matrix, cmap=cmap, vmin=low, vmax=1.4 * limit if low == 0 else limit)
    for (row, column), value in np.ndenumerate(matrix + 0.0):  # no minus before a zero
        text = f"{value:.0f}" if float(value).is_integer() else f"{value:.{digits}f}"
        dark = np.dot(squares.to_rgba(value)[:3], (0.3, 0.6, 0.1)) < 0.55  # of the square
        axes.text(
            column, row, text, ha="center", va="center", fontsize=9,
            color="white" if dark else "black",
        )  # fmt: skip
    axes.set_xticks(np.arange(-0.5, matrix.shape[1]), [])
    axes.set_yticks(np.arange(-0.5, matrix.shape[0]), [])
    axes.grid(color="white", linewidth=1.5)
    axes.tick_params(length=0)
    axes.set_title(title, fontsize=10)
    if mark:
        row, column, height, width = mark
        frame = Rectangle((column - 0.5, row - 0.5), width, height, fill=False, clip_on=False)
        frame.set(edgecolor=WRONG, linewidth=2.5, zorder=3)
        axes.add_patch(frame)
