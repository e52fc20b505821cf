"""Random weights to start from, named as in Keras.

A unit that sums n inputs of variance 1 with weights of variance v has the variance n·v. To keep
signals from growing or dying from layer to layer, v must shrink as n grows.
"""

import numpy as np


def fans(shape):
    """Inputs and outputs of one unit: ``(fan_in, fan_out)``.

    (D, M) for affine weights gives D and M; (kh, kw, C, F) for kernels gives kh·kw·C and kh·kw·F.
    """
    field = int(np.prod(shape[:-2]))
    return field * shape[-2], field * shape[-1]


def he_normal(shape, rng, dtype=np.float32):
    """Normal with variance 2 / fan_in, for ReLU, which lets half of the signal through.

    He, Zhang, Ren & Sun (2015). Keras cuts the normal off at two deviations; here it is whole.

    Args:
        shape: (D, M) or (kh, kw, C, F).
        rng: a ``numpy.random.Generator``.
        dtype: of the result.
    """
    return rng.normal(0, np.sqrt(2 / fans(shape)[0]), shape).astype(dtype)


def glorot_normal(shape, rng, dtype=np.float32):
    """Normal with variance 2 / (fan_in + fan_out), for tanh and sigmoid.

    Glorot & Bengio (2010): the signal keeps its size forward, and its gradient backward.
    """
    return rng.normal(0, np.sqrt(2 / sum(fans(shape))), shape).astype(dtype)


def glorot_uniform(shape, rng, dtype=np.float32):
    """Uniform with the same variance as ``glorot_normal``: between ±√(6 / (fan_in + fan_out)).

    The default of Keras's layers.
    """
    limit = np.sqrt(6 / sum(fans(shape)))
    return rng.uniform(-limit, limit, shape).astype(dtype)
