"""Max and average pooling: each as loops, and with all windows laid out at once.

Names of sizes: N images, H × W pixels, C channels, k the window's side, s stride.
"""

from numpy_cnn.checks import check_floats, check_gradient, check_stride
from numpy_cnn.convolution import col2im, im2col, padding_sizes, zero_pad

import numpy as np


def _prepare(x, window, stride, padding):
    """Check the arguments; return the stride and, for both axes, ``padding_sizes``."""
    check_floats(x, "input (N, H, W, C)", 4)
    if not isinstance(window, int | np.integer) or window < 1:
        raise ValueError(f"The window must be a whole number of at least 1, not {window!r}.")
    stride = window if stride is None else stride
    check_stride(stride)
    return stride, *(padding_sizes(size, window, stride, padding) for size in x.shape[1:3])


def _windows(x, window, stride, padding):
    """Yield ``(output index, slices of the pixels in its window)``; padding is never looked at."""
    stride, (top, _, rows), (left, _, columns) = _prepare(x, window, stride, padding)
    for n, i, j, c in np.ndindex(len(x), rows, columns, x.shape[3]):
        row, column = i * stride - top, j * stride - left  # where the window begins
        inside = slice(max(row, 0), row + window), slice(max(column, 0), column + window)
        yield (n, i, j, c), (n, *inside, c)


def _output_shape(x, window, stride, padding):
    _, (_, _, rows), (_, _, columns) = _prepare(x, window, stride, padding)
    return len(x), rows, columns, x.shape[3]


def max_pool_forward_naive(x, window=2, stride=None, padding="valid"):
    """The maximum of each window of each channel; slow.

    out[n, i, j, c] = max_{p, q} x[n, i·s + p, j·s + q, c]

    Args:
        x: images, floats of shape (N, H, W, C).
        window: side k of the square window.
        stride: step of the window; None takes ``window``, so that windows do not overlap.
        padding: "valid" or "same", see ``padding_sizes``.

    Returns:
        ``(out, cache)``, ``out`` of shape (N, H', W', C).
    """
    out = np.zeros(_output_shape(x, window, stride, padding), dtype=x.dtype)
    for index, inside in _windows(x, window, stride, padding):
        out[index] = x[inside].max()
    return out, (x, window, stride, padding)


def max_pool_backward_naive(dout, cache):
    """The gradient of a window goes to its maximum alone: ∂L/∂x = mask of the maximum ⊙ dout.

    Among equals the first in reading order gets it, as in TensorFlow. Returns ``dx`` of shape
    (N, H, W, C).
    """
    x = cache[0]
    check_gradient(dout, _output_shape(*cache))
    dx = np.zeros_like(x)
    for index, inside in _windows(*cache):
        mask = np.zeros_like(x[inside])
        mask.flat[x[inside].argmax()] = 1
        dx[inside] += mask * dout[index]
    return dx


def average_pool_forward_naive(x, window=2, stride=None, padding="valid"):
    """The mean of each window of each channel; arguments as ``max_pool_forward_naive``; slow.

    out[n, i, j, c] = 1/k² · Σ_{p, q} x[n, i·s + p, j·s + q, c]; where the window reaches into the
    padding of "same", only the pixels inside the image are added and counted, as in Keras.
    """
    out = np.zeros(_output_shape(x, window, stride, padding), dtype=x.dtype)
    for index, inside in _windows(x, window, stride, padding):
        out[index] = x[inside].mean()
    return out, (x, window, stride, padding)


def average_pool_backward_naive(dout, cache):
    """The gradient of a window is spread evenly over its pixels; slow."""
    check_gradient(dout, _output_shape(*cache))
    dx = np.zeros_like(cache[0])
    for index, inside in _windows(*cache):
        dx[inside] += dout[index] / dx[inside].size
    return dx


def _lay_out(x, window, stride, padding, value):
    """The windows of each channel, (N, H', W', k, k, C), of images padded with ``value``."""
    stride, (top, bottom, _), (left, right, _) = _prepare(x, window, stride, padding)
    padded = zero_pad(x, (top, bottom), (left, right), value)
    return im2col(padded, window, window, stride), (padded.shape, (top, left), x.shape, stride)


def _put_back(dwindows, padded_shape, origin, shape, stride):
    """The gradient of ``_lay_out``."""
    (top, left), (_, height, width, _) = origin, shape
    return col2im(dwindows, padded_shape, stride)[:, top : top + height, left : left + width]


def max_pool_forward(x, window=2, stride=None, padding="valid"):
    """As ``max_pool_forward_naive``, all windows at once; a padding of -∞ is never the maximum."""
    windows, where = _lay_out(x, window, stride, padding, -np.inf)
    flat = windows.reshape(*windows.shape[:3], window * window, x.shape[3])
    winners = flat.argmax(axis=3, keepdims=True)  # the first of equals
    return np.take_along_axis(flat, winners, axis=3)[:, :, :, 0], (winners, windows.shape, where)


def max_pool_backward(dout, cache):
    """As ``max_pool_backward_naive``."""
    winners, shape, where = cache
    check_gradient(dout, (*shape[:3], shape[5]))
    dflat = np.zeros((*shape[:3], shape[3] * shape[4], shape[5]), dtype=dout.dtype)
    np.put_along_axis(dflat, winners, dout[:, :, :, None], axis=3)
    return _put_back(dflat.reshape(shape), *where)


def average_pool_forward(x, window=2, stride=None, padding="valid"):
    """As ``average_pool_forward_naive``, all windows at once."""
    windows, where = _lay_out(x, window, stride, padding, 0)
    pixels = _lay_out(np.ones_like(x[:1]), window, stride, padding, 0)[0].sum(axis=(3, 4))
    return windows.sum(axis=(3, 4)) / pixels, (pixels, windows.shape, where)


def average_pool_backward(dout, cache):
    """As ``average_pool_backward_naive``."""
    pixels, shape, where = cache
    check_gradient(dout, (*shape[:3], shape[5]))
    share = (dout / pixels)[:, :, :, None, None]
    return _put_back(np.broadcast_to(share, shape), *where)
