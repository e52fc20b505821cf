"""Random weights to start from, named as in Keras; each takes ``(shape, rng, dtype)``.

A unit that sums n inputs of variance 1 with weights of variance v has the variance n·v. For signals
to keep their size from layer to layer, v must be smaller where n is larger.
"""

import numpy as np


def fans(shape):
    """``(fan_in, fan_out)``, the inputs and outputs of one unit.

    (D, M) for affine weights gives D and M; (kh, kw, C, F) for kernels gives kh·kw·C and kh·kw·F.
    """
    field = int(np.prod(shape[:-2]))
    return field * shape[-2], field * shape[-1]


def he_normal(shape, rng, dtype=np.float32):
    """Normal with variance 2 / fan_in, for ReLU (Keras cuts the normal off at 2 deviations)."""
    return rng.normal(0, np.sqrt(2 / fans(shape)[0]), shape).astype(dtype)


def glorot_normal(shape, rng, dtype=np.float32):
    """Normal with variance 2 / (fan_in + fan_out), for tanh and sigmoid."""
    return rng.normal(0, np.sqrt(2 / sum(fans(shape))), shape).astype(dtype)


def glorot_uniform(shape, rng, dtype=np.float32):
    """Uniform between ±√(6 / (fan_in + fan_out)), the same variance; the default of Keras."""
    limit = np.sqrt(6 / sum(fans(shape)))
    return rng.uniform(-limit, limit, shape).astype(dtype)
