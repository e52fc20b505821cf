"""Compared with central differences of a forward pass written from the definition."""

import checking
import numpy as np
from checking import Wrong, call, close, parts

FORBIDDEN = ("keras", "tensorflow", "torch", "jax", "scipy", "numpy_cnn", "numpy_fast")
HINTS = (
    "Mean and variance are taken over the batch, axis 0: one of each per feature.",
    "γ and β take part in every image: their gradients are sums over axis 0.",
    "Compute x̂ and the square root once, then write the formula for dx as it stands. All its means"
    " are over the batch.",
)


def forward(x, gamma, beta, epsilon, ddof=0):
    centred = x - x.sum(axis=0) / len(x)
    variance = (centred**2).sum(axis=0) / (len(x) - ddof)
    return gamma * centred / (variance + epsilon) ** 0.5 + beta


def check(exercise):
    random = np.random.default_rng(8)
    x, dout = random.normal(3, 2, size=(6, 4)), random.normal(size=(6, 4))
    gamma, beta, epsilon = random.normal(size=4), random.normal(size=4), 0.1
    right = forward(x, gamma, beta, epsilon)
    y = call(exercise, "batch_normalisation", x, gamma, beta, epsilon)
    y = checking.array(y, x.shape, "The output")
    rows = (x - x.mean(axis=1, keepdims=True)) / np.sqrt(x.var(axis=1, keepdims=True) + epsilon)
    for wrong, sentence in (
        (
            gamma * rows + beta,
            "The mean is taken over the features: take it over axis 0, the batch.",
        ),
        (forward(x, gamma, beta, epsilon, 1), "The variance is divided by N - 1: the paper has N."),
        (forward(x, 1, 0, epsilon), "γ and β are not used."),
        (
            gamma * (x - x.mean(axis=0)) / (x.std(axis=0) + epsilon) + beta,
            "ε is added to the standard deviation: it belongs under the root, to the variance.",
        ),
    ):
        if close(y, wrong):
            raise Wrong(sentence)
    checking.require(y, right, "The output")

    def loss(x, gamma, beta):
        return float(np.sum(forward(x, gamma, beta, epsilon) * dout))

    gradients = (
        checking.central_differences(lambda value: loss(value, gamma, beta), x),
        checking.central_differences(lambda value: loss(x, value, beta), gamma),
        checking.central_differences(lambda value: loss(x, gamma, value), beta),
    )
    returned = call(exercise, "batch_normalisation_backward", dout, x, gamma, epsilon)
    returned = parts(returned, 3, "batch_normalisation_backward")
    constant = dout * gamma / np.sqrt(x.var(axis=0) + epsilon)
    for name, got, expected in zip(("dx", "dgamma", "dbeta"), returned, gradients, strict=True):
        got = checking.array(got, expected.shape, name)
        if name == "dx" and close(got, constant, 1e-4):
            raise Wrong("dx treats mean and variance as constants: they change with x, too.")
        checking.require(got, expected, name, "Which means are taken, and over what?", 1e-4)
    return "output and all three gradients are right."
