"""Lets the trained LeNet-5 read the folder, prepared as the classify scripts do."""

import numpy as np
from checking import Wrong, call, parts

HINTS = (
    "How do people write who did not learn it in the United States? Look at ones and sevens first.",
    "A 1 with a long hook, a 7 with a bar or a loop, a 0 with a slash, a 9 like a g, a 4 in one"
    " stroke: draw some of each, wide and narrow.",
    "Look at what the network sees: the 28×28 picture on the page. Which digit does it resemble?",
)


def check(exercise):
    from cnn_practice import drawings, models

    returned = call(exercise, "my_drawings")
    folder, explanations = parts(returned, 2, "my_drawings")
    if not isinstance(explanations, dict):
        raise Wrong("The explanations are to be a dict from file names to sentences.")
    names, pictures, truth = drawings.read_folder(folder)
    labelled = [i for i, digit in enumerate(truth) if digit is not None]
    if len(labelled) < 8:
        raise Wrong(f"{len(labelled)} drawings of the folder have a digit in groundtruth.json.")
    prepared = np.stack([drawings.prepare(pictures[i], names[i]) for i in labelled])
    read = models.load("lenet5").predict(prepared[..., None], verbose=0).argmax(axis=1)
    answers = zip(labelled, read, strict=True)
    misread = {names[i]: digit for i, digit in answers if truth[i] != digit}
    if len(misread) < 8:
        raise Wrong(f"LeNet-5 misreads {len(misread)} of {len(labelled)} drawings: 8 are wanted.")
    explained = [name for name in misread if len(str(explanations.get(name, "")).split()) >= 5]
    if len(explained) < 8:
        missing = next(name for name in misread if name not in explained)
        raise Wrong(
            f"{len(explained)} of {len(misread)} misread drawings are explained in five words or"
            f" more. Why is {missing} read as a {misread[missing]}?"
        )
    return f"LeNet-5 misreads {len(misread)} of {len(labelled)} drawings, and you know why."
