# %% [markdown]
# # Counting parameters
#
# How many numbers a network learns, and how many multiplications it takes, layer by layer, for
# LeNet-5 and VGG-16. The surprise: convolutions have few parameters and do nearly all the work,
# fully connected layers the reverse.
#
#     python 01_components/3_count_parameters.py
#
# Takes a few seconds and 2 GB of memory, no training. Every count is asserted equal to Keras's
# `count_params`.
#
# Source: LeCun et al. (1998); Simonyan & Zisserman (2015), *Very deep convolutional networks for
# large-scale image recognition*, configuration D.

# %%
from cnn_practice import plots

import keras
from keras import layers
from matplotlib.figure import Figure

# %% Hyperparameters
LENET5_INPUT = (28, 28, 1)
VGG16_INPUT = (224, 224, 3)  # with another size only its first dense layer changes

# %% [markdown]
# ## The two networks in Keras
# Only their shapes matter here; they are not trained.

# %%
lenet5 = keras.Sequential(
    [
        keras.Input(LENET5_INPUT),
        layers.Conv2D(6, 5, padding="same", name="conv1"),
        layers.AveragePooling2D(2),
        layers.Conv2D(16, 5, name="conv2"),
        layers.AveragePooling2D(2),
        layers.Flatten(),
        layers.Dense(120, name="dense1"),
        layers.Dense(84, name="dense2"),
        layers.Dense(10, name="dense3"),
    ],
    name="LeNet-5",
)
vgg16 = keras.applications.VGG16(weights=None, input_shape=VGG16_INPUT, name="VGG-16")

# %% [markdown]
# ## The formulas
# - a convolution has one kernel kh·kw·C_in and one bias for each of its C_out filters:
#   (kh·kw·C_in + 1)·C_out parameters, whatever the size of the image; each kernel is multiplied at
#   each of the H'·W' places: kh·kw·C_in·C_out·H'·W' multiplications
# - a dense layer has one weight from each of its D inputs and one bias for each of its M outputs:
#   (D + 1)·M parameters, D·M multiplications
# - pooling and flattening learn nothing


# %%
def count(layer):
    """``(parameters, multiplications)`` for one image, and the sum written out."""
    if isinstance(layer, layers.Conv2D):
        kh, kw, c_in, c_out = (*layer.kernel_size, layer.input.shape[-1], layer.filters)
        _, height, width, _ = layer.output.shape
        parameters = (kh * kw * c_in + 1) * c_out
        formula = f"({kh}·{kw}·{c_in} + 1)·{c_out}"
        return parameters, kh * kw * c_in * c_out * height * width, formula
    if isinstance(layer, layers.Dense):
        d, m = layer.input.shape[-1], layer.units
        return (d + 1) * m, d * m, f"({d} + 1)·{m}"
    return 0, 0, "–"


totals, rows = {}, {}
for model in (lenet5, vgg16):
    print(f"\n{model.name}\n{'layer':<20}{'output':<18}{'formula':<22}", end="")
    print(f"{'parameters':>12}{'multiplications':>18}")
    rows[model.name] = []
    for layer in model.layers:
        parameters, products, formula = count(layer)
        assert parameters == layer.count_params(), layer.name
        shape = "×".join(map(str, layer.output.shape[1:]))
        print(f"{layer.name:<20}{shape:<18}{formula:<22}{parameters:>12,}{products:>18,}")
        if parameters:
            rows[model.name].append((layer.name, parameters, products))
    totals[model.name] = sum(row[1] for row in rows[model.name])
    assert totals[model.name] == model.count_params()
    print(f"{'all':<60}{totals[model.name]:>12,}{sum(row[2] for row in rows[model.name]):>18,}")

# %% [markdown]
# ## Where the parameters are, and where the work is

# %%
figure = Figure(figsize=(11, 5), layout="constrained")
for axes, (name, counts) in zip(
    figure.subplots(1, 2, width_ratios=(1, 1.7)), rows.items(), strict=True
):
    places = range(len(counts))
    for shift, column, label in ((-0.2, 1, "parameters"), (0.2, 2, "multiplications")):
        whole = sum(row[column] for row in counts)
        bars = axes.barh(
            [p + shift for p in places], [row[column] / whole for row in counts], 0.4, label=label
        )
        axes.bar_label(bars, [f"{row[column]:,}" for row in counts], fontsize=7, padding=2)
    axes.set_yticks(places, [row[0] for row in counts], fontsize=8)
    axes.invert_yaxis()
    axes.xaxis.set_major_formatter("{x:.0%}")
    axes.set(
        title=f"{name}: {totals[name]:,} parameters",
        xlabel="share of the network's",
        xlim=(0, 1.05),
    )
    axes.legend(loc="lower right" if name == "LeNet-5" else "center right")
plots.save(figure, "components_3_count_parameters")
print("count_parameters: " + ", ".join(f"{name} {total:,}" for name, total in totals.items()))
