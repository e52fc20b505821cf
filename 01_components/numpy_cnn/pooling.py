"""Max and average pooling: each as loops, and fast, one axis after the other.

Names of sizes: N images, H × W pixels, C channels, k the window's side, s stride.
"""

from numpy_cnn.checks import check_floats, check_gradient, check_stride
from numpy_cnn.convolution import padding_sizes

import numpy as np


def _prepare(x, window, stride, padding):
    """Check the arguments; return the stride and how the windows lie on both axes."""
    check_floats(x, "input (N, H, W, C)", 4)
    if not isinstance(window, int | np.integer) or window < 1:
        raise ValueError(f"The window must be a whole number of at least 1, not {window!r}.")
    stride = window if stride is None else stride
    check_stride(stride)
    rows = padding_sizes(x.shape[1], window, stride, padding)
    columns = padding_sizes(x.shape[2], window, stride, padding)
    return stride, rows, columns


def _inside(position, before, window, stride, size):
    """The part of one window that lies inside the image, as a slice of one axis.

    Padding is never looked at: it is no candidate for the maximum, and not counted in the mean.
    """
    start = position * stride - before
    return slice(max(start, 0), min(start + window, size))


def max_pool_forward_naive(x, window=2, stride=None, padding="valid"):
    """The maximum of each window of each channel; slow.

    out[n, i, j, c] = max_{p, q} x[n, i·s + p, j·s + q, c]

    Args:
        x: images, floats of shape (N, H, W, C).
        window: side k of the square window.
        stride: step of the window; None takes ``window``, so that windows do not overlap.
        padding: 'valid' or 'same', as in Keras.

    Returns:
        ``(out, cache)``: ``out`` of shape (N, H', W', C), H' = ⌊(H - k) / s⌋ + 1 for 'valid' and
        ⌈H / s⌉ for 'same'; ``cache`` for ``max_pool_backward_naive``.

    Raises:
        ValueError: shapes, dtype or values that do not fit.
    """
    stride, (top, _, rows), (left, _, columns) = _prepare(x, window, stride, padding)
    n, height, width, c = x.shape
    out = np.zeros((n, rows, columns, c), dtype=x.dtype)
    for n, i, j, c in np.ndindex(*out.shape):
        part = x[
            n, _inside(i, top, window, stride, height), _inside(j, left, window, stride, width), c
        ]
        out[n, i, j, c] = part.max()
    return out, (x, top, left, window, stride)


def max_pool_backward_naive(dout, cache):
    """Each window's gradient goes to its maximum alone; slow.

    ∂L/∂x = mask of the maximum ∗ dout. Among equals the first in reading order gets it, as in
    TensorFlow.

    Args:
        dout: gradient of the output, shape (N, H', W', C).
        cache: from ``max_pool_forward_naive``.

    Returns:
        ``dx`` of shape (N, H, W, C).
    """
    x, top, left, window, stride = cache
    _, height, width, _ = x.shape
    dx = np.zeros_like(x)
    for n, i, j, c in np.ndindex(*dout.shape):
        rows = _inside(i, top, window, stride, height)
        columns = _inside(j, left, window, stride, width)
        part = x[n, rows, columns, c]
        mask = np.zeros_like(part)
        mask.flat[part.argmax()] = 1
        dx[n, rows, columns, c] += mask * dout[n, i, j, c]
    return dx


def average_pool_forward_naive(x, window=2, stride=None, padding="valid"):
    """The mean of each window of each channel; arguments as ``max_pool_forward_naive``; slow.

    out[n, i, j, c] = 1/k² · Σ_{p, q} x[n, i·s + p, j·s + q, c]; where the window reaches into the
    padding of 'same', only the pixels inside the image are summed and counted, as in Keras.
    """
    stride, (top, _, rows), (left, _, columns) = _prepare(x, window, stride, padding)
    n, height, width, c = x.shape
    out = np.zeros((n, rows, columns, c), dtype=x.dtype)
    for n, i, j, c in np.ndindex(*out.shape):
        part = x[
            n, _inside(i, top, window, stride, height), _inside(j, left, window, stride, width), c
        ]
        out[n, i, j, c] = part.mean()
    return out, (x.shape, top, left, window, stride)


def average_pool_backward_naive(dout, cache):
    """Each window's gradient is spread evenly over its pixels; arguments as for max; slow."""
    (n, height, width, c), top, left, window, stride = cache
    dx = np.zeros((n, height, width, c), dtype=dout.dtype)
    for n, i, j, c in np.ndindex(*dout.shape):
        rows = _inside(i, top, window, stride, height)
        columns = _inside(j, left, window, stride, width)
        part = dx[n, rows, columns, c]
        part += dout[n, i, j, c] / part.size
    return dx


# The fast versions. A maximum of a window is the maximum over its rows of the maxima over its
# columns, and a sum likewise, so each axis is pooled on its own: k + k array operations instead
# of k·k, and no loop over pixels.


def _taps(size, before, count, window, stride):
    """For each place p in the window: which outputs have a pixel there, and which pixels.

    Outputs whose p-th pixel would lie in the padding are left out.

    Returns:
        List of ``(outputs, inputs)``, two slices of one axis of the same length.
    """
    taps = []
    for p in range(window):
        first = max(-(-(before - p) // stride), 0)
        last = min((size - 1 + before - p) // stride, count - 1)
        if first <= last:
            start = first * stride + p - before
            stop = start + (last - first) * stride + 1
            taps.append((slice(first, last + 1), slice(start, stop, stride)))
    return taps


def _pool_axis(operation, x, axis, taps, count):
    """Combine the pixels of each window along one axis, by np.add or np.maximum."""
    axes = (slice(None),) * axis
    # There is a place where each window has a pixel: where the padding before the image ends.
    begin = next(tap for tap in taps if tap[0] == slice(0, count))
    out = x[(*axes, begin[1])].copy()
    for outputs, inputs in taps:
        if inputs != begin[1]:
            part = out[(*axes, outputs)]
            operation(part, x[(*axes, inputs)], out=part)
    return out


def max_pool_forward(x, window=2, stride=None, padding="valid"):
    """Max pooling, axis by axis; same contract as ``max_pool_forward_naive``."""
    stride, (top, _, rows), (left, _, columns) = _prepare(x, window, stride, padding)
    row_taps = _taps(x.shape[1], top, rows, window, stride)
    column_taps = _taps(x.shape[2], left, columns, window, stride)
    in_rows = _pool_axis(np.maximum, x, 2, column_taps, columns)  # (N, H, W', C)
    out = _pool_axis(np.maximum, in_rows, 1, row_taps, rows)
    return out, (x, in_rows, out, row_taps, column_taps)


def max_pool_backward(dout, cache):
    """Route the gradient back axis by axis; same contract as ``max_pool_backward_naive``."""
    x, in_rows, out, row_taps, column_taps = cache
    check_gradient(dout, out.shape)
    din_rows = _route(dout, out, in_rows, 1, row_taps)
    return _route(din_rows, in_rows, x, 2, column_taps)


def _route(dout, out, x, axis, taps):
    """Hand each number of ``dout`` to the first pixel of its window that is the maximum."""
    axes = (slice(None),) * axis
    dx = np.zeros_like(x)
    left = dout.copy()  # what has not found its maximum yet
    for outputs, inputs in taps[:-1]:
        waiting = left[(*axes, outputs)]
        share = waiting * (x[(*axes, inputs)] == out[(*axes, outputs)])
        dx[(*axes, inputs)] += share
        waiting -= share
    outputs, inputs = taps[-1]  # who is still waiting finds it here
    dx[(*axes, inputs)] += left[(*axes, outputs)]
    return dx


def average_pool_forward(x, window=2, stride=None, padding="valid"):
    """Average pooling, axis by axis; same contract as ``average_pool_forward_naive``."""
    stride, (top, _, rows), (left, _, columns) = _prepare(x, window, stride, padding)
    row_taps = _taps(x.shape[1], top, rows, window, stride)
    column_taps = _taps(x.shape[2], left, columns, window, stride)
    in_columns = _pool_axis(np.add, x, 1, row_taps, rows)  # (N, H', W, C)
    out = _pool_axis(np.add, in_columns, 2, column_taps, columns)
    share = (1 / (_pixels(row_taps, rows)[:, None] * _pixels(column_taps, columns))).astype(x.dtype)
    # (H', W'·C), so that NumPy multiplies whole rows.
    share = np.repeat(share, x.shape[3], axis=1)
    by_row = out.reshape(len(x), rows, -1)
    by_row *= share
    return out, (x.shape, out.shape, share, row_taps, column_taps, window, stride)


def average_pool_backward(dout, cache):
    """Spread the gradient axis by axis; same contract as ``average_pool_backward_naive``."""
    shape, out_shape, share, row_taps, column_taps, window, stride = cache
    check_gradient(dout, out_shape)
    n, height, width, c = shape
    dout = (dout.reshape(n, out_shape[1], -1) * share).reshape(out_shape)
    if (height, width) == (out_shape[1] * window, out_shape[2] * window) and stride == window:
        # The windows tile the image: each number is repeated. Not by np.repeat, which does not let
        # other threads run meanwhile.
        by_columns = np.empty((*out_shape[:3], window, c), dtype=dout.dtype)
        by_columns[:] = dout[:, :, :, None]
        dx = np.empty((n, out_shape[1], window, width * c), dtype=dout.dtype)
        dx[:] = by_columns.reshape(n, out_shape[1], 1, -1)
        return dx.reshape(shape)
    din_columns = np.zeros((n, out_shape[1], width, c), dtype=dout.dtype)
    for outputs, inputs in column_taps:
        din_columns[:, :, inputs] += dout[:, :, outputs]
    dx = np.zeros(shape, dtype=dout.dtype)
    for outputs, inputs in row_taps:
        dx[:, inputs] += din_columns[:, outputs]
    return dx


def _pixels(taps, count):
    """How many pixels each window has inside the image along one axis, shape (count,)."""
    pixels = np.zeros(count)
    for outputs, _ in taps:
        pixels[outputs] += 1
    return pixels
