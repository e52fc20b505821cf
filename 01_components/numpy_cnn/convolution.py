"""The convolution layer: its formula as loops, and the same as one matrix product.

Names of sizes: N images, H × W pixels, C channels, F filters, kh × kw kernel, s stride.
What is called convolution in neural networks is the cross-correlation: kernels are not flipped.
"""

from numpy_cnn.checks import check_floats, check_kernel, check_stride

import numpy as np
from numpy.lib.stride_tricks import as_strided

# Columns copied at a time, in bytes: about what stays in the caches of one core until the product
# reads them; it also bounds the memory of a layer.
COLUMN_BYTES = 4 << 20


def padding_sizes(size, kernel, stride, padding):
    """Zeros to add before and after one axis, and the output size, as Keras defines them.

    - 'valid': no zeros; the kernel stays inside the image: out = ⌊(size - kernel) / stride⌋ + 1
    - 'same': out = ⌈size / stride⌉; the zeros this takes are halved, an odd one comes after.

    Returns:
        ``(before, after, out)``.

    Raises:
        ValueError: unknown padding, stride < 1, or a kernel larger than the padded axis.
    """
    check_stride(stride)
    if padding == "valid":
        total = 0
    elif padding == "same":
        total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    else:
        raise ValueError(f"The padding must be 'same' or 'valid', not {padding!r}.")
    if kernel > size + total:
        raise ValueError(
            f"A kernel of size {kernel} does not fit an axis of {size} pixels with padding"
            f" '{padding}'."
        )
    return total // 2, total - total // 2, (size + total - kernel) // stride + 1


def zero_pad(x, rows, columns, value=0):
    """Surround each image with zeros.

    Args:
        x: images of shape (N, H, W, C).
        rows: ``(top, bottom)``, numbers of rows to add.
        columns: ``(left, right)``, numbers of columns to add.
        value: what to put there instead of zero.

    Returns:
        Array of shape (N, top + H + bottom, left + W + right, C); ``x`` itself if nothing is
        to be added.
    """
    if not any((*rows, *columns)):
        return x
    n, h, w, c = x.shape
    padded = np.full((n, sum(rows) + h, sum(columns) + w, c), value, dtype=x.dtype)
    padded[:, rows[0] : rows[0] + h, columns[0] : columns[0] + w] = x
    return padded


def conv_single_step(window, kernel, bias):
    """One pixel of the output: z = Σ window ∗ kernel + b.

    Args:
        window: the piece of the image under the kernel, shape (kh, kw, C).
        kernel: one filter, shape (kh, kw, C).
        bias: its bias, a number.

    Returns:
        A number.
    """
    return np.sum(window * kernel) + bias


def _prepare(x, w, b, stride, padding):
    """Check the arguments; return the padded input, the padding and the output's shape."""
    check_floats(x, "input (N, H, W, C)", 4)
    check_kernel(x, w, b)
    n, height, width, _ = x.shape
    top, bottom, rows = padding_sizes(height, w.shape[0], stride, padding)
    left, right, columns = padding_sizes(width, w.shape[1], stride, padding)
    padded = zero_pad(x, (top, bottom), (left, right))
    return padded, (top, left), (n, rows, columns, w.shape[3])


def conv_forward_naive(x, w, b, stride=1, padding="valid"):
    """The convolution as its formula reads; slow.

    out[n, i, j, f] = Σ_{p, q, c} x[n, i·s + p, j·s + q, c] · w[p, q, c, f] + b[f]

    Args:
        x: images, floats of shape (N, H, W, C).
        w: kernels of shape (kh, kw, C, F), the layout of Keras's ``Conv2D``.
        b: biases of shape (F,).
        stride: step of the kernel in both directions.
        padding: 'valid' or 'same', as in Keras.

    Returns:
        ``(out, cache)``: ``out`` of shape (N, H', W', F) with H' = ⌊(H - kh) / s⌋ + 1 for
        'valid' and ⌈H / s⌉ for 'same', W' likewise, in the dtype of ``x``; ``cache`` for
        ``conv_backward_naive``.

    Raises:
        ValueError: shapes, dtype or values that do not fit (see ``checks``).
    """
    padded, origin, shape = _prepare(x, w, b, stride, padding)
    kh, kw = w.shape[:2]
    out = np.zeros(shape, dtype=x.dtype)
    for n, i, j, f in np.ndindex(*shape):
        window = padded[n, i * stride : i * stride + kh, j * stride : j * stride + kw]
        out[n, i, j, f] = conv_single_step(window, w[..., f], b[f])
    return out, (padded, origin, x.shape, w, stride)


def conv_backward_naive(dout, cache):
    """Gradients of the convolution as their formulas read; slow.

    Each output pixel hands its gradient back to what it was computed from:

    - ∂L/∂w[p, q, c, f] = Σ_{n, i, j} x[n, i·s + p, j·s + q, c] · dout[n, i, j, f]
    - ∂L/∂x[n, i·s + p, j·s + q, c] += w[p, q, c, f] · dout[n, i, j, f]
    - ∂L/∂b[f] = Σ_{n, i, j} dout[n, i, j, f]

    Args:
        dout: gradient of the loss with respect to the output, shape (N, H', W', F).
        cache: from ``conv_forward_naive``.

    Returns:
        ``(dx, dw, db)``, of the shapes of ``x``, ``w`` and ``b``.
    """
    padded, (top, left), (_, height, width, _), w, stride = cache
    kh, kw = w.shape[:2]
    dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
    for n, i, j, f in np.ndindex(*dout.shape):
        rows = slice(i * stride, i * stride + kh)
        columns = slice(j * stride, j * stride + kw)
        dw[..., f] += padded[n, rows, columns] * dout[n, i, j, f]
        dpadded[n, rows, columns] += w[..., f] * dout[n, i, j, f]
    # What flowed to the zeros of the padding is cut off.
    return dpadded[:, top : top + height, left : left + width], dw, dout.sum(axis=(0, 1, 2))


# The fast version. The usual way lays each window of the image out as one row of a matrix, so that
# the convolution becomes one product ("im2col", Chellapilla, Puri & Simard, 2006):
#
#     (N·H'·W', kh·kw·C) @ (kh·kw·C, F) = (N·H'·W', F)
#
# Two things make that slow for few channels and filters: windows are copied in short runs of kw·C
# numbers, many of them several times, and a product only F = 6 columns wide leaves most of a
# processor's vector unit idle. So one wide window serves `tile` neighbouring outputs: it is
# (tile - 1)·s columns wider, and the kernel matrix holds each kernel `tile` times, shifted, with
# zeros around:
#
#     (N·H'·W'/tile, kh·wide·C) @ (kh·wide·C, tile·F) = (N·H'·W'/tile, tile·F)
#
# For LeNet-5's first layer, tile = 4 means 60 % more multiplications (some with zero) and 60 %
# fewer numbers to copy, and takes a third of the time. The result is the same memory, pixel by
# pixel. tile = 1 is the usual way, and what layers with many filters get.


def _tile(out_width, w, stride):
    """How many neighbouring outputs one window serves: about 32 columns of the product."""
    widest = min(1 + (w.shape[1] - 1) // stride, max(32 // w.shape[3], 1))
    return max(tile for tile in range(1, widest + 1) if out_width % tile == 0)


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


def _windows(padded, shape, w, tile, stride, first=0, every=1):
    """View of the windows, nothing copied: shape (N, H', W'/tile, kh, wide·C).

    Of the windows of one row, those numbered ``first``, ``first + every``, … are returned.
    """
    _, rows, columns, _ = shape
    n, c = len(padded), padded.shape[3]
    sn, sh, sw, sc = padded.strides
    wide = w.shape[1] + (tile - 1) * stride
    step = tile * stride
    return as_strided(
        padded[:, :, first * step :],
        (n, rows, len(range(first, columns // tile, every)), w.shape[0], wide * c),
        (sn, stride * sh, every * step * sw, sh, sc),
    )


def conv_forward(x, w, b, stride=1, padding="valid"):
    """The convolution as windows and a matrix product; same contract as ``conv_forward_naive``."""
    padded, origin, shape = _prepare(np.ascontiguousarray(x), w, b, stride, padding)
    n, rows, columns, f = shape
    tile = _tile(columns, w, stride)
    matrix = _widen(w, tile, stride)
    out = np.empty((n, rows * columns // tile, tile * f), dtype=x.dtype)
    windows = _windows(padded, shape, w, tile, stride)
    images = max(COLUMN_BYTES // (windows[0].size * x.itemsize), 1)
    buffer = np.empty((min(images, n), *windows.shape[1:]), dtype=x.dtype)
    for start in range(0, n, images):
        part = windows[start : start + images]
        np.copyto(buffer[: len(part)], part)
        np.matmul(
            buffer[: len(part)].reshape(-1, len(matrix)), matrix,
            out=out[start : start + images].reshape(-1, tile * f),
        )  # fmt: skip
    # Whole rows of pixels at once: NumPy is slow at many short additions.
    out.reshape(n * rows, columns * f)[:] += np.tile(b, columns)
    # If one buffer held all windows, backward need not lay them out again.
    kept = buffer if images >= n else None
    return out.reshape(shape), (padded, origin, x.shape, w, stride, tile, kept)


def conv_backward(dout, cache, input_gradient=True):
    """Gradients of ``conv_forward``; same contract as ``conv_backward_naive``.

    With the windows as rows of a matrix X, and Z = X·W:  ∂L/∂W = Xᵀ·∂L/∂Z and
    ∂L/∂X = ∂L/∂Z·Wᵀ, whose rows are then added up where the windows overlapped.

    Args:
        dout: gradient of the output, shape (N, H', W', F).
        cache: from ``conv_forward``.
        input_gradient: False leaves out ``dx``, which nobody needs at a network's first layer.

    Returns:
        ``(dx, dw, db)``; ``dx`` is None without ``input_gradient``.
    """
    padded, (top, left), (n, height, width, _), w, stride, tile, kept = cache
    _, rows, columns, f = dout.shape
    matrix = _widen(w, tile, stride)
    windows = _windows(padded, dout.shape, w, tile, stride)
    images = max(COLUMN_BYTES // (windows[0].size * padded.itemsize), 1)
    buffer = (
        kept
        if kept is not None
        else np.empty((min(images, n), *windows.shape[1:]), dtype=padded.dtype)
    )
    dwide = np.zeros_like(matrix)
    dwindows = np.empty_like(buffer) if input_gradient else None
    dpadded = np.zeros_like(padded) if input_gradient else None
    dout = np.ascontiguousarray(dout)
    # Windows that far apart do not overlap, and are added in one go.
    apart = -(-(w.shape[1] + (tile - 1) * stride) // (tile * stride))
    for start in range(0, n, images):
        part = windows[start : start + images]
        dz = dout[start : start + images].reshape(-1, tile * f)
        if kept is None:
            np.copyto(buffer[: len(part)], part)
        dwide += buffer[: len(part)].reshape(-1, len(matrix)).T @ dz
        if input_gradient:
            dpart = dwindows[: len(part)]
            np.matmul(dz, matrix.T, out=dpart.reshape(-1, len(matrix)))
            for first in range(min(apart, columns // tile)):
                target = _windows(
                    dpadded[start : start + images], dout.shape, w, tile, stride, first, apart
                )
                for p in range(w.shape[0]):
                    target[:, :, :, p] += dpart[:, :, first::apart, p]
    dw = _narrow(dwide, w, tile, stride)
    db = dout.reshape(n * rows, columns * f).sum(axis=0).reshape(columns, f).sum(axis=0)
    dx = dpadded[:, top : top + height, left : left + width] if input_gradient else None
    return dx, dw, db
