# %% [markdown]
# # The convolution, backward
#
# The loss $L$ depends on the outputs. The gradient $\partial L / \partial y$ is given as `dout`.
# By the chain rule each output passes it on to everything that took part in its sum: to the
# window of the input, to the kernels and to the bias.
#
# $$\frac{\partial L}{\partial w_{u,v,c,f}} = \sum_{n,i,j} \frac{\partial L}{\partial y_{n,i,j,f}}\;
# x_{n,\,is+u,\,js+v,\,c}$$
#
# Write all three gradients. A pixel that takes part in several windows collects from each of
# them.
#
#     python exercises/check.py 01_3

# %%
import numpy as np


def conv_backward(dout, x, w, stride):
    """The gradients of a convolution without padding.

    Args:
        dout: gradient of the loss with respect to the output, float64 (N, out_h, out_w, F).
        x: images, float64 of shape (N, H, W, C).
        w: kernels, float64 of shape (kh, kw, C, F).
        stride: step of the kernel, across and down.

    Returns:
        ``(dx, dw, db)``: the gradients with respect to images, kernels and biases, of the shapes
        (N, H, W, C), (kh, kw, C, F) and (F,).
    """
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    ...
