"""A training that is killed goes on from its last whole epoch, and ends as if it had not been."""

import os
import signal
import subprocess
import sys
import time

from cnn_practice import files
from cnn_practice.checkpoints import Checkpoint

import keras
import numpy as np
import pytest
from keras import layers

RNG = np.random.default_rng(0)
X, Y = RNG.random((64, 4), dtype=np.float32), RNG.integers(0, 3, 64)
SETTINGS = {"RATE": 0.1, "LAYERS": (5, 3)}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MODELS", tmp_path)
    return tmp_path


def small_model():
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(5),
            layers.BatchNormalization(),
            layers.Dropout(0.2),
            layers.Dense(3, "softmax"),
        ]
    )
    falling = keras.optimizers.schedules.CosineDecay(0.1, 12)
    model.compile(
        keras.optimizers.SGD(falling, momentum=0.9),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


def train(epochs, settings=SETTINGS, monitor="val_accuracy"):
    """Train until ``epochs`` are done, with whatever checkpoint there is."""
    model = small_model()
    checkpoint = Checkpoint(model, "small", settings, monitor)
    model.fit(
        X, Y, epochs=epochs, shuffle=False, verbose=0, validation_data=(X[:20], Y[:20]),
        initial_epoch=checkpoint.epoch, callbacks=[checkpoint],
    )  # fmt: skip
    return checkpoint


def test_going_on_is_like_never_stopping(folder, capsys):
    whole = train(6)
    whole.remove()
    assert not list((folder / "checkpoints").iterdir())
    first = train(2)
    assert first.epoch == 2
    second = train(6)
    assert "resuming after epoch 2" in capsys.readouterr().out
    assert second.epoch == 6
    assert second.seconds > first.seconds > 0
    assert second.history == whole.history
    assert int(second.model.optimizer.iterations) == 12
    for one, other in zip(second.model.get_weights(), whole.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert second.best_epoch == whole.best_epoch
    second.restore_best()
    whole.restore_best()
    for one, other in zip(second.model.get_weights(), whole.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("monitor", ["val_accuracy", "val_loss"])
def test_the_best_epoch_is_restored(folder, monitor):
    train(3, monitor=monitor)
    checkpoint = train(6, monitor=monitor)
    checkpoint.restore_best()
    best = checkpoint.best_epoch
    scores = np.array(checkpoint.history[monitor])
    assert scores[best - 1] == (scores.min() if monitor == "val_loss" else scores.max())
    loss, accuracy = checkpoint.model.evaluate(X[:20], Y[:20], verbose=0)
    assert checkpoint.history["val_accuracy"][best - 1] == pytest.approx(accuracy)
    assert checkpoint.history["val_loss"][best - 1] == pytest.approx(loss, rel=1e-4)


def test_other_settings_begin_anew(folder, capsys):
    train(2)
    assert train(1, SETTINGS | {"RATE": 0.2}).epoch == 1
    assert "of other settings: the training begins anew" in capsys.readouterr().out


@pytest.mark.parametrize("kept", [0, 1000, -10])
def test_a_damaged_checkpoint_begins_anew(folder, capsys, kept):
    path = train(2).path
    path.write_bytes(path.read_bytes()[:kept])
    assert train(1).epoch == 1
    assert "is damaged: the training begins anew" in capsys.readouterr().out


TRAIN_FOR_EVER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from cnn_practice import files
import keras
import test_checkpoints
files.MODELS = Path(sys.argv[2])
test_checkpoints.train(10**6)
"""


@pytest.mark.script
@pytest.mark.skipif(os.name != "posix", reason="kills as POSIX does")
def test_a_kill_at_any_moment_leaves_a_whole_epoch(folder):
    path, former = folder / "checkpoints" / "small.npz", 0
    for _ in range(3):
        arguments = [sys.executable, "-c", TRAIN_FOR_EVER, os.path.dirname(__file__), str(folder)]
        child = subprocess.Popen(arguments)
        # Kill while the next file is being written, if that can be seen.
        while child.poll() is None and not path.exists():
            time.sleep(0.01)
        while child.poll() is None and not list(path.parent.glob(".partial-*")):
            time.sleep(0.0002)
        child.send_signal(signal.SIGKILL)
        assert child.wait() == -signal.SIGKILL
        checkpoint = Checkpoint(small_model(), "small", SETTINGS)
        assert checkpoint.epoch >= former and checkpoint.epoch >= 1
        former = checkpoint.epoch


# What Keras's own callbacks lack


class Scores(keras.callbacks.Callback):
    """Replaces the validation accuracy of each epoch by a given number."""

    def __init__(self, scores):
        super().__init__()
        self.scores = scores

    def on_epoch_end(self, epoch, logs=None):
        logs["val_accuracy"] = self.scores[epoch]


class Kill(keras.callbacks.Callback):
    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def on_epoch_end(self, epoch, logs=None):
        if epoch == self.epoch:
            raise KeyboardInterrupt


def train_with_keras_callbacks(folder, scores, kill=None):
    """Keras's three callbacks, and a kill before the last of them in epoch ``kill``, from 0."""
    model = small_model()
    callbacks = [
        Scores(scores),
        keras.callbacks.ModelCheckpoint(
            folder / "best.weights.h5", "val_accuracy", mode="max",
            save_best_only=True, save_weights_only=True,
        ),
        keras.callbacks.CSVLogger(folder / "history.csv", append=True),
        Kill(kill),
        keras.callbacks.BackupAndRestore(folder / "backup", double_checkpoint=True),
    ]  # fmt: skip
    try:
        model.fit(X, Y, epochs=len(scores), verbose=0, validation_data=(X, Y), callbacks=callbacks)
    except KeyboardInterrupt:
        return None
    return model


def test_keras_callbacks_forget_the_best_epoch_and_log_one_twice(folder):
    """Best is epoch 1; the run is killed in epoch 3, and the next keeps the worse epoch 3."""
    scores = [0.9, 0.5, 0.6, 0.4]
    train_with_keras_callbacks(folder, scores, kill=2)
    best = (folder / "best.weights.h5").read_bytes()
    assert train_with_keras_callbacks(folder, scores) is not None
    assert (folder / "best.weights.h5").read_bytes() != best
    rows = (folder / "history.csv").read_text().splitlines()[1:]
    assert [row.split(",")[0] for row in rows] == ["0", "1", "2", "2", "3"]


def test_keras_backup_killed_while_it_writes_its_second_file_cannot_be_resumed(folder):
    train_with_keras_callbacks(folder, [0.9, 0.5, 0.6], kill=2)
    (folder / "backup" / "training_metadata.json").write_text("")  # opened, not yet written
    with pytest.raises(ValueError):
        train_with_keras_callbacks(folder, [0.9, 0.5, 0.6])
