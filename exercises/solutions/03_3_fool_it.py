# %% [markdown]
# # Open: make eight of your own drawings fail
#
# Two ways of writing that MNIST hardly has, drawn with straight strokes and an oval: the hooked 1
# of much of Europe, whose hook is as long as in a 7, and the 0 with a slash, which has the two
# holes of an 8. Each is drawn from short to long.

# %%
import json
import math
import tempfile
from pathlib import Path

from PIL import Image, ImageDraw


def hooked_one(draw, reach):
    """A vertical stroke, and before it a hook that begins far to the left."""
    draw.line([(100 - reach, 100), (110, 30), (110, 170)], fill="black", width=12, joint="curve")


def slashed_zero(draw, reach):
    """An oval and a slash from its lower left to its upper right."""
    points = [
        (100 + 45 * math.cos(angle / 20), 100 + 70 * math.sin(angle / 20)) for angle in range(127)
    ]
    draw.line(points, fill="black", width=12, joint="curve")
    draw.line([(100 - reach / 2, 160), (100 + reach / 2, 40)], fill="black", width=12)


def my_drawings():
    """Drawings that LeNet-5 misreads, and why."""
    folder = Path(tempfile.mkdtemp())
    truth, explanations = {}, {}
    for reach in range(40, 100, 3):
        for digit, stroke, why in (
            (1, hooked_one, "The hook is as long as the bar of a 7."),
            (0, slashed_zero, "The slash makes two holes, as an 8 has them."),
        ):
            picture = Image.new("L", (220, 200), "white")
            stroke(ImageDraw.Draw(picture), reach)
            name = f"{digit}_{reach}.png"
            picture.save(folder / name)
            truth[name], explanations[name] = digit, why
    (folder / "groundtruth.json").write_text(json.dumps(truth), encoding="utf-8")
    return folder, explanations
