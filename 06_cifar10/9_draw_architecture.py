# %% [markdown]
# # The architecture of each model, as a picture and as text
#
# This script draws every model in `models/` twice: with Keras's `plot_model`, which needs the
# program Graphviz and the package pydot, and as text, which needs neither. The text has a line for
# each layer: the shape of its output (height × width × channels), a bar, and its number of weights.
# The bar has one square for each doubling of the number of output values.
#
#     python 06_cifar10/9_draw_architecture.py
#
# Takes about 8 s.

# %%
import importlib.util
import math
import shutil

from cnn_practice import files, hyperparameters, models, plots
from cnn_practice.errors import InputError

import keras

# %% [markdown]
# ## Hyperparameters

# %%
NAMES = None  # each a file name or None; of the models to draw; None draws all of models/
DPI = 80  # whole number, 20 to 300; dots per inch of the pictures
hyperparameters.check()

# %% [markdown]
# ## The models, and the program that draws them

# %%
names = NAMES or sorted(
    path.name.removesuffix(".config.json") for path in files.MODELS.glob("[!.]*.config.json")
)
if not names:
    raise InputError(
        "There is no model in models/: train one, for instance with script 2, or bring back those"
        " of the repository with «git checkout models»."
    )
graphviz = shutil.which("dot") and importlib.util.find_spec("pydot")
if not graphviz:
    print(
        "Graphviz or pydot is missing, so there is only text: install them with «apt install"
        " graphviz» (macOS: «brew install graphviz», Windows: «winget install graphviz») and «pip"
        " install pydot», and run this again."
    )

# %% [markdown]
# ## Text and pictures
# A layer with two outputs, such as the last ones of the bounding-box network, has two lines.


# %%
def shape(tensor):
    """(None, 32, 32, 3) as 32×32×3."""
    return "×".join(str(size) for size in tensor.shape[1:])


def drawn(model):
    """A line for each layer: its kind, the shape of its output, a bar, and its weights."""
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
        plots.show(picture, f"The layers of {name} with their output shapes")
print(f"\n{len(names)} models drawn as text{' and as pictures' if graphviz else ''}")

# %% [markdown]
# **What you saw.** The bars become shorter at each pooling layer. In the networks of this chapter,
# most weights are in the first dense layer. The convolutions have fewer weights but use each of
# them at every pixel, so most multiplications are theirs.
#
# **Try.**
# - `NAMES = ("cifar10_four_layer", "cifar10_minivgg")`: find all differences.
# - `NAMES = ("vgg16_32",)`: which layer has the most weights there?
#
# **Next.** `10_classify_pictures.py` classifies pictures of your own.
