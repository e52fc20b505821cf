"""The layers and the network of ``numpy_cnn`` on the fast functions, two threads to a batch."""

import os
import secrets
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import ClassVar

from numpy_fast import convolution, layers, pooling

import numpy as np
import numpy_cnn
from numpy_cnn import losses


class Conv2D(numpy_cnn.Conv2D):
    """As in ``numpy_cnn``; a network's first layer leaves out ``dx``, which nobody needs there."""

    pair = convolution.conv_forward, convolution.conv_backward
    input_gradient = True

    def backward(self, dout, cache):
        dx, *gradients = convolution.conv_backward(dout, cache, self.input_gradient)
        return dx, gradients


class Pooling2D(numpy_cnn.Pooling2D):
    """As in ``numpy_cnn``."""

    pairs: ClassVar = {
        "max": (pooling.max_pool_forward, pooling.max_pool_backward),
        "average": (pooling.average_pool_forward, pooling.average_pool_backward),
    }


class Activation(numpy_cnn.Activation):
    """As in ``numpy_cnn``."""

    pairs: ClassVar = numpy_cnn.Activation.pairs | {
        "sigmoid": (layers.sigmoid_forward, numpy_cnn.sigmoid_backward),
        "tanh": (numpy_cnn.tanh_forward, layers.tanh_backward),
    }


class Network(numpy_cnn.Network):
    """As in ``numpy_cnn``, with threads and checkpoints.

    Args:
        layers, input_shape, loss, l2, seed, dtype: as in ``numpy_cnn``.
        threads: how many share a batch. NumPy computes on one core outside of matrix products,
            but lets other threads run meanwhile. Not taken from the machine, because other parts
            are rounded differently: the same seed would train another network.
    """

    def __init__(
        self, layers, input_shape, loss=losses.softmax_cross_entropy, l2=0.0, seed=0,
        dtype=np.float32, threads=2,
    ):  # fmt: skip
        super().__init__(layers, input_shape, loss, l2, seed, dtype)
        if isinstance(layers[0], Conv2D):
            layers[0].input_gradient = False
        self._rngs = self.rng.spawn(threads)
        self._pool = ThreadPoolExecutor(threads - 1) if threads > 1 else None

    def _loss_and_gradient(self, x, labels, rng):
        parts = min(len(self._rngs), len(x))
        cuts = [len(x) * part // parts for part in range(parts + 1)]
        of_part = super()._loss_and_gradient
        work = [
            (x[start:end], labels[start:end], rng)
            for start, end, rng in zip(cuts, cuts[1:], self._rngs, strict=False)
        ]
        elsewhere = [self._pool.submit(of_part, *part) for part in work[1:]]
        results = [of_part(*work[0]), *(each.result() for each in elsewhere)]
        # The loss of a part is the mean over that part.
        shares = [len(part[1]) / len(x) for part in work]
        loss = sum(share * loss for share, (loss, _) in zip(shares, results, strict=True))
        return loss, sum(share * each for share, (_, each) in zip(shares, results, strict=True))

    def save(self, path):
        """Save all parameters as ``.npz``, written beside and renamed, so never half a file."""
        path = Path(path)
        arrays = [array for layer in self.layers for array in layer.parameters]
        temporary = path.with_name(f".partial-{secrets.token_hex(4)}-{path.name}")
        try:
            with open(temporary, "wb") as file:
                np.savez(file, **{f"parameter_{i}": array for i, array in enumerate(arrays)})
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)

    def load(self, path):
        """Take the parameters of a file that ``save`` wrote.

        Raises:
            ValueError: the file is missing, damaged or of another network.
        """
        arrays = [array for layer in self.layers for array in layer.parameters]
        expected = [array.shape for array in arrays]
        try:
            with np.load(path, allow_pickle=False) as file:
                saved = [file[name] for name in file.files]
        except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise ValueError(f"{Path(path).name} is damaged or no checkpoint.") from error
        if [array.shape for array in saved] != expected:
            raise ValueError(
                f"{Path(path).name} is of another network: its parameters have the shapes"
                f" {[array.shape for array in saved]}, this network's {expected}."
            )
        for array, value in zip(arrays, saved, strict=True):
            array[:] = value
