"""Refuses every input that cannot be meant, in one sentence with the shapes in it.

This is no part of the lesson: read the other modules first.
"""

import numpy as np


def check_floats(x, name, dimensions):
    """Finite floats with that many axes and at least one number."""
    if x.ndim != dimensions:
        raise ValueError(f"The {name} must have {dimensions} axes, not the shape {x.shape}.")
    if x.size == 0:
        raise ValueError(f"The {name} is empty: its shape is {x.shape}.")
    if not np.issubdtype(x.dtype, np.floating):
        raise ValueError(
            f"The {name} of shape {x.shape} has the dtype {x.dtype}: convert it to float32, for"
            " images divided by 255."
        )
    # One NaN or infinity makes the sum of squares one, which is quick. Huge finite numbers may
    # overflow in it, so the slower exact test has the last word.
    flat = x.ravel()
    with np.errstate(over="ignore", invalid="ignore"):
        suspicious = not np.isfinite(np.dot(flat, flat))
    if suspicious and not np.isfinite(x).all():
        wrong = np.argwhere(~np.isfinite(x))
        raise ValueError(
            f"The {name} of shape {x.shape} has {len(wrong)} values that are NaN or infinite, the"
            f" first at {tuple(map(int, wrong[0]))}."
        )


def check_stride(stride):
    """A whole number of at least 1."""
    if not isinstance(stride, int | np.integer) or stride < 1:
        raise ValueError(f"The stride must be a whole number of at least 1, not {stride!r}.")


def check_kernel(x, w, b):
    """Kernels (kh, kw, C, F) and biases (F,) that fit an input (N, H, W, C)."""
    if w.ndim != 4 or w.size == 0:
        raise ValueError(
            f"The kernels must have the shape (kh, kw, C, F), not the shape {w.shape}."
        )
    if x.shape[3] != w.shape[2]:
        raise ValueError(
            f"The input of shape {x.shape} has {x.shape[3]} channels, but the kernels of shape"
            f" {w.shape} expect {w.shape[2]}."
        )
    if b.shape != w.shape[3:]:
        raise ValueError(
            f"The biases of shape {b.shape} do not fit the kernels of shape {w.shape}: there must"
            f" be {w.shape[3]}."
        )


def check_affine(x, w, b):
    """An input (N, D), weights (D, M) and biases (M,)."""
    check_floats(x, "input (N, D)", 2)
    if w.shape[:1] != x.shape[1:] or w.shape[1:] != b.shape:
        raise ValueError(
            f"The input of shape {x.shape}, the weights of shape {w.shape} and the biases of"
            f" shape {b.shape} do not fit: they must be (N, D), (D, M) and (M,)."
        )


def check_rate(rate):
    """A dropout rate."""
    if not 0 <= rate < 1:
        raise ValueError(f"The dropout rate must be at least 0 and below 1, not {rate}.")


def check_choice(name, value, choices):
    """One of the names that there are."""
    if value not in choices:
        raise ValueError(f"The {name} must be one of {', '.join(choices)}, not {value!r}.")


def check_labels(scores, labels):
    """One class index for each row of scores (N, classes)."""
    if labels.shape != scores.shape[:1] or not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(
            f"The labels must be {len(scores)} integers for scores of shape {scores.shape}, not"
            f" {labels.dtype} of shape {labels.shape}."
        )
    if labels.min() < 0 or labels.max() >= scores.shape[1]:
        raise ValueError(
            f"The labels run from {labels.min()} to {labels.max()}, but scores of shape"
            f" {scores.shape} have the classes 0 to {scores.shape[1] - 1}."
        )


def check_gradient(dout, shape):
    """A gradient of the shape of the output it belongs to."""
    if dout.shape != shape:
        raise ValueError(
            f"The gradient has the shape {dout.shape}, but the output it belongs to has {shape}."
        )


def check_batch(x, input_shape, labels=None):
    """Floats ``(N, *input_shape)`` and, where given, as many labels."""
    check_floats(x, f"batch (N, {', '.join(map(str, input_shape))})", x.ndim)
    if x.shape[1:] != input_shape:
        raise ValueError(
            f"The batch has the shape {x.shape}, but this network takes images of shape"
            f" {input_shape}."
        )
    if labels is not None and len(labels) != len(x):
        raise ValueError(f"There are {len(labels)} labels for a batch of shape {x.shape}.")


def check_examples(x, labels):
    """At least one example, and one label for each."""
    if len(x) != len(labels) or len(x) == 0:
        raise ValueError(f"There are {len(labels)} labels for examples of shape {x.shape}.")
