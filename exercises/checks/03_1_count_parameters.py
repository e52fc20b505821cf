"""Compared with the number of entries of arrays of these shapes."""

import numpy as np
from checking import Wrong, call

FORBIDDEN = ("keras", "tensorflow", "torch", "jax")
HINTS = (
    "Go through the list with one `if` for each kind of layer.",
    "A kernel has kernel · kernel pixels for each input map. There is one such kernel per filter.",
    "Do not forget the biases: one per filter, one per unit.",
)
LENET = [
    ("conv", 5, 1, 6), ("pool", 2), ("conv", 5, 6, 16), ("pool", 2),
    ("dense", 400, 120), ("dense", 120, 84), ("dense", 84, 10),
]  # fmt: skip


def shapes(layer):
    """The shapes of a layer's weights and biases."""
    kind, *sizes = layer
    if kind == "conv":
        return [(sizes[0], sizes[0], *sizes[1:]), sizes[2:]]
    return [sizes, sizes[1:]] if kind == "dense" else []


def check(exercise):
    cases = [
        ("a pooling layer", [("pool", 2)]),
        ("a dense layer of 3 units on 4 inputs", [("dense", 4, 3)]),
        ("a 3×3 convolution of one map with one filter", [("conv", 3, 1, 1)]),
        ("a 5×5 convolution from 6 to 16 maps", [("conv", 5, 6, 16)]),
        ("LeNet-5", LENET),
    ]
    for name, layers in cases:
        sizes = [np.prod(shape) for layer in layers for shape in shapes(layer)]
        right = int(sum(sizes))
        got = call(exercise, "count_parameters", layers)
        if got == right:
            continue
        if got == sum(sizes[::2]) and sizes:
            raise Wrong(f"For {name} you count {got}: the {right - got} biases are missing.")
        raise Wrong(f"For {name} you count {got!r}, and {right} is right.")
    return "LeNet-5 has 61,706 parameters."
