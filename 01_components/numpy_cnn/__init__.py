# ruff: noqa: F401 (imported to be reached as numpy_cnn.…)
"""Every component of a convolutional network in NumPy, forward and backward, to be read.

Begin with ``layers`` and ``losses``, then ``convolution`` and ``pooling``; ``network`` puts them
together and ``solver`` trains. ``numpy_fast`` has the same names, faster and harder to read.
"""

from numpy_cnn.convolution import (
    col2im,
    conv_backward,
    conv_backward_naive,
    conv_forward,
    conv_forward_naive,
    conv_single_step,
    im2col,
    padding_sizes,
    zero_pad,
)
from numpy_cnn.gradient_check import numeric_gradient, relative_error
from numpy_cnn.initializers import fans, glorot_normal, glorot_uniform, he_normal
from numpy_cnn.layers import (
    affine_backward,
    affine_forward,
    batch_normalization_backward,
    batch_normalization_forward,
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
from numpy_cnn.network import (
    Activation,
    Affine,
    BatchNormalization,
    Conv2D,
    Dropout,
    Flatten,
    Layer,
    Network,
    Pooling2D,
)
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
