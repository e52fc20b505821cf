# %% [markdown]
# # Open: the smallest network that reads all drawings
#
# Four convolutions, the last of which leaves a single pixel, so that the dense layer has 130
# weights. The training images are turned, shifted, scaled, sheared and bent, because the drawings
# are. Batch normalisation lets so few weights learn fast.

# %%
from cnn_practice import datasets
from cnn_practice.distortions import distort

import keras
import tensorflow as tf
from keras import layers

BATCH_SIZE = 128
EPOCHS = 16
LEARNING_RATE = 1e-2


def convolution(filters, size, pooled=False):
    """A convolution, halved where ``pooled``, then batch normalisation and ReLU."""
    return [
        layers.Conv2D(filters, size, use_bias=False),
        *([layers.MaxPooling2D(2)] if pooled else []),
        layers.BatchNormalization(),
        layers.ReLU(),
    ]


def build_model():
    """A network of 3,688 weights."""
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Cropping2D(2),  # 24×24×1: the border is paper
            *convolution(6, 5, pooled=True),  # 10×10×6
            *convolution(12, 3),  # 8×8×12
            *convolution(12, 3, pooled=True),  # 3×3×12
            *convolution(12, 3),  # 1×1×12
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )


def distorted(images, labels):
    """Images as other people would have written them."""
    return distort(images, rotation=10, shift=1, zoom=0.1, shear=0.1, elastic=0.3), labels


def train(model, x, y):
    """Train on images that are distorted anew in each epoch."""
    batches = datasets.without_autotuner(
        tf.data.Dataset.from_tensor_slices((x, y))
        .shuffle(len(x))
        .batch(BATCH_SIZE)
        .map(distorted, tf.data.AUTOTUNE)
        .prefetch(tf.data.AUTOTUNE)
    )
    steps = EPOCHS * len(batches)
    rise = {"warmup_target": LEARNING_RATE, "warmup_steps": steps // 20}
    rate = keras.optimizers.schedules.CosineDecay(LEARNING_RATE / 10, steps - steps // 20, **rise)
    model.compile(
        keras.optimizers.Adam(rate),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
        steps_per_execution=16,
    )
    model.fit(batches, epochs=EPOCHS, shuffle=False, verbose=2)
    return model
