"""The outputs of the scripts that the site shows: present, complete, and of this version."""

import copy
import re
import sys
from itertools import chain

from cnn_practice import files, results
from cnn_practice.errors import InputError

import pytest

pytest.importorskip("nbclient")
jupytext = pytest.importorskip("jupytext")
SITE = files.ROOT / "site"


@pytest.fixture(scope="module", autouse=True)
def modules():
    """The scripts of ``site/`` as modules, for these tests alone."""
    sys.path.insert(0, str(SITE))
    import record_outputs
    import scripts

    yield scripts, record_outputs
    sys.path.remove(str(SITE))


@pytest.fixture
def scripts(modules):
    return modules[0]


@pytest.fixture
def record_outputs(modules):
    return modules[1]


@pytest.fixture
def one(scripts, tmp_path, monkeypatch):
    """A script of three cells with recorded outputs, in a folder of its own."""
    path = tmp_path / "02_linear" / "1_little.py"
    path.parent.mkdir()
    path.write_text("# %% [markdown]\n# Text\n\n# %%\nA = 1  # one\n\n# %%\nprint(A)\n", "utf-8")
    monkeypatch.setattr(scripts, "OUTPUTS", tmp_path / "outputs")
    monkeypatch.setattr(files, "ROOT", tmp_path)
    shown = [[], [{"text": "1"}, {"picture": "1_little_1.webp", "alt": "One"}]]
    content = {"cells": scripts.fingerprint(path), "outputs": shown}
    files.write_json(scripts.place(path), content)
    (scripts.place(path).parent / "1_little_1.webp").touch()
    return path


def test_the_scripts_in_the_order_of_the_course(scripts):
    names = [files.shown(path) for path in scripts.numbered()]
    assert names[0] == "01_components/1_train_perceptron.py"
    assert names[9:11] == [
        "01_components/10_backprop_feature_maps_and_biases.py",
        "01_components/11_backprop_pooling.py",
    ]
    assert len(names) == len(set(names)) == len(list(files.ROOT.glob("[0-9]*_*/[0-9]*_*.py")))


@pytest.mark.parametrize(
    "change",
    [
        ("# Text", "# Another text"),
        ("  # one", "  # the number one"),
        ("A = 1  # one\n", "\n# The number\nA = 1  \n\n"),
        ("# %%\nA", "# %% [markdown]\n# More text\n\n# %%\nA"),
    ],
)
def test_a_change_of_text_keeps_the_outputs(scripts, one, change):
    one.write_text(one.read_text("utf-8").replace(*change), "utf-8")
    assert scripts.outputs(one)["outputs"][0] == []


@pytest.mark.parametrize(
    "change",
    [("A = 1", "A = 2"), ("print(A)", 'print(A)  # "\nprint("# %")'), ("\n# %%\nprint", "print")],
)
def test_a_change_of_code_is_told(scripts, one, change):
    one.write_text(one.read_text("utf-8").replace(*change), "utf-8")
    with pytest.raises(InputError) as told:
        scripts.outputs(one)
    assert str(told.value) == (
        "The outputs are of another version of 02_linear/1_little.py: run"
        " «python site/record_outputs.py 02_linear/1_little.py»."
    )


def test_what_is_missing_or_damaged_is_told(scripts, one):
    (scripts.place(one).parent / "1_little_1.webp").unlink()
    with pytest.raises(InputError, match=r"^The picture 1_little_1.webp of 02_.* is missing: run"):
        scripts.outputs(one)
    scripts.place(one).write_text("{}", "utf-8")
    with pytest.raises(InputError, match=r"^outputs/02_linear/1_little.json is damaged: run"):
        scripts.outputs(one)
    scripts.place(one).unlink()
    with pytest.raises(InputError, match=r"^There are no outputs of 02_linear/1_little.py yet: "):
        scripts.outputs(one)


@pytest.fixture(scope="module")
def everything(modules):
    """What is recorded of each script; if it is outdated, the error says what to run."""
    return {path: modules[0].outputs(path) for path in modules[0].numbered()}


def test_every_script_has_outputs_of_its_present_version(scripts, everything):
    for path, recorded in everything.items():
        code = [cell for cell in scripts.cells(path).cells if cell.cell_type == "code"]
        assert len(recorded["outputs"]) == len(code), path
        assert recorded["training"] in ("run", "from the record", "not run", None)
        assert recorded["script"] == files.shown(path) and recorded["versions"]["keras"]


def test_outputs_are_fit_to_be_shown(scripts, everything):
    kept = set(scripts.OUTPUTS.glob("*/*.webp"))
    for path, recorded in everything.items():
        for output in chain(*recorded["outputs"]):
            if "picture" in output:
                assert output["alt"].strip(), path
                kept.remove(scripts.place(path).parent / output["picture"])
            else:
                text = output["text"]
                assert text.strip("\n") and not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", text), path
                assert not re.search(r"/(home|root|tmp|Users|usr|work)/|Traceback", text), path
    assert not kept, "pictures that no script shows"


def test_the_outputs_are_small(scripts):
    sizes = [path.stat().st_size for path in scripts.OUTPUTS.rglob("*") if path.is_file()]
    assert sum(sizes) <= 8_000_000


@pytest.fixture(scope="module")
def root(modules, tmp_path_factory):
    """A copy of the project, in which scripts are recorded."""
    root = tmp_path_factory.mktemp("copy") / "project"
    modules[1].copy(root)
    return root


@pytest.mark.script
def test_a_script_is_recorded(scripts, record_outputs, root, tmp_path, monkeypatch):
    (path,) = (path for path in scripts.numbered() if path.name == "11_backprop_pooling.py")
    before = scripts.outputs(path)
    monkeypatch.setattr(scripts, "OUTPUTS", tmp_path)
    record_outputs.record(path, root)
    again = scripts.outputs(path)
    assert [list(map(list, cell)) for cell in again["outputs"]] == [
        list(map(list, cell)) for cell in before["outputs"]
    ]
    assert again["training"] is None and not record_outputs.outdated(path)


@pytest.mark.script
def test_a_training_is_told_from_its_record(scripts, record_outputs, root, tmp_path, monkeypatch):
    (path,) = (path for path in scripts.numbered() if path.name == "1_train_linear.py")
    notebook = scripts.cells(path)
    last = [cell for cell in notebook.cells if cell.cell_type == "code"][-1]
    for slow in (
        "    **classify.scores(model),\n",
        "plots.misread(x_test, y_test, ",
        "plots.confusion",
    ):
        line = next(line for line in last.source.splitlines(True) if line.startswith(slow))
        last.source = last.source.replace(line, "")
    monkeypatch.setattr(scripts, "cells", lambda path: copy.deepcopy(notebook))
    monkeypatch.setattr(scripts, "OUTPUTS", tmp_path)
    record_outputs.record(path, root)
    recorded, run = scripts.outputs(path), results.read("linear")["runs"][-1]
    assert recorded["training"] == "from the record"
    text, picture = recorded["outputs"][4]
    told = f"{record_outputs.FROM_RECORD} The committed weights are of a run of 30 epochs in "
    assert text["text"].startswith(told)
    assert picture["alt"] == "Loss and accuracy of linear by epoch"
    accuracy, seconds = re.search(
        r"^linear: test accuracy (.+) in (.+) s$", recorded["outputs"][-1][-1]["text"], re.MULTILINE
    ).groups()
    assert float(accuracy) == pytest.approx(run["test_accuracy"], abs=2e-3)
    assert float(seconds) == pytest.approx(run["seconds"], abs=2)
    monkeypatch.setattr(record_outputs, "_last_run", lambda path: run | {"seconds": 1})
    assert record_outputs.outdated(path), "trained anew"


@pytest.mark.script
def test_a_script_that_ends_with_an_error(scripts, record_outputs, root, tmp_path, monkeypatch):
    path = tmp_path / "02_linear" / "9_wrong.py"
    path.parent.mkdir()
    path.write_text(
        "# %%\nimport sys\nfrom cnn_practice.errors import InputError\n"
        "print('a\\rb')\nprint('c', file=sys.stderr)\n'd'\n"
        "# %%\nraise InputError('No file: get it.')\nE = 1\n# %%\nprint(E)\n# %%\nprint('f')\n"
    )
    monkeypatch.setattr(scripts, "OUTPUTS", tmp_path / "outputs")
    with pytest.raises(InputError, match=r"9_wrong.py ends with «No file: get it.»$"):
        record_outputs.record(path, root)
    record_outputs.record(path, root, incomplete=True)
    assert [cell[0]["text"] for cell in scripts.outputs(path)["outputs"]] == [
        "b",
        "Not run for this page. It ended with «No file: get it.»",
        record_outputs.NEEDS_MORE,
        "f",
    ]


def test_a_script_that_is_none(record_outputs):
    with pytest.raises(InputError, match=r"^02_linear/1_trian_linear.py is no .*1_train_linear.py"):
        record_outputs.find("02_linear/1_trian_linear.py")


def test_printed_texts_without_control_codes_and_paths(record_outputs, tmp_path):
    clean = record_outputs._clean
    bar = "Epoch 1\n\x1b[1m1/2\x1b[0m ━ 5ms\x08\x08\r\x1b[1m2/2\x1b[0m ━━ 9ms\n"
    assert clean(bar, tmp_path) == "Epoch 1\n2/2 ━━ 9ms"
    assert clean(f"{tmp_path / 'models' / 'a.h5'} in {tmp_path}", tmp_path) == "models/a.h5 in ."
    assert clean("  a  b\n" + "c " * 60, tmp_path) == "  a  b\n" + "\n".join(
        ["c" + 49 * " c", "c" + 9 * " c"]
    )
    lines = clean("\n".join(map(str, range(200))), tmp_path).splitlines()
    assert lines[0] == "0" and lines[-1] == "199" and len(lines) == record_outputs.LINES
    assert lines[40] == "… 141 lines …"
