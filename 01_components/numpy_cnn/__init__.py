"""Every component of a convolutional network in NumPy, forward and backward."""

import numpy as np

# Without this, each training step would give its arrays back to the system and get fresh pages for
# the next, which takes as long as the computing. The GNU C library keeps freed blocks up to the
# size of the largest one it has seen freed; so show it one of 30 MB (it heeds up to 32 MiB).
np.empty(30_000_000, dtype=np.uint8)

from numpy_cnn.convolution import (
    conv_backward,
    conv_backward_naive,
    conv_forward,
    conv_forward_naive,
    conv_single_step,
    padding_sizes,
    zero_pad,
)
from numpy_cnn.gradient_check import numeric_gradient, relative_error
from numpy_cnn.initializers import glorot_normal, glorot_uniform, he_normal
from numpy_cnn.layers import (
    affine_backward,
    affine_forward,
    dropout_backward,
    dropout_forward,
    flatten_backward,
    flatten_forward,
    relu_backward,
    relu_forward,
    sigmoid_backward,
    sigmoid_forward,
    tanh_backward,
    tanh_forward,
)
from numpy_cnn.losses import l2, softmax, softmax_cross_entropy, svm
from numpy_cnn.network import Activation, Affine, Conv2D, Dropout, Flatten, Network, Pooling2D
from numpy_cnn.optimizers import SGD, Adam, RMSprop
from numpy_cnn.pooling import (
    average_pool_backward,
    average_pool_backward_naive,
    average_pool_forward,
    average_pool_forward_naive,
    max_pool_backward,
    max_pool_backward_naive,
    max_pool_forward,
    max_pool_forward_naive,
)
from numpy_cnn.solver import Solver

__all__ = [
    "SGD",
    "Activation",
    "Adam",
    "Affine",
    "Conv2D",
    "Dropout",
    "Flatten",
    "Network",
    "Pooling2D",
    "RMSprop",
    "Solver",
    "affine_backward",
    "affine_forward",
    "average_pool_backward",
    "average_pool_backward_naive",
    "average_pool_forward",
    "average_pool_forward_naive",
    "conv_backward",
    "conv_backward_naive",
    "conv_forward",
    "conv_forward_naive",
    "conv_single_step",
    "dropout_backward",
    "dropout_forward",
    "flatten_backward",
    "flatten_forward",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "l2",
    "max_pool_backward",
    "max_pool_backward_naive",
    "max_pool_forward",
    "max_pool_forward_naive",
    "numeric_gradient",
    "padding_sizes",
    "relative_error",
    "relu_backward",
    "relu_forward",
    "sigmoid_backward",
    "sigmoid_forward",
    "softmax",
    "softmax_cross_entropy",
    "svm",
    "tanh_backward",
    "tanh_forward",
    "zero_pad",
]
