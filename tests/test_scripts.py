"""The habits that every numbered script keeps, and a run of each script of chapters 02 and 03."""

import ast
import json
import re

from cnn_practice import files

import pytest

SCRIPTS = sorted(files.ROOT.glob("[0-9][0-9]_*/[0-9]*_*.py"))
TESTS = "".join(path.read_text(encoding="utf-8") for path in files.ROOT.glob("tests/*.py"))


@pytest.mark.parametrize("script", SCRIPTS, ids=files.shown)
def test_habits(script):
    text = script.read_text(encoding="utf-8")
    name = files.shown(script)
    assert text.startswith("# %% [markdown]\n# # "), "begins with a heading in percent format"
    header = text.split("\n# %%")[0]
    assert f"python {name}" in header, "the header gives the command"
    assert text.count("\n") <= 150, "can be read in one sitting"
    assert script.stem in TESTS, "is run by a test"

    # One block of UPPERCASE hyperparameters, a reason in the line or above it, nothing between.
    tree = ast.parse(text)
    block = [
        node
        for node in tree.body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "").isupper()
    ]
    if block:
        between = [n for n in tree.body if block[0].lineno < n.lineno < block[-1].lineno]
        assert all(node in block for node in between), "the hyperparameters stand in one block"
        after_imports = [n for n in tree.body if n.lineno < block[0].lineno]
        assert not any(
            isinstance(n, ast.For | ast.With | ast.FunctionDef) for n in after_imports
        ), "the hyperparameters come right after the imports"


def test_scripts_are_numbered_without_a_gap():
    for chapter in {script.parent for script in SCRIPTS}:
        numbers = [int(re.match(r"\d+", path.name)[0]) for path in chapter.glob("[0-9]*_*.py")]
        assert sorted(numbers) == list(range(1, len(numbers) + 1)), chapter


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
