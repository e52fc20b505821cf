"""Compared with nested loops."""

from checking import Wrong, call

HINTS = (
    "For two names it is one loop inside another. What for any number?",
    "Start with `[{}]`. For each name replace every dict by one for each of the name's values.",
    "Or use `itertools.product(*values.values())`.",
)


def check(exercise):
    values = {"BATCH_NORMALISATION": [True, False], "SEED": [1, 2, 3]}
    right = [{"BATCH_NORMALISATION": b, "SEED": s} for b in (True, False) for s in (1, 2, 3)]
    for given, expected in (
        (values, right),
        ({"A": [1], "B": ["x", "y"], "C": [0.1, 0.2]}, [
            {"A": 1, "B": b, "C": c} for b in "xy" for c in (0.1, 0.2)
        ]),
        ({"A": [1, 2], "B": []}, []),
        ({}, [{}]),
    ):  # fmt: skip
        got = call(exercise, "variations", given)
        if got == expected:
            continue
        if not isinstance(got, list) or not all(isinstance(each, dict) for each in got):
            raise Wrong("`variations` is to return a list of dicts.")
        if len(got) != len(expected):
            raise Wrong(f"From {given} come {len(expected)} trials, not {len(got)}.")
        if sorted(map(str, got)) == sorted(map(str, expected)):
            raise Wrong("All trials are there, in another order: the last name changes fastest.")
        raise Wrong(f"The first trial of {given} is {got[0]}, and {expected[0]} is right.")
    return "four sweeps are right."
