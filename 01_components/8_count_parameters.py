# %% [markdown]
# # Counting parameters
#
# How many numbers a network learns, and how many multiplications it takes, layer by layer, for
# LeNet-5 and VGG-16. You will see where each network keeps its parameters and where it does its
# work: these are not the same layers.
#
#     python 01_components/8_count_parameters.py
#
# Takes a few seconds and 2 GB of memory, no training. Every count is asserted equal to Keras's
# `count_params`.
#
# Source: [LeCun, Bottou, Bengio & Haffner (1998)](https://doi.org/10.1109/5.726791);
# [Simonyan & Zisserman (2015)](https://arxiv.org/abs/1409.1556), *Very deep convolutional networks
# for large-scale image recognition*, Table 1, configuration D.

# %%
from cnn_practice import hyperparameters, plots

import keras
from keras import layers
from matplotlib.figure import Figure

# %% [markdown]
# ## Hyperparameters

# %%
LENET5_SIZE = 28  # whole number, 12 to 512; side of LeNet-5's input, in pixels
VGG16_SIZE = 224  # whole number, 32 to 320; of VGG-16's, which changes its first dense layer only
hyperparameters.check()

# %% [markdown]
# ## The two networks in Keras
# Only their shapes matter here; they are not trained.

# %%
lenet5 = keras.Sequential(
    [
        keras.Input((LENET5_SIZE, LENET5_SIZE, 1)),
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
side = VGG16_SIZE
vgg16 = keras.applications.VGG16(weights=None, input_shape=(side, side, 3), name="VGG-16")

# %% [markdown]
# ## The formulas
# - A convolution has one kernel of $k_h k_w C$ numbers and one bias for each of its $F$ filters:
#   $(k_h k_w C + 1) F$ parameters, whatever the size of the image. Each kernel is multiplied at
#   each of the $H' W'$ places: $k_h k_w C F H' W'$ multiplications.
# - A dense layer has one weight from each of its $D$ inputs, and one bias, for each of its $M$
#   outputs: $(D + 1) M$ parameters, $D M$ multiplications.
# - Pooling and flattening have no parameters.


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
plots.save(figure, "components_8_count_parameters")
print("count_parameters: " + ", ".join(f"{name} {total:,}" for name, total in totals.items()))

# %% [markdown]
# **What you saw.** The convolutions have a small part of the parameters and do most of the
# multiplications, since each kernel is used at every place. The dense layers have most of the
# parameters, each of which is used once.
#
# **Try.**
# - `VGG16_SIZE = 32`: which layer loses most of its parameters, and which lose multiplications?
# - `LENET5_SIZE = 56`: which counts grow four times, and which do not change?
#
# **Next.** How a kernel learns: `9_backprop_kernels.py`.
