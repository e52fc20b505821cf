"""Affine, flatten, the activations and dropout, each as a forward and a backward function.

Every ``*_forward`` returns ``(out, cache)``; the ``*_backward`` beside it takes the gradient of
the loss with respect to ``out``, named ``dout``, and that cache, and returns the gradients of
what ``*_forward`` was given.
"""

from numpy_cnn.checks import check_floats

import numpy as np


def affine_forward(x, w, b):
    """The fully connected layer (Keras: ``Dense``): out = x·w + b.

    Args:
        x: inputs, floats of shape (N, D).
        w: weights of shape (D, M).
        b: biases of shape (M,).

    Returns:
        ``(out, cache)``, ``out`` of shape (N, M).

    Raises:
        ValueError: shapes, dtype or values that do not fit.
    """
    check_floats(x, "input (N, D)", 2)
    if w.shape[:1] != x.shape[1:] or w.shape[1:] != b.shape:
        raise ValueError(
            f"The input of shape {x.shape}, the weights of shape {w.shape} and the biases of"
            f" shape {b.shape} do not fit: they must be (N, D), (D, M) and (M,)."
        )
    return x @ w + b, (x, w)


def affine_backward(dout, cache, input_gradient=True):
    """∂L/∂x = dout·wᵀ, ∂L/∂w = xᵀ·dout, ∂L/∂b = Σ_n dout[n].

    Args:
        dout: gradient of the output, shape (N, M).
        cache: from ``affine_forward``.
        input_gradient: False leaves out ``dx``, which nobody needs at a network's first layer.

    Returns:
        ``(dx, dw, db)``; ``dx`` is None without ``input_gradient``.
    """
    x, w = cache
    return dout @ w.T if input_gradient else None, x.T @ dout, dout.sum(axis=0)


def flatten_forward(x):
    """Lay each image out as one row: (N, H, W, C) to (N, H·W·C)."""
    return x.reshape(len(x), -1), x.shape


def flatten_backward(dout, cache):
    """The same numbers in the shape they had."""
    return dout.reshape(cache)


def relu_forward(x):
    """max(x, 0), for ``x`` of any shape."""
    out = np.maximum(x, 0)
    return out, out


def relu_backward(dout, cache):
    """The derivative is 1 where the output is positive, else 0."""
    return dout * (cache > 0)


def sigmoid_forward(x):
    """σ(x) = 1 / (1 + e⁻ˣ) = (1 + tanh(x/2)) / 2, for ``x`` of any shape.

    The second form cannot overflow.
    """
    out = np.tanh(x / 2)
    out += 1
    out /= 2
    return out, out


def sigmoid_backward(dout, cache):
    """σ'(x) = σ(x)·(1 - σ(x))."""
    return dout * cache * (1 - cache)


def tanh_forward(x):
    """tanh(x), for ``x`` of any shape."""
    out = np.tanh(x)
    return out, out


def tanh_backward(dout, cache):
    """tanh'(x) = 1 - tanh(x)²."""
    dx = cache * cache
    np.subtract(1, dx, out=dx)
    dx *= dout
    return dx


def dropout_forward(x, rate, rng=None):
    """Set each number to zero with probability ``rate`` (Srivastava et al., 2014).

    The others grow by 1 / (1 - rate), so that sums stay what they were on average and nothing is
    to be done when the network is used ("inverted dropout").

    Args:
        x: array of any shape.
        rate: probability, 0 ≤ rate < 1.
        rng: a ``numpy.random.Generator``; None when the network is used instead of trained, and
            ``x`` passes unchanged.

    Returns:
        ``(out, cache)``, ``out`` of the shape of ``x``.

    Raises:
        ValueError: a rate outside [0, 1).
    """
    if not 0 <= rate < 1:
        raise ValueError(f"The dropout rate must be at least 0 and below 1, not {rate}.")
    if rng is None or rate == 0:
        return x, None
    mask = (rng.random(x.shape, dtype=np.float32) >= rate).astype(x.dtype) / x.dtype.type(1 - rate)
    return x * mask, mask


def dropout_backward(dout, cache):
    """The gradient passes where the number passed, grown by the same factor."""
    return dout if cache is None else dout * cache
