"""The trials of a sweep: what each has reached, kept in a folder so that a killed sweep resumes."""

import ast
import hashlib
import itertools
import json
import re
import shutil
import sys
import time
from pathlib import Path

from cnn_practice import files, hyperparameters, plots
from cnn_practice.errors import InputError

import numpy as np
from matplotlib.figure import Figure

SWEEPS = files.ROOT / "sweeps"
HERE = Path(__file__).resolve().parent


def training_scripts():
    """The numbered scripts with a NAME and a SEED that record a result."""
    return [
        files.shown(path)
        for path in sorted(files.ROOT.glob("[0-9]*/[0-9]*_*.py"))
        if path.parent != HERE and _trains(path.read_text(encoding="utf-8"))
    ]


def _trains(text):
    return all(re.search(rf"^{part}", text, re.MULTILINE) for part in ("NAME = ", "SEED = ")) and (
        "results.record(" in text or "results.save(" in text
    )


def read_script(script):
    """The text of a training script; an ``InputError`` if it is none."""
    path = files.ROOT / script
    try:
        text = path.read_text(encoding="utf-8")
        ast.parse(text)
    except (OSError, SyntaxError, UnicodeDecodeError):
        text = ""
    inside = path.resolve().is_relative_to(files.ROOT) and path.parent != HERE
    if not (inside and _trains(text)):
        raise InputError(
            f'SCRIPT is "{script}", which is no training script of this project: choose one of'
            f" {', '.join(training_scripts())}."
        )
    return text


class Trial:
    """One setting of a sweep, and what its training has reached.

    Attributes:
        settings: dict of the varied hyperparameters.
        text: the script, edited so.
        others: dict of path to text of other files of the project that are edited for this trial.
        code: a short hash of all these texts, in which comments do not count.
        state: "waiting", "running", "done" or "failed".
        epoch, accuracy: the current epoch and the highest validation accuracy so far.
        result: what is kept when it is done, a dict.
    """

    def __init__(self, sweep, source, settings, label=None, others=None):
        self.settings, self.others = settings, others or {}
        self.text = hyperparameters.edited(source, **settings)
        self.label = label or ", ".join(f"{name}={value}" for name, value in settings.items())
        # The hash: a trial of another script, or of this one since changed, is another trial.
        safe = re.sub(r"[^\w.=,-]", "", self.label.replace(", ", ","))[:80]
        codes = [ast.unparse(ast.parse(text)) for text in (self.text, *self.others.values())]
        self.code = hashlib.sha256("\n".join(codes).encode()).hexdigest()[:8]
        self.folder = SWEEPS / sweep / f"{safe}-{self.code}"
        self.state, self.note, self.machine = "waiting", "", ""
        self.epoch, self.accuracy, self.times_lost = "", None, 0
        self.start, self.seconds, self.lines = None, 0.0, []
        try:
            self.result = json.loads((self.folder / "trial.json").read_text(encoding="utf-8"))
            self.state, self.note = "done", "by an earlier sweep"
            self.accuracy, self.seconds = self.result["val_accuracy"], self.result["seconds"]
        except (OSError, ValueError, KeyError):
            self.result = None

    def checkpoints(self):
        """What an earlier attempt had reached: dict of file name to bytes."""
        kept = sorted((self.folder / "checkpoints").glob("[!.]*.npz"))
        return {path.name: path.read_bytes() for path in kept}

    def take(self, event):
        """Follow an event of ``remote.run``; returns whether the table has changed."""
        kind, *content = event
        if kind == "started":
            self.state, self.machine, self.start = "running", content[0], time.perf_counter()
            self.lines, self.note = [], f"attempt {self.times_lost + 1}" * (self.times_lost > 0)
        elif kind == "line":
            return self._read(content[0])
        elif kind == "checkpoint":
            with files.written_beside(self.folder / "checkpoints" / content[0]) as temporary:
                temporary.write_bytes(content[1])
            return False
        elif kind == "end":
            self._end(*content)
        else:  # "failed" or "lost"
            self.state, self.note = kind, content[0]
        self.times_lost += self.state == "lost"
        return True

    def _read(self, line):
        self.lines = [*self.lines[-200:], line]
        if found := re.match(r"Epoch (\d+)/(\d+)", line):
            self.epoch = f"{found[1]}/{found[2]}"
            return False
        if found := re.search(r"(?:val_(?:\w+_)?|validation )accuracy'?:? ([\d.e+-]+)", line):
            self.accuracy = max(self.accuracy or 0.0, float(found[1]))
            self.seconds = time.perf_counter() - self.start
            return True
        if line.startswith("resuming after epoch"):
            self.note = line.split(",")[0]
            return True
        return False

    def _end(self, code, saved):
        self.seconds = time.perf_counter() - self.start
        text = "\n".join(self.lines) + "\n"
        files.write_text(self.folder / "output.txt", text)
        if code < 0:
            self.state, self.note = "lost", f"killed by signal {-code}"
        elif code:
            self.state = "failed"
            self.note = next((line for line in reversed(self.lines) if line.strip()), "no output")
        else:
            for name, content in saved.items():
                with files.written_beside(self.folder / name) as temporary:
                    temporary.write_bytes(content)
            records = [json.loads(saved[name]) for name in saved if name.endswith(".results.json")]
            accuracy = records[0]["test_accuracy"]["mean"] if records else None
            self.result = {
                "settings": self.settings, "val_accuracy": self.accuracy,
                "test_accuracy": accuracy, "seconds": self.seconds, "times_lost": self.times_lost,
                "record": records[0] if records else None,
            }  # fmt: skip
            files.write_json(self.folder / "trial.json", self.result)
            self.state = "done"
            for path in (self.folder / "checkpoints").glob("*"):
                path.unlink()


def trials(sweep, source, variations):
    """A ``Trial`` for each combination of the variations, the last name varying fastest."""
    return [
        Trial(sweep, source, dict(zip(variations, values, strict=True)))
        for values in itertools.product(*variations.values())
    ]


class Table:
    """A table of trials that is redrawn in a terminal; elsewhere each change is one more line."""

    def __init__(self, trials):
        self.trials, self.drawn = trials, 0
        self.width = max(len(trial.label) for trial in trials)
        self.terminal = shutil.get_terminal_size()
        self.live = sys.stdout.isatty() and len(trials) + 1 < self.terminal.lines
        self._print([self._row()] if not self.live else [])
        for trial in trials if not self.live else ():
            if trial.state != "waiting":
                self.show(trial)
        if self.live:
            self.show()

    def show(self, trial=None):
        if not self.live:
            self._print([self._row(trial)])
            return
        if self.drawn:
            print(f"\x1b[{self.drawn}A", end="")
        self._print(
            [f"\x1b[2K{self._row(each)[: self.terminal.columns]}" for each in (None, *self.trials)]
        )
        self.drawn = 1 + len(self.trials)

    def _row(self, trial=None):
        if trial is None:
            cells = "state", "epoch", "val. accuracy", "time", ""
            label = "trial"
        else:
            accuracy = "" if trial.accuracy is None else f"{trial.accuracy:.4f}"
            label = trial.label
            cells = trial.state, trial.epoch, accuracy, f"{trial.seconds:.0f} s", trial.note[:100]
        state, epoch, accuracy, seconds, note = cells
        row = f"{label:<{self.width}}  {state:<8} {epoch:>7} {accuracy:>14} {seconds:>7}  {note}"
        return row.rstrip()

    def _print(self, lines):
        print("".join(f"{line}\n" for line in lines), end="", flush=True)


def summary(trials):
    """What the trials that are done say of each setting, its seeds together, the best first.

    Returns:
        list of dicts: ``settings`` without SEED, ``val_accuracies`` and ``test_accuracies``, one
        of each seed.
    """
    groups = {}
    for trial in trials:
        if trial.state == "done" and trial.accuracy is not None:
            settings = {name: each for name, each in trial.settings.items() if name != "SEED"}
            group = groups.setdefault(
                repr(settings), {"settings": settings, "val_accuracies": [], "test_accuracies": []}
            )
            group["val_accuracies"].append(trial.accuracy)
            group["test_accuracies"].append(trial.result["test_accuracy"])
    return sorted(groups.values(), key=lambda group: -np.mean(group["val_accuracies"]))


def shown(values):
    """Mean and, of several, standard deviation, as a text."""
    deviation = f" ± {np.std(values, ddof=1):.4f}" if len(values) > 1 else ""
    return f"{np.mean(values):.4f}{deviation}"


def label(group, varied):
    """A setting by its names of several values, such as «LEARNING_RATE=0.01»."""
    named = [f"{name}={group['settings'][name]}" for name in varied if name in group["settings"]]
    return ", ".join(named) or "as it stands"


def draw(groups, varied, name, title):
    """A point for each seed and a bar at their mean, a row for each setting."""
    figure = Figure(figsize=(8, 1.4 + 0.45 * len(groups)), layout="constrained")
    axes = figure.subplots()
    for row, group in enumerate(groups):
        values = group["val_accuracies"]
        axes.plot(values, [row] * len(values), "o", color="#1565c0", alpha=0.6)
        axes.plot([np.mean(values)] * 2, [row - 0.3, row + 0.3], color="black", linewidth=2)
    axes.set_yticks(range(len(groups)), [label(group, varied) for group in groups])
    axes.invert_yaxis()
    axes.set(xlabel="validation accuracy of the best epoch; bar: mean over the seeds", title=title)
    axes.grid(axis="x", alpha=0.3)
    best = label(groups[0], varied)
    plots.save(figure, name, f"{title}: a row of points for each setting; {best} is the best")
