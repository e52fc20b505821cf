"""The convolution as windows and matrix products, fast on few channels and on two cores.

Same names, arguments and results as ``numpy_cnn.convolution``, whose loops say what is computed;
its names of sizes are used here too.
"""

import numpy as np
from numpy_cnn.checks import check_gradient
from numpy_cnn.convolution import _prepare, zero_pad

# Columns copied at a time, in bytes: about what stays in the caches of one core until the product
# reads them; it also bounds the memory of a layer.
COLUMN_BYTES = 2_500_000

# The usual way lays each window of the image out as one row of a matrix, so that
# the convolution becomes one product ("im2col", Chellapilla, Puri & Simard, 2006):
#
#     (N·H'·W', kh·kw·C) @ (kh·kw·C, F) = (N·H'·W', F)
#
# For few channels and filters that is slow: windows are copied in many short runs of kw·C numbers,
# and a product only F = 6 columns wide leaves most of a processor's vector unit idle. So one wide
# window serves `tile` outputs side by side: it is (tile - 1)·s pixels wider, and the kernel matrix
# holds each kernel `tile` times, shifted, with zeros around:
#
#     (N·H'·W'/tile, kh·wide·C) @ (kh·wide·C, tile·F) = (N·H'·W'/tile, tile·F)
#
# In memory both results are the same, pixel by pixel. For LeNet-5's first layer, tile = 4 means
# 60 % more multiplications, some with zero, and 60 % fewer numbers to copy, and takes a third of
# the time. tile = 1 is the usual way, and what layers with many filters get.
#
# The windows are laid out one axis after the other, like this for kh = 2 and one window per row:
#
#     image     strip     windows
#     a b c     a b       a b d e
#     d e f  →  d e   →   d e g h
#     g h i     g h
#
# A strip holds its rows one after the other, so that a window is one run of it: long runs again.


def _tile(columns, w, stride):
    """How many outputs one window serves: a divisor of W', for a product about 64 columns wide."""
    most = min(1 + (w.shape[1] - 1) // stride, max(64 // w.shape[3], 1))
    return max(tile for tile in range(1, most + 1) if columns % tile == 0)


def _pieces(shape, row_bytes, w, stride):
    """Pieces of the output whose windows take ``COLUMN_BYTES`` at most, or a row of one image.

    Returns:
        List of ``(images, rows, seen)``, slices: several whole images or some rows of one, and
        the rows of the padded input that their windows see.
    """
    n, height = shape[:2]
    rows = min(max(COLUMN_BYTES // row_bytes, 1), height)
    images = min(max(COLUMN_BYTES // (row_bytes * height), 1), n)
    pieces = []
    for i in range(0, n, images):
        for r in range(0, height, rows):
            # The last rows get all that is left, so that whole images stay contiguous.
            end = (r + rows - 1) * stride + w.shape[0] if r + rows < height else None
            part = slice(r, min(r + rows, height))
            pieces.append((slice(i, min(i + images, n)), part, slice(r * stride, end)))
    return pieces


def _widen(w, tile, stride):
    """The kernel matrix: (kh, kw, C, F) to (kh·wide·C, tile·F), each kernel shifted tile times."""
    kh, kw, c, f = w.shape
    wide = np.zeros((kh, kw + (tile - 1) * stride, c, tile, f), dtype=w.dtype)
    for t in range(tile):
        wide[:, t * stride : t * stride + kw, :, t] = w
    return wide.reshape(-1, tile * f)


def _narrow(dwide, w, tile, stride):
    """The gradient of ``_widen``: the sum over the shifted copies, shape (kh, kw, C, F)."""
    kh, kw, c, f = w.shape
    dwide = dwide.reshape(kh, -1, c, tile, f)
    return sum(dwide[:, t * stride : t * stride + kw, :, t] for t in range(tile))


def _runs(x, length, step, count, first=0, every=1):
    """View of the last axis of contiguous ``x`` as runs that may overlap; nothing is copied.

    Run number r starts at r·step; those numbered first, first + every, … < count are returned:
    shape (..., runs, length).
    """
    # What as_strided does, in a tenth of its time. The last stride is not taken from x, because
    # NumPy leaves that of an axis of length 1 undefined.
    return np.ndarray(
        (*x.shape[:-1], len(range(first, count, every)), length),
        x.dtype,
        x,
        first * step * x.itemsize,
        (*x.strides[:-1], every * step * x.itemsize, x.itemsize),
    )


def _add_runs(x, runs, step):
    """The gradient of ``_runs``: add up in ``x`` what was taken from it, overlaps included."""
    count, length = runs.shape[-2:]
    apart = -(-length // step)  # runs that far apart do not overlap, and are added in one go
    for first in range(min(apart, count)):
        target = _runs(x, length, step, count, first, apart)
        target += runs[..., first::apart, :]


def _lay_out(padded, out, wide, step, row_step):
    """Copy the windows of padded images (n, H, W, C) to ``out``, (n, H', W'/tile, kh·wide·C)."""
    n, height, _, c = padded.shape
    _, rows, strips, length = out.shape
    by_rows = _runs(padded.reshape(n, height, -1), wide * c, step * c, strips)
    by_strips = np.ascontiguousarray(by_rows.swapaxes(1, 2)).reshape(n, strips, -1)
    np.copyto(out, _runs(by_strips, length, row_step * wide * c, rows).swapaxes(1, 2))


def _add_back(dpadded, dwindows, wide, step, row_step):
    """The gradient of ``_lay_out``: add the windows up in ``dpadded``."""
    n, height, _, c = dpadded.shape
    strips = dwindows.shape[2]
    dby_strips = np.zeros((n, strips, height * wide * c), dtype=dpadded.dtype)
    _add_runs(dby_strips, dwindows.swapaxes(1, 2), row_step * wide * c)
    dby_rows = dby_strips.reshape(n, strips, height, wide * c).swapaxes(1, 2)
    _add_runs(dpadded.reshape(n, height, -1), dby_rows, step * c)


def conv_forward(x, w, b, stride=1, padding="valid"):
    """The convolution as windows and a matrix product; same contract as ``conv_forward_naive``."""
    padded, origin, shape = _prepare(np.ascontiguousarray(x), w, b, stride, padding)
    _, _, width, f = shape
    tile = _tile(width, w, stride)
    matrix, wide = _widen(w, tile, stride), w.shape[1] + (tile - 1) * stride
    out = np.empty(shape, dtype=x.dtype)
    biases = np.tile(b, width)  # whole rows of pixels: NumPy is slow at many short additions
    pieces = _pieces(shape, width // tile * len(matrix) * x.itemsize, w, stride)
    for images, rows, seen in pieces:
        z = out[images, rows].reshape(-1, tile * f)
        windows = np.empty((len(z), len(matrix)), dtype=x.dtype)
        by_place = windows.reshape(-1, rows.stop - rows.start, width // tile, len(matrix))
        _lay_out(padded[images, seen], by_place, wide, tile * stride, stride)
        np.matmul(windows, matrix, out=z)
        by_row = z.reshape(-1, width * f)
        by_row += biases
    # If one piece held all windows, backward need not lay them out again.
    kept = windows if len(pieces) == 1 else None
    return out, (padded, origin, x.shape, w, stride, shape, kept)


def conv_backward(dout, cache, input_gradient=True):
    """Gradients of ``conv_forward``; same contract as ``conv_backward_naive``.

    With the windows as rows of a matrix X, the forward pass is Z = X·W, so ∂L/∂W = Xᵀ·∂L/∂Z and
    ∂L/∂X = ∂L/∂Z·Wᵀ, whose rows are then added up where the windows overlapped.

    Args:
        dout: gradient of the output, shape (N, H', W', F).
        cache: from ``conv_forward``.
        input_gradient: False leaves out ``dx``, which nobody needs at a network's first layer.

    Returns:
        ``(dx, dw, db)``; ``dx`` is None without ``input_gradient``.

    Raises:
        ValueError: ``dout`` has not the shape of the output.
    """
    padded, (top, left), x_shape, w, stride, shape, kept = cache
    check_gradient(dout, shape)
    n, height, width, f = shape
    tile = _tile(width, w, stride)
    matrix, wide = _widen(w, tile, stride), w.shape[1] + (tile - 1) * stride
    dmatrix = np.zeros_like(matrix)
    dout = np.ascontiguousarray(dout)
    dx = None
    # Where copying the windows of dout is less work than adding up windows of x.
    as_convolution = stride == 1 and f <= w.shape[2]
    add_back = input_gradient and not as_convolution
    if add_back:
        dpadded = np.zeros_like(padded)
        dx = dpadded[:, top : top + x_shape[1], left : left + x_shape[2]]
    elif input_gradient:
        dx = _input_gradient_as_convolution(dout, x_shape, w, (top, left))
    row_bytes = width // tile * len(matrix) * padded.itemsize
    for images, rows, seen in _pieces(shape, row_bytes, w, stride):
        dz = dout[images, rows].reshape(-1, tile * f)
        by_place = (-1, rows.stop - rows.start, width // tile, len(matrix))
        windows = kept
        if windows is None:
            windows = np.empty((len(dz), len(matrix)), dtype=padded.dtype)
            part = windows.reshape(by_place)
            _lay_out(padded[images, seen], part, wide, tile * stride, stride)
        dmatrix += windows.T @ dz
        if add_back:
            dwindows = (dz @ matrix.T).reshape(by_place)
            _add_back(dpadded[images, seen], dwindows, wide, tile * stride, stride)
    db = dout.reshape(n * height, width * f).sum(axis=0).reshape(width, f).sum(axis=0)
    return dx, _narrow(dmatrix, w, tile, stride), db


def _input_gradient_as_convolution(dout, x_shape, w, origin):
    """∂L/∂x for stride 1: dout in zeros, convolved with the kernels turned by 180°."""
    before = [k - 1 - first for k, first in zip(w.shape[:2], origin, strict=True)]
    after = [
        x_shape[axis] + w.shape[axis - 1] - 1 - dout.shape[axis] - before[axis - 1]
        for axis in (1, 2)
    ]
    rows, columns = zip(before, after, strict=True)
    turned = np.ascontiguousarray(w[::-1, ::-1].swapaxes(2, 3))  # (kh, kw, F, C)
    return conv_forward(zero_pad(dout, rows, columns), turned, np.zeros(w.shape[2], w.dtype))[0]
