# %% [markdown]
# # The architecture of every model, as a picture and as text
#
# Every model of `models/` is drawn twice: by Keras's `plot_model`, which needs the program Graphviz
# and the package pydot, and as text, which needs neither. The text says of each layer which shape
# it hands on (height × width × channels), with a square for each doubling of its numbers: squares
# disappear where pooling throws away. Beside it the weights: they are where the squares are few.
#
#     python 06_cifar10/8_draw_architecture.py
#
# Takes about 8 s.

# %%
import importlib.util
import math
import shutil

from cnn_practice import files, models
from cnn_practice.errors import InputError

import keras

# %% Hyperparameters
NAMES = ()  # of the models to draw; all of models/ when empty
DPI = 80  # of the pictures

# %% [markdown]
# ## What there is to draw, and with what

# %%
names = NAMES or sorted(
    path.name.removesuffix(".config.json") for path in files.MODELS.glob("*.config.json")
)
if not names:
    raise InputError("There is no model in models/ yet: train one, for instance with script 4.")
graphviz = shutil.which("dot") and importlib.util.find_spec("pydot")
if not graphviz:
    print(
        "Graphviz or pydot is missing, so there is only text: install them with «apt install"
        " graphviz» (macOS: «brew install graphviz», Windows: «winget install graphviz») and «pip"
        " install pydot», and run this again."
    )

# %% [markdown]
# ## The text


# %%
def shape(tensor):
    """(None, 32, 32, 3) as 32×32×3."""
    return "×".join(str(size) for size in tensor.shape[1:])


def drawn(model):
    """A line for each layer: its name, what it hands on, and its number of weights."""
    lines = []
    for layer in model.layers:
        for output in keras.tree.flatten(layer.output):
            squares = "▪" * round(math.log2(math.prod(output.shape[1:])))
            weights = f"{layer.count_params():,}" if layer.weights else ""
            kind = type(layer).__name__
            lines.append(f"{kind:<20} {shape(output):>12}  {squares:<20} {weights:>12}")
    return lines


for name in names:
    model = models.load(name)
    size = shape(model.inputs[0])
    print(f"\n{name}: pictures of {size}, {model.count_params():,} weights")
    print("\n".join(drawn(model)))
    if graphviz:
        picture = files.FIGURES / f"architecture_{name}.png"
        with files.written_beside(picture) as temporary:
            keras.utils.plot_model(model, temporary, show_shapes=True, dpi=DPI)
        print(f"figure: {files.shown(picture)}")

print(f"\n{len(names)} models drawn as text{' and as pictures' if graphviz else ''}")
