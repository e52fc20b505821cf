"""The block at the top of each script: its rules, and what becomes of wrong values.

Each hyperparameter of each script is given eight wrong values. Only the lines up to the check run,
so that no data is read and no training starts.
"""

import ast
import linecache
import math
import os
import re
import sys

from cnn_practice import errors, files, hyperparameters, results, training
from cnn_practice.errors import InputError

import keras
import pytest

SCRIPTS = sorted(files.ROOT.glob("[0-9][0-9]_*/[0-9]*_*.py"))
WITH_BLOCK = [
    script
    for script in SCRIPTS
    if re.search(r"^[A-Z][A-Z0-9_]* = ", script.read_text(encoding="utf-8"), re.MULTILINE)
]


@pytest.mark.parametrize(
    ("value", "rule", "sentence"),
    [
        (0, "whole number, at least 1", "X is 0: write a whole number, at least 1."),
        (1.5, "whole number, at least 1", "X is 1.5: write a whole number, at least 1."),
        (True, "a whole number, at least 0", "X is True: write a whole number, at least 0."),
        (60001, "whole number, 1 to 60000", "X is 60001: write a whole number, 1 to 60000."),
        ("one", "whole number", 'X is "one": write a whole number.'),
        (10**400, "number, below 1", f"X is {'1' + 76 * '0'}…: write a number, below 1."),
        (math.nan, "number, 0 to below 1", "X is nan: write a number, 0 to below 1."),
        (1, "number, 0 to below 1", "X is 1: write a number, 0 to below 1."),
        (0, "number, above 0 to 1", "X is 0: write a number, above 0 to 1."),
        (-math.inf, "number, at most 3", "X is -inf: write a number, at most 3."),
        (
            5,
            "number, at least 1 and at most 3",
            "X is 5: write a number, at least 1 and at most 3.",
        ),
        (1, "True or False", "X is 1: choose True or False."),
        ("max", '"maximum" or 3', 'X is "max", perhaps for "maximum": choose "maximum" or 3.'),
        ("RELU", '"tanh" or "relu"', 'X is "RELU", perhaps for "relu": choose "tanh" or "relu".'),
        ("bicubic", '"a", "b" or None', 'X is "bicubic": choose "a", "b" or None.'),
        (32.0, "32 or 224", "X is 32.0: choose 32 or 224."),
        ("", "text", 'X is "": write text.'),
        (b"7", "text", "X is b'7': write text."),
        ("my net", "file name", 'X is "my net": write a file name of letters, digits, -, _ and ..'),
        (
            ".hidden",
            "file name",
            'X is ".hidden": write a file name of letters, digits, -, _ and ..',
        ),
        (7, "folder", "X is 7: write the path of a folder."),
        ("a\0b", "file or None", 'X is "a\0b": write the path of a file or None.'),
        (
            512,
            "each a whole number, at least 1",
            "X is 512: write one or more values in parentheses, separated by commas, each a whole"
            " number, at least 1, as (512,).",
        ),
        (
            (512, 0),
            "each a whole number, at least 1",
            "X is (512, 0): write one or more values in parentheses, separated by commas, each a"
            " whole number, at least 1.",
        ),
        (
            (),
            'each "lenet5" or "linear"',
            "X is (): write one or more values in parentheses, separated by commas, each"
            ' "lenet5" or "linear".',
        ),
    ],
)
def test_a_wrong_value_is_one_sentence(value, rule, sentence):
    with pytest.raises(InputError) as raised:
        hyperparameters.check_value("X", value, rule)
    assert str(raised.value) == sentence.replace("_ and ..", "_ and dots.")


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        (1, "whole number, at least 1"),
        (60000, "whole number, 1 to 60_000"),
        (-3, "whole number, -5 to -1"),
        (0, "number, 0 to below 1"),
        (1e-9, "number, above 0 to below 1e-3"),
        (False, "True or False"),
        ("b", '"a", "b" or "c"'),
        (None, '"a" or None'),
        (None, "file or None"),
        (files.ROOT, "folder"),
        ("~/Pictures", "folder"),
        ("my-net_2.1", "file name"),
        ([5, 3], "each a whole number, at least 1"),
        (("a",), 'each "a" or "b"'),
        (None, "each a file name or None"),
        (((100, 50), (10, 40)), "each each a whole number, at least 1"),
    ],
)
def test_a_right_value_passes(value, rule):
    hyperparameters.check_value("X", value, rule)


@pytest.mark.parametrize(
    "rule",
    ["", "integer", "whole number at least 1", "number, some", "text, short", "each", "a or b"],
)
def test_a_comment_without_a_rule_is_told(rule):
    with pytest.raises(InputError, match=r"The comment of X begins with .*, which is no rule"):
        hyperparameters.check_value("X", 1, rule)


SCRIPT = """# %%
from cnn_practice import hyperparameters

# %%
EPOCHS = 3  # whole number, at least 1; passes over the images
# each a whole number, at least 1; of the hidden layers, of which
# there may be any number
UNITS = (
    5,
    3,
)
LAYOUT = (  # each "a" or "b"; of the parts
    "a",
)
RATE = 0.1  # number, above 0; at the start
WITHOUT = "a comment that somebody deleted"
hyperparameters.check()
LATER = 7  # not a part of the block
"""


def run_source(source, name="<block>", **variables):
    """Execute source as the script or cell ``name``, and return its variables."""
    lines = source.splitlines(keepends=True)
    linecache.cache[name] = (len(source), None, lines, name)
    exec(compile(source, name, "exec"), variables)
    return variables


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("EPOCHS = 3", "EPOCHS = 0", r"EPOCHS is 0: write a whole number, at least 1\."),
        ("    3,\n", "    0,\n", r"UNITS is \(5, 0\): write one or more"),
        ('    "a",', '    "c",', r"LAYOUT is \('c',\)"),
        ("0.1  #", "-0.1  #", r"RATE is -0\.1: write a number, above 0\."),
        ("# number, above", "# number above", "The comment of RATE begins with"),
    ],
)
def test_the_block_is_read_from_the_script_that_calls(old, new, sentence):
    run_source(SCRIPT)
    assert old in SCRIPT
    with pytest.raises(InputError, match=sentence):
        run_source(SCRIPT.replace(old, new))


def test_a_cell_with_commands_of_a_notebook_is_not_checked():
    assert hyperparameters.comments(["%matplotlib inline\n", "EPOCHS = 0  # whole number\n"]) == []


BLOCK = """# %% [markdown]
# ## Größe
# %%
from x import y
EPOCHS = 30  # whole number, at least 1; passes over «images»
NAMES = (  # each a file name; of the models
    "one",
    "two",
)
# whole number, at least 0; of the order
SEED = (1)
inner = 1
"""


def test_a_block_is_edited_as_a_user_edits_it():
    edited = hyperparameters.edited(BLOCK, EPOCHS=1, NAMES=["three"], SEED=2)
    assert edited.splitlines()[4:] == [
        "EPOCHS = 1  # whole number, at least 1; passes over «images»",
        "NAMES = ['three']  # each a file name; of the models",
        "# whole number, at least 0; of the order",
        "SEED = 2",
        "inner = 1",
    ]
    for name, meant in (("EPOCH", "perhaps for EPOCHS"), ("inner", "no hyperparameter inner")):
        with pytest.raises(InputError, match=meant):
            hyperparameters.edited(BLOCK, **{name: 1})


# Every script's block


def source_of(script):
    return script.read_text(encoding="utf-8")


def head_of(script):
    """The lines of a script up to its check, and of the same cell what follows it."""
    before, _, after = source_of(script).partition("\nhyperparameters.check()\n")
    assert after, f"{script} calls hyperparameters.check()"
    return f"{before}\nhyperparameters.check()\n" + after.split("\n# %%")[0] + "\n"


@pytest.fixture
def run_head(monkeypatch):
    """A function that executes the head of a script, given hyperparameters replaced."""
    monkeypatch.setattr(training, "begin", lambda *_: None)
    monkeypatch.setattr(sys, "argv", ["script"])

    def run(script, **values):
        monkeypatch.syspath_prepend(script.parent)
        lines = head_of(script).splitlines(keepends=True)
        comments = dict(hyperparameters.comments(lines))
        for node in reversed(ast.parse("".join(lines)).body):
            name = getattr(getattr(node, "targets", [None])[0], "id", None)
            if name in values:
                # The value, whose repr need not be Python, comes as a name.
                new = f"{name} = _values['{name}']  # {comments[name]}\n"
                lines[node.lineno - 1 : node.end_lineno] = [new]
        return run_source(
            "".join(lines), f"<{script.name}>",
            __name__="__main__", __file__=str(script), _values=values,
        )  # fmt: skip

    policy = keras.config.dtype_policy()
    yield run
    keras.config.set_dtype_policy(policy)  # some scripts choose theirs right after the check


@pytest.mark.parametrize("script", WITH_BLOCK, ids=files.shown)
def test_every_hyperparameter_has_a_rule_and_a_reason(script):
    found = hyperparameters.comments(head_of(script).splitlines(keepends=True))
    assert found
    for name, comment in found:
        rule, mark, reason = comment.partition(";")
        assert mark and len(reason.split()) >= 2, f"{name} has a reason after its rule: {comment}"
        hyperparameters.parse(rule)


WRONG = ("one and a half", None, math.nan, -1e9, (), "", 3.5, {"a": 1})


@pytest.mark.parametrize("script", WITH_BLOCK, ids=files.shown)
def test_wrong_values_are_told_before_any_data_is_read(script, run_head):
    run_head(script)  # as it stands
    for name, comment in hyperparameters.comments(head_of(script).splitlines(keepends=True)):
        refused = 0
        for value in WRONG:
            try:
                run_head(script, **{name: value})
            except (InputError, TypeError) as error:
                sentence = errors.sentence_of(error)
                assert sentence and re.match(rf"{name} is ", sentence), (name, value, error)
                assert "\n" not in sentence
                refused += 1
            else:
                rule = comment.split(";")[0]
                assert (
                    (value is None and "None" in rule)
                    or (
                        value == "one and a half"
                        and re.match(r"text|a folder|folder|file( or None)?$", rule)
                    )
                    or (value == 3.5 and "whole" not in rule and "number" in rule)
                    or (
                        value == -1e9
                        and re.match("a number$|number$|number, (at most|below)", rule)
                    )
                ), (name, value, "is not refused")
        assert refused >= 5, name


@pytest.mark.parametrize("path", sorted(files.MODELS.glob("*.results.json")), ids=files.shown)
def test_the_block_is_that_of_the_record(path, run_head):
    record = results.read(path.name.removesuffix(".results.json"))
    script = files.training_script(record["model"])
    variables = results.hyperparameters(run_head(script))
    assert variables.pop("SEED") in record["seeds"]
    recorded = dict(record["hyperparameters"])
    # The one line that the computer fills in.
    if "precision.fastest()" in source_of(script):
        assert variables.pop("PRECISION") and recorded.pop("PRECISION")
    as_json = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in variables.items()
    }
    assert as_json == recorded


def seconds_of_children():
    """Processor time, which is not longer where other programs run."""
    times = os.times()
    return times.children_user + times.children_system


@pytest.mark.script
def test_a_run_with_a_wrong_value_ends_within_ten_seconds(fresh_project):
    script = "03_lenet5/1_train_lenet5.py"
    fresh_project.edit(script, ACTIVATION="rleu")
    start = seconds_of_children()
    sentence = fresh_project.fails_with_one_sentence(script)
    assert seconds_of_children() - start < 10
    assert sentence.startswith('ACTIVATION is "rleu", perhaps for "relu": choose ')
    path = fresh_project.root / script
    path.write_text(path.read_text("utf-8").replace("'rleu'", "relu"), "utf-8")
    sentence = fresh_project.fails_with_one_sentence(script)
    assert sentence == ('ACTIVATION = relu: relu is not defined; a text stands in quotes, "relu".')
    path.write_text(re.sub("ACTIVATION = .*\n", "", path.read_text("utf-8")), "utf-8")
    sentence = fresh_project.fails_with_one_sentence(script)
    assert sentence.startswith("ACTIVATION is missing: put its line back into the block")
