"""A callback that draws the curves of a training while it runs."""

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
