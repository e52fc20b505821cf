# %% [markdown]
# # A network for any hand
#
# Trained on MNIST's images and on the digits that the last script drew. The distortions are
# stronger than before, and some of MNIST's digits are stretched towards a square. Two styles are
# left out of training, to see whether the network reads what it never saw.
#
# You will see what the added digits are worth, style by style, and that they cost nothing on
# MNIST.
#
#     python 03_lenet5/6_train_for_any_hand.py
#
# Expect
#
# Sources: batch normalisation: [Ioffe & Szegedy (2015)](https://arxiv.org/abs/1502.03167); label
# smoothing: [Szegedy et al. (2016)](https://arxiv.org/abs/1512.00567), section 7; elastic
# distortions: [Simard, Steinkraus & Platt (2003)](https://doi.org/10.1109/ICDAR.2003.1227801).

# %%
import time

from cnn_practice import datasets, drawings, hyperparameters, models, plots, results, training
from cnn_practice.distortions import distort

import keras
import numpy as np
import other_hands
import tensorflow as tf
from keras import layers

# %% [markdown]
# ## Hyperparameters

# %%
NAME = "any_hand"  # file name; of the model's files: another name keeps the committed model
SEED = 1  # whole number, at least 0; of the weights, the order of the images, their distortions
VALIDATION = 5000  # whole number, 1 to 59999; of MNIST's images, to watch the training
ADDED = True  # True or False; whether the drawn digits are trained on
LEFT_OUT = ("0 dotted", "9 like a q")  # each text; styles that are not trained on
STRETCHED = 0.2  # number, 0 to 1; this share of MNIST's images is added once more, stretched
BATCH_SIZE = 200  # whole number, at least 1; images per step
EPOCHS = 8  # whole number, at least 1; passes over the training images
LEARNING_RATE = 3e-3  # number, above 0; at its highest: it falls along a cosine to zero
LABEL_SMOOTHING = 0.05  # number, 0 to below 1; share of the target spread over all ten classes
ROTATION = 12  # number, 0 to 180; degrees to either side
SHIFT = 1.5  # number, 0 to 28; pixels to either side
ZOOM = 0.12  # number, 0 to below 1; of the width and of the height, up or down
SHEAR = 0.15  # number, 0 to 1; pixels across per pixel down, and the other way round
ELASTIC = 0.5  # number, at least 0; pixels by which strokes are bent, as a standard deviation
PEN = 0.4  # number, 0 to 1; share of the images whose strokes become thicker or thinner
hyperparameters.check()
training.begin(NAME, globals())

# %% [markdown]
# ## The data
# Of the drawn digits every tenth is kept for validation, and so is all of the styles left out.

# %%
keras.utils.set_random_seed(SEED)
rng = np.random.default_rng(SEED)


def scaled(images):
    """float32 of shape (N, 28, 28, 1) in [0, 1]."""
    return images[..., np.newaxis].astype("float32") / 255


(x, y), (x_val, y_val), (x_test, y_test) = datasets.split(datasets.load_mnist(), VALIDATION)
x, x_val, x_test = scaled(x), scaled(x_val), scaled(x_test)
drawn, drawn_digits, styles = other_hands.load()
drawn = scaled(drawn)
trained_on = (np.arange(len(drawn)) % 10 > 0) & ~np.isin(styles, LEFT_OUT)
few = rng.permutation(len(x))[: round(STRETCHED * len(x))]
square = [drawings.prepare(other_hands.stretched(image, rng)) for image in x[few, ..., 0]]
parts = [(x, y), (np.reshape(square, (-1, 28, 28, 1)), y[few])]
if ADDED:
    parts.append((drawn[trained_on], drawn_digits[trained_on]))
x_train, y_train = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
print(f"{len(x_train)} training images: {', '.join(str(len(part)) for part, _ in parts)}")


# %% [markdown]
# ## Distortions, and pens of other widths
# A maximum over 2×2 pixels is what a thicker pen leaves, a minimum what a thinner one does.


# %%
def distorted(images, labels):
    """Images as other people would have written them."""
    images = distort(images, ROTATION, SHIFT, ZOOM, SHEAR, ELASTIC)
    which, much = tf.unstack(tf.random.uniform((2, tf.shape(images)[0], 1, 1, 1)))
    thick = tf.nn.max_pool2d(images, 2, 1, "SAME")
    thin = -tf.nn.max_pool2d(-images, 2, 1, "SAME")
    pen = tf.where(which < 0.5 * PEN, thick, tf.where(which < PEN, thin, images))
    return images + 0.8 * much * (pen - images), labels


train = (
    tf.data.Dataset.from_tensor_slices((x_train, keras.utils.to_categorical(y_train, 10)))
    .shuffle(len(x_train), seed=SEED)
    .batch(BATCH_SIZE)
    .map(distorted, tf.data.AUTOTUNE)
    .prefetch(tf.data.AUTOTUNE)
)

# %% [markdown]
# ## The model
# The simple CNN's layout with one convolution more, and batch normalisation before each ReLU.
# Where a pooling follows, it comes first: the maximum of four pixels, then the normalisation, is a
# quarter of the work.

# %%
model = keras.Sequential(
    [
        keras.Input((28, 28, 1)),
        layers.Conv2D(32, 5, use_bias=False),  # 24×24×32
        layers.MaxPooling2D(2),  # 12×12×32
        layers.BatchNormalization(),
        layers.ReLU(),
        layers.Conv2D(64, 3, use_bias=False),  # 10×10×64
        layers.BatchNormalization(),
        layers.ReLU(),
        layers.Conv2D(64, 3, use_bias=False),  # 8×8×64
        layers.MaxPooling2D(2),  # 4×4×64
        layers.BatchNormalization(),
        layers.ReLU(),
        layers.Flatten(),
        layers.Dense(128, use_bias=False),
        layers.BatchNormalization(),
        layers.ReLU(),
        layers.Dense(10, activation="softmax"),
    ],
    name=NAME,
)
model.summary()

# %% [markdown]
# ## Training
# The learning rate rises over the first twentieth of the steps, then falls along a cosine.

# %%
steps = EPOCHS * len(train)
rising = steps // 20
falling = keras.optimizers.schedules.CosineDecay(
    LEARNING_RATE / 30, steps - rising, warmup_target=LEARNING_RATE, warmup_steps=rising
)
loss = keras.losses.CategoricalCrossentropy(label_smoothing=LABEL_SMOOTHING)
model.compile(keras.optimizers.Adam(falling), loss=loss, metrics=["accuracy"])
start = time.perf_counter()
history = model.fit(
    train,
    epochs=EPOCHS,
    shuffle=False,  # the dataset does it
    validation_data=(x_val, keras.utils.to_categorical(y_val, 10)),
    callbacks=[training.SayHowLong()],
).history
seconds = time.perf_counter() - start

# %% [markdown]
# ## What it reads

# %%
models.round_weights(model, "float16")


def correct(images, digits):
    """Which images are read correctly."""
    return model.predict(images, verbose=0, batch_size=500).argmax(axis=1) == digits


new = (np.arange(len(drawn)) % 10 == 0) | np.isin(styles, LEFT_OUT)
right = correct(drawn[new], drawn_digits[new])
by_style = {str(style): float(right[styles[new] == style].mean()) for style in other_hands.STYLES}
test_accuracy = float(correct(x_test, y_test).mean())
record = results.record(
    NAME,
    globals(),
    test_accuracy=test_accuracy,
    drawings_accuracy=drawings.score(model),
    shrunk_drawings_accuracy=drawings.score(model, drawings.resize_only),
    other_hands_accuracy=float(right.mean()),
    by_style=by_style,
    parameters=model.count_params(),
    epochs=EPOCHS,
    seconds=seconds,
)
models.save(model, NAME, record, dtype="float16")
plots.training_curves(history, f"{NAME}_curves", "A network for any hand: training")
print(f"{NAME}: test accuracy {test_accuracy:.4f} in {seconds:.0f} s")
