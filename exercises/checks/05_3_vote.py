"""With as many images as members, too, where a wrong axis shows in the digits alone."""

import numpy as np
from checking import Wrong, call

PLANTED = "The mean is taken over the images"
HINTS = (
    "Write down the shape after each step.",
    "Which axis numbers the members?",
    "`np.mean(probabilities, axis=0)` has the shape (N, 10).",
)


def check(exercise):
    random = np.random.default_rng(53)
    for members, images in ((5, 7), (3, 3)):
        probabilities = random.dirichlet(np.full(10, 0.3), (members, images))
        right = sum(probabilities[m] for m in range(members)).argmax(axis=1)
        got = np.asarray(call(exercise, "vote", probabilities))
        wrong = probabilities.mean(axis=1).argmax(axis=1)
        if got.shape == wrong.shape and np.array_equal(got, wrong):
            raise Wrong(
                f"The mean is taken over the images, not over the {members} members: which axis"
                " numbers the members?"
            )
        if got.shape != (images,):
            raise Wrong(f"The digits have the shape {got.shape}: one per image, {(images,)}.")
        if not np.issubdtype(got.dtype, np.integer):
            raise Wrong("The digits are no integers.")
        counted = np.array(
            [np.bincount(probabilities[:, n].argmax(axis=1), minlength=10).argmax()
             for n in range(images)]
        )  # fmt: skip
        if not np.array_equal(got, right):
            if np.array_equal(got, counted):
                raise Wrong("You count votes: take the mean of the probabilities instead.")
            raise Wrong(f"The digits are {got.tolist()}, and {right.tolist()} are right.")
    return "the digits are those of the mean probabilities."
