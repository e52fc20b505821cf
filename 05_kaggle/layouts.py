"""The layouts of the ensemble's networks: those of chapters 03 and 06, with batch normalisation."""

from cnn_practice.fast_layers import BatchNormalization  # Keras's, but faster

import keras
from keras import layers

# (filters, kernel size, padding, how many) of the convolutions up to each pooling; units of the
# dense layers. The mini-VGG has no padding and fewer dense units than that of chapter 06: digits
# have an empty border, and it takes half the time.
LAYOUTS = {
    "mini_vgg": (((32, 3, "valid", 2), (64, 3, "valid", 2)), (200,)),
    "simple_cnn": (((30, 5, "valid", 1), (70, 3, "valid", 1)), (100,)),
    "lenet5": (((6, 5, "same", 1), (16, 5, "valid", 1)), (120, 84)),
}


def build(network, name):
    """An untrained network from digits (N, 28, 28, 1) to probabilities (N, 10).

    Args:
        network: a name of ``LAYOUTS``.
        name: what Keras calls it.
    """
    convolutions, dense = LAYOUTS[network]
    stack = [keras.Input((28, 28, 1))]
    for filters, size, padding, number in convolutions:
        for _ in range(number):
            stack += [layers.Conv2D(filters, size, padding=padding)]
            stack += [BatchNormalization(), layers.ReLU()]
        stack.insert(-2, layers.MaxPooling2D())  # before the normalisation: fewer values
    stack += [layers.Flatten()]
    for units in dense:
        stack += [layers.Dense(units), BatchNormalization(), layers.ReLU()]
    stack += [layers.Dense(10, activation="softmax")]
    return keras.Sequential(stack, name=name)
