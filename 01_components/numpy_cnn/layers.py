"""Affine, flatten, the activations, dropout and batch normalisation.

Each is a pair: ``*_forward`` returns ``(out, cache)``; ``*_backward`` takes the gradient of the
loss with respect to ``out``, called ``dout``, and that cache, and returns the gradients with
respect to what ``*_forward`` was given.
"""

from numpy_cnn.checks import check_affine, check_floats, check_rate

import numpy as np


def affine_forward(x, w, b):
    """The fully connected layer (Keras: ``Dense``): out = x·w + b.

    ``x`` has the shape (N, D), ``w`` (D, M), ``b`` (M,); ``out`` has (N, M).
    """
    check_affine(x, w, b)
    return x @ w + b, (x, w)


def affine_backward(dout, cache):
    """``(dx, dw, db)``: ∂L/∂x = dout·wᵀ, ∂L/∂w = xᵀ·dout, ∂L/∂b = Σ_n dout[n]."""
    x, w = cache
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)


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
    """σ(x) = 1 / (1 + e⁻ˣ) = (1 + tanh(x/2)) / 2; the second form cannot overflow."""
    out = (1 + np.tanh(x / 2)) / 2
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
    return dout * (1 - cache**2)


def dropout_forward(x, rate, rng=None):
    """Set each number to zero with probability ``rate``, 0 ≤ rate < 1.

    The others are multiplied by 1 / (1 - rate), so that a sum keeps its mean, and nothing is to be
    done when the network is used: without ``rng``, ``x`` passes unchanged.
    """
    check_rate(rate)
    if rng is None or rate == 0:
        return x, None
    mask = (rng.random(x.shape, dtype=np.float32) >= rate) / x.dtype.type(1 - rate)
    return x * mask, mask


def dropout_backward(dout, cache):
    """The gradient passes where the number passed, multiplied by the same factor."""
    return dout if cache is None else dout * cache


def batch_normalization_forward(x, gamma, beta, moving=None, epsilon=1e-3):
    """Give each channel mean 0 and variance 1, then scale by γ and shift by β.

    x̂ = (x - μ) / √(σ² + ε), out = γ ⊙ x̂ + β, with μ and σ² over all axes but the last.

    Args:
        x: floats of shape (N, D) or (N, H, W, C).
        gamma: γ of shape (D,) or (C,).
        beta: β of the same shape.
        moving: ``(mean, variance)`` gathered in training, when the network is used; None takes
            those of the batch, as in training.
        epsilon: ε, keeps the divisor from 0.

    Returns:
        ``(out, cache)``; ``cache[-1]`` is the ``(mean, variance)`` that were taken.
    """
    check_floats(x, "input", x.ndim)
    axes = tuple(range(x.ndim - 1))
    mean, variance = moving or (x.mean(axis=axes), x.var(axis=axes))
    deviation = np.sqrt(variance + epsilon)
    normalized = (x - mean) / deviation
    return gamma * normalized + beta, (normalized, gamma, deviation, axes, (mean, variance))


def batch_normalization_backward(dout, cache):
    """``(dx, dγ, dβ)`` in training: μ and σ² depend on every x, so all of them share the gradient.

    ∂L/∂x = γ/√(σ² + ε) ⊙ (dout - mean(dout) - x̂ ⊙ mean(dout ⊙ x̂)), the means as in forward.
    """
    normalized, gamma, deviation, axes, _ = cache
    dbeta, dgamma = dout.sum(axis=axes), (dout * normalized).sum(axis=axes)
    count = dout.size // dout.shape[-1]
    dx = gamma / deviation * (dout - dbeta / count - normalized * (dgamma / count))
    return dx, dgamma, dbeta
