"""Callbacks that show and keep what a training has reached while it runs."""

from cnn_practice import files, plots

import keras


class TrainingMonitor(keras.callbacks.Callback):
    """Redraws ``images/figures/<name>_curves.png`` after each epoch, and writes the history.

    The history, all epochs of an interrupted training included, is written as JSON to
    ``models/checkpoints/<name>.history.json``: lists of one number per epoch.

    Args:
        checkpoint: ``cnn_practice.checkpoints.Checkpoint``, whose history it is; it stands before
            the monitor among the callbacks.
        name: of the two files.
        title: heading of the figure.
    """

    def __init__(self, checkpoint, name, title):
        super().__init__()
        self.checkpoint, self.name, self.title = checkpoint, name, title

    def on_epoch_end(self, epoch, logs=None):
        history = self.checkpoint.history
        files.write_json(files.MODELS / "checkpoints" / f"{self.name}.history.json", history)
        plots.training_curves(history, f"{self.name}_curves", self.title)


def kept_weights(checkpoint, name, keep):
    """Keras's ``ModelCheckpoint`` for the weights with the best validation accuracy so far.

    Args:
        checkpoint: ``cnn_practice.checkpoints.Checkpoint`` of the training, which knows what an
            interrupted run had reached.
        name: of the model; the files are ``models/checkpoints/<name>_….weights.h5``.
        keep: "best" for one file, which is overwritten, or "improvements" for a file of each epoch
            that was better than all before it.
    """
    part = "best" if keep == "best" else "{epoch:02d}_{val_accuracy:.4f}"
    return keras.callbacks.ModelCheckpoint(
        files.MODELS / "checkpoints" / f"{name}_{part}.weights.h5",
        "val_accuracy",
        save_best_only=True,
        save_weights_only=True,
        initial_value_threshold=max(checkpoint.history.get("val_accuracy", [0])),
    )
