"""The function is given a network with dropout, and another with batch normalisation."""

import checking
import numpy as np
from checking import Wrong, call, parts

PLANTED = "which layers behave otherwise in training"
HINTS = (
    "Which layers of VGG-16 are there for the training alone?",
    "What does `training=True` say to a dropout layer?",
    "Call the model with `training=False`.",
)


def check(exercise):
    import keras
    from keras import layers

    keras.utils.set_random_seed(42)
    for special in (layers.Dropout(0.5), layers.BatchNormalization()):
        model = keras.Sequential(
            [
                keras.Input((28, 28, 1)),
                layers.Flatten(),
                layers.Dense(64, activation="relu"),
                special,
                layers.Dense(10, activation="softmax"),
            ]
        )
        drawings = np.random.default_rng(42).random((20, 28, 28, 1), np.float32)
        right = model.predict(drawings, verbose=0)
        answers = []
        for _ in range(2):
            returned = call(exercise, "read_digits", model, drawings)
            digits, confidence = parts(returned, 2, "read_digits")
            answers.append(checking.array(confidence, (20,), "The confidence"))
        if not np.allclose(answers[0], right.max(axis=1), atol=1e-5):
            again = "twice" if special.name.startswith("dropout") else "in other company"
            raise Wrong(
                f"With a layer {type(special).__name__}, the same drawings asked {again} are read"
                " differently: which layers behave otherwise in training?"
            )
        if not np.array_equal(digits, right.argmax(axis=1)):
            raise Wrong("The digits are not those of the largest probabilities.")
    return "dropout and batch normalisation are at rest."
