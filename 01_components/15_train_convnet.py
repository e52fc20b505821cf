# %% [markdown]
# # A convolutional network of our own
#
# Input → Conv → ReLU → Pool → Affine → ReLU → Affine → Softmax, with the layers of `numpy_cnn`:
# trained on the real MNIST by plain gradient descent, and filmed while its filters learn.
#
#     python 01_components/9_train_convnet.py
#
# Expect 98.82% on the test images (one seed) after 82 s of training on AMD EPYC, 2 cores; the
# record is in `01_components/results/9_train_convnet.json`.
#
# Source: the layers are those of LeCun et al. (1998), with ReLU (Nair & Hinton, 2010) and the first
# weights of He et al. (2015).

# %%
import time

from cnn_practice import datasets, errors, files, plots, results

import matplotlib
import numpy as np
import numpy_cnn as cnn
from matplotlib.figure import Figure
from PIL import Image, ImageDraw

# %% Hyperparameters
SEED = 0  # of the first weights, the order of the images and dropout
ITERATIONS = 12_000  # batches; 14 epochs
BATCH_SIZE = 64
OPTIMIZER = "sgd"  # plain ("vanilla"); or "momentum", "rmsprop", "adam"
LEARNING_RATE = 0.1  # at the start, falls to zero; try 0.02 for momentum, 0.001 for the last two
LOSS = "softmax"  # or "svm"
ACTIVATION = "relu"  # or "tanh", "sigmoid"; these two start from Glorot's weights
POOLING = "max"  # or "average"
FILTERS = 16
KERNEL_SIZE = 7  # large enough for the filters to be looked at
HIDDEN = 100  # units of the first affine layer
L2 = 1e-4  # strength of the penalty on weights; 0 for none
DROPOUT = 0.0  # rate before the last layer; 0.5 is a usual one
FRAMES = 60  # of the film

# %% [markdown]
# ## The data
# Three disjoint parts, float32 in [0, 1], channels last: (N, 28, 28, 1).

# %%
train, validation, test = (
    (x[..., None] / np.float32(255), y) for x, y in datasets.split(datasets.load_mnist())
)
plots.picture_grid(train[0][:20], train[1][:20], "components_9_examples", "MNIST")

# %% [markdown]
# ## The network
# A plain list of layers.

# %%
losses = {"softmax": cnn.softmax_cross_entropy, "svm": cnn.svm}
optimizers = {
    "sgd": cnn.SGD(LEARNING_RATE),
    "momentum": cnn.SGD(LEARNING_RATE, momentum=0.9),
    "rmsprop": cnn.RMSprop(LEARNING_RATE),
    "adam": cnn.Adam(LEARNING_RATE),
}
for name, value, known in (
    ("OPTIMIZER", OPTIMIZER, optimizers),
    ("LOSS", LOSS, losses),
    ("ACTIVATION", ACTIVATION, ("relu", "tanh", "sigmoid")),
    ("POOLING", POOLING, ("max", "average")),
):
    if value not in known:
        raise errors.InputError(f"{name} is {value!r}: choose one of {', '.join(known)}.")
start = cnn.he_normal if ACTIVATION == "relu" else cnn.glorot_normal
layers = [
    cnn.Conv2D(FILTERS, KERNEL_SIZE, padding="same", kernel_initializer=start),
    cnn.Activation(ACTIVATION),
    cnn.Pooling2D(POOLING, 2),
    cnn.Flatten(),
    cnn.Affine(HIDDEN, start),
    cnn.Activation(ACTIVATION),
    *([cnn.Dropout(DROPOUT)] if DROPOUT else []),
    cnn.Affine(10, start),
]
network = cnn.Network(layers, (28, 28, 1), losses[LOSS], L2, SEED)

# %% [markdown]
# ## Training
# The learning rate falls linearly to zero, which averages out the noise of the batches. The weights
# best on the validation images are kept.

# %%
kernels = layers[0].parameters[0]  # (k, k, 1, FILTERS), a view that changes with the network
film = [(0, kernels.copy())]
solver = cnn.Solver(network, train, validation, optimizers[OPTIMIZER], BATCH_SIZE, seed=SEED)
# Most happens early, so the film slows down there.
filmed = {round(ITERATIONS * (frame / FRAMES) ** 3) for frame in range(1, FRAMES + 1)}


def after_step(step):
    solver.optimizer.learning_rate = LEARNING_RATE * (1 - step / ITERATIONS)
    if step in filmed:
        film.append((step, kernels.copy()))


seconds = -time.perf_counter()
solver.train(ITERATIONS, after_step)
seconds += time.perf_counter()
test_accuracy = solver.check_accuracy(*test)  # the test images, once

# %% [markdown]
# ## What it learned
# Red weights want ink, blue ones none.

# %%
plots.training_curves(solver.history, "components_9_curves", "Our convolutional network")
red_blue = matplotlib.colormaps["RdBu_r"]
limit = max(np.abs(moment).max() for _, moment in film)


def picture(step, moment):
    """The filters side by side, eight in a row, as a Pillow image with the iteration on it."""
    canvas = Image.new("RGB", (744, -(-FILTERS // 8) * 92 + 28), "white")
    ImageDraw.Draw(canvas).text((10, 8), f"iteration {step:,}", fill="black")
    for f in range(FILTERS):
        pixels = (red_blue(moment[:, :, 0, f] / limit / 2 + 0.5)[..., :3] * 255).astype(np.uint8)
        enlarged = Image.fromarray(pixels).resize((84, 84), Image.Resampling.NEAREST)
        canvas.paste(enlarged, (8 + f % 8 * 92, 28 + f // 8 * 92))
    return canvas


frames = [picture(*each) for each in film]
with files.written_beside(files.FIGURES / "components_9_filters_learning.gif") as temporary:
    times = [100] * (len(frames) - 1) + [2000]  # milliseconds; the last one stays
    frames[0].save(temporary, save_all=True, append_images=frames[1:], duration=times, loop=0)
print("film: images/figures/components_9_filters_learning.gif")
figure = Figure(figsize=(10, 7), layout="constrained")
figure.suptitle("Filters before and after training")
for axes, frame in zip(figure.subplots(2, 1), (frames[0], frames[-1]), strict=True):
    axes.imshow(frame)
    axes.axis("off")
plots.save(figure, "components_9_filters")
record = {"test_accuracy": test_accuracy, "seconds": round(seconds, 1)}
record |= {"hyperparameters": results.hyperparameters(globals())} | results.environment()
files.write_json(files.ROOT / "01_components/results/9_train_convnet.json", record)
print(f"train_convnet: test accuracy {test_accuracy:.4f} in {seconds:.0f} s")
