"""What stands in place of a training while the outputs of a script are recorded.

``record_outputs.py`` calls ``begin`` in the kernel before the cells of a script that trains. Where
the record and the weights of a training are in ``models/``, ``fit`` then restores these weights,
tells what the record says of the training, and shows the committed figure of its curves. The cells
after it run as they are. Any other training tells what is known of it, and ends its cell.
"""

import contextlib
import re
import sys
import time
from pathlib import Path
from types import SimpleNamespace

from cnn_practice import files, plots, results
from cnn_practice.errors import InputError

FROM_RECORD = "Not trained again for this page."
NOT_RUN = "Not trained for this page, and no record of the training is kept."
LAST = 3  # epochs of a history that are shown

_script = None
_told = set()  # the models whose training was told of


class NotTrainedError(Exception):
    """A training was left out of which no weights are kept."""


class Kept(dict):
    """What a record keeps of a history by epoch: nothing of a quantity is an empty list."""

    def __missing__(self, key):
        return []


def begin(script):
    """Let every training of ``script``, a path in the project, be told instead of done."""
    import keras

    global _script
    _script = script
    keras.Model.fit = _fit
    plots.training_curves = _curves_of(plots.training_curves)
    with contextlib.suppress(ModuleNotFoundError):  # chapter 01
        import numpy_cnn

        train = numpy_cnn.Solver.train
        # Trainings of some seconds have no record, and are done.
        numpy_cnn.Solver.train = lambda solver, *arguments: (
            _leave_out(solver) if _record(_name()) else train(solver, *arguments)
        )
    with contextlib.suppress(ModuleNotFoundError):  # chapter 09
        import machines
        import remote

        machines.start_all = remote.connect = lambda *_: _leave_out()


def _name():
    return getattr(sys.modules["__main__"], "NAME", "")


def _record(name):
    """The record of model ``name``, if this script trained it; or None."""
    with contextlib.suppress(InputError):
        record = results.read(name)
        if record.get("script") == _script:
            return record
    return None


def _fit(model, *_, callbacks=(), **__):
    """``fit`` of Keras: the weights and the history are those of the record."""
    record = _record(model.name)
    if record is None or not (files.MODELS / f"{model.name}.weights.h5").exists():
        _leave_out(model)
    from cnn_practice import models
    from cnn_practice.checkpoints import Checkpoint

    began, run = time.perf_counter(), record["runs"][-1]  # whose weights are kept
    model.set_weights(models.load(model.name).get_weights())
    history, seconds = Kept(record.get("history", {})), run.get("seconds", record["seconds"])
    for callback in callbacks:
        if isinstance(callback, Checkpoint):
            callback.history, callback.seconds = history, seconds
            callback.best = model.get_weights()
    _tell("The committed weights are of a run of", record | run)
    for epoch in range(record["epochs"])[-LAST:] if history else ():
        numbers = (f"{key} {values[epoch]:.4f}" for key, values in history.items())
        print(f"epoch {epoch + 1} of {record['epochs']}: {', '.join(numbers)}")
    if model.name not in _told:
        _show(f"{model.name}_curves")
        _put_the_clock_forward(seconds - (time.perf_counter() - began))
    _told.add(model.name)
    if "val_accuracy" in run and not history:  # what 05_kaggle/2_train_lenet.py finds in a history
        best = {"best_epochs": run["epochs"], "val_accuracy": run["val_accuracy"]}
        vars(sys.modules["__main__"]).update(best)
        print(", ".join(f"{name} of the record: {value:.4g}" for name, value in best.items()))
    return SimpleNamespace(history=history)


def _leave_out(*untrained):
    """Tell what is known of a training without weights, show its figures, and end the cell.

    The names of what was not trained are deleted, so that no cell goes on with it.
    """
    variables = vars(sys.modules["__main__"])
    for name, value in list(variables.items()):
        if any(value is each for each in untrained):
            del variables[name]
    record = _record(_name())
    if record:
        _tell("From its record:", record)
        print(f"Accuracy on the test images: {record['test_accuracy']['mean']:.2%}.")
    else:
        print(NOT_RUN)
    if _name():
        for path in sorted(files.FIGURES.glob(f"{_name()}*.png")):
            print("From an earlier run:")
            _show(path.stem)
    raise NotTrainedError


def _tell(source, record):
    print(
        f"{FROM_RECORD} {source} {record['epochs']} epochs in"
        f" {results.duration(record['seconds'])} on {record['hardware']}."
    )


def _show(figure):
    """Show a committed figure with the alternative text that the chapter's README gives it."""
    path = files.FIGURES / f"{figure}.png"
    if path.exists():
        text = Path("README.md").read_text(encoding="utf-8")  # a notebook runs in its folder
        place = rf"\(?\S*/{figure}\.png"
        found = re.search(rf'!\[(.+?)\]{place}|{place}".*? alt="(.+?)"', text)
        curves = f"Loss and accuracy of {figure.removesuffix('_curves')} by epoch"
        plots.show(path, (found[1] or found[2]) if found else curves)


def _curves_of(training_curves):
    """``plots.training_curves``, which of a record says instead where its curves are shown."""

    def curves(history, name, title):
        if not isinstance(history, Kept):
            training_curves(history, name, title)
        elif (files.FIGURES / f"{name}.png").exists():
            print(f"figure: images/figures/{name}.png, shown above with the training")
        elif "val_loss" in history:  # all four curves are in the record
            training_curves(dict(history), name, title)
        else:
            print(f"figure: images/figures/{name}.png is not drawn: its record has no history")

    return curves


def _put_the_clock_forward(seconds):
    """Let a script that measures its training find the seconds of the record."""
    clock = time.perf_counter
    time.perf_counter = lambda: clock() + seconds
