"""The state of a training after each epoch, so that an interrupted run is resumed from there."""

import json
import time
import zipfile

from cnn_practice import errors, files

import keras
import numpy as np


class Checkpoint(keras.callbacks.Callback):
    """Keeps a training after each epoch in ``models/checkpoints/<name>.npz``, and resumes it.

    Weights, the optimizer's state, the best epoch's weights and the history stand in one file,
    which is renamed into place: a kill at any moment leaves the last whole epoch. ::

        checkpoint = Checkpoint(model, NAME, results.hyperparameters(globals()))
        model.fit(..., initial_epoch=checkpoint.epoch, callbacks=[checkpoint])
        checkpoint.restore_best()
        ...                            # save the model and its record
        checkpoint.remove()            # the next run begins anew

    Give the data another order in each epoch, after an interruption too: a shuffling with
    ``seed=SEED + checkpoint.epoch`` does.

    Keras's own ``BackupAndRestore``, ``ModelCheckpoint`` and ``CSVLogger`` write their files in
    place and one after the other. A kill between two of them leaves an epoch that is logged twice
    or a backup that cannot be read, and a resumed ``ModelCheckpoint`` has forgotten which epoch
    was the best (``tests/test_checkpoints.py`` shows all three). They suit a training in which an
    epoch more or less does not matter.

    Args:
        model: compiled Keras model with known input shape; its state is set to that of the
            checkpoint, if there is one of the same settings.
        name: of the file.
        settings: dict for JSON; a checkpoint with other settings is not resumed.
        monitor: the quantity by which an epoch is the best, the highest or, of a loss, the lowest.

    Attributes:
        epoch: number of whole epochs done.
        best_epoch: number of the best of them, from 1.
        history: dict of lists, as of ``fit``, over all epochs done.
        seconds: spent in ``fit`` until the last whole epoch, interrupted runs included.
    """

    def __init__(self, model, name, settings, monitor="val_accuracy"):
        super().__init__()
        self.path = files.MODELS / "checkpoints" / f"{name}.npz"
        self.settings = json.loads(json.dumps(settings))  # as read back
        self.monitor = monitor
        self.history, self.seconds, self.best = {}, 0.0, []
        self.set_model(model)
        model.optimizer.build(model.trainable_variables)
        if self.path.exists():
            self._resume()

    @property
    def epoch(self):
        return len(self.history.get(self.monitor, []))

    @property
    def best_epoch(self):
        scores = self.history[self.monitor]
        return 1 + scores.index(min(scores) if "loss" in self.monitor else max(scores))

    def _resume(self):
        try:
            with np.load(self.path) as file:
                record = json.loads(str(file["record"]))
                arrays = [file[f"arr_{i}"] for i in range(len(file.files) - 1)]
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            print(f"{files.shown(self.path)} is damaged: the training begins anew.")
            return
        if record["settings"] != self.settings:
            print(f"{files.shown(self.path)} is of other settings: the training begins anew.")
            return
        variables = self._variables()
        for variable, array in zip(variables, arrays[: len(variables)], strict=True):
            variable.assign(array)
        self.best = arrays[len(variables) :]
        self.history, self.seconds = record["history"], record["seconds"]
        print(f"resuming after epoch {self.epoch}, from {files.shown(self.path)}")
        self._say_when_interrupted()

    def _say_when_interrupted(self):
        errors.say_when_interrupted(
            f"Stopped: {files.shown(self.path)} keeps the training up to epoch {self.epoch}, and"
            " the same command resumes it."
        )

    def _variables(self):
        # Of the model more than its weights: dropout goes on with the next random numbers.
        return self.model.variables + self.model.optimizer.variables

    def on_train_begin(self, logs=None):
        self.start = time.perf_counter() - self.seconds

    def on_epoch_end(self, epoch, logs=None):
        for quantity, value in logs.items():
            self.history.setdefault(quantity, []).append(float(value))
        if self.best_epoch == self.epoch:
            self.best = self.model.get_weights()
        self.seconds = time.perf_counter() - self.start
        record = {"settings": self.settings, "history": self.history, "seconds": self.seconds}
        state = [keras.ops.convert_to_numpy(variable) for variable in self._variables()]
        with files.written_beside(self.path) as temporary:
            np.savez(temporary, *state, *self.best, record=json.dumps(record))
        self._say_when_interrupted()

    def figures(self):
        """What the record of a run says of the training: ``results.record(…, **figures())``."""
        return {
            "best_epoch": self.best_epoch,
            "parameters": self.model.count_params(),
            "epochs": self.epoch,
            "seconds": self.seconds,
            "history": self.history,
        }

    def restore_best(self):
        """Give the model the weights of the best epoch."""
        self.model.set_weights(self.best)

    def remove(self):
        """Delete the file, when the trained model is saved."""
        self.path.unlink(missing_ok=True)
