"""The convolution layer: its formula as loops, and the same as one matrix product.

Names of sizes: N images, H × W pixels, C channels, F filters, kh × kw kernel, s stride; a prime
marks the output, H' × W'. What is called convolution in neural networks is the cross-correlation:
kernels are not turned.
"""

from numpy_cnn.checks import check_floats, check_gradient, check_kernel, check_stride

import numpy as np


def padding_sizes(size, kernel, stride, padding):
    """Zeros to add before and after one axis, and the output size, as Keras defines them.

    - "valid": no zeros; the kernel stays inside the image: out = ⌊(size - kernel) / stride⌋ + 1
    - "same": out = ⌈size / stride⌉; half of the zeros this takes come before, an odd one after

    Returns:
        ``(before, after, out)``.
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
    """Surround images (N, H, W, C) with zeros, or another value.

    ``rows`` is ``(top, bottom)`` and ``columns`` is ``(left, right)``, numbers of pixels.
    """
    if not any((*rows, *columns)):
        return x
    n, h, w, c = x.shape
    padded = np.full((n, sum(rows) + h, sum(columns) + w, c), value, dtype=x.dtype)
    padded[:, rows[0] : rows[0] + h, columns[0] : columns[0] + w] = x
    return padded


def conv_single_step(window, kernel, bias):
    """One number of the output: z = Σ window ⊙ kernel + b; both have the shape (kh, kw, C)."""
    return np.sum(window * kernel) + bias


def _prepare(x, w, b, stride, padding):
    """Check the arguments; return the padded input, where x begins in it, the output's shape."""
    check_floats(x, "input (N, H, W, C)", 4)
    check_kernel(x, w, b)
    top, bottom, rows = padding_sizes(x.shape[1], w.shape[0], stride, padding)
    left, right, columns = padding_sizes(x.shape[2], w.shape[1], stride, padding)
    padded = zero_pad(x, (top, bottom), (left, right))
    return padded, (top, left), (len(x), rows, columns, w.shape[3])


def conv_forward_naive(x, w, b, stride=1, padding="valid"):
    """The convolution as its formula reads; slow.

    out[n, i, j, f] = Σ_{p, q, c} x[n, i·s + p, j·s + q, c] · w[p, q, c, f] + b[f]

    Args:
        x: images, floats of shape (N, H, W, C).
        w: kernels of shape (kh, kw, C, F), the layout of Keras's ``Conv2D``.
        b: biases of shape (F,).
        stride: step of the kernel in both directions.
        padding: "valid" or "same", see ``padding_sizes``.

    Returns:
        ``(out, cache)``, ``out`` of shape (N, H', W', F).
    """
    padded, origin, shape = _prepare(x, w, b, stride, padding)
    kh, kw = w.shape[:2]
    out = np.zeros(shape, dtype=x.dtype)
    for n, i, j, f in np.ndindex(*shape):
        window = padded[n, i * stride : i * stride + kh, j * stride : j * stride + kw]
        out[n, i, j, f] = conv_single_step(window, w[..., f], b[f])
    return out, (padded, origin, x.shape, w, stride, shape)


def conv_backward_naive(dout, cache):
    """Each number of the output hands its gradient back to what it was computed from; slow.

    - ∂L/∂w[p, q, c, f] = Σ_{n, i, j} x[n, i·s + p, j·s + q, c] · dout[n, i, j, f]
    - ∂L/∂x[n, i·s + p, j·s + q, c] += w[p, q, c, f] · dout[n, i, j, f]
    - ∂L/∂b[f] = Σ_{n, i, j} dout[n, i, j, f]

    Returns:
        ``(dx, dw, db)``, of the shapes of ``x``, ``w`` and ``b``.
    """
    padded, (top, left), (_, height, width, _), w, stride, shape = cache
    check_gradient(dout, shape)
    kh, kw = w.shape[:2]
    dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
    for n, i, j, f in np.ndindex(*shape):
        rows, columns = slice(i * stride, i * stride + kh), slice(j * stride, j * stride + kw)
        dw[..., f] += padded[n, rows, columns] * dout[n, i, j, f]
        dpadded[n, rows, columns] += w[..., f] * dout[n, i, j, f]
    # What arrives at the zeros of the padding is cut off.
    return dpadded[:, top : top + height, left : left + width], dw, dout.sum(axis=(0, 1, 2))


def im2col(padded, kh, kw, stride):
    """Lay out every window of padded images (N, ·, ·, C): shape (N, H', W', kh, kw, C).

    The loops run over the kernel's few places instead of the image's many pixels.
    """
    n, height, width, c = padded.shape
    rows, columns = (height - kh) // stride + 1, (width - kw) // stride + 1
    windows = np.empty((n, rows, columns, kh, kw, c), dtype=padded.dtype)
    for p, q in np.ndindex(kh, kw):
        last_row, last_column = p + rows * stride, q + columns * stride
        windows[:, :, :, p, q] = padded[:, p:last_row:stride, q:last_column:stride]
    return windows


def col2im(dwindows, shape, stride):
    """The gradient of ``im2col``: each pixel of ``shape`` adds up what its windows hand back."""
    _, rows, columns, kh, kw, _ = dwindows.shape
    dpadded = np.zeros(shape, dtype=dwindows.dtype)
    for p, q in np.ndindex(kh, kw):
        last_row, last_column = p + rows * stride, q + columns * stride
        dpadded[:, p:last_row:stride, q:last_column:stride] += dwindows[:, :, :, p, q]
    return dpadded


def conv_forward(x, w, b, stride=1, padding="valid"):
    """The convolution as one matrix product; arguments and result as ``conv_forward_naive``.

    With one window in each row of X: X (N·H'·W', kh·kw·C) @ W (kh·kw·C, F) = Z (N·H'·W', F).
    """
    padded, origin, shape = _prepare(x, w, b, stride, padding)
    windows = im2col(padded, *w.shape[:2], stride)
    kernels = w.reshape(-1, w.shape[3])
    out = windows.reshape(-1, len(kernels)) @ kernels + b
    return out.reshape(shape), (windows, padded.shape, origin, x.shape, w, stride, shape)


def conv_backward(dout, cache):
    """∂L/∂W = Xᵀ·∂L/∂Z and ∂L/∂X = ∂L/∂Z·Wᵀ; result as ``conv_backward_naive``."""
    windows, padded_shape, (top, left), (_, height, width, _), w, stride, shape = cache
    check_gradient(dout, shape)
    kernels = w.reshape(-1, w.shape[3])
    dz = dout.reshape(-1, w.shape[3])
    dw = (windows.reshape(-1, len(kernels)).T @ dz).reshape(w.shape)
    dpadded = col2im((dz @ kernels.T).reshape(windows.shape), padded_shape, stride)
    return dpadded[:, top : top + height, left : left + width], dw, dz.sum(axis=0)
