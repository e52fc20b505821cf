"""The habits that every numbered script keeps, and a run of each script of chapters 02 and 03."""

import ast
import json
import re
import subprocess

from cnn_practice import files, hyperparameters

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
    assert text.count("\n") <= 150, "can be read in one sitting"
    assert "# fmt: skip" not in text or "**What you saw" not in text, "no squeezing"
    assert "__file__" not in text, "works in a notebook"
    assert {name, script.name, script.stem} & NAMED, "is run by a test"
    if "hyperparameters.check()" not in text or "**What you saw" not in text:
        pytest.skip("not yet")

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
    readme = chapter / "README.md"
    if not readme.exists():
        pytest.skip("not yet")
    text = readme.read_text(encoding="utf-8")
    assert text.startswith("# ") and text.count("\n") <= 80
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


LAST_LINE = re.compile(r"^\w+: test accuracy 0\.\d{4} in \d+ s$")


@pytest.mark.script
@pytest.mark.parametrize(
    ("script", "name", "least"),
    [
        ("02_linear/1_train_linear.py", "linear", 0.85),
        ("02_linear/2_train_dense.py", "dense", 0.90),
        ("03_lenet5/1_train_lenet5.py", "lenet5", 0.80),
        ("03_lenet5/2_train_simple_cnn.py", "simple_cnn", 0.95),
    ],
)
def test_training(project, script, name, least):
    printed = project.passes(script, EPOCHS=1)
    assert LAST_LINE.match(printed.splitlines()[-1])
    record = json.loads((project.root / f"models/{name}.results.json").read_text())
    assert record["test_accuracy"]["mean"] >= least
    assert record["hyperparameters"]["EPOCHS"] == record["epochs"] == 1
    for figure in ("curves", "confusion"):
        assert (project.root / f"images/figures/{name}_{figure}.png").stat().st_size > 5000


@pytest.mark.script
@pytest.mark.parametrize(
    ("script", "name"),
    [("02_linear/3_classify_drawings.py", "dense"), ("03_lenet5/3_classify_drawings.py", "lenet5")],
)
def test_classifying(fresh_project, script, name):
    printed = fresh_project.passes(script)
    shares = re.findall(rf"^{name}: (\w+) .* ([\d.]+)% are read right$", printed, re.MULTILINE)
    assert [kind for kind, _ in shares] == ["merely", "prepared"]
    assert float(shares[1][1]) >= 98 > float(shares[0][1])
    assert len(re.findall(r"^\S+\.png +\d", printed, re.MULTILINE)) >= 200  # two models
    assert (fresh_project.root / f"images/figures/{name}_drawings.png").stat().st_size > 20_000


@pytest.mark.script
def test_classifying_a_folder_without_ground_truth(fresh_project, tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    drawing = min((fresh_project.root / "images/drawings").glob("*.png"))
    (folder / "my drawing.png").write_bytes(drawing.read_bytes())
    printed = fresh_project.passes("03_lenet5/3_classify_drawings.py", FOLDER=str(folder))
    assert "my drawing.png" in printed and "are read right" not in printed


@pytest.mark.script
def test_classifying_without_a_trained_model(fresh_project):
    (fresh_project.root / "models" / "linear.config.json").unlink()
    sentence = fresh_project.fails_with_one_sentence("02_linear/3_classify_drawings.py")
    assert sentence.startswith(
        "There is no models/linear.config.json: train it with «python 02_linear/1_train_linear.py»"
    )
