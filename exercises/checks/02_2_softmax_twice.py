"""The loss of a model whose weights were set by hand, so that it is certain and right."""

import numpy as np
from checking import Wrong, call

PLANTED = "how often is the softmax applied"
HINTS = (
    "Put the probabilities 1, 0, 0, … into a softmax by hand. What comes out?",
    "The softmax makes probabilities of scores. Which layers apply it here?",
    "Remove one of the two: the layer, or the activation of the layer before it.",
)


def check(exercise):
    model = call(exercise, "build_model")
    if model.count_params() != 7850:
        raise Wrong(f"The model has {model.count_params()} parameters: leave its layers, 7,850.")
    kernel = np.zeros((784, 10))
    kernel[:10] = 50 * np.eye(10)  # pixel k makes the score of digit k 50
    model.set_weights([kernel, np.zeros(10)])
    x = np.eye(10, 784).reshape(10, 28, 28, 1).astype("float32")
    certain, _ = model.evaluate(x, np.arange(10), verbose=0)
    wrong, _ = model.evaluate(x, (np.arange(10) + 1) % 10, verbose=0)
    if abs(certain - np.log(1 + 9 / np.e)) < 0.01:
        raise Wrong(
            f"A model that is certain and right has the loss {certain:.2f} instead of 0: how often"
            " is the softmax applied?"
        )
    if not certain < 0.01:
        raise Wrong(f"A model that is certain and right has the loss {certain:.2f} instead of 0.")
    if wrong < 10:
        raise Wrong(f"A model that is certain and wrong has a loss of only {wrong:.2f}.")
    unsure, _ = model.evaluate(0 * x, np.arange(10), verbose=0)
    if abs(unsure - np.log(10)) > 0.01:
        raise Wrong(
            f"A model that knows nothing has the loss {unsure:.2f}: it is ln 10 = 2.30 when the"
            " softmax is applied once."
        )
    return "certain and right: 0; undecided: ln 10."
