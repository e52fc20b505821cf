"""Max and average pooling, one axis after the other.

Same names, arguments and results as ``numpy_cnn.pooling``, whose loops say what is computed.
"""

import numpy as np
from numpy_cnn.checks import check_gradient
from numpy_cnn.pooling import _prepare

# A maximum of a window is the maximum over its rows of the maxima over its
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
