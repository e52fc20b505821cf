"""What is tried of the scripts, how it is run, and the tables that come of it."""

import ast
import importlib
import json

from cnn_practice import files, hyperparameters, results
from cnn_practice.errors import InputError

import pytest

SCRIPTS = sorted(files.ROOT.glob("[0-9][0-9]_*/[0-9]*_*.py"))

# Prints what a training with Keras prints; with a RATE above 1 it fails.
TINY = """
NAME = "tiny"  # file name; of nothing
SEED = 1  # whole number, at least 0; of nothing
EPOCHS = 3  # whole number, at least 1; of which the second is the best
RATE = 0.5  # number, above 0; what the accuracy is made of
# results.record(
if RATE > 1:
    raise SystemExit("the loss is not finite")
for epoch in range(1, EPOCHS + 1):
    best = RATE + SEED / 100 if epoch == 2 else 0.1
    print(f"Epoch {epoch}/{EPOCHS}")
    print(f"9/9 - 1s - loss: 0.5 - val_accuracy: {best:.4f} - val_box: {best / 2:.4f}")
print(f"tiny: test accuracy 0.9999 in {2 * RATE:.1f} s")
"""


@pytest.fixture
def run(monkeypatch):
    """The module ``experiments/run.py``."""
    monkeypatch.syspath_prepend(files.ROOT / "experiments")
    return importlib.import_module("run")


@pytest.fixture
def tiny(run, tmp_path, monkeypatch):
    """A project of one script, and its plan, as a function that runs experiments by name."""
    (tmp_path / "02_tiny").mkdir()
    (tmp_path / "data").mkdir()
    (tmp_path / "02_tiny" / "1_train_tiny.py").write_text(TINY)
    plan = {
        "tiny": {
            "script": "02_tiny/1_train_tiny.py",
            "seeds": (1, 2),
            "base": {"EPOCHS": 2},
            "more": {"box": r"val_box: ([\d.]+)"},
            "changes": [
                {"RATE": 2},
                ("half", {"RATE + SEED": "RATE / 2 + SEED"}),
                ("other file", {"02_tiny/notes.py": {"old": "new"}}),
            ],
        }
    }
    (tmp_path / "02_tiny" / "notes.py").write_text("old\n")
    monkeypatch.setattr(files, "ROOT", tmp_path)
    monkeypatch.setattr(files, "DATA", tmp_path / "data")
    monkeypatch.setattr(run.sweeping, "SWEEPS", tmp_path / "sweeps")
    monkeypatch.setattr(run, "PLAN", plan)
    return tmp_path


def record_of(folder):
    return json.loads((folder / "experiments" / "tiny.json").read_text())


def test_the_trainings_are_recorded_and_one_that_fails_stops_no_other(run, tiny, capsys):
    with pytest.raises(InputError, match=r"^2 trainings failed \(tiny: RATE = 2, seed 1; "):
        run.main([])
    assert "8 of 8 trainings are missing" in capsys.readouterr().out
    record = record_of(tiny)
    assert (record["script"], record["base"]) == ("02_tiny/1_train_tiny.py", {"EPOCHS": 2})
    assert {"versions", "hardware"} <= set(record) and "0.9999" not in json.dumps(record)
    as_it_is, failed, half, other = record["changes"]
    assert as_it_is["change"] == "as it is" and as_it_is["settings"] == {}
    assert [run["seed"] for run in as_it_is["runs"]] == [1, 2]
    assert [run["val_accuracy"] for run in as_it_is["runs"]] == [0.51, 0.52]
    assert [run["box"] for run in as_it_is["runs"]] == [0.255, 0.26]
    assert [run["seconds"] for run in half["runs"]] == [1.0, 1.0]
    assert as_it_is["runs"][0]["epochs"] == 2 and failed["runs"] == []
    assert [run["val_accuracy"] for run in half["runs"]] == [0.26, 0.27]
    assert len(other["runs"]) == 2
    assert not (tiny / "models").exists()

    lines = results.experiment("tiny")
    caption, table = " ".join(lines[: lines.index("")]), lines[lines.index("") + 1 :]
    assert caption.startswith("Measured, with `EPOCHS = 2` on ") and "over 2 seeds" in caption
    assert table[0] == "| change | validation accuracy | difference | box | time |"
    assert "| as it is | 51.50% ± 0.71% |  | 25.75% ± 0.35% | 1 |" in table
    assert "| half | 26.50% ± 0.71% | −25.00 | 13.25% ± 0.35% | 1.00 |" in table
    assert not any("RATE" in row for row in table), "what was not measured does not appear"

    half["runs"].pop()
    (tiny / "experiments" / "tiny.json").write_text(json.dumps(record))
    row = "| half | 26.00% (1 of 2 seeds) | −25.00 | 13.00% | 1.00 |"
    assert row in results.experiment("tiny"), "of an experiment that is not complete"


def test_only_what_is_missing_is_trained(run, tiny, capsys):
    del run.PLAN["tiny"]["changes"][0]
    run.main(["tiny"])
    record = record_of(tiny)
    run.PLAN["tiny"]["changes"].append({"RATE": 0.25})
    path = tiny / "02_tiny" / "1_train_tiny.py"
    path.write_text(path.read_text() + "# a comment, such as a table, makes no new training\n")
    capsys.readouterr()
    run.main(["tiny"])
    assert "2 of 8 trainings are missing" in capsys.readouterr().out
    assert record_of(tiny)["changes"][:-1] == record["changes"]
    assert len(record_of(tiny)["changes"][-1]["runs"]) == 2
    run.main(["tiny"])
    assert "0 of 8 trainings are missing" in capsys.readouterr().out

    path.write_text(path.read_text().replace("0.1", "0.2"))
    run.Experiment("tiny", run.PLAN["tiny"])
    assert len(run.Experiment("tiny", run.PLAN["tiny"]).missing()) == 8, "another script"


def test_on_a_busy_computer_no_times_are_kept(run, tiny, capsys):
    del run.PLAN["tiny"]["changes"][0]
    run.main(["--busy", "tiny"])
    changes = record_of(tiny)["changes"]
    assert {each["seconds"] for change in changes for each in change["runs"]} == {None}
    lines = " ".join(results.experiment("tiny"))
    assert "percentage points. " in lines and "| 26.50% ± 0.71% | −25.00 | 13.25%" in lines
    assert " time " not in lines
    capsys.readouterr()
    # Later, alone on it: the first seed gives the times.
    run.main(["tiny"])
    assert "3 of 6 trainings are missing" in capsys.readouterr().out
    for change in record_of(tiny)["changes"]:
        first, second = change["runs"]
        assert first["seconds"] > 0 and second["seconds"] is None
    lines = " ".join(results.experiment("tiny"))
    assert "multiple of its 1 s." in lines and "13.25% ± 0.35% | 1.00 |" in lines


def test_on_another_computer_the_first_seed_gives_the_times(run, tiny, monkeypatch):
    del run.PLAN["tiny"]["changes"][0]
    run.main(["tiny"])
    here = results.environment()
    monkeypatch.setattr(results, "environment", lambda: here | {"hardware": "another"})
    missing = run.Experiment("tiny", run.PLAN["tiny"]).missing()
    assert [trial.seed for trial in missing] == [1, 1, 1]
    monkeypatch.setattr(results, "environment", lambda: here | {"versions": {"keras": "4"}})
    assert len(run.Experiment("tiny", run.PLAN["tiny"]).missing()) == 6


def test_a_mistake_in_the_plan_is_one_sentence(run, tiny):
    def says(change):
        with pytest.raises(InputError) as raised:
            run.Experiment("tiny", run.PLAN["tiny"] | {"changes": [("a", change)]})
        return str(raised.value)

    assert "no hyperparameter RATES, perhaps for RATE" in says({"RATES": 1})
    assert "«nowhere», which occurs 0 times in 02_tiny/1_train_tiny.py" in says({"nowhere": ""})
    assert "«RATE», which occurs" in says({"RATE ": ""})
    with pytest.raises(InputError, match="no experiment tyny: did you mean tiny"):
        run.main(["tyny"])


def test_the_plan_fits_the_scripts(run):
    """Scripts, hyperparameters, their values and the lines that are replaced exist."""
    marks = {}
    for script in SCRIPTS:
        for found in results.EXPERIMENT.finditer(script.read_text(encoding="utf-8")):
            marks.setdefault(found["name"], []).append(script)
    for name, plan in run.PLAN.items():
        source = run.sweeping.read_script(plan["script"])
        assert len(marks.get(name, [])) == 1, f"one script holds the table of {name}"
        rules = dict(hyperparameters.comments(source.splitlines(keepends=True)))
        changes = dict(map(run.named, plan["changes"]))
        assert len(changes) == len(plan["changes"]) >= 3
        for label, change in changes.items():
            settings, texts = run.edits(plan["script"], plan["base"] | change)
            for path, text in texts.items():
                ast.parse(text, path)
            hyperparameters.edited(texts[plan["script"]], **settings, SEED=plan["seeds"][0])
            for key, value in settings.items():
                hyperparameters.check_value(key, value, rules[key].split(";")[0].strip())
            assert len(label) <= 45, f"too long for a row of the table: {label}"
    assert set(marks) <= set(run.PLAN)


def test_the_tables_in_the_scripts_are_those_of_the_records(run):
    for script in [*SCRIPTS, *results.readmes()]:
        text = script.read_text(encoding="utf-8")
        assert results.with_experiments(text) == text, f"run «make results»: {script}"
    for path in (files.ROOT / "experiments").glob("*.json"):
        record, plan = json.loads(path.read_text(encoding="utf-8")), run.PLAN[path.stem]
        labels = {run.AS_IT_IS} | {run.named(change)[0] for change in plan["changes"]}
        assert record["script"] == plan["script"]
        assert {change["change"] for change in record["changes"]} <= labels, path


def test_a_table_stands_between_its_marks(tmp_path, monkeypatch):
    text = "# **Try.**\n#\n# <!-- experiment none -->\n# old\n# <!-- end of experiment -->\n#\n"
    filled = results.with_experiments(text)
    assert filled == text.replace("# old\n", ""), "nothing was measured"
    for sign in ("# ", ""):
        marks = f"{sign}<!-- experiment some -->\n{sign}<!-- end of experiment -->\n"
        with monkeypatch.context() as patch:
            patch.setattr(results, "experiment", lambda name: ["| a | b |", "|---|---|"])
            filled = results.with_experiments(marks)
            assert results.with_experiments(filled) == filled
        assert f"-->\n{sign}".rstrip(" ") + f"\n{sign}| a | b |\n" in filled


@pytest.mark.script
def test_a_real_training(run, tmp_path, monkeypatch):
    monkeypatch.setattr(run.sweeping, "SWEEPS", tmp_path)
    base = {"EPOCHS": 1, "VALIDATION": 59_500, "LEARNING_RATE": 0.01}
    plan = run.PLAN["linear"] | {"base": base, "seeds": (1,)}
    experiment = run.Experiment("tiny_linear", plan | {"changes": []})
    experiment.path = tmp_path / "tiny_linear.json"
    experiment.train()
    (change,) = json.loads(experiment.path.read_text())["changes"]
    assert 0.3 < change["runs"][0]["val_accuracy"] < 0.9 and change["runs"][0]["seconds"] > 0
