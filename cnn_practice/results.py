"""The record of a training run as JSON, and the README table made from these records.

``python -m cnn_practice.results`` prints the table, of all models or of those named after it;
with ``--write`` it writes the table into the README, and into the header of each training script
what to expect of it, so that no figure is typed by hand.
"""

import json
import os
import platform
import re
import sys
import textwrap
from importlib import metadata
from pathlib import Path

from cnn_practice import files
from cnn_practice.errors import InputError

import numpy as np

README = files.ROOT / "README.md"
EXPECT = re.compile(r"^# Expect .*\n(?:# .+\n)*", re.MULTILINE)
TABLE = re.compile(r"(<!-- results -->\n).*(<!-- end of results -->)", re.DOTALL)
BENCHMARKS = re.compile(r"(<!-- benchmarks -->\n).*(<!-- end of benchmarks -->)", re.DOTALL)


def hyperparameters(variables):
    """The UPPERCASE names of a script and their values: ``hyperparameters(globals())``."""
    return {
        name: str(value) if isinstance(value, Path) else value
        for name, value in variables.items()
        if name.isupper() and not name.startswith("_")
    }


def environment():
    """Versions of Python and the libraries, and the hardware, as a dict for a results file."""
    libraries = ("keras", "tensorflow", "numpy")
    cpu = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():  # Linux, where platform.processor() is empty or only names the family
        found = re.search(r"model name\s*: (.+)", cpuinfo.read_text(encoding="utf-8"))
        cpu = found[1] if found else cpu
    return {
        "versions": {"python": platform.python_version()}
        | {library: metadata.version(library) for library in libraries},
        "hardware": f"{cpu}, {os.cpu_count()} cores",
    }


def save(name, script_variables, **run):
    """Add one run to ``models/<name>.results.json``.

    Runs with the same hyperparameters, versions and hardware, their seeds apart, stand together,
    and the file gives their mean and standard deviation; another setting begins the file anew.
    The saved weights are those of the last run.

    Args:
        name: the model's name.
        script_variables: ``globals()`` of the training script: its UPPERCASE names are the
            hyperparameters, of which ``SEED`` is required.
        **run: figures of this run: ``test_accuracy`` and ``drawings_accuracy`` in [0, 1],
            ``parameters``, ``epochs``, ``seconds`` of training, and any further number.

    Raises:
        InputError: the file cannot be written.
    """
    path, seed, common, former = _former(name, script_variables)
    runs = [each for each in former.get("runs", []) if each["seed"] != seed]
    runs.append({"seed": seed} | run)

    record = {"model": name}
    for quantity in run:
        values = [each[quantity] for each in runs]
        if quantity == "test_accuracy":
            record[quantity] = {
                "mean": float(np.mean(values)),
                # One run has no deviation.
                "std": float(np.std(values, ddof=1)) if len(values) > 1 else None,
                "runs": values,
            }
        elif isinstance(values[0], float):
            record[quantity] = float(np.mean(values))
        else:
            record[quantity] = values[-1]
    record |= {"seeds": [each["seed"] for each in runs]} | common | {"runs": runs}
    if "parts" in former:
        record["parts"] = former["parts"]
    files.write_json(path, record)
    print(f"results: {files.shown(path)}")


def save_part(name, script_variables, **part):
    """Add a run that was stopped on purpose to the ``parts`` of ``models/<name>.results.json``.

    Parts say how a training begins or how long it would take. They are apart from the runs, and a
    record of nothing but parts is not in the README's table.

    Args:
        name: the model's name.
        script_variables: as of ``save``.
        **part: ``epochs``, whole or a fraction, and the figures; the same number of epochs and the
            same seed replace the former part.
    """
    path, seed, common, former = _former(name, script_variables)
    part = {"seed": seed} | part
    key = seed, part["epochs"]
    others = [each for each in former.get("parts", []) if (each["seed"], each["epochs"]) != key]
    files.write_json(path, {"model": name} | common | former | {"parts": [*others, part]})
    print(f"results: {files.shown(path)}")


def _former(name, script_variables):
    """Where the record is, this run's seed and setting, and the record if of the same setting."""
    path = files.MODELS / f"{name}.results.json"
    settings = json.loads(json.dumps(hyperparameters(script_variables)))
    seed = settings.pop("SEED")
    common = {"hyperparameters": settings} | environment()
    try:
        former = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # none yet, or damaged: this run begins it anew
        former = {}
    same = all(former.get(key) == value for key, value in common.items())
    return path, seed, common, former if same else {}


def read_all(names=None):
    """The records of ``models/<name>.results.json``, as dicts.

    Args:
        names: the models; by default all that have a record of a whole run, in the order of the
            chapters.

    Raises:
        InputError: a named model has no record, or a record is damaged.
    """
    paths = sorted(files.MODELS.glob("*.results.json"))
    if names:
        paths = [files.MODELS / f"{name}.results.json" for name in names]
    records = []
    for path in paths:
        try:
            records.append(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            raise InputError(
                f"{files.shown(path)} is missing or damaged: train the model again."
            ) from error
    if not names:
        records = [record for record in records if "test_accuracy" in record]
    return sorted(records, key=lambda record: str(files.training_script(record["model"])))


def table(records):
    """The results table in Markdown, one row per record."""
    rows = [
        "| model | parameters | test accuracy | drawings | merely shrunk | training | seeds |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for record in records:
        accuracy = record["test_accuracy"]
        deviation = "" if accuracy["std"] is None else f" ± {accuracy['std']:.2%}"
        prepared, shrunk = (
            f"{record[key]:.1%}" if key in record else "–"
            for key in ("drawings_accuracy", "shrunk_drawings_accuracy")
        )
        rows.append(
            f"| {record['model']} | {record['parameters']:,} | {accuracy['mean']:.2%}{deviation} "
            f"| {prepared} | {shrunk} | {_duration(record['seconds'])} | {len(record['seeds'])} |"
        )
    return "\n".join(rows) + "\n"


def benchmarks():
    """One line of Markdown per record of ``benchmarks/results/``: its script and its summary."""
    lines = []
    for path in sorted(files.ROOT.glob("benchmarks/results/*.json")):
        summary = json.loads(path.read_text(encoding="utf-8"))["summary"]
        lines.append(f"- `benchmarks/{path.stem}.py`: {summary}.\n")
    return "".join(lines)


def _duration(seconds):
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def expectation(record):
    """The sentence of a script's header on accuracy, seeds, time and hardware, as comment lines."""
    accuracy, runs = record["test_accuracy"], record["runs"]
    if accuracy["std"] is None:
        figure = f"{accuracy['mean']:.2%} on the test images (one run, so no deviation)"
    else:
        figure = (
            f"{accuracy['mean']:.2%} ± {accuracy['std']:.2%} on the test images (mean and standard"
            f" deviation over {len(runs)} seeds)"
        )
    sentence = (
        f"Expect {figure} after {_duration(record['seconds'])} of training on {record['hardware']}."
    )
    return "".join(f"# {line}\n" for line in textwrap.wrap(sentence, 97))


def write_readme_and_headers():
    """Put the records into the README's table and the headers of the scripts."""
    records = read_all()
    text = README.read_text(encoding="utf-8")
    for marks, content in ((TABLE, table(records)), (BENCHMARKS, benchmarks())):
        if not marks.search(text):
            raise InputError(f"README.md has lost the marks {marks.pattern}: put them back.")
        text = marks.sub(lambda found, content=content: found[1] + content + found[2], text)
    files.write_text(README, text)
    for record in records:
        script = files.training_script(record["model"])
        text = script.read_text(encoding="utf-8")
        text = EXPECT.sub(lambda _, record=record: expectation(record), text, count=1)
        files.write_text(script, text)


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        write_readme_and_headers()
    else:
        print("\n" + table(read_all(sys.argv[1:])))
        print(f"The figures are in {files.shown(files.FIGURES)}.")
