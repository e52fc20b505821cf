# %% [markdown]
# # The networks of this chapter, side by side
#
# What do more layers buy, and what do they cost? Accuracy by epoch, time by epoch and parameters
# come from the records of the trainings, the rest from reading the test images again: the confusion
# matrices, and for each class
#
# - **precision**: of the pictures that were called a cat, the share that shows one;
# - **recall**: of the pictures that show a cat, the share that was called one.
#
#     python 06_cifar10/10_compare_networks.py
#
# Takes about 10 s. The models come from scripts 2, 4, 5 and 6. Nothing is chosen here by the test
# images.

# %%
from cnn_practice import datasets, models, plots, results

import numpy as np
from matplotlib.figure import Figure

# %% Hyperparameters
NAMES = ("cifar10_shallownet", "cifar10_four_layer", "cifar10_six_layer", "cifar10_minivgg")

# %% [markdown]
# ## From the records

# %%
records = dict(zip(NAMES, (results.read_all([name])[0] for name in NAMES), strict=True))
print(f"{'':<20} parameters  epochs  seconds per epoch  best epoch  test accuracy")
for name, record in records.items():
    best_epoch = 1 + int(np.argmax(record["history"]["val_accuracy"]))
    print(
        f"{name:<20} {record['parameters']:>10,}  {record['epochs']:>6}"
        f"  {record['seconds'] / record['epochs']:>17.1f}  {best_epoch:>10}"
        f"  {record['test_accuracy']['mean']:>13.2%}"
    )

figure = Figure(figsize=(8, 4.5), layout="constrained")
axes = figure.subplots()
for colour, (name, record) in enumerate(records.items()):
    history = record["history"]
    epochs = np.arange(1, len(history["accuracy"]) + 1)
    axes.plot(epochs, history["val_accuracy"], f"C{colour}.-", label=name)
    axes.plot(epochs, history["accuracy"], f"C{colour}:", linewidth=1)
axes.set(xlabel="epoch", ylabel="accuracy", title="Validation, and training (dotted) by epoch")
axes.grid(alpha=0.3)
axes.legend()
plots.save(figure, "cifar10_accuracy_by_epoch")

# %% [markdown]
# The dotted lines run below the others where dropout silences units and images are distorted: both
# happen in training only. ShallowNet has neither, and its training accuracy leaves the other
# behind: what it goes on learning holds for those images alone. It has three classes to choose
# from, the others ten: only the others can be compared.
#
# The times are those of the runs: mini-VGG's was in bfloat16, and other work shared the machine
# during some. The parameters do not tell the time: most are in the dense layers, and most
# multiplications in the convolutions.

# %% [markdown]
# ## From the test images
# Row: what the picture shows. Column: what the network says. In per cent of the row, so the
# diagonal is the recall.

# %%
_, (x_test, y_test) = datasets.load_cifar10()
matrices = {}
for name, record in records.items():
    classes = record["hyperparameters"].get("CLASSES", datasets.CIFAR10_CLASSES)
    kept, truth = datasets.of_classes(y_test, classes)
    images = x_test[kept] / np.float32(255)
    predicted = models.load(name).predict(images, batch_size=500, verbose=0).argmax(axis=1)
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
# ## Which two classes does each network take for each other most often?

# %%
for name, (classes, counts) in matrices.items():
    both = np.triu(counts + counts.T, 1)
    a, b = np.unravel_index(both.argmax(), both.shape)
    print(f"{name}: {classes[a]} and {classes[b]}, {both[a, b]} times")
