"""The exercises: as shipped each fails helpfully, each solution passes, each mistake is named."""

import json
import os
import re
import shutil
import subprocess
import sys

from cnn_practice import files, models

import pytest

FOLDER = files.ROOT / "exercises"
NAMES = sorted(path.stem for path in FOLDER.glob("[0-9][0-9]_[0-9]*.py"))
KERAS = ("02_2", "03_3", "04_2", "08_1", "08_2")  # whose checks import it
TRAINED = ["03_4_small_network", "03_5_smallest_reader"]  # whose checks train it for minutes
QUICK = [name for name in NAMES if name[:4] not in KERAS and name not in TRAINED]

sys.path.insert(0, str(FOLDER))
import checking


def checked(name, path, capsys):
    """Exit code and message of a check that runs in this process."""
    code = 0
    try:
        checking.run(name, path)
    except SystemExit as error:
        code = error.code
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    return code, (out + err).strip()


def edited(tmp_path, name, old, new, folder=FOLDER / "solutions"):
    """The solution of an exercise with a mistake put into it."""
    text = (folder / f"{name}.py").read_text(encoding="utf-8")
    assert old in text, (name, old)
    path = tmp_path / f"{name}.py"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


def test_every_chapter_has_exercises():
    for chapter in range(1, 10):
        number = sum(name.startswith(f"{chapter:02}_") for name in NAMES)
        assert number >= (8 if chapter == 1 else 3), chapter


@pytest.mark.parametrize("name", NAMES)
def test_files_belong_together(name):
    exercise = (FOLDER / f"{name}.py").read_text(encoding="utf-8")
    solution = (FOLDER / "solutions" / f"{name}.py").read_text(encoding="utf-8")
    for text in (exercise, solution):
        assert text.startswith("# %% [markdown]\n# # ")
    assert exercise.splitlines()[1] == solution.splitlines()[1], "one title"
    assert f"python exercises/check.py {name[:4]}" in exercise
    hints = checking.load_check(name).HINTS
    assert len(hints) == 3 and len(set(hints)) == 3 and all(hints)


def as_shipped(name, code, message):
    """What the check of an exercise as shipped must say."""
    planted = getattr(checking.load_check(name), "PLANTED", "returns nothing yet")
    assert code == 1 and message.startswith("Not yet: ") and planted in message, message
    assert len(message.splitlines()) == 1


@pytest.mark.parametrize("name", QUICK)
def test_as_shipped_each_fails_with_help(name, capsys):
    as_shipped(name, *checked(name, FOLDER / f"{name}.py", capsys))


@pytest.mark.parametrize("name", QUICK)
def test_each_solution_passes(name, capsys):
    code, message = checked(name, FOLDER / "solutions" / f"{name}.py", capsys)
    assert code == 0 and message.startswith("Solved: "), message


@pytest.mark.script
@pytest.mark.parametrize("name", [name for name in NAMES if name[:4] in KERAS])
def test_with_keras(name, capsys):
    as_shipped(name, *checked(name, FOLDER / f"{name}.py", capsys))
    code, message = checked(name, FOLDER / "solutions" / f"{name}.py", capsys)
    assert code == 0 and message.startswith("Solved: "), message


MISTAKES = [
    ("01_1", "(size - kernel) // stride + 1", "(size - kernel) // stride", "first position includ"),
    ("01_1", "-(-size // stride)", "size // stride", "rounded up"),
    ("01_1", "max((output - 1) * stride + kernel - size, 0)",
     "(output - 1) * stride + kernel - size", "Zeros are never taken away"),
    ("01_1", "total // 2, total - total // 2", "total - total // 2, total // 2", "comes after"),
    ("01_2", " + b", "", "add b"),
    ("01_2", "(window, w, axes=3)", "(window, w[::-1, ::-1], axes=3)", "flipped"),
    ("01_2", "i * stride, j * stride", "i, j", "still move by one pixel"),
    ("01_3", "return dx, dw,", "return dx, dw / 2,", "2 times too small: sum over the images"),
    ("01_3", "return dx, dw,", "return dx, dw * (stride if stride > 1 else 1),",
     "dw is right for stride 1 and 2 times as large as it should be for stride 2: how often"),
    ("01_3", "dx[place] +=", "dx[place] =", "A pixel lies in several windows"),
    ("01_3", "i * stride, j * stride", "i, j", "where does the window of position"),
    ("01_3", "dout[:, i, j], w)", "dout[:, i, j], w[::-1, ::-1])", "dx"),
    ("01_3", "dout.sum(axis=(0, 1, 2))", "dout.mean(axis=(0, 1, 2))", "db is"),
    ("01_4", ".max(axis=(1, 2))", ".mean(axis=(1, 2))", "average pooling"),
    ("01_4", ".max(axis=(1, 2))", ".max(axis=(1, 2, 3))[:, None]", "All channels are the same"),
    ("01_4", ".max(axis=(1, 2))", ".max(axis=(1, 2)).clip(0)", "Negative values became 0"),
    ("01_5", "+= dout", "= dout", "add them with +="),
    ("01_5", "dx[n, top + row, left + column, c] += dout[n, i, j, c]",
     "dx[n, top : top + pool, left : left + pool, c] += dout[n, i, j, c]",
     "the others did not change the output"),
    ("01_6", "labels].mean()", "labels].sum()", "their mean, not their sum"),
    ("01_6", "dscores / len(scores)", "dscores", "the loss is a mean"),
    ("01_6", "- scores.max(axis=1, keepdims=True)", "+ 0", "what may be subtracted"),
    ("01_6", "loss = -log_p", "loss = log_p", "the wrong sign"),
    ("01_7", "corrected_v = v / (1 - beta_2**t)", "corrected_v = v", "theta"),
    ("01_7", "theta - rate", "theta + rate", "goes uphill"),
    ("01_7", "(np.sqrt(corrected_v) + epsilon)", "np.sqrt(corrected_v + epsilon)", "under the"),
    ("01_7", "gradient**2", "gradient", "v after step 1"),
    ("01_8", "x.mean(axis=0)) / np.sqrt", "x.mean()) / np.sqrt", "The output"),
    ("01_8", "x.var(axis=0) + epsilon) + beta", "x.var(axis=0, ddof=1) + epsilon) + beta",
     "the paper has N"),
    ("01_8", "(d - d.mean(axis=0) - normalised * (d * normalised).mean(axis=0))", "d",
     "as constants"),
    ("02_1", "x[validation:], y[validation:]", "x, y", "what was learned by heart"),
    ("02_3", "axis=1", "axis=0", "This is the precision"),
    ("03_1", " + filters", "", "biases are missing"),
    ("03_1", " + units", "", "biases are missing"),
    ("04_1", "(kernel - 1) * step\n        step *= stride", "kernel - 1", "how many pixels apart"),
    ("04_1", "field += (kernel - 1) * step\n        step *= stride",
     "step *= stride\n        field += (kernel - 1) * step", "does not make them wider"),
    ("04_3", "if step < rising:", "if step < 0:", "The warm-up begins at zero"),
    ("04_3", "(1 + math.cos(math.pi * (step - rising) / (steps - rising)))",
     "2 * (1 - (step - rising) / (steps - rising))", "not a straight line"),
    ("05_1", "default_rng(seed)", "default_rng()", "The same seed gives two different orders"),
    ("05_2", "start=1", "start=0", "counted from 1"),
    ("05_2", "ImageId,Label", "id,label", "Kaggle expects"),
    ("06_1", "images[:, :, ::-1]", "images[:, ::-1]", "exchanges top and bottom"),
    ("06_1", "edge - down, edge - right", "edge + down, edge + right", "moves the other way"),
    ("06_1", "edge - down, edge - right", "edge - right, edge - down", "across and down"),
    ("06_2", "(x - mean) / deviation for",
     "(x - x.mean(axis=(0, 1, 2))) / x.std(axis=(0, 1, 2)) for", "statistics of their own"),
    ("06_3", "return right / np.maximum(counts.sum(axis=0), 1), right",
     "return right / np.maximum(counts.sum(axis=1), 1), right", "The precision"),
    ("06_3", "np.maximum(counts.sum(axis=1), 1)", "counts.sum(axis=1)", "not NaN"),
    ("07_1", "max(end - start, 0)", "end - start", "two negative lengths"),
    ("07_1", " - shared\n", "\n", "counted twice"),
    ("07_3", " - x + 1", " - x", "The box is"),
    ("07_3", "return x, y, int(columns.max()) - x + 1, int(rows.max()) - y + 1",
     "return y, x, int(rows.max()) - y + 1, int(columns.max()) - x + 1", "are exchanged"),
    ("08_3", "share * len(photos)", "0.5 * len(photos)", "a share of 0.25 is 10"),
    ("09_1", ", weights=sizes", "", "count alike"),
    ("09_2", "range(machine, images, machines)", "range(machine, images)", "several machines"),
    ("09_3", "itertools.product(*values.values())",
     "(e[::-1] for e in itertools.product(*list(values.values())[::-1]))", "changes fastest"),
]  # fmt: skip


@pytest.mark.parametrize(("number", "old", "new", "sentence"), MISTAKES)
def test_the_check_names_the_mistake(number, old, new, sentence, tmp_path, capsys):
    (name,) = (each for each in NAMES if each.startswith(number))
    code, message = checked(name, edited(tmp_path, name, old, new), capsys)
    assert code == 1 and sentence in message, message


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("def tight_box(ink):", "def tight_box(ink)", "not valid Python in line"),
        ("import numpy as np", "import numpie as np", "stops in line 8 with ModuleNotFoundError"),
        ("tight_box(ink)", "box(ink)", "There is no function `tight_box`"),
        ("tight_box(ink)", "tight_box()", "does not take its 1 arguments"),
        ("return x, y,", "return x,", "is to return 4 results"),
        ("np.nonzero(ink)", "np.nonzero(inc)", "with NameError: name 'inc' is not defined"),
        ("import numpy as np", "import numpy as np\nimport scipy", "solve this exercise without"),
    ],
)
def test_bad_input_gets_one_sentence(old, new, sentence, tmp_path, capsys):
    code, message = checked("07_3_tight_box", edited(tmp_path, "07_3_tight_box", old, new), capsys)
    assert code in (1, 2) and sentence in message and message.count("\n") == 0, message


@pytest.mark.parametrize(
    ("new", "sentence"),
    [
        ("return y[0]", "The output has the shape"),
        ("return y * np.nan", "NaN or infinite"),
        ("return 'maps'", "not an array of numbers"),
        ("return y + 1e-3", "is right."),
    ],
)
def test_wrong_arrays_get_one_sentence(new, sentence, tmp_path, capsys):
    path = edited(tmp_path, "01_4_pooling", "return y", new)
    code, message = checked("01_4_pooling", path, capsys)
    assert code == 1 and sentence in message and message.count("\n") == 0, message


@pytest.mark.parametrize("name", TRAINED)
def test_as_shipped_a_network_is_trained_and_falls_short(name, capsys):
    code, message = checked(name, FOLDER / f"{name}.py", capsys)
    as_shipped(name, code, message.splitlines()[-1])


FIT = "model.fit(x, y, batch_size=256, epochs=1, verbose=2)"


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("layers.Flatten(),", "layers.Flatten(), layers.Dense(100),",
         "79,510 weights, 69,511 too many. Most are in dense"),
        ("Dense(10", "Dense(11", "from (28, 28, 1) to (10,)"),
        ("keras.Input((28, 28, 1)),", "", "from (28, 28, 1) to (10,)"),
        ("return keras.Sequential(", "return list(", "from (28, 28, 1) to (10,)"),
        ("layers.Flatten(),", "layers.Lambda(lambda x: 2 * x), layers.Flatten(),",
         "so that all weights are counted"),
        ("Flatten()", "Flatten(name='n' * 100_000)", "numbers in it that are not counted"),
        ("import keras\n", "import keras\nfrom cnn_practice import datasets\n", "uses `datasets`"),
        (FIT, "keras.models.load_model('lenet5')", "uses `load_model` in line"),
        (FIT, "model = keras.Sequential()", "is to return the network that it was given"),
        (FIT, "model = 3", "is to return the network that it was given"),
        (FIT, "model.set_weights([w * float('nan') for w in model.get_weights()])", "diverged"),
        (FIT, "...", "of the validation images are read with 7,850 weights"),
    ],
)  # fmt: skip
def test_what_a_trained_network_may_not_do(old, new, sentence, tmp_path, capsys):
    path = edited(tmp_path, "03_4_small_network", old, new, FOLDER)
    code, message = checked("03_4_small_network", path, capsys)
    assert code == 1 and sentence in message and message.count("\n") == 0, message


@pytest.mark.parametrize("name", TRAINED)
def test_a_network_that_reads_well_passes(name, capsys, monkeypatch):
    lenet5 = models.load("lenet5")
    monkeypatch.setattr(checking, "built_and_trained", lambda *_: lenet5)
    code, message = checked(name, FOLDER / f"{name}.py", capsys)
    assert code == 0 and "are read with 61,706 weights" in message, message


@pytest.mark.script
@pytest.mark.skipif("WHOLE_TRAININGS" not in os.environ, reason="see CONTRIBUTING.md")
@pytest.mark.parametrize("name", TRAINED)
def test_each_network_of_a_solution_is_good_enough(name, capsys):
    code, message = checked(name, FOLDER / "solutions" / f"{name}.py", capsys)
    assert code == 0 and "Solved: " in message, message


@pytest.fixture
def copy(tmp_path):
    """A copy of the exercises with an own progress file, and a function that runs check.py."""
    for name in ("exercises", "cnn_practice"):
        shutil.copytree(
            files.ROOT / name, tmp_path / name,
            ignore=shutil.ignore_patterns(".progress.json", "__pycache__"),
        )  # fmt: skip

    def run(*arguments):
        command = [sys.executable, str(tmp_path / "exercises" / "check.py"), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert "Traceback" not in done.stdout + done.stderr, done.stderr
        return done

    run.folder = tmp_path / "exercises"
    return run


def test_the_list_hints_solution_and_progress(copy):
    assert "0 of" in copy().stdout
    done = copy("09_2")
    assert (
        done.returncode == 1 and "belong to no machine" in done.stdout and "--hint" in done.stdout
    )
    for number in (1, 2, 3, 3):
        hints = re.findall(r"^Hint (\d) of 3: ", copy("09_2", "--hint").stdout, re.MULTILINE)
        assert [int(hint) for hint in hints] == list(range(1, number + 1))
    shown = copy("09_2", "--solution")
    assert shown.returncode == 0 and "Solved" in shown.stdout
    assert "range(machine, images, machines)" in shown.stdout
    exercise = copy.folder / "09_2_share_the_data.py"
    shutil.copy(copy.folder / "solutions" / exercise.name, exercise)
    assert copy("09_2_share_the_data.py").returncode == 0
    assert re.search(r"✓ 09_2_share_the_data", copy().stdout)
    exercise.write_text(exercise.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert re.search(r"~ 09_2_share_the_data", copy().stdout)


def test_an_unknown_exercise_and_damaged_progress(copy):
    done = copy("1_3")
    assert done.returncode == 2 and "There is no exercise '1_3'" in done.stderr
    assert "Did you mean 01_3" in done.stderr
    (copy.folder / ".progress.json").write_text("[")
    assert "0 of" in copy().stdout
    (copy.folder / ".progress.json").write_text(json.dumps({"01_3_conv_backward": 3}))
    assert "0 of" in copy().stdout


def test_an_endless_loop_is_stopped(copy):
    check = copy.folder / "checks" / "09_3_variations.py"
    check.write_text(check.read_text(encoding="utf-8") + "\nSECONDS = 2\n", encoding="utf-8")
    exercise = copy.folder / "09_3_variations.py"
    text = exercise.read_text(encoding="utf-8").replace("    ...", "    while True: pass")
    exercise.write_text(text, encoding="utf-8")
    done = copy("09_3")
    assert done.returncode == 1 and "Is there a loop without an end?" in done.stdout
