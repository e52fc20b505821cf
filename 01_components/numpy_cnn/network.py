"""A network is a plain list of layers; each layer is a thin wrapper of the functions.

A layer has

- ``build(shape, rng, dtype)``: make ``parameters``, a list of arrays, for inputs of that shape
  (without the batch), and return the shape of the outputs
- ``forward(x, rng)``: ``(out, cache)``; with an ``rng`` it is being trained
- ``backward(dout, cache, input_gradient)``: ``(dx, gradients)``, one for each parameter
"""

import os
import secrets
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from numpy_cnn import convolution, layers, losses, pooling
from numpy_cnn.checks import check_floats
from numpy_cnn.initializers import glorot_uniform

import numpy as np


class Conv2D:
    """Convolution with square kernels, see ``convolution.conv_forward``.

    Args:
        filters: F, number of kernels.
        kernel_size: their side.
        strides: step in both directions.
        padding: 'valid' or 'same'.
        kernel_initializer: a function of ``initializers``; the biases start at 0.
    """

    def __init__(
        self, filters, kernel_size, strides=1, padding="valid", kernel_initializer=glorot_uniform
    ):
        self.filters, self.kernel_size, self.strides = filters, kernel_size, strides
        self.padding, self.kernel_initializer = padding, kernel_initializer

    def build(self, shape, rng, dtype):
        side = self.kernel_size
        rows, columns = (
            convolution.padding_sizes(size, side, self.strides, self.padding)[2]
            for size in shape[:2]
        )
        kernels = self.kernel_initializer((side, side, shape[2], self.filters), rng, dtype)
        self.parameters = [kernels, np.zeros(self.filters, dtype)]
        return rows, columns, self.filters

    def forward(self, x, rng=None):
        return convolution.conv_forward(x, *self.parameters, self.strides, self.padding)

    def backward(self, dout, cache, input_gradient=True):
        dx, dw, db = convolution.conv_backward(dout, cache, input_gradient)
        return dx, [dw, db]


class Affine:
    """Fully connected layer (Keras: ``Dense``), see ``layers.affine_forward``.

    Args:
        units: number of outputs.
        kernel_initializer: a function of ``initializers``; the biases start at 0.
    """

    def __init__(self, units, kernel_initializer=glorot_uniform):
        self.units, self.kernel_initializer = units, kernel_initializer

    def build(self, shape, rng, dtype):
        weights = self.kernel_initializer((*shape, self.units), rng, dtype)
        self.parameters = [weights, np.zeros(self.units, dtype)]
        return (self.units,)

    def forward(self, x, rng=None):
        return layers.affine_forward(x, *self.parameters)

    def backward(self, dout, cache, input_gradient=True):
        dx, dw, db = layers.affine_backward(dout, cache, input_gradient)
        return dx, [dw, db]


class Pooling2D:
    """Max or average pooling with square windows, see ``pooling``.

    Args:
        kind: 'max' or 'average'.
        pool_size: side of the windows.
        strides: their step; None takes ``pool_size``.
        padding: 'valid' or 'same'.
    """

    def __init__(self, kind, pool_size=2, strides=None, padding="valid"):
        if kind not in ("max", "average"):
            raise ValueError(f"The kind of pooling must be 'max' or 'average', not {kind!r}.")
        self.pool_size, self.strides, self.padding = pool_size, strides, padding
        self.parameters = []
        self._forward, self._backward = {
            "max": (pooling.max_pool_forward, pooling.max_pool_backward),
            "average": (pooling.average_pool_forward, pooling.average_pool_backward),
        }[kind]

    def build(self, shape, rng, dtype):
        rows, columns = (
            convolution.padding_sizes(
                size, self.pool_size, self.strides or self.pool_size, self.padding
            )[2]
            for size in shape[:2]
        )
        return rows, columns, shape[2]

    def forward(self, x, rng=None):
        return self._forward(x, self.pool_size, self.strides, self.padding)

    def backward(self, dout, cache, input_gradient=True):
        return self._backward(dout, cache), []


class Activation:
    """ReLU, sigmoid or tanh of every number.

    Args:
        name: 'relu', 'sigmoid' or 'tanh'.
    """

    def __init__(self, name):
        pairs = {
            "relu": (layers.relu_forward, layers.relu_backward),
            "sigmoid": (layers.sigmoid_forward, layers.sigmoid_backward),
            "tanh": (layers.tanh_forward, layers.tanh_backward),
        }
        if name not in pairs:
            raise ValueError(f"The activation must be one of {sorted(pairs)}, not {name!r}.")
        self._forward, self._backward = pairs[name]
        self.parameters = []

    def build(self, shape, rng, dtype):
        return shape

    def forward(self, x, rng=None):
        return self._forward(x)

    def backward(self, dout, cache, input_gradient=True):
        return self._backward(dout, cache), []


class Flatten:
    """Each image as one row of numbers."""

    def __init__(self):
        self.parameters = []

    def build(self, shape, rng, dtype):
        return (int(np.prod(shape)),)

    def forward(self, x, rng=None):
        return layers.flatten_forward(x)

    def backward(self, dout, cache, input_gradient=True):
        return layers.flatten_backward(dout, cache), []


class Dropout:
    """Dropout while training, see ``layers.dropout_forward``.

    Args:
        rate: probability of a number to be set to zero.
    """

    def __init__(self, rate):
        self.rate = rate
        self.parameters = []

    def build(self, shape, rng, dtype):
        return shape

    def forward(self, x, rng=None):
        return layers.dropout_forward(x, self.rate, rng)

    def backward(self, dout, cache, input_gradient=True):
        return layers.dropout_backward(dout, cache), []


class Network:
    """Layers one after the other, and a loss at the end.

    All parameters lie in one vector, θ in the formulas of optimisers; the arrays in
    ``layer.parameters`` are views of its pieces. Their order, shapes and layout are those of
    ``get_weights()`` of the same network in Keras.

    Args:
        layers: list of layers; the last one gives the scores, one per class.
        input_shape: shape of one image, (H, W, C), or of one row, (D,).
        loss: ``losses.softmax_cross_entropy`` or ``losses.svm``.
        l2: λ, strength of the L2 penalty on kernels and weights; biases have none.
        seed: of the first weights and of dropout.
        dtype: ``numpy.float32``, or ``numpy.float64`` to check gradients.
        threads: how many share a batch. NumPy computes on one core outside of matrix products,
            but lets other threads run meanwhile. Not taken from the machine, because other parts
            are rounded differently: the same seed would train another network.

    Raises:
        ValueError: a kernel or window larger than what it is laid on.
    """

    def __init__(
        self, layers, input_shape, loss=losses.softmax_cross_entropy, l2=0.0, seed=0,
        dtype=np.float32, threads=2,
    ):  # fmt: skip
        self.layers, self.input_shape, self.loss = layers, tuple(input_shape), loss
        self.dtype = np.dtype(dtype)
        rng = np.random.default_rng(seed)
        shape = self.input_shape
        for layer in layers:
            shape = layer.build(shape, rng, self.dtype)
        arrays = [array for layer in layers for array in layer.parameters]
        self.parameters = np.concatenate([array.ravel() for array in arrays])
        self.decay = np.concatenate([np.full(a.size, l2 * (a.ndim > 1), dtype) for a in arrays])
        for layer, views in zip(layers, self.by_layer(self.parameters), strict=True):
            layer.parameters = views
        self._rngs = rng.spawn(threads)
        self._pool = ThreadPoolExecutor(threads - 1) if threads > 1 else None

    def by_layer(self, vector):
        """The pieces of a vector as long as ``parameters``: a list of arrays for each layer."""
        pieces, start = [], 0
        for layer in self.layers:
            pieces.append([])
            for array in layer.parameters:
                piece = vector[start : start + array.size]
                pieces[-1].append(piece.reshape(array.shape))
                start += array.size
        return pieces

    def _check(self, x):
        check_floats(x, f"batch (N, {', '.join(map(str, self.input_shape))})", x.ndim)
        if x.shape[1:] != self.input_shape:
            raise ValueError(
                f"The batch has the shape {x.shape}, but this network takes images of shape"
                f" {self.input_shape}."
            )

    def _gradient_of_part(self, x, labels, rng):
        """Forward and backward for one part of a batch, all layers, on one thread."""
        caches = []
        for layer in self.layers:
            x, cache = layer.forward(x, rng)
            caches.append(cache)
        loss, dout = self.loss(x, labels)
        gradients = []
        for index in reversed(range(len(self.layers))):
            dout, of_layer = self.layers[index].backward(dout, caches[index], index > 0)
            gradients = of_layer + gradients
        return loss, np.concatenate([gradient.ravel() for gradient in gradients])

    def loss_and_gradient(self, x, labels):
        """The loss on one batch, and its gradient with respect to ``parameters``.

        Args:
            x: floats of shape (N, *input_shape).
            labels: integers of shape (N,).

        Returns:
            ``(loss, gradient)``: mean loss and penalty, a number; a vector.

        Raises:
            ValueError: shapes, dtype, values or labels that do not fit.
        """
        self._check(x)
        if len(labels) != len(x):
            raise ValueError(f"There are {len(labels)} labels for a batch of shape {x.shape}.")
        parts = min(len(self._rngs), len(x))
        cuts = [len(x) * part // parts for part in range(parts + 1)]
        work = [
            (x[start:end], labels[start:end], rng)
            for start, end, rng in zip(cuts, cuts[1:], self._rngs, strict=False)
        ]
        elsewhere = [self._pool.submit(self._gradient_of_part, *part) for part in work[1:]]
        results = [self._gradient_of_part(*work[0]), *(each.result() for each in elsewhere)]
        # The loss of a part is the mean over that part.
        shares = [len(part[1]) / len(x) for part in work]
        loss = sum(share * loss for share, (loss, _) in zip(shares, results, strict=True))
        gradient = self.decay * self.parameters
        penalty = gradient @ self.parameters / 2
        for share, (_, of_part) in zip(shares, results, strict=True):
            of_part *= share
            gradient += of_part
        return loss + float(penalty), gradient

    def predict(self, x, batch_size=256):
        """The scores of each class, shape (N, classes); dropout is off.

        Raises:
            ValueError: as ``loss_and_gradient``.
        """
        self._check(x)
        scores = []
        for start in range(0, len(x), batch_size):
            part = x[start : start + batch_size]
            for layer in self.layers:
                part, _ = layer.forward(part)
            scores.append(part)
        return np.concatenate(scores)

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
