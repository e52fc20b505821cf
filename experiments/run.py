"""Trains what ``plan.py`` lists and keeps what came of it in ``experiments/<name>.json``.

    python experiments/run.py                 all that is missing, the shortest experiment first
    python experiments/run.py linear dense    these two, in this order
    python experiments/run.py --busy linear   while the computer has other work: no times are kept

One training at a time, on all cores, in a copy of the project: ``models/`` is not touched. The same
command goes on with what is missing, and with the first seed's trainings whose time is not known.
``make results`` then puts the tables into the scripts.
"""

import difflib
import functools
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent), str(FOLDER.parent / "09_several_machines")]

from cnn_practice import errors, files, results
from cnn_practice.errors import InputError

import numpy as np
import remote
import sweeping
from plan import PLAN

AS_IT_IS = "as it is"
STARTING = 15  # seconds, about: of Python, the libraries, the data and the figures


class Experiment:
    """A script and what is tried of it, as ``plan.py`` has it.

    Args:
        name: of the experiment.
        plan: its entry in ``PLAN``.
        busy: whether the computer has other work, so that no times are kept.

    Attributes:
        trials: list of ``sweeping.Trial``, all changes with the first seed first.
        runs: dict of (change, seed) to what was reached, a dict.
    """

    def __init__(self, name, plan, busy=False):
        self.name, self.plan, self.script, self.busy = name, plan, plan["script"], busy
        self.path = files.ROOT / "experiments" / f"{name}.json"
        self.source = sweeping.read_script(self.script)
        self.changes = {AS_IT_IS: {}} | dict(map(named, plan["changes"]))
        self.environment = results.environment()
        if "PRECISION = precision" in self.source:
            self.environment["precision"] = fastest_precision()
        former = self._former()
        self.usual = next(
            (record for record in results.read_all() if record.get("script") == self.script), None
        )
        self.trials, self.runs = [], {}
        for seed in plan["seeds"]:
            for change in self.changes:
                trial = self._trial(change, seed)
                self.trials.append(trial)
                if run := former.get((trial.code, seed)):
                    self.runs[change, seed] = run
                    if busy or run["seconds"] or seed != plan["seeds"][0]:
                        trial.state, trial.note = "done", "recorded"
                        trial.accuracy, trial.seconds = run["val_accuracy"], run["seconds"] or 0
                elif trial.state == "done":
                    self._keep(trial)

    def _former(self):
        """The recorded runs of these versions, by code and seed; untimed if of other hardware."""
        try:
            record = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        others = {key for key, value in self.environment.items() if record.get(key) != value}
        if others - {"hardware"}:
            return {}
        runs = [run for change in record["changes"] for run in change["runs"]]
        if "hardware" in others:
            runs = [run | {"seconds": None} for run in runs]
        return {(run["code"], run["seed"]): run for run in runs}

    def _trial(self, change, seed):
        settings, texts = edits(self.script, self.plan["base"] | self.changes[change])
        trial = sweeping.Trial(
            f"experiments/{self.name}", texts.pop(self.script), settings | {"SEED": seed},
            f"{change.replace('`', '')}, seed {seed}", texts,
        )  # fmt: skip
        trial.change, trial.seed = change, seed
        return trial

    def missing(self):
        return [trial for trial in self.trials if trial.state != "done"]

    def prepare(self):
        """Make the data that the script needs, in a copy of the project too."""
        script, data = self.plan.get("first", (None, None))
        if script and not (files.ROOT / data).exists():
            print(f"{data} is missing: {script} makes it")
            text = (files.ROOT / script).read_text(encoding="utf-8")
            for event in remote.run(files.ROOT, script, text, {}, str(files.DATA), {}):
                if event[0] == "line":
                    print(f"    {event[1]}")

    def train(self):
        """Train what is missing, and keep what each training has reached when it is done."""
        table = sweeping.Table(self.trials)
        for trial in self.missing():
            arguments = trial.text, trial.checkpoints(), str(files.DATA), {}, trial.others
            for event in remote.run(files.ROOT, self.script, *arguments):
                if event[0] == "end":  # the weights are of no more use
                    saved = {name: each for name, each in event[2].items() if "results" in name}
                    event = (*event[:2], saved)
                if trial.take(event):
                    if trial.state == "done" and self._keep(trial):
                        self.write()
                        shutil.rmtree(trial.folder)  # the record says what is done
                    table.show(trial)

    def _keep(self, trial):
        """Keep what the table needs of a trial that is done; returns whether it was printed.

        The test accuracy is not kept.
        """
        output = (trial.folder / "output.txt").read_text(encoding="utf-8")
        found = {
            title: [float(value) for value in re.findall(pattern, output)]
            for title, pattern in self.plan.get("more", {}).items()
        }
        seconds = re.findall(r"in ([\d.]+) s$", output, re.MULTILINE)[-1:]
        if trial.result["record"]:
            seconds = [trial.result["record"]["seconds"]]
        if trial.accuracy is None or not seconds or not all(found.values()):
            trial.state, trial.note = "failed", "a figure that the table needs was not printed"
            return False
        epochs = int(trial.epoch.split("/")[1]) if trial.epoch else trial.settings.get("EPOCHS")
        self.runs[trial.change, trial.seed] = {
            "seed": trial.seed, "val_accuracy": trial.accuracy,
            **{title: max(values) for title, values in found.items()},
            "seconds": None if self.busy else float(seconds[0]),
            "epochs": epochs, "code": trial.code,
        }  # fmt: skip
        return True

    def write(self):
        rows = [
            {
                "change": change,
                "settings": settings,
                "runs": [
                    self.runs[change, seed]
                    for seed in self.plan["seeds"]
                    if (change, seed) in self.runs
                ],
            }
            for change, settings in self.changes.items()
        ]
        shown = {"accuracy": "of the best epoch", "note": "", "more": {}} | self.plan
        record = {key: shown[key] for key in ("script", "base", "note", "accuracy")}
        record |= {"more": list(shown["more"]), "changes": rows}
        files.write_json(self.path, record | self.environment)

    def seconds(self, trial):
        """About how long a trial will take, or None if its script was never measured."""
        runs = [run for (change, _), run in self.runs.items() if change == trial.change]
        if known := [run["seconds"] for run in runs if run["seconds"]]:
            return STARTING + float(np.mean(known))
        if self.usual:
            usual = self.usual["hyperparameters"]
            shares = [
                trial.settings[name] / usual[name]
                for name in ("EPOCHS", "IMAGES")
                if name in trial.settings and name in usual
            ]
            return STARTING + self.usual["seconds"] * float(np.prod(shares))
        return None


@functools.cache
def fastest_precision():
    """As ``precision.fastest``, in a process of its own, so that this one needs no TensorFlow."""
    code = "from cnn_practice import precision; print(precision.fastest())"
    done = subprocess.run([sys.executable, "-c", code], cwd=files.ROOT, stdout=subprocess.PIPE)
    return done.stdout.decode().strip()


def named(change):
    """A change of the plan as its name in the table and its dict."""
    if isinstance(change, tuple):
        return change
    return ", ".join(f"`{name} = {value!r}`" for name, value in change.items()), change


def is_hyperparameter(name):
    return name.isidentifier() and name.isupper()


def edits(script, change):
    """What a change asks for: hyperparameters, and the texts of the files whose lines it replaces.

    Args:
        script: path of the script, to which lines belong that name no file.
        change: dict as ``plan.py`` describes it.

    Returns:
        ``settings, texts``: dicts of hyperparameter to value and of path to text.

    Raises:
        InputError: a line that is to be replaced does not occur exactly once.
    """
    settings = {name: value for name, value in change.items() if is_hyperparameter(name)}
    of_files = {name: value for name, value in change.items() if isinstance(value, dict)}
    of_files[script] = {
        old: new for old, new in change.items() if old not in settings and old not in of_files
    }
    texts = {}
    for path, lines in of_files.items():
        text = (files.ROOT / path).read_text(encoding="utf-8")
        for old, new in lines.items():
            if text.count(old) != 1:
                raise InputError(
                    f"A change replaces «{old.strip()}», which occurs {text.count(old)} times in"
                    f" {path}: correct experiments/plan.py."
                )
            text = text.replace(old, new)
        texts[path] = text
    return settings, texts


def chosen(names, busy=False):
    """The experiments of these names; all of them, the shortest first, if there are none."""
    for name in names:
        if name not in PLAN:
            near = difflib.get_close_matches(name, PLAN, 1)
            known = f"did you mean {near[0]}?" if near else f"choose {', '.join(PLAN)}."
            raise InputError(f"There is no experiment {name}: {known}")
    experiments = [Experiment(name, PLAN[name], busy) for name in names or PLAN]
    return experiments if names else sorted(experiments, key=length)


def length(experiment):
    """The seconds of all its trainings; those that were never measured count as very long."""
    times = [experiment.seconds(trial) for trial in experiment.trials]
    return float("inf") if None in times else sum(times)


def main(arguments):
    errors.say_when_interrupted("Stopped: the same command goes on with what is missing.")
    names = [argument for argument in arguments if argument != "--busy"]
    experiments = chosen(names, busy="--busy" in arguments)
    times = [each.seconds(trial) for each in experiments for trial in each.missing()]
    known = [seconds for seconds in times if seconds is not None]
    unknown = f", {len(times) - len(known)} of them never measured before" * (
        len(known) < len(times)
    )
    print(
        f"{len(times)} of {sum(len(each.trials) for each in experiments)} trainings are missing:"
        f" about {results.duration(sum(known))}{unknown}",
        flush=True,
    )
    for experiment in experiments:
        if experiment.missing():
            print(f"\n{experiment.name}: {experiment.script}", flush=True)
            experiment.prepare()
            experiment.train()
        elif not experiment.path.exists():
            experiment.write()
    failed = [f"{each.name}: {trial.label}" for each in experiments for trial in each.missing()]
    if failed:
        raise InputError(
            f"{len(failed)} trainings failed ({'; '.join(failed[:3])}{' …' * (len(failed) > 3)}):"
            " what they printed is in sweeps/experiments/."
        )
    print("\nAll trainings are recorded. «make results» puts the tables into the scripts.")


if __name__ == "__main__":
    main(sys.argv[1:])
