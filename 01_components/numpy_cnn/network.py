"""A network is a plain list of layers; each layer holds its parameters and calls its pair."""

from typing import ClassVar

from numpy_cnn import convolution, layers, losses, pooling
from numpy_cnn.checks import check_batch, check_choice
from numpy_cnn.convolution import padding_sizes
from numpy_cnn.initializers import glorot_uniform

import numpy as np


class Layer:
    """A pair of functions with parameters and options between them.

    - ``build(shape, rng, dtype)``: make ``parameters``, a list of arrays, for inputs of that shape
      (without the batch), and return the shape of the outputs
    - ``forward(x, rng)``: ``(out, cache)``; with an ``rng`` the network is being trained
    - ``backward(dout, cache)``: ``(dx, gradients)``, one gradient for each parameter
    """

    parameters, options = (), ()

    def build(self, shape, rng, dtype):
        return shape

    def forward(self, x, rng=None):
        return self.pair[0](x, *self.parameters, *self.options)

    def backward(self, dout, cache):
        result = self.pair[1](dout, cache)
        dx, *gradients = result if self.parameters else [result]
        return dx, gradients


class Conv2D(Layer):
    """Convolution with F = ``filters`` square kernels of side ``kernel_size``."""

    pair = convolution.conv_forward, convolution.conv_backward

    def __init__(
        self, filters, kernel_size, strides=1, padding="valid", kernel_initializer=glorot_uniform
    ):
        self.filters, self.side, self.initializer = filters, kernel_size, kernel_initializer
        self.options = strides, padding

    def build(self, shape, rng, dtype):
        kernels = self.initializer((self.side, self.side, shape[2], self.filters), rng, dtype)
        self.parameters = [kernels, np.zeros(self.filters, dtype)]
        sizes = [padding_sizes(size, self.side, *self.options)[2] for size in shape[:2]]
        return *sizes, self.filters


class Affine(Layer):
    """Fully connected layer (Keras: ``Dense``) with ``units`` outputs."""

    pair = layers.affine_forward, layers.affine_backward

    def __init__(self, units, kernel_initializer=glorot_uniform):
        self.units, self.initializer = units, kernel_initializer

    def build(self, shape, rng, dtype):
        weights = self.initializer((*shape, self.units), rng, dtype)
        self.parameters = [weights, np.zeros(self.units, dtype)]
        return (self.units,)


class Pooling2D(Layer):
    """``kind`` "max" or "average" with square windows, ``pool_size`` apart or ``strides``."""

    pairs: ClassVar = {
        "max": (pooling.max_pool_forward, pooling.max_pool_backward),
        "average": (pooling.average_pool_forward, pooling.average_pool_backward),
    }

    def __init__(self, kind, pool_size=2, strides=None, padding="valid"):
        check_choice("kind of pooling", kind, self.pairs)
        self.pair, self.options = self.pairs[kind], (pool_size, strides or pool_size, padding)

    def build(self, shape, rng, dtype):
        return *(padding_sizes(size, *self.options)[2] for size in shape[:2]), shape[2]


class Activation(Layer):
    """ReLU, sigmoid or tanh of every number."""

    pairs: ClassVar = {
        "relu": (layers.relu_forward, layers.relu_backward),
        "sigmoid": (layers.sigmoid_forward, layers.sigmoid_backward),
        "tanh": (layers.tanh_forward, layers.tanh_backward),
    }

    def __init__(self, name):
        check_choice("activation", name, self.pairs)
        self.pair = self.pairs[name]


class Flatten(Layer):
    """Each image as one row of numbers."""

    pair = layers.flatten_forward, layers.flatten_backward

    def build(self, shape, rng, dtype):
        return (int(np.prod(shape)),)


class Dropout(Layer):
    """Dropout while training; ``rate`` is the probability of a number to be set to zero."""

    pair = layers.dropout_forward, layers.dropout_backward

    def __init__(self, rate):
        self.rate = rate

    def forward(self, x, rng=None):
        return layers.dropout_forward(x, self.rate, rng)


class BatchNormalization(Layer):
    """γ, β, and moving averages of mean and variance, which ``momentum`` lets follow slowly."""

    pair = layers.batch_normalization_forward, layers.batch_normalization_backward

    def __init__(self, momentum=0.99):
        self.momentum = momentum

    def build(self, shape, rng, dtype):
        self.parameters = [np.ones(shape[-1], dtype), np.zeros(shape[-1], dtype)]
        self.moving = np.zeros(shape[-1], dtype), np.ones(shape[-1], dtype)
        return shape

    def forward(self, x, rng=None):
        moving = None if rng else self.moving
        out, cache = layers.batch_normalization_forward(x, *self.parameters, moving)
        if rng:
            pairs, m = zip(self.moving, cache[-1], strict=True), self.momentum
            self.moving = tuple(m * old + (1 - m) * new for old, new in pairs)
        return out, cache


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
    """

    def __init__(
        self, layers, input_shape, loss=losses.softmax_cross_entropy, l2=0.0, seed=0,
        dtype=np.float32,
    ):  # fmt: skip
        self.layers, self.input_shape, self.loss = layers, tuple(input_shape), loss
        self.rng = np.random.default_rng(seed)
        shape = self.input_shape
        for layer in layers:
            shape = layer.build(shape, self.rng, np.dtype(dtype))
        arrays = [array for layer in layers for array in layer.parameters]
        self.parameters = np.concatenate([array.ravel() for array in arrays])
        self.decay = np.concatenate([np.full(a.size, l2 * (a.ndim > 1), dtype) for a in arrays])
        for layer, views in zip(layers, self.by_layer(self.parameters), strict=True):
            layer.parameters = views

    def by_layer(self, vector):
        """The pieces of a vector as long as ``parameters``: a list of arrays for each layer."""
        pieces, start = [], 0
        for layer in self.layers:
            pieces.append([])
            for array in layer.parameters:
                pieces[-1].append(vector[start : start + array.size].reshape(array.shape))
                start += array.size
        return pieces

    def loss_and_gradient(self, x, labels):
        """The loss on one batch, and its gradient with respect to ``parameters``.

        ``x`` are floats of shape ``(N, *input_shape)``, ``labels`` integers of shape (N,).
        """
        check_batch(x, self.input_shape, labels)
        loss, gradient = self._loss_and_gradient(x, labels, self.rng)
        decay = self.decay * self.parameters  # the gradient of the L2 penalty
        return loss + float(decay @ self.parameters) / 2, gradient + decay

    def _loss_and_gradient(self, x, labels, rng):
        caches, gradients = [], []
        for layer in self.layers:
            x, cache = layer.forward(x, rng)
            caches.append(cache)
        loss, dout = self.loss(x, labels)
        for layer, cache in zip(reversed(self.layers), reversed(caches), strict=True):
            dout, of_layer = layer.backward(dout, cache)
            gradients = of_layer + gradients
        return loss, np.concatenate([gradient.ravel() for gradient in gradients])

    def predict(self, x, batch_size=256):
        """The scores of each class, shape (N, classes); dropout is off."""
        check_batch(x, self.input_shape)
        scores = []
        for start in range(0, len(x), batch_size):
            part = x[start : start + batch_size]
            for layer in self.layers:
                part, _ = layer.forward(part)
            scores.append(part)
        return np.concatenate(scores)
