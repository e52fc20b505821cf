"""One script of each chapter, executed as a notebook: every figure that it saves is also shown."""

import json
import re

from cnn_practice import files

import keras
import pytest

nbclient = pytest.importorskip("nbclient")
jupytext = pytest.importorskip("jupytext")

# Of each chapter the script that shows most in little time, and what is edited to make it little.
NOTEBOOKS = {
    "01_components/*[0-9]_pooling.py": {},
    "02_linear/1_train_linear.py": {"EPOCHS": 1},
    "03_lenet5/3_classify_drawings.py": {"NAMES": ("lenet5",)},
    "04_vgg16/3_classify_drawings.py": {"NAMES": ("lenet5",)},
    "05_kaggle/1_preprocess.py": {"EXAMPLES": 2},
    "06_cifar10/1_look_at_the_data.py": {"EXAMPLES": 2},
    "07_bounding_box/1_make_scenes.py": {"COUNTS": (300, 100, 100)},
    "08_pretrained/1_classify_photo.py": {
        "WEIGHTS": "mobilenet.weights.h5", "CLASSES": "names.json"
    },
}  # fmt: skip
WRONG = """# %%
from cnn_practice import hyperparameters
EPOCHS = 0  # whole number, at least 1; passes over the images
hyperparameters.check()
"""
BEGIN = "%reset -f\nimport os\nos.chdir({folder!r})\nprint('BEGIN {script}')"


def write_random_mobilenet(folder):
    keras.utils.set_random_seed(0)
    keras.applications.MobileNetV2(weights=None).save_weights(folder / "mobilenet.weights.h5")
    names = {str(index): [f"n{index}", f"thing_{index}"] for index in range(1000)}
    (folder / "names.json").write_text(json.dumps(names), "utf-8")


@pytest.mark.script
def test_every_figure_shows_itself_once(fresh_project, monkeypatch):
    """All in one kernel, which imports TensorFlow once; each script begins with no variables."""
    write_random_mobilenet(fresh_project.root / "08_pretrained")
    cells, scripts = [], []
    for pattern, values in NOTEBOOKS.items():
        (path,) = fresh_project.root.glob(pattern)
        script = path.relative_to(fresh_project.root).as_posix()
        if path.parent.name == "06_cifar10" and not (files.DATA / "cifar10.npz").exists():
            continue
        fresh_project.edit(script, **values)
        begin = BEGIN.format(folder=str(path.parent), script=script)
        notebook = jupytext.read(path)
        assert notebook.cells[0].cell_type == "markdown"
        assert not any(set(cell.metadata) - {"lines_to_next_cell"} for cell in notebook.cells)
        cells += [jupytext.reads("# %%\n" + begin, "py:percent").cells[0], *notebook.cells]
        scripts.append(script)
    notebook.cells = cells + jupytext.reads(WRONG, "py:percent").cells
    notebook.cells[-1].metadata["tags"] = ["raises-exception"]
    monkeypatch.setenv("PYTHONPATH", str(fresh_project.root))
    kernel = {
        "kernel_name": "python3",
        "resources": {"metadata": {"path": str(fresh_project.root)}},
    }
    nbclient.NotebookClient(notebook, timeout=300, **kernel).execute()

    (output,) = notebook.cells.pop().outputs
    assert output.text == "Error: EPOCHS is 0: write a whole number, at least 1.\n"

    shown, saved, script = dict.fromkeys(scripts, 0), dict.fromkeys(scripts, 0), None
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            text = output.get("text", "")
            if found := re.search("^BEGIN (.+)$", text, re.MULTILINE):
                script = found[1]
            saved[script] += len(
                re.findall(r"^figure: images/figures/.+\.png$", text, re.MULTILINE)
            )
            if "image/png" in output.get("data", {}):
                shown[script] += 1
                assert output["metadata"]["image/png"].get("alt") or output["metadata"].get("alt")
    assert shown == saved
    assert all(shown.values()), "each of these scripts has a figure"
