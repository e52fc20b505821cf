"""Compared with scipy.signal.correlate, which shares no code with the exercise."""

import checking
import numpy as np
from checking import Wrong, call, close
from scipy.signal import correlate

FORBIDDEN = ("keras", "tensorflow", "torch", "jax", "scipy", "numpy_cnn", "numpy_fast")
HINTS = (
    "Two loops are enough: over the rows and the columns of the output.",
    "The window of output (i, j) begins at row `i * stride` and column `j * stride`, and has the"
    " shape (N, kh, kw, C).",
    "`np.tensordot(window, w, axes=3)` sums over the last three axes of the window and the first"
    " three of the kernels; the result has the shape (N, F).",
)


def forward(x, w, b, stride):
    """The right output, from scipy: one channel and one filter at a time."""
    y = np.zeros((len(x), x.shape[1] - w.shape[0] + 1, x.shape[2] - w.shape[1] + 1, w.shape[3]))
    for n, c, f in np.ndindex(len(x), x.shape[3], w.shape[3]):
        y[n, :, :, f] += correlate(x[n, :, :, c], w[:, :, c, f], mode="valid", method="direct")
    return y[:, ::stride, ::stride] + b


def check(exercise):
    random = np.random.default_rng(2)
    for stride in (1, 2, 3):
        x, w = random.normal(size=(2, 7, 8, 3)), random.normal(size=(3, 2, 3, 4))
        b = random.normal(size=4)
        right = forward(x, w, b, stride)
        y = checking.array(
            call(exercise, "conv_forward", x, w, b, stride), right.shape, "The output"
        )
        if not y.any():
            raise Wrong("The output is all zeros: fill y position by position.")
        if close(y, forward(x, w, 0 * b, stride)):
            raise Wrong("Everything is right but the bias: add b to every position.")
        if close(y, forward(x, w[::-1, ::-1], b, stride)):
            raise Wrong("The kernels are flipped: compare the order of u and v with the formula.")
        if stride > 1 and close(y, forward(x, w, b, 1)[:, : right.shape[1], : right.shape[2]]):
            raise Wrong(
                f"With stride {stride} the windows still move by one pixel: where does the window"
                " of output (1, 0) begin?"
            )
        checking.require(y, right, f"The output (stride {stride})", "Which axes are summed over?")
    return "three strides agree with scipy.signal.correlate."
