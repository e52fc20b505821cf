"""The gradients of the shares of one batch, their mean, and what is sent where, as a figure."""

from cnn_practice import plots

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

BLUE, ORANGE, GREY = "#1565c0", "#e65100", "#555555"


def show_mean(x, y, processes, parameters):
    """Print what the shares' gradients and their mean are, and draw one step.

    Args:
        x, y: uint8 images of shape (N, 28, 28) of a batch, and their digits.
        processes: number of machines.
        parameters: number of weights of the network that is trained afterwards.
    """
    x, error = x.reshape(len(x), -1) / 255, 0.1 - np.eye(10)[y]
    shares = np.split(np.arange(len(x)), processes)
    gradients = [x[share].T @ error[share] / len(share) for share in shares]
    whole, mean = x.T @ error / len(x), np.mean(gradients, axis=0)
    pixel = 14 * 28 + 14  # in the middle, and its weight for the digit 0
    for number, each in enumerate(gradients):
        print(f"gradient of share {number}:          {each[pixel, 0]:+.6f}")
    print(f"mean of the shares:           {mean[pixel, 0]:+.6f}")
    print(f"gradient of the whole batch:  {whole[pixel, 0]:+.6f}")
    print(f"largest difference of all components: {np.abs(mean - whole).max():.0e}")
    draw_steps(parameters, processes, len(x))


def draw_steps(parameters, processes, batch_size):
    """Draw the boxes and arrows of two of the machines, with the megabytes on the way.

    Args:
        parameters: number of weights of the network, of 4 bytes each.
        processes: number of machines.
        batch_size: images of all machines together.
    """
    megabytes = 4 * parameters / 1e6
    figure = Figure(figsize=(10, 4.2), layout="constrained")
    axes = figure.subplots()
    steps = (
        f"reads its share\n{batch_size // processes} images",
        "forward, backward:\ngradient of its share",
        "mean of the gradients\n(all-reduce)",
        "the same step on\nthe same weights",
    )
    for row, name in enumerate(("machine 0", f"machine {max(processes - 1, 1)}")):
        y = 2.2 * (1 - row)
        axes.text(-0.15, y + 0.4, name, ha="right", va="center", fontsize=11, weight="bold")
        for column, text in enumerate(steps):
            x, colour = 2.6 * column, ORANGE if column == 2 else BLUE
            box = FancyBboxPatch(
                (x, y), 2, 0.8, boxstyle="round,pad=0.05", facecolor="white", edgecolor=colour
            )
            axes.add_patch(box)
            axes.text(x + 1, y + 0.4, text, ha="center", va="center", fontsize=9.5)
            if column:
                _arrow(axes, (x - 0.53, y + 0.4), (x - 0.07, y + 0.4), GREY)
    for shift, ends in ((-0.35, (2.13, 0.87)), (0.35, (0.87, 2.13))):
        _arrow(axes, (6.2 + shift, ends[0]), (6.2 + shift, ends[1]), ORANGE)
    axes.text(6.2, 1.5, f"{megabytes:.1f} MB", ha="center", va="center", color=ORANGE, fontsize=11,
              bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})  # fmt: skip
    axes.text(7.05, 1.5, "once per step, each way:\nall that crosses the network",
              va="center", color=ORANGE, fontsize=9.5)  # fmt: skip
    axes.text(1, 1.5, "its own copy\nof the images", ha="center", va="center", color=GREY)
    axes.set(xlim=(-1.4, 10), ylim=(-0.2, 3.2), aspect="equal",
             title=f"One step on {processes} machines, {batch_size} images together")  # fmt: skip
    axes.axis("off")
    plots.save(
        figure, "data_parallel_steps",
        "Two machines side by side: each reads its share of the batch and computes its gradient;"
        f" {megabytes:.1f} MB of gradients are exchanged; both take the same step",
    )  # fmt: skip


def _arrow(axes, start, end, colour):
    axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": colour, "lw": 1.6})
