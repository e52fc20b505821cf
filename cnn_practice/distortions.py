"""Random distortions of images for training: of digits in one resampling, of photographs."""

import functools
import os
import sys

import numpy as np
import tensorflow as tf

# On other systems TensorFlow may have been built without XLA.
XLA = sys.platform == "linux"


def distort(images, rotation=0, shift=0, zoom=0, shear=0, elastic=0):
    """Turn, shift, scale, shear and bend each image of a batch by random amounts of its own.

    Together they make one displacement per pixel, so that an image is interpolated once. Four
    ``Random…`` layers of Keras in a row interpolate four times, and each time blurs the strokes.

    Args:
        images: float32 tensor of shape (N, size, size, 1), 0 = paper.
        rotation: largest angle to either side, in degrees.
        shift: largest shift to either side, in pixels, across and down.
        zoom: largest change of the width and of the height, as a share of them.
        shear: largest shear, in pixels across per pixel down and the other way round.
        elastic: standard deviation, in pixels, of a displacement that is drawn at 4×4 points and
            interpolated smoothly between them, after the elastic distortions of Simard,
            Steinkraus & Platt (2003).

    Returns:
        float32 tensor of the same shape.
    """
    number = tf.shape(images)[0]

    def within(limit):
        return tf.random.uniform((number,), -limit, limit)

    # The pixel at (x, y) from the centre of the new image comes from (x, y) · matrix of the old.
    angle = within(np.radians(rotation))
    turn = [[tf.cos(angle), tf.sin(angle)], [-tf.sin(angle), tf.cos(angle)]]
    stretch = [[1 + within(zoom), within(shear)], [within(shear), 1 + within(zoom)]]
    matrix = tf.linalg.matmul(*(tf.transpose(tf.stack(m), (2, 0, 1)) for m in (stretch, turn)))
    shifts = tf.stack([within(shift), within(shift)], axis=1)
    bends = tf.random.normal((number, 4, 4, 2), stddev=elastic) if elastic else None
    return resample(images, matrix, shifts, bends)


def resample(images, matrix, shifts, bends=None):
    """Images whose pixel at (x, y) from the centre is the old one at (x, y) · matrix + shifts.

    Args:
        images: float32 tensor of shape (N, size, size, 1), 0 = paper, which is also all outside.
        matrix: float32 tensor of shape (N, 2, 2).
        shifts: float32 tensor of shape (N, 2), in pixels, across and down.
        bends: float32 tensor of shape (N, 4, 4, 2) of further shifts at 4×4 points, or None.

    Returns:
        float32 tensor of the shape of ``images``, interpolated between four pixels each.
    """
    if XLA:
        _compile_first()
    return _resampled(images, matrix, shifts, bends)


# XLA computes all of it pixel by pixel, in a third of the time. The random numbers are drawn
# outside, because those of XLA do not follow the seed.
@tf.function(jit_compile=XLA)
def _resampled(images, matrix, shifts, bends):
    size = images.shape[1]
    centred = np.arange(size, dtype=np.float32) - (size - 1) / 2
    grid = np.stack(np.meshgrid(centred, centred), axis=-1)
    source = tf.einsum("hwi,nij->nhwj", grid, matrix) + shifts[:, None, None] + (size - 1) / 2
    if bends is not None:
        smooth = _bicubic(size)
        source += tf.einsum("hi,nijc,wj->nhwc", smooth, bends, smooth)
    return _bilinear(images, source)


@functools.cache
def _compile_first():
    """Compile a trifle in silence: TensorFlow prints two lines at XLA's first compilation."""
    with tf.init_scope(), open(os.devnull, "wb") as nowhere:
        sys.stderr.flush()
        stderr = os.dup(2)
        try:
            os.dup2(nowhere.fileno(), 2)
            tf.function(lambda: tf.constant(0.0) + 1, jit_compile=True)()
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)


def _bicubic(size):
    """Matrix (size, 4) that interpolates 4 points as ``tf.image.resize``, unknown to XLA, does."""
    with tf.init_scope():
        points = tf.eye(4)[:, tf.newaxis]  # 4 rows, 1 column, and a channel for each point
        return tf.image.resize(points, (size, 1), "bicubic")[:, 0].numpy()


def shift_and_mirror(images, shift):
    """Shift each image of a batch by a random number of whole pixels, and mirror half of them.

    Only rows and columns are looked up. What comes in at an edge is the image's own mirror image.

    Args:
        images: uint8 tensor of shape (N, 32, 32, 3), or another square of pixels.
        shift: largest shift to either side, in pixels, across and down.

    Returns:
        float32 tensor of the same shape, in [0, 1].
    """
    shifts = tf.random.uniform((2, tf.shape(images)[0], 1), 0, 2 * shift + 1, tf.int32)
    rows, columns = tf.unstack(shifts + tf.range(images.shape[1]))
    turned = tf.random.uniform(tf.shape(columns[:, :1])) < 0.5
    columns = tf.where(turned, columns[:, ::-1], columns)
    images = tf.pad(images, [[0, 0], [shift, shift], [shift, shift], [0, 0]], "REFLECT")
    images = tf.gather(tf.gather(images, rows, axis=1, batch_dims=1), columns, axis=2, batch_dims=1)
    return tf.cast(images, "float32") / 255


def _bilinear(images, source):
    """The values of (N, size, size, 1) images at the points (x, y) of ``source``, 0 outside."""
    number, size = tf.shape(images)[0], images.shape[1]
    # A frame of paper, to which all points outside are brought back.
    framed = tf.pad(images[..., 0], [[0, 0], [1, 2], [1, 2]])
    source = tf.clip_by_value(source + 1, 0.0, size + 1.0)
    # Each pixel with its neighbours to the right and below: one look-up then fetches all four.
    fours = tf.stack(
        [framed[:, :-1, :-1], framed[:, :-1, 1:], framed[:, 1:, :-1], framed[:, 1:, 1:]], axis=-1
    )
    corner = tf.floor(source)
    x, y = tf.unstack(tf.cast(corner, tf.int32), axis=-1)
    places = tf.reshape(y * (size + 2) + x, (number, -1))
    values = tf.gather(tf.reshape(fours, (number, -1, 4)), places, batch_dims=1)
    right, down = tf.unstack(source - corner, axis=-1)
    left, up = 1 - right, 1 - down
    weights = tf.stack([left * up, right * up, left * down, right * down], axis=-1)
    return tf.reduce_sum(tf.reshape(values, tf.shape(weights)) * weights, axis=-1, keepdims=True)
