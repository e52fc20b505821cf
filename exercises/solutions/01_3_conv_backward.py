# %% [markdown]
# # The convolution, backward
#
# The loops are those of the forward pass. Each position adds its share to the window of `dx` and
# to `dw`; `+=` is what collects over positions that share a pixel.

# %%
import numpy as np


def conv_backward(dout, x, w, stride):
    """The gradients of a convolution without padding."""
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    kh, kw = w.shape[:2]
    for i in range(dout.shape[1]):
        for j in range(dout.shape[2]):
            top, left = i * stride, j * stride
            place = np.s_[:, top : top + kh, left : left + kw]
            dw += np.einsum("nuvc,nf->uvcf", x[place], dout[:, i, j])
            dx[place] += np.einsum("nf,uvcf->nuvc", dout[:, i, j], w)
    return dx, dw, dout.sum(axis=(0, 1, 2))
