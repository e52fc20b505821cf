"""Compared with Keras's own preprocess_input of VGG-16."""

import checking
import numpy as np
from checking import Wrong, call, close

FORBIDDEN = ("keras", "tensorflow", "torch", "jax")
HINTS = (
    "The last axis holds the colours: reverse it.",
    "Convert to float32 before you subtract: bytes cannot be negative.",
    "`images[..., ::-1].astype(np.float32) - np.array([103.939, 116.779, 123.68], np.float32)`.",
)


def check(exercise):
    from keras.applications.vgg16 import preprocess_input

    images = np.random.default_rng(82).integers(0, 256, (2, 4, 5, 3), np.uint8)
    right = preprocess_input(images.astype("float32"))
    got = call(exercise, "preprocess", images)
    if getattr(got, "dtype", None) == np.uint8:
        raise Wrong("The result is uint8: bytes cannot hold negative numbers.")
    got = checking.array(got, images.shape, "The result")
    mean = np.array([103.939, 116.779, 123.68])
    for wrong, sentence in (
        (
            images - mean[::-1],
            "The colours are still red, green, blue: VGG-16 wants them reversed.",
        ),
        (images - mean, "The colours are not reversed, and so the means meet the wrong ones."),
        (images[..., ::-1] - mean[::-1], "The means are in the wrong order for blue, green, red."),
        (right / 255, "The values are divided by 255: this network was trained without that."),
        (images[..., ::-1].astype(float), "The mean is not subtracted."),
    ):
        if close(got, wrong):
            raise Wrong(sentence)
    checking.require(got, right, "The result")
    if call(exercise, "preprocess", images).dtype != np.float32:
        raise Wrong("The result is not float32.")
    return "the result is that of Keras's preprocess_input."
