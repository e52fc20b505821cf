"""Chapter 01: every gradient against central differences, hand-computed cases and the loops."""

import sys

from cnn_practice import files

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(files.ROOT / "01_components"))  # where its scripts find the library

import numpy_cnn as cnn
import numpy_fast

LIBRARIES = (cnn, numpy_fast)  # the one to be read, and the fast one with the same names

# Batch 1, one channel, not square, even and odd, kernels 1 to 7, larger than a side too.
SHAPES = ((1, 7, 9, 1), (2, 8, 5, 3), (3, 6, 11, 2))
KERNELS = ((1, 1), (2, 2), (3, 3), (3, 5), (4, 1), (5, 5), (7, 7), (2, 7))
STRIDES = (1, 2, 3)
PADDINGS = ("same", "valid")
GRID = [
    (shape, kernel, stride, padding)
    for shape in SHAPES
    for kernel in KERNELS
    for stride in STRIDES
    for padding in PADDINGS
    if padding == "same" or (kernel[0] <= shape[1] and kernel[1] <= shape[2])
]


def normal(*shape, seed=0, dtype=np.float64):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def agree(*results, tolerance):
    """Assert that tuples of arrays agree with the first one, shapes and dtypes included."""
    first, *others = results
    for other in others:
        for one, another in zip(first, other, strict=True):
            assert one.dtype == another.dtype
            assert cnn.relative_error(one, another) < tolerance


# --- convolution


LOOPS = cnn.conv_forward_naive, cnn.conv_backward_naive
CONVOLUTIONS = (LOOPS, *((each.conv_forward, each.conv_backward) for each in LIBRARIES))


def all_convolutions(shape, kernel, stride, padding, filters, dtype=np.float64):
    """``(out, dx, dw, db)`` by the loops, by im2col and by the fast version."""
    x, b = normal(*shape, dtype=dtype), normal(filters, seed=2, dtype=dtype)
    w = normal(*kernel, shape[3], filters, seed=1, dtype=dtype)
    results = []
    for forward, backward in CONVOLUTIONS:
        out, cache = forward(x, w, b, stride, padding)
        results.append((out, *backward(normal(*out.shape, seed=3, dtype=dtype), cache)))
    return results


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize("stride", STRIDES)
def test_im2col_and_fast_convolution_are_the_loops(stride, padding):
    for shape, kernel, s, p in GRID:
        if (s, p) == (stride, padding):
            for filters in (1, 4):
                agree(*all_convolutions(shape, kernel, s, p, filters), tolerance=1e-12)


def test_im2col_and_fast_convolution_are_the_loops_in_float32():
    for dtype, tolerance in ((np.float32, 1e-6), (np.float64, 1e-14)):
        results = all_convolutions((2, 9, 8, 3), (5, 3), 1, "same", 6, dtype)
        agree(*results, tolerance=tolerance)


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(1, 3), height=st.integers(1, 9), width=st.integers(1, 9), c=st.integers(1, 4),
    kh=st.integers(1, 7), kw=st.integers(1, 7), f=st.integers(1, 40), stride=st.integers(1, 4),
    padding=st.sampled_from(PADDINGS), images=st.integers(1, 4),
)  # fmt: skip
def test_im2col_and_fast_convolution_are_the_loops_for_any_size(
    n, height, width, c, kh, kw, f, stride, padding, images
):
    if padding == "valid" and (kh > height or kw > width):
        return
    bytes_before = numpy_fast.convolution.COLUMN_BYTES
    try:  # a batch in several pieces, as only large images are
        numpy_fast.convolution.COLUMN_BYTES = images * 5000
        agree(
            *all_convolutions((n, height, width, c), (kh, kw), stride, padding, f),
            tolerance=1e-11,
        )
    finally:
        numpy_fast.convolution.COLUMN_BYTES = bytes_before


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize("stride", STRIDES)
def test_convolution_against_central_differences(stride, padding):
    for kernel in ((1, 1), (3, 2), (5, 4), (7, 7)):
        x = normal(1, 8, 7, 2)
        w, b = normal(*kernel, 2, 3, seed=1), normal(3, seed=2)
        for forward, backward in CONVOLUTIONS:
            if forward is cnn.conv_forward_naive and (kernel, stride) != ((3, 2), 2):
                continue  # loops in loops; the grid above ties them to the others
            out, cache = forward(x, w, b, stride, padding)
            dout = normal(*out.shape, seed=3)
            again = lambda _, f=forward, a=(x, w, b): f(*a, stride, padding)[0]  # noqa: E731
            numeric = [cnn.numeric_gradient(again, each, dout) for each in (x, w, b)]
            agree(backward(dout, cache), numeric, tolerance=1e-6)


def test_convolution_computed_by_hand():
    x = np.array([[1.0, 2, 3], [4, 5, 6], [7, 8, 9]])[None, :, :, None]
    w = np.array([[1.0, 0], [0, -1]])[:, :, None, None]
    for forward, _ in CONVOLUTIONS:
        out, _ = forward(x, w, np.array([10.0]))
        assert out[0, :, :, 0].tolist() == [[6, 6], [6, 6]]  # 1 - 5 + 10 and so on
        same, _ = forward(x, w, np.array([0.0]), padding="same")  # the zeros come after
        assert same[0, :, :, 0].tolist() == [[-4, -4, 3], [-4, -4, 6], [7, 8, 9]]
        assert forward(x, w, np.array([0.0]), 2, "same")[0].shape == (1, 2, 2, 1)


def test_one_step_and_zero_padding():
    window = np.arange(8.0).reshape(2, 2, 2)
    assert cnn.conv_single_step(window, np.ones((2, 2, 2)), 0.5) == 28.5
    padded = cnn.zero_pad(np.ones((1, 2, 3, 1)), (1, 0), (0, 2))
    assert padded.shape == (1, 3, 5, 1) and padded.sum() == 6
    assert padded[0, 0].sum() == padded[0, :, 3:].sum() == 0


def test_input_gradient_may_be_left_out():
    out, cache = numpy_fast.conv_forward(normal(2, 6, 6, 1), normal(3, 3, 1, 2), normal(2))
    whole = numpy_fast.conv_backward(out, cache)
    part = numpy_fast.conv_backward(out, cache, False)
    assert part[0] is None
    agree(whole[1:], part[1:], tolerance=1e-15)


# --- pooling

POOLS = {
    "max": (
        (cnn.max_pool_forward_naive, cnn.max_pool_backward_naive),
        *((each.max_pool_forward, each.max_pool_backward) for each in LIBRARIES),
    ),
    "average": (
        (cnn.average_pool_forward_naive, cnn.average_pool_backward_naive),
        *((each.average_pool_forward, each.average_pool_backward) for each in LIBRARIES),
    ),
}


@pytest.mark.parametrize("kind", POOLS)
@settings(max_examples=80, deadline=None)
@given(
    n=st.integers(1, 3), height=st.integers(1, 9), width=st.integers(1, 9), c=st.integers(1, 3),
    window=st.integers(1, 5), stride=st.none() | st.integers(1, 4),
    padding=st.sampled_from(PADDINGS), ties=st.booleans(),
)  # fmt: skip
def test_pooling_at_once_and_fast_are_the_loops(
    kind, n, height, width, c, window, stride, padding, ties
):
    if padding == "valid" and window > min(height, width):
        return
    x = normal(n, height, width, c)
    if ties:
        x = np.sign(x)  # many equal maxima: the first in reading order gets the gradient
    results = []
    for forward, backward in POOLS[kind]:
        out, cache = forward(x, window, stride, padding)
        results.append((out, backward(normal(*out.shape, seed=3), cache)))
    agree(*results, tolerance=1e-12)


@pytest.mark.parametrize("kind", POOLS)
def test_pooling_against_central_differences(kind):
    x = np.random.default_rng(0).permutation(6 * 5 * 2).reshape(1, 6, 5, 2) / 10.0
    for window in (1, 2, 3):
        for stride in STRIDES:
            for padding in PADDINGS:
                # The loops are slow, and tied to the others above: one setting is enough.
                all_three = (window, stride) == (3, 2)
                for forward, backward in POOLS[kind] if all_three else POOLS[kind][1:]:
                    out, cache = forward(x, window, stride, padding)
                    dout = normal(*out.shape)
                    numeric = cnn.numeric_gradient(
                        lambda x, f=forward, o=(window, stride, padding): f(x, *o)[0], x, dout
                    )
                    agree([backward(dout, cache)], [numeric], tolerance=1e-6)


# --- the other layers and the losses


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", ["relu", "sigmoid", "tanh", "flatten"])
def test_elementwise_layers_against_central_differences(name, library):
    forward, backward = getattr(library, f"{name}_forward"), getattr(library, f"{name}_backward")
    x = normal(2, 3, 4, 2) * 3
    out, cache = forward(x)
    dout = normal(*out.shape, seed=1)
    numeric = cnn.numeric_gradient(lambda x: forward(x)[0], x, dout)
    agree([backward(dout, cache)], [numeric], tolerance=1e-6)


def test_affine_against_central_differences():
    x, w, b = normal(4, 5), normal(5, 3, seed=1), normal(3, seed=2)
    out, cache = cnn.affine_forward(x, w, b)
    dout = normal(*out.shape, seed=3)
    numeric = (
        cnn.numeric_gradient(lambda x: cnn.affine_forward(x, w, b)[0], x, dout),
        cnn.numeric_gradient(lambda w: cnn.affine_forward(x, w, b)[0], w, dout),
        cnn.numeric_gradient(lambda b: cnn.affine_forward(x, w, b)[0], b, dout),
    )
    agree(cnn.affine_backward(dout, cache), numeric, tolerance=1e-6)


def test_convolution_backward_computed_by_hand():
    """One window, so every gradient is one product: dw = x·δ, dx = w·δ, db = δ."""
    x, w = np.array([[1.0, 2], [3, 4]]), np.array([[5.0, 6], [7, 8]])
    for forward, backward in CONVOLUTIONS:
        _, cache = forward(x[None, :, :, None], w[:, :, None, None], np.zeros(1))
        dx, dw, db = backward(np.full((1, 1, 1, 1), 10.0), cache)
        assert dx[0, :, :, 0].tolist() == [[50, 60], [70, 80]]
        assert dw[:, :, 0, 0].tolist() == [[10, 20], [30, 40]] and db.tolist() == [10]


def test_pooling_computed_by_hand():
    """Two windows that overlap in the column of 5 and 7."""
    x, dout = np.array([[1.0, 5, 2], [3, 7, 9]])[None, :, :, None], np.array([10.0, 20])
    dout = dout.reshape(1, 1, 2, 1)
    for name, expected, gradient in (
        ("max", [7, 9], [[0, 0, 0], [0, 10, 20]]),
        ("average", [4, 5.75], [[2.5, 7.5, 5], [2.5, 7.5, 5]]),
    ):
        for forward, backward in POOLS[name]:
            out, cache = forward(x, 2, 1)
            assert out.ravel().tolist() == expected
            assert backward(dout, cache)[0, :, :, 0].tolist() == gradient


@pytest.mark.parametrize("shape", [(7, 3), (2, 4, 3, 2)])
def test_batch_normalization_against_central_differences(shape):
    x, gamma, beta = normal(*shape) * 3 + 5, normal(shape[-1], seed=1), normal(shape[-1], seed=2)
    dout = normal(*shape, seed=3)
    out, cache = cnn.batch_normalization_forward(x, gamma, beta)
    numeric = [
        cnn.numeric_gradient(
            lambda _: cnn.batch_normalization_forward(x, gamma, beta)[0], each, dout
        )
        for each in (x, gamma, beta)
    ]
    agree(cnn.batch_normalization_backward(dout, cache), numeric, tolerance=1e-6)
    normalized = ((out - beta) / gamma).reshape(-1, shape[-1])
    assert np.allclose(normalized.mean(axis=0), 0) and np.allclose(normalized.var(axis=0), 1, 1e-2)
    # When the network is used, an example's output does not depend on the other examples.
    alone, _ = cnn.batch_normalization_forward(x[:1], gamma, beta, moving=cache[-1])
    assert np.allclose(alone, out[:1])


def test_batch_normalization_computed_by_hand():
    x = np.array([[1.0], [3]])  # mean 2, variance 1
    out, cache = cnn.batch_normalization_forward(x, np.array([2.0]), np.array([10.0]), epsilon=0)
    assert out.ravel().tolist() == [8, 12]
    dx, dgamma, dbeta = cnn.batch_normalization_backward(np.array([[1.0], [0]]), cache)
    # Two examples are always normalised to -1 and 1: nothing they do changes the output.
    assert dx.ravel().tolist() == [0, 0] and dgamma.tolist() == [-1] and dbeta.tolist() == [1]


@pytest.mark.parametrize("rate", [0.0, 0.3, 0.9])
def test_dropout(rate):
    x = normal(50, 40)
    assert cnn.dropout_forward(x, rate)[0] is x, "nothing happens when the network is used"
    out, cache = cnn.dropout_forward(x, rate, np.random.default_rng(0))
    dropped = float((out == 0).mean())
    assert abs(dropped - rate) < 0.05
    assert np.allclose(out[out != 0], x[out != 0] / (1 - rate))
    small = x[:2, :3].copy()
    _, cache = cnn.dropout_forward(small, rate, np.random.default_rng(0))
    dout = normal(2, 3, seed=1)
    numeric = cnn.numeric_gradient(
        lambda x: cnn.dropout_forward(x, rate, np.random.default_rng(0))[0], small, dout
    )
    agree([cnn.dropout_backward(dout, cache)], [numeric], tolerance=1e-6)
    with pytest.raises(ValueError, match="dropout rate"):
        cnn.dropout_forward(x, 1.0)


@pytest.mark.parametrize("loss", [cnn.softmax_cross_entropy, cnn.svm])
@settings(max_examples=30, deadline=None)
@given(n=st.integers(1, 5), classes=st.integers(2, 6), seed=st.integers(0, 99))
def test_losses_against_central_differences(loss, n, classes, seed):
    scores = normal(n, classes, seed=seed) * 2
    labels = np.random.default_rng(seed).integers(classes, size=n)
    numeric = cnn.numeric_gradient(lambda scores: loss(scores, labels)[0], scores)
    agree([loss(scores, labels)[1]], [numeric], tolerance=1e-6)


def test_l2_against_central_differences():
    w = normal(3, 4)
    agree(
        [cnn.l2(w, 0.3)[1]], [cnn.numeric_gradient(lambda w: cnn.l2(w, 0.3)[0], w)], tolerance=1e-6
    )


def test_losses_computed_by_hand():
    scores, labels = np.array([[0.0, np.log(3)], [5, 2]]), np.array([1, 1])
    loss, _ = cnn.softmax_cross_entropy(scores, labels)
    assert loss == pytest.approx((np.log(4 / 3) + np.log(1 + np.exp(3))) / 2)
    assert cnn.svm(np.array([[1.0, 3, 2.5]]), np.array([1]))[0] == pytest.approx(0.5)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1e4, -1e4])
def test_huge_scores_neither_overflow_nor_divide_by_zero(size, dtype):
    scores = np.array([[size, 0, -size], [size, size, size]], dtype=dtype)
    with np.errstate(all="raise", under="ignore"):
        loss, gradient = cnn.softmax_cross_entropy(scores, np.array([2, 0]))
        p = cnn.softmax(scores)
        sigmoid, _ = cnn.sigmoid_forward(scores)
    assert np.isfinite(loss) and np.isfinite(gradient).all() and gradient.dtype == dtype
    assert np.allclose(p.sum(axis=1), 1) and ((sigmoid >= 0) & (sigmoid <= 1)).all()


# --- weights to start from, optimisers


@pytest.mark.parametrize(
    ("initializer", "variance"),
    [
        (cnn.he_normal, 2 / 250),
        (cnn.glorot_normal, 2 / (250 + 1500)),
        (cnn.glorot_uniform, 2 / (250 + 1500)),
    ],
)
def test_initializers(initializer, variance):
    w = initializer((5, 5, 10, 60), np.random.default_rng(0))
    assert w.dtype == np.float32
    assert w.var() == pytest.approx(variance, rel=0.05) and abs(w.mean()) < 0.01
    again = initializer((5, 5, 10, 60), np.random.default_rng(0))
    assert np.array_equal(w, again)


def test_first_steps_of_optimizers_computed_by_hand():
    """From θ = 0, two steps with the gradients 1 and 3, and η = 1."""
    for optimizer, expected in (
        (cnn.SGD(1.0), (-1, -4)),
        (cnn.SGD(1.0, momentum=0.5), (-1, -4.5)),
        (cnn.RMSprop(1.0, rho=0.5, epsilon=0), (-(2**0.5), -(2**0.5) - 3 / 4.75**0.5)),
        # m: 0.5, 1.75; v: 0.25, 2.3125 (β₁ = 0.5, β₂ = 0.75), corrected by 1/0.5, 1/0.75, …
        (
            cnn.Adam(1.0, beta_1=0.5, beta_2=0.75, epsilon=0),
            (-1, -1 - (1.75 / 0.75) / (2.4375 / 0.4375) ** 0.5),
        ),
    ):
        theta = np.zeros(1)
        for gradient, value in zip((1.0, 3.0), expected, strict=True):
            optimizer.update(theta, np.array([gradient]))
            assert theta[0] == pytest.approx(value), optimizer


def test_optimizers_find_the_bottom_of_a_valley():
    for optimizer in (
        cnn.SGD(0.02), cnn.SGD(0.02, momentum=0.9), cnn.RMSprop(0.01), cnn.Adam(0.05),
    ):  # fmt: skip
        parameters = np.array([3.0, -2.0])
        for _ in range(600):
            optimizer.update(parameters, np.array([2.0, 20.0]) * parameters)
        assert np.abs(parameters).max() < 0.02, optimizer


# --- networks


def small_network(cnn=numpy_fast, **options):
    """Every kind of layer once, on images of 8×8 with 2 channels."""
    layers = [
        cnn.Conv2D(4, 3, padding="same", kernel_initializer=cnn.he_normal),
        cnn.Activation("relu"),
        cnn.Pooling2D("max", 2),
        cnn.Conv2D(3, 2, strides=2),
        cnn.Activation("sigmoid"),
        cnn.Pooling2D("average", 2, 1, "same"),
        cnn.Flatten(),
        cnn.Affine(6),
        cnn.Activation("tanh"),
        cnn.Affine(3),
    ]
    return cnn.Network(layers, (8, 8, 2), **options)


@pytest.mark.parametrize(
    ("library", "options"), [(cnn, {}), (numpy_fast, {"threads": 1}), (numpy_fast, {"threads": 3})]
)
@pytest.mark.parametrize("loss", [cnn.softmax_cross_entropy, cnn.svm])
def test_network_against_central_differences(loss, library, options):
    network = small_network(library, loss=loss, l2=0.01, dtype=np.float64, **options)
    x, labels = normal(5, 8, 8, 2), np.array([0, 1, 2, 1, 0])
    _, gradient = network.loss_and_gradient(x, labels)
    numeric = cnn.numeric_gradient(
        lambda _: network.loss_and_gradient(x, labels)[0], network.parameters
    )
    agree([gradient], [numeric], tolerance=1e-6)


def test_network_with_batch_normalization_against_central_differences():
    layers = [cnn.Conv2D(3, 3), cnn.BatchNormalization(0.5), cnn.Activation("tanh")]
    layers += [cnn.Flatten(), cnn.Affine(4), cnn.BatchNormalization(), cnn.Affine(3)]
    network = cnn.Network(layers, (5, 5, 2), l2=0.01, dtype=np.float64)
    x, labels = normal(6, 5, 5, 2), np.arange(6) % 3
    _, gradient = network.loss_and_gradient(x, labels)
    numeric = cnn.numeric_gradient(
        lambda _: network.loss_and_gradient(x, labels)[0], network.parameters
    )
    agree([gradient], [numeric], tolerance=1e-6)
    before = layers[1].moving
    assert np.allclose(network.predict(x[:1]), network.predict(x)[:1]), "each one on its own"
    assert layers[1].moving is before, "nothing is gathered when the network is used"


@pytest.mark.parametrize("cnn", LIBRARIES)
def test_dropout_in_a_network_is_reproducible_and_off_when_used(cnn):
    layers = [[cnn.Flatten(), cnn.Dropout(0.5), cnn.Affine(3)] for _ in range(2)]
    first, second = (cnn.Network(each, (4, 4, 1), seed=3) for each in layers)
    x, labels = normal(6, 4, 4, 1, dtype=np.float32), np.arange(6) % 3
    results = [net.loss_and_gradient(x, labels) for net in (first, second, first)]
    assert results[0][0] == results[1][0] != results[2][0]
    assert np.array_equal(first.predict(x), second.predict(x))


def solver_for(network, n=60, library=numpy_fast, **options):
    """A solver for three classes, each brighter than the last; it validates on 40 others."""
    labels = np.arange(n + 40) % 3
    x = normal(n + 40, 8, 8, 2, dtype=np.float32) + labels[:, None, None, None].astype(np.float32)
    train, validation = (x[:n], labels[:n]), (x[n:], labels[n:])
    return library.Solver(network, train, validation, cnn.Adam(0.01), 20, **options)


@pytest.mark.parametrize("library", LIBRARIES)
def test_solver_trains_and_keeps_the_best(library, capsys):
    network = small_network(library)
    before = network.parameters.copy()
    solver = solver_for(network, library=library)
    chance = solver.evaluate(*solver.validation_part)[1]
    seen = []
    solver.train(60, seen.append)
    assert seen == list(range(1, 61)) and len(solver.losses) == 60
    assert solver.checked_at == list(range(3, 61, 3))  # once an epoch
    assert solver.losses[-1] < solver.losses[0] / 2
    assert {len(values) for values in solver.history.values()} == {20}
    assert solver.history["loss"][0] == pytest.approx(np.mean(solver.losses[:3]))
    assert max(solver.history["val_accuracy"]) == solver.best_accuracy
    # On examples that it was not trained on.
    assert solver.evaluate(*solver.validation_part)[1] == solver.best_accuracy >= 0.9 > chance
    assert not np.array_equal(network.parameters, before)
    assert "step 60/60" in capsys.readouterr().out


def test_both_libraries_train_the_same_network():
    losses = []
    for library, options in ((cnn, {}), (numpy_fast, {"threads": 1}), (numpy_fast, {"threads": 2})):
        solver = solver_for(small_network(library, **options), library=library)
        losses.append([solver.step() for _ in range(10)])
    assert losses[0] == pytest.approx(losses[1], rel=1e-4) == losses[2]


def test_solver_saves_the_best_and_resets(tmp_path):
    network = small_network()
    before = network.parameters.copy()
    solver = solver_for(network, checkpoint=tmp_path / "best.npz")
    solver.train(30)
    losses, after = solver.losses, network.parameters.copy()
    other = small_network(seed=1)
    other.load(tmp_path / "best.npz")
    assert np.array_equal(other.parameters, after)
    solver.reset()
    assert np.array_equal(network.parameters, before) and solver.losses == []
    solver.train(30)
    assert solver.losses == losses, "the same seed, the same training"
    assert np.array_equal(network.parameters, after)


def test_checkpoint_needs_no_pickle_and_leaves_no_half_file(tmp_path, monkeypatch):
    network = small_network()
    network.save(tmp_path / "network.npz")
    with np.load(tmp_path / "network.npz", allow_pickle=False) as file:
        assert [file[name].shape for name in file.files][:2] == [(3, 3, 2, 4), (4,)]
    whole = (tmp_path / "network.npz").read_bytes()

    def full_disk(file, **arrays):
        file.write(b"half")
        raise OSError("the disk is full")

    monkeypatch.setattr(np, "savez", full_disk)
    with pytest.raises(OSError, match="disk is full"):
        network.save(tmp_path / "network.npz")
    assert (tmp_path / "network.npz").read_bytes() == whole
    assert [path.name for path in tmp_path.iterdir()] == ["network.npz"]


# --- bad input: one sentence, with the shapes in it

GOOD_X, GOOD_W, GOOD_B = normal(2, 6, 6, 3), normal(3, 3, 3, 4), normal(4)


def with_nan(x):
    x = x.copy()
    x[1, 2, 3, 0] = np.nan
    return x


@pytest.mark.parametrize("forward", [forward for forward, _ in CONVOLUTIONS])
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((GOOD_X[..., :2], GOOD_W, GOOD_B), "(2, 6, 6, 2) has 2 channels"),
        ((GOOD_X, normal(7, 3, 3, 4), GOOD_B), "size 7 does not fit an axis of 6"),
        ((GOOD_X, GOOD_W, GOOD_B, 0), "at least 1, not 0"),
        ((GOOD_X, GOOD_W, GOOD_B, 1.5), "at least 1, not 1.5"),
        ((GOOD_X, GOOD_W, GOOD_B, 1, "full"), "'same' or 'valid', not 'full'"),
        ((GOOD_X[:0], GOOD_W, GOOD_B), "empty: its shape is (0, 6, 6, 3)"),
        ((GOOD_X[0], GOOD_W, GOOD_B), "4 axes, not the shape (6, 6, 3)"),
        ((GOOD_X.astype(np.uint8), GOOD_W, GOOD_B), "(2, 6, 6, 3) has the dtype uint8"),
        ((with_nan(GOOD_X), GOOD_W, GOOD_B), "(2, 6, 6, 3) has 1 values that are NaN"),
        ((GOOD_X, GOOD_W, normal(3)), "biases of shape (3,) do not fit the kernels"),
        ((GOOD_X, GOOD_W[0], GOOD_B), "not the shape (3, 3, 4)"),
    ],
)
def test_convolution_refuses(forward, arguments, says):
    refused(lambda: forward(*arguments), says)


@pytest.mark.parametrize("kind", POOLS)
def test_pooling_refuses(kind):
    for forward, _ in POOLS[kind]:
        refused(lambda f=forward: f(GOOD_X, 7), "size 7 does not fit an axis of 6")
        refused(lambda f=forward: f(GOOD_X, 2, 0), "at least 1, not 0")
        refused(lambda f=forward: f(GOOD_X, 0), "at least 1, not 0")
        refused(lambda f=forward: f(GOOD_X[:0]), "(0, 6, 6, 3)")
        refused(lambda f=forward: f(with_nan(GOOD_X)), "NaN or infinite, the first at (1, 2, 3, 0)")


def refused(call, says):
    with pytest.raises(ValueError) as caught:
        call()
    sentence = str(caught.value)
    assert says in sentence
    assert sentence.endswith(".") and "\n" not in sentence


@pytest.mark.parametrize("loss", [cnn.softmax_cross_entropy, cnn.svm])
def test_losses_refuse(loss):
    scores = normal(4, 3)
    refused(lambda: loss(scores, np.array([0, 1, 2, 3])), "from 0 to 3, but scores of shape (4, 3)")
    refused(lambda: loss(scores, np.array([0, -1, 2, 2])), "from -1 to 2")
    refused(lambda: loss(scores, np.array([0, 1])), "4 integers for scores of shape (4, 3)")
    refused(lambda: loss(scores, np.ones(4)), "not float64 of shape (4,)")
    refused(lambda: loss(scores[:0], np.array([], int)), "(0, 3)")
    refused(lambda: loss(scores * np.nan, np.zeros(4, int)), "(4, 3) has 12 values that are NaN")


@pytest.mark.parametrize("cnn", LIBRARIES)
def test_networks_and_layers_refuse(cnn):
    network = small_network(cnn)
    x, labels = normal(5, 8, 8, 2, dtype=np.float32), np.zeros(5, int)
    refused(lambda: network.predict(x[:, :7]), "(5, 7, 8, 2), but this network takes")
    refused(lambda: network.predict(x[:0]), "empty: its shape is (0, 8, 8, 2)")
    refused(lambda: network.predict((x * 9).astype(int)), "convert it to float32")
    refused(lambda: network.loss_and_gradient(x, labels[:3]), "3 labels for a batch of shape (5,")
    refused(lambda: network.loss_and_gradient(x, labels + 3), "from 3 to 3")
    refused(lambda: cnn.Network([cnn.Conv2D(2, 9)], (8, 8, 1)), "size 9 does not fit")
    refused(lambda: cnn.Activation("softplus"), "not 'softplus'")
    refused(lambda: cnn.Pooling2D("median"), "not 'median'")
    refused(lambda: cnn.affine_forward(normal(2, 3), normal(4, 5), normal(5)), "(4, 5)")
    refused(
        lambda: solver_for(network, n=0, library=cnn), "0 labels for examples of shape (0, 8, 8, 2)"
    )


def test_networks_refuse_checkpoints_of_others(tmp_path):
    network = small_network()
    layers = [numpy_fast.Flatten(), numpy_fast.Affine(3)]
    numpy_fast.Network(layers, (8, 8, 2)).save(tmp_path / "other.npz")
    refused(lambda: network.load(tmp_path / "other.npz"), "of another network: its parameters have")
    (tmp_path / "broken.npz").write_bytes(b"PK not an archive")
    refused(lambda: network.load(tmp_path / "broken.npz"), "broken.npz is damaged")


def test_a_gradient_of_another_shape_is_refused():
    convolution, pool = (GOOD_X, GOOD_W, GOOD_B), (GOOD_X,)
    for forward, backward, arguments in (
        *((*pair, convolution) for pair in CONVOLUTIONS),
        *((*pair, pool) for pair in (*POOLS["max"], *POOLS["average"])),
    ):
        out, cache = forward(*arguments)
        refused(
            lambda backward=backward, out=out, cache=cache: backward(out[:, 1:], cache),
            f"the output it belongs to has {out.shape}",
        )


def test_input_whose_sum_overflows_is_not_taken_for_infinite():
    x = np.full((1, 4, 4, 1), 3e38, dtype=np.float32)
    for library in LIBRARIES:
        assert (library.max_pool_forward(x)[0] == x[:, :2, :2]).all()
