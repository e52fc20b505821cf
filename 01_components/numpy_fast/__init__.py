# ruff: noqa: F401 (imported to be reached as numpy_fast.…)
"""The names of ``numpy_cnn``, made for long trainings: change the import, nothing else.

What is different: convolution and pooling (``convolution``, ``pooling``), two activations
(``layers``), and a network whose two threads share each batch (``network``), with a solver that can
save its best weights (``solver``). ``BatchNormalization`` is left out: it needs the whole batch.
"""

import numpy as np

# Without this, each training step would give its arrays back to the system and get fresh pages for
# the next, which takes as long as the computing. The GNU C library keeps freed blocks up to the
# size of the largest one it has seen freed; so show it one of 30 MB (it heeds up to 32 MiB).
np.empty(30_000_000, dtype=np.uint8)

from numpy_fast.convolution import conv_backward, conv_forward
from numpy_fast.layers import sigmoid_forward, tanh_backward
from numpy_fast.network import Activation, Conv2D, Network, Pooling2D
from numpy_fast.pooling import (
    average_pool_backward,
    average_pool_forward,
    max_pool_backward,
    max_pool_forward,
)
from numpy_fast.solver import Solver

from numpy_cnn import (
    SGD,
    Adam,
    Affine,
    Dropout,
    Flatten,
    Layer,
    RMSprop,
    affine_backward,
    affine_forward,
    average_pool_backward_naive,
    average_pool_forward_naive,
    batch_normalization_backward,
    batch_normalization_forward,
    col2im,
    conv_backward_naive,
    conv_forward_naive,
    conv_single_step,
    dropout_backward,
    dropout_forward,
    fans,
    flatten_backward,
    flatten_forward,
    glorot_normal,
    glorot_uniform,
    he_normal,
    im2col,
    l2,
    max_pool_backward_naive,
    max_pool_forward_naive,
    numeric_gradient,
    padding_sizes,
    relative_error,
    relu_backward,
    relu_forward,
    sigmoid_backward,
    softmax,
    softmax_cross_entropy,
    svm,
    tanh_forward,
    zero_pad,
)
