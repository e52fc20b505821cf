"""Every input that cannot be meant is refused here, in one sentence with the shapes in it."""

import numpy as np


def check_floats(x, name, dimensions):
    """Refuse arrays that are not finite floats of the expected form.

    Args:
        x: the array.
        name: what the array is, for the message, e.g. ``"input (N, H, W, C)"``.
        dimensions: number of axes it must have.

    Raises:
        ValueError: another number of axes, an empty batch, integers, NaN or infinity.
    """
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
    """Refuse a stride that is not a whole number of at least 1."""
    if not isinstance(stride, int | np.integer) or stride < 1:
        raise ValueError(f"The stride must be a whole number of at least 1, not {stride!r}.")


def check_kernel(x, w, b):
    """Refuse kernels and biases that do not fit the channels of the input.

    Args:
        x: input of shape (N, H, W, C_in).
        w: kernels, to be of shape (kh, kw, C_in, C_out).
        b: biases, to be of shape (C_out,).
    """
    if w.ndim != 4 or w.size == 0:
        raise ValueError(
            f"The kernels must have the shape (kh, kw, C_in, C_out), not the shape {w.shape}."
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


def check_labels(scores, labels):
    """Refuse labels that are not one class index for each row of scores.

    Args:
        scores: shape (N, classes).
        labels: to be integers 0 … classes - 1 of shape (N,).
    """
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
    """Refuse a gradient that has not the shape of the output it belongs to."""
    if dout.shape != shape:
        raise ValueError(
            f"The gradient has the shape {dout.shape}, but the output it belongs to has {shape}."
        )
