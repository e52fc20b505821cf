"""The record of a training run as JSON, and the tables made from these records.

``python -m cnn_practice.results`` prints the table, of all models or of those named after it.
With ``--write`` it writes the table into each README between ``<!-- results -->`` and ``<!-- end of
results -->``, of some models after ``<!-- results linear dense -->``, and into the header of each
training script what to expect of it, so that no figure is typed by hand. What came of the changes
of ``experiments/plan.py`` is written into a script between ``# <!-- experiment linear -->`` and
``# <!-- end of experiment -->``, and into a README between the same marks without the ``#``.
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

EXPECT = re.compile(r"^# Expect .*\n(?:# .+\n)*", re.MULTILINE)
TABLE = re.compile(r"(<!-- results ?([\w ]*) -->\n).*?(<!-- end of results -->)", re.DOTALL)
BENCHMARKS = re.compile(r"(<!-- benchmarks( )-->\n).*?(<!-- end of benchmarks -->)", re.DOTALL)

EXPERIMENT = re.compile(
    r"^(?P<sign>(?:# )?)<!-- experiment (?P<name>\w+) -->\n.*?"
    r"^(?P=sign)<!-- end of experiment -->\n",
    re.DOTALL | re.MULTILINE,
)


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
    # Those that this process may use: «taskset -c 0 python …» leaves it one.
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "versions": {"python": platform.python_version()}
        | {library: metadata.version(library) for library in libraries},
        "hardware": f"{cpu}, {cores} core{'s' * (cores > 1)}",
    }


def record(name, script_variables, **run):
    """The record of a run, together with the former runs of the same setting, as a dict.

    Runs with the same hyperparameters, versions and hardware, their seeds apart, stand together,
    with their mean and standard deviation; another setting begins the record anew. ``models.save``
    saves the record beside the model, whose weights are those of the last run.

    Args:
        name: the model's name.
        script_variables: ``globals()`` of the training script: its UPPERCASE names are the
            hyperparameters, of which ``SEED`` is required.
        **run: figures of this run: ``test_accuracy`` and ``drawings_accuracy`` in [0, 1],
            ``parameters``, ``epochs``, ``seconds`` of training, and any further number.
    """
    seed, common = _setting(script_variables)
    return merged({"model": name} | common | {"runs": [{"seed": seed} | run]})


def merged(record):
    """``record`` with the runs of the saved record of the same setting, its own ones last."""
    name, runs = record["model"], record["runs"]
    former = _former(name)
    common = {key: record[key] for key in ("hyperparameters", "versions", "hardware")}
    if all(former.get(key) == value for key, value in common.items()):
        seeds = [each["seed"] for each in runs]
        runs = [each for each in former.get("runs", []) if each["seed"] not in seeds] + runs
    # In a notebook the script is not known.
    script = record.get("script") or former.get("script")
    merged = {"model": name} | ({"script": script} if script else {})
    for quantity in [key for key in runs[-1] if key != "seed"]:
        values = [each[quantity] for each in runs if quantity in each]
        if quantity == "test_accuracy":
            merged[quantity] = {
                "mean": float(np.mean(values)),
                # One run has no deviation.
                "std": float(np.std(values, ddof=1)) if len(values) > 1 else None,
                "runs": values,
            }
        elif isinstance(values[0], float):
            merged[quantity] = float(np.mean(values))
        else:
            merged[quantity] = values[-1]
    return merged | {"seeds": [each["seed"] for each in runs]} | common | {"runs": runs}


def save(record):
    """Save ``record``, of what has no model to be saved with, as ``models/<name>.results.json``.

    Raises:
        InputError: the file cannot be written.
    """
    path = files.MODELS / f"{record['model']}.results.json"
    with files.lock(files.MODELS):  # runs of another process are read after they are written
        files.write_json(path, merged(record))
    print(f"results: {files.shown(path)}")


def save_part(name, script_variables, **part):
    """Add a run that was stopped on purpose to ``models/<name>.parts.json``.

    Parts say how a training begins or how long it would take. The record of whole runs is another
    file, which they never touch.

    Args:
        name: the model's name.
        script_variables: as of ``record``.
        **part: ``epochs``, whole or a fraction, and the figures; the same number of epochs, seed
            and setting replace the former part.
    """
    seed, common = _setting(script_variables)
    path = files.MODELS / f"{name}.parts.json"
    part = {"seed": seed} | part | {key: common[key] for key in common if key != "script"}
    key = ("seed", "epochs", "hyperparameters", "versions", "hardware")
    with files.lock(files.MODELS):
        former = _read(path).get("parts", [])
        others = [each for each in former if any(each.get(k) != part[k] for k in key)]
        script = {"script": common["script"]} if "script" in common else {}
        files.write_json(path, {"model": name} | script | {"parts": [*others, part]})
    print(f"results: {files.shown(path)}")


def _setting(script_variables):
    """The seed of a run, and what it has in common with runs of other seeds."""
    settings = json.loads(json.dumps(hyperparameters(script_variables)))
    seed = settings.pop("SEED")
    script = Path(script_variables.get("__file__", ".")).resolve()
    named = script.suffix == ".py" and script.is_relative_to(files.ROOT)
    common = {"script": files.shown(script)} if named else {}
    return seed, common | {"hyperparameters": settings} | environment()


def _read(path):
    """The JSON object in a file; an empty one if the file is missing or damaged."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _former(name):
    files.finish_pending(files.MODELS)
    return _read(files.MODELS / f"{name}.results.json")


def read(name):
    """The record of the whole runs of one model, as a dict.

    Raises:
        InputError: there is none, or it is damaged.
    """
    return read_all([name])[0]


def read_all(names=None):
    """The records of ``models/<name>.results.json``, as dicts.

    Args:
        names: the models; by default all whose accuracy on test images is known. The records are
            in the order of the chapters.

    Raises:
        InputError: a named model has no record, or a record is damaged.
    """
    files.finish_pending(files.MODELS)
    paths = sorted(files.MODELS.glob("[!.]*.results.json"))
    if names:
        paths = [files.MODELS / f"{name}.results.json" for name in names]
    records = [_read(path) for path in paths]
    for path, record in zip(paths, records, strict=True):
        if "runs" not in record:
            raise InputError(
                f"{files.shown(path)} is missing or damaged: train the model, or bring its record"
                " back with «git checkout models»."
            )
    if not names:
        records = [record for record in records if "test_accuracy" in record]
    return sorted(records, key=lambda record: _chapter_and_script(record.get("script", "")))


def _chapter_and_script(script):
    """The numbers in a script's path, by which "3_…" comes before "10_…"."""
    return [int(number) for number in re.findall(r"(?:^|/)(\d+)", script)]


def table(records):
    """The results table in Markdown, one row per record."""
    rows = [
        "| model | parameters | test accuracy | drawings | merely shrunk | training | seeds |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for record in records:
        accuracy = record.get("test_accuracy", {"mean": None, "std": None})
        mean = "–" if accuracy["mean"] is None else f"{accuracy['mean']:.2%}"
        deviation = "" if accuracy["std"] is None else f" ± {accuracy['std']:.2%}"
        prepared, shrunk = (
            f"{record[key]:.1%}" if key in record else "–"
            for key in ("drawings_accuracy", "shrunk_drawings_accuracy")
        )
        rows.append(
            f"| {record['model']} | {record['parameters']:,} | {mean}{deviation} | {prepared} "
            f"| {shrunk} | {duration(record['seconds'])} | {len(record['seeds'])} |"
        )
    return "\n".join(rows) + "\n"


def benchmarks():
    """One line of Markdown per record of ``benchmarks/results/``: its script and its summary."""
    lines = []
    for path in sorted(files.ROOT.glob("benchmarks/results/*.json")):
        summary = json.loads(path.read_text(encoding="utf-8"))["summary"]
        lines.append(f"- `benchmarks/{path.stem}.py`: {summary}.\n")
    return "".join(lines)


def duration(seconds):
    """Seconds as a text: "41 s" or "7 min"."""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def expectation(record):
    """The sentence of a script's header on accuracy, seeds, time and hardware, as comment lines."""
    accuracy, runs = record["test_accuracy"], record["runs"]
    if accuracy["std"] is None:
        figure = f"{accuracy['mean']:.2%} on the test images (one seed)"
    else:
        figure = (
            f"{accuracy['mean']:.2%} ± {accuracy['std']:.2%} on the test images (mean and standard"
            f" deviation over {len(runs)} seeds)"
        )
    if "without_augmentation" in record:
        without = record["without_augmentation"]
        figure += f" with test-time augmentation, and {without:.2%} without it,"
    if "with_augmentation" in record:
        figure += f", and {record['with_augmentation']:.2%} with test-time augmentation,"
    precision = _unless_float32(record["hyperparameters"].get("PRECISION"))
    sentence = (
        f"Expect {figure} after {duration(record['seconds'])} of training{precision} on"
        f" {record['hardware']}."
    )
    return "".join(f"# {line}\n" for line in textwrap.wrap(sentence, 97, break_on_hyphens=False))


def experiment(name):
    """What came of the changes of one experiment: a caption and a table, as lines of Markdown.

    Args:
        name: of the record in ``experiments/``.

    Returns:
        list of lines, empty if nothing of it was measured.
    """
    record = _read(files.ROOT / "experiments" / f"{name}.json")
    changes = [change for change in record.get("changes", []) if change["runs"]]
    if not (changes and record["changes"][0]["runs"]):  # the first is the script as it is
        return []
    as_it_is = {run["seed"]: run for run in changes[0]["runs"]}
    known = [run["seconds"] for run in changes[0]["runs"] if run["seconds"]]
    titles = ["change", "validation accuracy", "difference", *record["more"]]
    titles += ["time"] if known else []
    rows = [f"| {' | '.join(titles)} |", "|---|" + "---:|" * (len(titles) - 1)]
    most = max(len(change["runs"]) for change in changes)
    for change in changes:
        runs, gain, time = change["runs"], "", "1"
        if change is not changes[0]:  # seed by seed
            pairs = [(run, as_it_is[run["seed"]]) for run in runs if run["seed"] in as_it_is]
            gains = [run["val_accuracy"] - other["val_accuracy"] for run, other in pairs]
            timed = [pair for pair in pairs if all(each["seconds"] for each in pair)]
            times = [run["seconds"] / other["seconds"] for run, other in timed]
            gain = f"{100 * np.mean(gains):+.2f}".replace("-", "−") if pairs else "–"
            time = f"{np.mean(times):.2f}" if times else "–"
        accuracy, *more = (
            _shares([run[key] for run in runs]) for key in ("val_accuracy", *record["more"])
        )
        fewer = f" ({len(runs)} of {most} seeds)" if len(runs) < most else ""
        cells = [change["change"], accuracy + fewer, gain, *more] + ([time] if known else [])
        rows.append(f"| {' | '.join(cells)} |")

    seeds = f"mean and standard deviation over {most} seeds" if most > 1 else "one seed"
    base = [f"`{key} = {value!r}`" for key, value in record["base"].items() if key.isupper()]
    base = f", with {' and '.join(base)}" if base else ""
    note = f", {record['note']}," if record["note"] else ""
    precision = _unless_float32(record.get("precision"))
    multiple = f", and the time a multiple of its {duration(np.mean(known))}" if known else ""
    caption = (
        f"Measured{base}{note}{precision} on {record['hardware']}: the validation accuracy"
        f" {record['accuracy']}, {seeds}. The difference from the first row is in percentage"
        f" points{multiple}."
    )
    return [*textwrap.wrap(caption, 97), "", *rows]


def _unless_float32(precision):
    return "" if precision in (None, "float32") else f" in {precision}"


def _shares(values):
    """Mean and, of several, standard deviation, in per cent."""
    deviation = f" ± {np.std(values, ddof=1):.2%}" if len(values) > 1 else ""
    return f"{np.mean(values):.2%}{deviation}"


def with_experiments(text):
    """The text of a script or README, with what came of the changes between its marks.

    In a script the marks and the lines between them are comments.
    """

    def lines(found):
        table = experiment(found["name"])
        between = ["", *table, ""] if table else []
        marked = [f"<!-- experiment {found['name']} -->", *between, "<!-- end of experiment -->"]
        return "".join(f"{found['sign']}{line}".rstrip() + "\n" for line in marked)

    return EXPERIMENT.sub(lines, text)


def filled(text):
    """The text of a README, with the tables of the records between their marks."""

    def rows(found):
        records = read_all(found[2].split())
        return found[1] + table(records) + found[3]

    text = with_experiments(TABLE.sub(rows, text))
    return BENCHMARKS.sub(lambda found: found[1] + benchmarks() + found[3], text)


def readmes():
    """The READMEs that may hold tables: of the project, its chapters and the benchmarks."""
    folders = [*sorted(files.ROOT.glob("[0-9]*/")), files.ROOT / "benchmarks"]
    chapters = [folder / "README.md" for folder in folders if (folder / "README.md").exists()]
    return [files.ROOT / "README.md", *chapters]


def write_readmes_and_headers():
    """Put the records into the tables of the READMEs and the headers of the scripts."""
    for path in readmes():
        files.write_text(path, filled(path.read_text(encoding="utf-8")))
    for record in read_all():
        script = files.ROOT / record.get("script", "")
        if script.is_file():
            text = script.read_text(encoding="utf-8")
            text = EXPECT.sub(lambda _, record=record: expectation(record), text, count=1)
            files.write_text(script, text)
    for script in sorted(files.ROOT.glob("[0-9]*/[0-9]*_*.py")):
        text = script.read_text(encoding="utf-8")
        if (filled_text := with_experiments(text)) != text:
            files.write_text(script, filled_text)


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        write_readmes_and_headers()
    else:
        print("\n" + table(read_all(sys.argv[1:])))
        print(f"The figures are in {files.shown(files.FIGURES)}.")
