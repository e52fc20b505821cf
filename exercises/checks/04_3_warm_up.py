"""Checked by what the formula says at its ends, in its middle, and without a warm-up."""

import math

import checking
from checking import Wrong, call

FORBIDDEN = ("keras", "tensorflow", "torch", "jax")
HINTS = (
    "First compute the number of steps of the warm-up: a share of all steps.",
    "`if step < rising:` return the part of the straight line, otherwise the cosine.",
    "The cosine counts its steps from the end of the warm-up: (step - rising) of (steps - rising).",
)


def check(exercise):
    def rate(step, steps=1000, highest=0.02, warm_up=0.1):
        value = call(exercise, "learning_rate", step, steps, highest, warm_up)
        return float(checking.array(value, (), f"The rate of step {step}"))

    for step, right, question in (
        (0, 0.0, "The warm-up begins at zero."),
        (50, 0.01, "In the middle of the warm-up it is half of the highest rate."),
        (100, 0.02, "At the end of the warm-up it is the highest rate."),
        (550, 0.01, "In the middle of the fall it is half of the highest rate."),
        (1000, 0.0, "At the end it is zero."),
        (325, 0.01 * (1 + math.sqrt(0.5)), "The fall is a cosine, not a straight line."),
    ):
        value = rate(step)
        if abs(value - right) > 1e-9:
            raise Wrong(
                f"At step {step} of 1,000 the rate is {value:.5g}, not {right:.5g}. {question}"
            )
    without = rate(0, warm_up=0.0)
    if abs(without - 0.02) > 1e-9:
        raise Wrong(f"Without a warm-up the first rate is {without:.5g}: it is the highest one.")
    return "the rate is right at seven steps."
