# %% [markdown]
# # The networks of this chapter, side by side
#
# What do more layers gain, and what do they cost? You will see the accuracy by epoch, the time per
# epoch and the number of parameters, which come from the records of the trainings. Then each
# network classifies the test images again, for its confusion matrix and two figures per class:
#
# - **precision**: of the pictures classified as cat, the share that are cats;
# - **recall**: of the pictures of cats, the share that is classified as cat.
#
#     python 06_cifar10/11_compare_networks.py
#
# Takes about 10 s. Nothing is chosen here by the test images.

# %%
from cnn_practice import datasets, hyperparameters, plots, results

import numpy as np
import trained_models
from matplotlib.figure import Figure

# %% [markdown]
# ## Hyperparameters

# %%
# each a file name; of models that this chapter trained
NAMES = (
    "cifar10_shallownet",
    "cifar10_four_layer",
    "cifar10_six_layer",
    "cifar10_minivgg",
    "cifar10_airbench",
)
hyperparameters.check()

# %% [markdown]
# ## The records
# Each training script writes a record beside the weights: figures of each epoch, hyperparameters,
# versions and hardware.

# %%
networks = dict(zip(NAMES, trained_models.load(*NAMES), strict=True))
records = {name: results.read_all([name])[0] for name in NAMES}
print(f"{'':<20} parameters  epochs  seconds per epoch  test accuracy")
for name, record in records.items():
    print(
        f"{name:<20} {record['parameters']:>10,}  {record['epochs']:>6}"
        f"  {record['seconds'] / record['epochs']:>17.1f}"
        f"  {record['test_accuracy']['mean']:>13.2%}"
    )

figure = Figure(figsize=(8, 4.5), layout="constrained")
axes = figure.subplots()
for colour, (name, record) in enumerate(records.items()):
    history = record["history"]
    epochs = np.arange(1, len(history["accuracy"]) + 1)
    if "val_accuracy" in history:
        axes.plot(epochs, history["val_accuracy"], f"C{colour}.-")
    axes.plot(epochs, history["accuracy"], f"C{colour}:", linewidth=1)
    axes.plot([], [], f"C{colour}", label=name)
axes.set(xlabel="epoch", ylabel="accuracy", title="Validation, and training (dotted), by epoch")
axes.grid(alpha=0.3)
axes.legend()
plots.save(figure, "cifar10_accuracy_by_epoch")

# %% [markdown]
# The training accuracy (dotted) of the three deeper networks is below the validation accuracy for
# many epochs: dropout and distorted images make the training more difficult. ShallowNet has no
# dropout, and its images are mirrored but not shifted. Its training accuracy goes far above its
# validation accuracy. It chooses among three classes and the others among ten, so its accuracy
# cannot be compared with theirs. The last network was trained on all training images, so that it
# has no validation accuracy; its test accuracy is that with test-time augmentation.
#
# The times are those of the recorded runs: those of the last two were in bfloat16, and during some
# runs other programs used the machine. The number of parameters does not determine the time: most
# parameters are in the dense layers, most multiplications in the convolutions.

# %% [markdown]
# ## The confusion matrices
# Row: the true class. Column: the predicted class. The numbers are per cent of the row, so the
# diagonal is the recall. Each image is read once, without test-time augmentation.

# %%
_, (x_test, y_test) = datasets.load_cifar10()
matrices = {}
for name, (model, classes) in networks.items():
    kept, truth = datasets.of_classes(y_test, classes)
    images = x_test[kept] / np.float32(255)
    predicted = model.predict(images, batch_size=500, verbose=0).argmax(axis=1)
    matrices[name] = classes, plots.confusion_counts(truth, predicted, len(classes))

figure = Figure(figsize=(5.2 * len(NAMES), 5.6), layout="constrained")
all_axes = figure.subplots(1, len(NAMES), squeeze=False)[0]
for axes, (name, (classes, counts)) in zip(all_axes, matrices.items(), strict=True):
    share = counts / counts.sum(axis=1, keepdims=True)
    axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    for (row, column), value in np.ndenumerate(share):
        if value >= 0.005:
            colour = "white" if value > 0.6 else "black"
            axes.text(column, row, f"{100 * value:.0f}", ha="center", va="center", color=colour)
    axes.set(title=f"{name}: {np.trace(counts) / counts.sum():.2%}", xlabel="predicted")
    axes.set_xticks(range(len(classes)), classes, rotation=90)
    axes.set_yticks(range(len(classes)), classes)
all_axes[0].set_ylabel("true")
figure.suptitle("Test images, per cent of each true class", y=1.05, fontsize=14)
plots.save(figure, "cifar10_confusion_matrices")

# %% [markdown]
# ## Precision and recall of each class

# %%
print(f"\n{'precision, recall':<18}" + "".join(f"{name[8:]:>18}" for name in NAMES))
for label in datasets.CIFAR10_CLASSES:
    line = f"{label:<18}"
    for classes, counts in matrices.values():
        if label in classes:
            i = classes.index(label)
            precision = counts[i, i] / max(counts[:, i].sum(), 1)  # 1: a class never predicted
            recall = counts[i, i] / counts[i].sum()
            line += f"{f'{precision:.1%}, {recall:.1%}':>18}"
        else:
            line += f"{'–':>18}"
    print(line)

# %% [markdown]
# ## The two classes that each network confuses most often

# %%
for name, (classes, counts) in matrices.items():
    both = np.triu(counts + counts.T, 1)
    a, b = np.unravel_index(both.argmax(), both.shape)
    print(f"{name}: {classes[a]} and {classes[b]}, {both[a, b]} times")

# %% [markdown]
# **What you saw.** All networks confuse cats and dogs most often.
#
# **Try.**
# - Train one of the networks with another NAME and other hyperparameters, and put that name into
#   NAMES. At which epoch do the curves separate?
# - `NAMES = ("cifar10_four_layer", "cifar10_six_layer")`: which classes gain the most recall?
# - Go from script 4 to script 6 by one change alone: batch normalisation, padding, or the training.
#
# <!-- experiment four_layer_to_minivgg -->
#
# Measured, with `IMAGES = 10000` and `EPOCHS = 5`, beginning with script 4, in mixed_bfloat16 on
# AMD EPYC, 2 cores: the validation accuracy of the best epoch, mean and standard deviation over 3
# seeds. The difference from the first row is in percentage points, and the time a multiple of its
# 38 s.
#
# | change | validation accuracy | difference | time |
# |---|---:|---:|---:|
# | as it is | 66.37% ± 1.19% |  | 1 |
# | batch normalisation | 66.42% ± 1.27% | +0.05 | 1.15 |
# | "same" padding | 68.31% ± 0.72% | +1.93 | 1.35 |
# | both: mini-VGG's layout | 69.29% ± 0.71% | +2.91 | 1.44 |
# | script 6's training, by SGD | 41.62% ± 12.87% | −24.75 | 0.78 |
# | mini-VGG's layout, that training | 64.53% ± 0.77% | −1.84 | 1.08 |
#
# <!-- end of experiment -->
#
# After so few steps the training counts most. Script 6's, by SGD with a peak of 0.1, costs 25
# points without batch normalisation: one of the three seeds hardly learned. In mini-VGG's layout
# the same training comes within two points of the first row. With Muon, "same" padding brings two
# points and batch normalisation by itself none; both bring three. With all images and epochs,
# mini-VGG is two points above script 4, and its training takes longer.
#
# **Next.** Chapter 07 looks for digits in a scene: `07_bounding_box/1_make_scenes.py`.
