"""The habits that every numbered script keeps."""

import ast
import re
import subprocess

from cnn_practice import files, hyperparameters, results

import pytest

SCRIPTS = sorted(files.ROOT.glob("[0-9][0-9]_*/[0-9]*_*.py"))
CHAPTERS = sorted({script.parent for script in SCRIPTS})
# The texts of the tests' strings, in which the scripts that they run are named.
NAMED = {
    node.value
    for path in files.ROOT.glob("tests/*.py")
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    if isinstance(node, ast.Constant) and isinstance(node.value, str)
}


def cells_of(text):
    """The cells of a script in percent format: pairs of first line and text."""
    parts = re.split(r"^(# %%.*)\n", text, flags=re.MULTILINE)
    assert parts[0] == "", "begins with a cell"
    return list(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize("script", SCRIPTS, ids=files.shown)
def test_habits(script):
    text = script.read_text(encoding="utf-8")
    name = files.shown(script)
    cells = cells_of(text)
    # A generated table, between its marks, is read at a glance: it does not count.
    written = re.sub(
        rf"{results.EXPERIMENT.pattern}(#\n)?", "", text, flags=results.EXPERIMENT.flags
    )
    assert written.count("\n") <= 150, "can be read in one sitting"
    assert "# fmt: skip" not in text, "no squeezing"
    assert "__file__" not in text, "works in a notebook"
    assert {name, script.name, script.stem} & NAMED, "is run by a test"

    # Markdown cells and code cells; a title after «# %%» would be metadata in a notebook.
    assert {first for first, _ in cells} == {"# %%", "# %% [markdown]"}
    header = cells[0][1]
    assert cells[0][0] == "# %% [markdown]" and header.startswith("# # ")
    assert f"    python {name}" in header, "the header gives the command"

    # The end: what was seen, what to try, what is next.
    ends = [
        body for first, body in cells if first == "# %% [markdown]" and "**What you saw" in body
    ]
    assert len(ends) == 1, "one cell closes the lesson"
    end = ends[0]
    assert re.search(r"\*\*Try\.?\*\*", end) and re.search(r"\*\*Next\.?\*\*", end)
    changes = re.findall(r"^# [-*] ", end[end.index("**Try") : end.index("**Next")], re.MULTILINE)
    assert len(changes) >= 2, "at least two changes to try"

    # One block of UPPERCASE hyperparameters, which are checked, nothing between.
    tree = ast.parse(text)
    block = [
        node
        for node in tree.body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "").isupper()
    ]
    if block:
        between = [n for n in tree.body if block[0].lineno < n.lineno < block[-1].lineno]
        assert all(node in block for node in between), "the hyperparameters stand in one block"
        before = [n for n in tree.body if n.lineno < block[0].lineno]
        assert not any(isinstance(n, ast.For | ast.With | ast.FunctionDef) for n in before), (
            "the hyperparameters come right after the imports"
        )
        after = next(n for n in tree.body if n.lineno > block[-1].lineno)
        assert ast.unparse(after) == "hyperparameters.check()", "the block is checked"
        comments = hyperparameters.comments(text.splitlines(keepends=True))
        assert [found for found, _ in comments] == [node.targets[0].id for node in block]


def test_the_readme_is_short_and_knows_every_chapter():
    text = (files.ROOT / "README.md").read_text(encoding="utf-8")
    assert text.count("\n") <= 150
    for chapter in CHAPTERS:
        assert f"]({chapter.name}/README.md)" in text


@pytest.mark.parametrize("chapter", CHAPTERS, ids=files.shown)
def test_every_chapter_has_a_readme_of_one_screen(chapter):
    text = (chapter / "README.md").read_text(encoding="utf-8")
    # A generated table does not count.
    assert text.startswith("# ") and results.EXPERIMENT.sub("", text).count("\n") <= 80
    scripts = sorted(
        (path.name for path in chapter.glob("[0-9]*_*.py")),
        key=lambda name: int(name.split("_")[0]),
    )
    places = [text.find(name) for name in scripts]
    assert -1 not in places and places == sorted(places), "names its scripts in their order"
    for picture in re.findall(r"!\[(.*?)\]\((.+?)\)", text):
        assert picture[0] and (chapter / picture[1]).exists(), picture


def test_scripts_are_numbered_without_a_gap():
    for chapter in {script.parent for script in SCRIPTS}:
        numbers = [int(re.match(r"\d+", path.name)[0]) for path in chapter.glob("[0-9]*_*.py")]
        assert sorted(numbers) == list(range(1, len(numbers) + 1)), chapter


def test_the_committed_figures_are_small():
    listed = subprocess.run(
        ["git", "-C", str(files.ROOT), "ls-files", "-z", "images/figures"], capture_output=True
    )
    if listed.returncode != 0:
        pytest.skip("not a git repository")
    names = listed.stdout.decode().split("\0")[:-1]
    assert sum((files.ROOT / name).stat().st_size for name in names) <= 6_000_000
