"""The block of hyperparameters at the top of a script, checked against its own comments.

Each line of the block says what may be written there, up to the first semicolon, and why::

    EPOCHS = 30  # whole number, at least 1; passes over the training images
    ACTIVATION = "relu"  # "sigmoid", "tanh" or "relu"; of the hidden layers
    UNITS = (512, 128)  # each a whole number, at least 1; of the hidden layers

The last line of the block's cell is ``hyperparameters.check()``. Where a line has no room for its
comment, the comment stands in the lines directly above. A rule is one of

- ``whole number`` or ``number``, then bounds: ``at least 1``, ``above 0``, ``at most 9``,
  ``below 1``, ``0 to 1``, ``0 to below 1``
- choices as Python writes them: ``"max" or "average"``, ``32 or 224``, ``True or False``
- ``text``, ``file name`` (letters, digits, ``-``, ``_`` and ``.``), ``folder``, ``file``
- ``dictionary of lists``: names with one or more values each, such as ``{"SEED": [1, 2]}``
- ``each`` and a rule: a tuple or list of one or more such values
- any of these and ``or None``
"""

import ast
import difflib
import io
import linecache
import math
import re
import sys
import tokenize
from pathlib import Path

from cnn_practice.errors import InputError

_NUMBER = r"(-?[\d_]+(?:\.\d+)?(?:e-?\d+)?)"
_BOUNDS = (  # of a bound: its words, and for its numbers whether a value keeps it
    (rf"at least {_NUMBER}", lambda value, low: value >= low),
    (rf"above {_NUMBER}", lambda value, low: value > low),
    (rf"at most {_NUMBER}", lambda value, high: value <= high),
    (rf"below {_NUMBER}", lambda value, high: value < high),
    (rf"{_NUMBER} to {_NUMBER}", lambda value, low, high: low <= value <= high),
    (rf"{_NUMBER} to below {_NUMBER}", lambda value, low, high: low <= value < high),
    (rf"above {_NUMBER} to {_NUMBER}", lambda value, low, high: low < value <= high),
    (rf"above {_NUMBER} to below {_NUMBER}", lambda value, low, high: low < value < high),
)


def check():
    """Check the UPPERCASE names that the caller's source assigns above this call.

    Raises:
        InputError: a value is not what its comment allows. The message is one sentence with the
            name, the value, what is allowed and, of a misspelt choice, the nearest one.
    """
    caller = sys._getframe(1)
    check_above(caller, caller.f_lineno)


def check_above(frame, line):
    """Check the UPPERCASE names that the source of ``frame`` assigns above a line of it."""
    source = linecache.getlines(frame.f_code.co_filename, frame.f_globals)
    for name, comment in comments(source, line):
        rule = comment.split(";")[0].strip()
        # A comment that somebody deleted is missed by the tests, and is no reason to stop.
        if rule and name in frame.f_globals:
            check_value(name, frame.f_globals[name], rule)


def edited(source, **values):
    """``source`` with other values in its block, as a user edits it: the comments stay.

    Args:
        source: text of a script.
        **values: of UPPERCASE names of the block, as Python writes them with ``repr``.

    Raises:
        InputError: the script has no such hyperparameter; near names are given.
    """
    lines = source.encode().splitlines(keepends=True)  # as bytes, which is how ast counts
    places = {
        node.targets[0].id: node
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    for name in values:
        if not (name.isupper() and name in places):
            raise InputError(f"The script has no hyperparameter {name}{_near(name, places)}.")
    for name, value in sorted(values.items(), key=lambda pair: -places[pair[0]].lineno):
        node = places[name]
        after = lines[node.end_lineno - 1][node.end_col_offset :]
        if b"#" not in after and node.lineno < node.end_lineno:
            _, mark, comment = lines[node.lineno - 1].partition(b"  # ")
            after = mark + comment or after
        lines[node.lineno - 1 : node.end_lineno] = [f"{name} = {value!r}".encode() + after]
    return b"".join(lines).decode()


def _near(name, places):
    """Which names a script has that ``name`` may have been meant for, as a part of a sentence."""
    names = [place for place in places if place.isupper()]
    close = difflib.get_close_matches(name.upper(), names, cutoff=0.5)
    return f", perhaps for {' or '.join(close)}" if close else f": it has {', '.join(names)}"


def comments(source, last=None):
    """The comment of each hyperparameter: pairs of name and text, in the order of the lines.

    Args:
        source: the lines of a script or of a notebook's cell.
        last: number of the line at which to stop; by default the whole source is read.
    """
    text = "".join(source)
    try:
        tree = ast.parse(text)
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (SyntaxError, tokenize.TokenError):  # a notebook's cell with commands of its own
        return []
    comment = {
        token.start[0]: (token.string.lstrip("# "), not token.line[: token.start[1]].strip())
        for token in tokens
        if token.type == tokenize.COMMENT and not token.string.startswith("# %%")
    }
    found = []
    for node in tree.body:
        target = getattr(node, "targets", [None])[0]
        if not (isinstance(target, ast.Name) and target.id.isupper()):
            continue
        if last is not None and node.lineno > last:
            break
        beside = [comment[line][0] for line in (node.lineno, node.end_lineno) if line in comment]
        above, line = [], node.lineno - 1
        while line in comment and comment[line][1]:
            above.insert(0, comment[line][0])
            line -= 1
        found.append((target.id, beside[0] if beside else " ".join(above)))
    return found


def check_value(name, value, rule):
    """Raise an ``InputError`` if ``value`` does not keep ``rule``, the text of a comment."""
    try:
        keeps, choices = parse(rule)
    except ValueError as error:
        raise InputError(
            f"The comment of {name} begins with «{rule}», which is no rule: begin it with what is"
            ' allowed, such as «whole number, at least 1;» or «"max" or "average";».'
        ) from error
    if keeps(value):
        return
    near = ""
    if isinstance(value, str) and not rule.startswith("each "):
        close = {choice.lower(): choice for choice in choices if isinstance(choice, str)}
        for match in difflib.get_close_matches(value.lower(), close, n=1, cutoff=0.5):
            near = f', perhaps for "{close[match]}"'
    spelled = rule.replace("file name", "file name of letters, digits, -, _ and dots")
    spelled = re.sub(r"\b(a )?(folder|file(?! name))\b", r"the path of a \2", spelled)
    with_article = re.sub(r"^(?=whole|number|file)", "a ", spelled)
    wanted = f"choose {rule}" if choices else f"write {with_article}"
    if rule.startswith("each "):
        wanted = f"write one or more values in parentheses, separated by commas, {spelled}"
        if isinstance(value, str | int | float):
            wanted += f", as ({_shown(value)},)"
    raise InputError(f"{name} is {_shown(value)}{near}: {wanted}.")


def _shown(value):
    """``value`` as it would be written into the block, shortened if it is long."""
    text = f'"{value}"' if isinstance(value, str) and '"' not in value else repr(value)
    text = " ".join(text.split())
    return text if len(text) <= 80 else f"{text[:77]}…"


def parse(rule):
    """A function that tells whether a value keeps ``rule``, and the choices that the rule names.

    Raises:
        ValueError: ``rule`` is none.
    """
    rule = re.sub(r"^an? ", "", rule.strip())
    if rule.startswith("each "):
        none_too, rule = rule.endswith(" or None"), rule.removesuffix(" or None")
        keeps, choices = parse(rule.removeprefix("each "))

        def each_keeps(value):
            some = isinstance(value, tuple | list) and len(value) > 0
            return (none_too and value is None) or (some and all(map(keeps, value)))

        return each_keeps, choices
    try:
        choices = [ast.literal_eval(node) for node in _alternatives(ast.parse(rule, mode="eval"))]
    except (SyntaxError, ValueError):
        choices = []
    if choices:
        return lambda value: any(_same(value, choice) for choice in choices), choices
    if rule.endswith(" or None"):
        keeps, choices = parse(rule.removesuffix(" or None"))
        return lambda value: value is None or keeps(value), choices
    if rule == "dictionary of lists":
        return _is_dictionary_of_lists, []
    kind, *bounds = re.split(r",? and |, ", rule)
    if kind in ("whole number", "number"):
        kinds = (int,) if kind == "whole number" else (int, float)
        within = [_bound(bound) for bound in bounds]

        def keeps(value):
            number = isinstance(value, kinds) and not isinstance(value, bool)
            finite = number and -math.inf < value < math.inf
            return finite and all(each(value) for each in within)

        return keeps, []
    texts = {"text": _is_text, "file name": _is_file_name, "folder": _is_path, "file": _is_path}
    if kind not in texts or bounds:
        raise ValueError(rule)
    return texts[kind], []


def _alternatives(node):
    """The parts of ``"a", "b" or "c"``, which is a Python expression."""
    if isinstance(node, ast.Expression):
        return _alternatives(node.body)
    parts = {ast.Tuple: "elts", ast.BoolOp: "values"}.get(type(node))
    if parts is None:
        return [node]
    return [part for child in getattr(node, parts) for part in _alternatives(child)]


def _same(value, choice):
    return type(value) is type(choice) and value == choice


def _bound(text):
    """A function that tells whether a number keeps one bound, such as ``at least 1``."""
    for words, keeps in _BOUNDS:
        if match := re.fullmatch(words, text):
            limits = [float(number) for number in match.groups()]
            return lambda value: keeps(value, *limits)
    raise ValueError(text)


def _is_text(value):
    return isinstance(value, str) and bool(value.strip())


def _is_file_name(value):
    # Neither a hidden file nor a name that a system has no room for.
    return isinstance(value, str) and bool(
        re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}", value)
    )


def _is_dictionary_of_lists(value):
    return isinstance(value, dict) and bool(value) and all(
        isinstance(name, str) and isinstance(values, tuple | list) and len(values) > 0
        for name, values in value.items()
    )  # fmt: skip


def _is_path(value):
    return isinstance(value, str | Path) and bool(str(value).strip()) and "\0" not in str(value)
