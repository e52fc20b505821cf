"""Compared with the formulas of the paper, number by number, over three steps."""

import math

import checking
import numpy as np
from checking import Wrong, call, close, parts

FORBIDDEN = ("keras", "tensorflow", "torch", "jax", "scipy", "numpy_cnn", "numpy_fast")
HINTS = (
    "Write the five formulas one below the other, in their order.",
    "Keep m and v as they are; use corrected copies for the step.",
    "ε is added to the square root, not under it.",
)


def step(theta, g, m, v, t, rate, beta_1, beta_2, epsilon):
    """The step for one number; returns also what typical mistakes give."""
    m, v = beta_1 * m + (1 - beta_1) * g, beta_2 * v + (1 - beta_2) * g * g
    m_hat, v_hat = m / (1 - beta_1**t), v / (1 - beta_2**t)
    right = theta - rate * m_hat / (math.sqrt(v_hat) + epsilon)
    mistakes = {
        "The correction is missing: m and v start from 0 and are too small at first.": theta
        - rate * m / (math.sqrt(v) + epsilon),
        "The step goes uphill: it is subtracted.": theta + (theta - right),
        "ε stands under the root: it is added after it.": theta
        - rate * m_hat / math.sqrt(v_hat + epsilon),
        "The root is missing: the step is divided by √v.": theta - rate * m_hat / (v_hat + epsilon),
    }
    return right, m, v, mistakes


def check(exercise):
    random = np.random.default_rng(7)
    settings = {"rate": 0.1, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 0.01}
    theta, m, v = random.normal(size=(2, 3)), np.zeros((2, 3)), np.zeros((2, 3))
    for t in (1, 2, 3):
        g = random.normal(size=(2, 3))
        returned = call(exercise, "adam", theta, g, m, v, t, *settings.values())
        new_theta, new_m, new_v = parts(returned, 3, "adam")
        numbers = [
            step(*four, t, *settings.values())
            for four in zip(*(a.ravel() for a in (theta, g, m, v)), strict=True)
        ]
        right_theta, right_m, right_v = (
            np.reshape([each[i] for each in numbers], (2, 3)) for i in range(3)
        )
        new_m = checking.array(new_m, (2, 3), "m")
        if t == 1 and close(new_m, right_m / (1 - settings["beta_1"])):
            raise Wrong("The m that is returned is the corrected one: keep it without correction.")
        checking.require(new_m, right_m, f"m after step {t}")
        checking.require(new_v, right_v, f"v after step {t}", "It is the mean of the squares.")
        new_theta = checking.array(new_theta, (2, 3), "theta")
        for sentence in numbers[0][3]:
            wrong = np.reshape([each[3][sentence] for each in numbers], (2, 3))
            if close(new_theta, wrong, 1e-7) and not close(new_theta, right_theta, 1e-7):
                raise Wrong(sentence)
        checking.require(new_theta, right_theta, f"theta after step {t}", tolerance=1e-7)
        theta, m, v = right_theta, right_m, right_v
    return "three steps in a row are right."
