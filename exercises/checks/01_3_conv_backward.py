"""Compared with central differences of a forward pass from scipy.signal.correlate."""

import checking
import numpy as np
from checking import Wrong, call, close, parts
from scipy.signal import correlate

FORBIDDEN = ("keras", "tensorflow", "torch", "jax", "scipy", "numpy_cnn", "numpy_fast")
HINTS = (
    "Use the loops of the forward pass: at position (i, j) the window of x is"
    " `x[:, i*stride : i*stride+kh, j*stride : j*stride+kw]`.",
    "The bias takes part in every position of every image: db is the sum of dout over all axes but"
    " the last.",
    "At each position: dw += the window times dout[:, i, j], summed over the images; and the same"
    " window of dx += dout[:, i, j] times w, summed over the filters.",
)


def loss(x, w, b, stride, dout):
    """A number whose gradient with respect to the output is ``dout``."""
    y = np.zeros((len(x), x.shape[1] - w.shape[0] + 1, x.shape[2] - w.shape[1] + 1, w.shape[3]))
    for n, c, f in np.ndindex(len(x), x.shape[3], w.shape[3]):
        y[n, :, :, f] += correlate(x[n, :, :, c], w[:, :, c, f], mode="valid", method="direct")
    return float(np.sum((y[:, ::stride, ::stride] + b) * dout))


def gradients(x, w, b, stride, dout):
    """The right gradients with respect to images, kernels and biases."""
    return (
        checking.central_differences(lambda value: loss(value, w, b, stride, dout), x),
        checking.central_differences(lambda value: loss(x, value, b, stride, dout), w),
        checking.central_differences(lambda value: loss(x, w, value, stride, dout), b),
    )


def check(exercise):
    random = np.random.default_rng(3)
    ratios = {}
    for stride, size in ((1, 4), (2, 5)):
        x, w = random.normal(size=(2, size, size, 2)), random.normal(size=(3, 3, 2, 2))
        b = random.normal(size=2)
        out = (size - 3) // stride + 1
        dout = random.normal(size=(2, out, out, 2))
        right = gradients(x, w, b, stride, dout)
        returned = parts(call(exercise, "conv_backward", dout, x, w, stride), 3, "conv_backward")
        for name, got, expected in zip(("dx", "dw", "db"), returned, right, strict=True):
            got = checking.array(got, expected.shape, f"{name} (stride {stride})")
            compare(name, got, expected, stride, ratios, len(x))
    return "dx, dw and db agree with central differences for strides 1 and 2."


def compare(name, got, expected, stride, ratios, images):
    """Require a gradient to be right, and say what a wrong one looks like."""
    if close(got, expected, 1e-4):
        ratios[name] = True
        return
    ratio = float(np.sum(got * expected) / np.sum(expected**2))
    if not got.any():
        raise Wrong(f"{name} is all zeros.")
    if close(got, ratio * expected, 1e-4):
        before = " is right for stride 1 and" if ratios.get(name) else " is"
        if abs(ratio * images - 1) < 1e-3:
            raise Wrong(f"{name}{before} {images} times too small: sum over the images, no mean.")
        raise Wrong(
            f"{name}{before} {ratio:.3g} times as large as it should be for stride {stride}: how"
            " often does a pixel take part?"
        )
    if ratios.get(name):
        raise Wrong(
            f"{name} is right for stride 1 and wrong for stride {stride}: where does the window of"
            " position (i, j) begin?"
        )
    flipped = {"dx": got[:, ::-1, ::-1], "dw": got[::-1, ::-1], "db": got}[name]
    if close(flipped, expected, 1e-4):
        raise Wrong(f"{name} is flipped: which kernel element meets which pixel of the window?")
    if name == "dx" and not close(got, expected) and np.count_nonzero(got) < got.size:
        raise Wrong("Some pixels of dx are zero: does each position reach its whole window?")
    question = {
        "dx": "A pixel lies in several windows: do you add (+=), or overwrite (=)?",
        "dw": "Each kernel element takes part at every position of every image: are all added?",
        "db": "Sum dout over the images and over both axes of the positions.",
    }[name]
    checking.require(got, expected, f"{name} (stride {stride})", question, 1e-4)
