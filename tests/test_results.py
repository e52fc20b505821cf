"""The record of a run, and the figures that are made from the records."""

import json
import os
import subprocess
import sys

from cnn_practice import files, results
from cnn_practice.errors import InputError

import numpy as np
import pytest


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MODELS", tmp_path)
    return tmp_path


def save_run(seed, accuracy, epochs=5):
    script_variables = {"SEED": seed, "EPOCHS": epochs, "_": 0, "np": np, "small": 1}
    run = {"test_accuracy": accuracy, "parameters": 99, "epochs": 3, "seconds": 10.0 * seed}
    results.save(results.record("small", script_variables, **run))
    return json.loads((files.MODELS / "small.results.json").read_text())


def test_one_run_has_no_deviation(folder):
    record = save_run(seed=1, accuracy=0.9)
    assert record["test_accuracy"] == {"mean": 0.9, "std": None, "runs": [0.9]}
    assert record["hyperparameters"] == {"EPOCHS": 5}
    assert record["seeds"] == [1]
    assert set(record["versions"]) == {"python", "keras", "tensorflow", "numpy"}
    assert "core" in record["hardware"]


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="of Linux")
def test_the_cores_are_those_that_may_be_used():
    code = (
        "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))});"
        "from cnn_practice import results; print(results.environment()['hardware'])"
    )
    printed = subprocess.check_output([sys.executable, "-c", code], cwd=files.ROOT, text=True)
    assert printed.endswith(", 1 core\n")


def test_runs_of_the_same_setting_stand_together(folder):
    save_run(seed=1, accuracy=0.90)
    save_run(seed=2, accuracy=0.80)
    save_run(seed=3, accuracy=0.92)
    record = save_run(seed=2, accuracy=0.94)  # replaces the former run of that seed
    assert record["seeds"] == [1, 3, 2]
    assert record["test_accuracy"]["runs"] == [0.90, 0.92, 0.94]
    assert record["test_accuracy"]["mean"] == pytest.approx(0.92)
    assert record["test_accuracy"]["std"] == pytest.approx(0.02)
    assert record["seconds"] == pytest.approx(20.0)
    assert record["parameters"] == 99


def test_another_setting_begins_anew(folder):
    save_run(seed=1, accuracy=0.9)
    assert save_run(seed=2, accuracy=0.8, epochs=6)["seeds"] == [2]


def save_part(seed, epochs, setting=5, **figures):
    variables = {"SEED": seed, "EPOCHS": setting}
    results.save_part("small", variables, epochs=epochs, **figures)
    return json.loads((files.MODELS / "small.parts.json").read_text())["parts"]


def test_a_part_of_a_run_never_touches_the_record_of_whole_runs(folder):
    (part,) = save_part(seed=1, epochs=0.5, seconds_per_epoch=9.0)
    assert part["hyperparameters"] == {"EPOCHS": 5} and "core" in part["hardware"]
    assert (part["seed"], part["epochs"], part["seconds_per_epoch"]) == (1, 0.5, 9.0)
    assert results.read_all() == [], "a part is not in the table"
    with pytest.raises(InputError, match=r"small\.results\.json is missing or damaged: train"):
        results.read("small")
    whole = save_run(seed=1, accuracy=0.9)
    save_part(seed=2, epochs=1, val_accuracies=[0.7])
    save_part(seed=2, epochs=1, val_accuracies=[0.8])  # replaces the former
    parts = save_part(seed=2, epochs=1, setting=6, val_accuracies=[0.6])  # another setting
    assert [(part["seed"], part["epochs"]) for part in parts] == [(1, 0.5), (2, 1), (2, 1)]
    assert [part["val_accuracies"] for part in parts[1:]] == [[0.8], [0.6]]
    assert results.read("small") == whole


def test_a_damaged_record_is_begun_anew(folder):
    (folder / "small.results.json").write_text("{")
    assert save_run(seed=1, accuracy=0.9)["seeds"] == [1]


def test_the_table_of_a_missing_model(folder):
    with pytest.raises(InputError, match=r"small\.results\.json is missing or damaged"):
        results.read_all(["small"])


def test_the_table(folder):
    save_run(seed=1, accuracy=0.98765)
    assert "| small | 99 | 98.77% | – | – | 10 s | 1 |" in results.table(results.read_all())


def test_the_figures_of_readme_and_headers_are_those_of_the_records():
    for path in results.readmes():
        text = path.read_text(encoding="utf-8")
        assert results.filled(text) == text, f"run «make results»: {path}"
    first, *_, last = (path.read_text(encoding="utf-8") for path in results.readmes())
    assert "<!-- results -->\n| model |" in first and "<!-- benchmarks -->\n- `bench" in last
    for record in results.read_all():
        script = files.ROOT / record["script"]
        assert results.expectation(record) in script.read_text(encoding="utf-8"), script


def test_a_readme_may_hold_a_table_of_some_models():
    text = "# A\n<!-- results dense linear -->\nold\n<!-- end of results -->\nafter\n"
    filled = results.filled(text)
    assert [line.split(" ")[1] for line in filled.splitlines() if line.startswith("| ")] == [
        "model", "linear", "dense"
    ]  # fmt: skip
    assert "old" not in filled and filled.endswith("<!-- end of results -->\nafter\n")
    assert results.filled(filled) == filled


def test_a_model_whose_test_images_have_no_labels(folder):
    figures = {"parameters": 99, "seconds": 5.0, "val_accuracy": 0.9}
    results.save(results.record("kaggle_real", {"SEED": 1}, **figures))
    assert results.read_all() == []
    (record,) = results.read_all(["kaggle_real"])
    assert "| kaggle_real | 99 | – | – | – | 5 s | 1 |" in results.table([record])


def test_the_header_says_in_which_precision(folder):
    record = save_run(seed=1, accuracy=0.9) | {"hardware": "a computer"}
    assert " 10 s of training on a computer" in results.expectation(record).replace("\n# ", " ")
    record["hyperparameters"]["PRECISION"] = "mixed_bfloat16"
    assert "of training in mixed_bfloat16 on" in results.expectation(record).replace("\n# ", " ")
    record["without_augmentation"] = 0.85
    both = "(one seed) with test-time augmentation, and 85.00% without it, after 10 s"
    assert both in results.expectation(record).replace("\n# ", " ")
    record["with_augmentation"] = record.pop("without_augmentation")
    both = "(one seed), and 85.00% with test-time augmentation, after 10 s"
    assert both in results.expectation(record).replace("\n# ", " ")
