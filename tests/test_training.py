"""What a training run says before it trains, and that two runs never train one model at once."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time

from cnn_practice import errors, files, models, precision, results, training
from cnn_practice.errors import InputError

import keras
import numpy as np
import pytest
from keras import layers


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MODELS", tmp_path)
    monkeypatch.setattr(training, "_locks", {})
    return tmp_path


def small_model():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def save(**variables):
    record = results.record("small", variables, test_accuracy=0.9, seconds=1.0)
    models.save(small_model(), "small", record)


def test_a_first_run_replaces_nothing(folder, capsys):
    training.begin("small", {"SEED": 1, "EPOCHS": 3})
    assert capsys.readouterr().out == ""


def test_a_run_says_what_it_will_replace_and_what_differs(folder, capsys):
    save(SEED=1, EPOCHS=3, RATE=0.1)
    (folder / "small_too.config.json").write_text("another model")
    capsys.readouterr()
    training.begin("small", {"SEED": 2, "EPOCHS": 3, "RATE": 0.1})
    (line,) = capsys.readouterr().out.splitlines()
    assert re.fullmatch(
        r"This run will replace \S+small.config.json, \S+small.results.json, \S+small.weights.h5\."
        " «git checkout models images/figures» brings back what came with the repository; another"
        " NAME keeps both.",
        line,
    )
    training.begin("small", {"SEED": 1, "EPOCHS": 1, "RATE": 0.1, "UNITS": (5, 3)})
    assert (
        "small.weights.h5, with other settings (EPOCHS 1 instead of 3; UNITS [5, 3] instead of"
        " unset). «git" in capsys.readouterr().out
    )


HOLD = """
import sys
import filelock
with filelock.FileLock(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_run_of_the_same_name_ends_with_one_sentence(folder):
    arguments = [sys.executable, "-c", HOLD, str(folder / ".training-small.lock")]
    with subprocess.Popen(
        arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout.readline() == "held\n"
        with pytest.raises(InputError, match="Another run is training small: wait for its end"):
            training.begin("small", {})
        training.begin("other", {})
        child.kill()
    training.begin("small", {})
    training.begin("small", {})  # a notebook's cell that is run again


SAVE_RESULTS = """
import sys
from pathlib import Path
from cnn_practice import files, results
files.MODELS = Path(sys.argv[1])
for seed in range(int(sys.argv[2]), 100, 2):
    results.save(results.record("small", {"SEED": seed}, test_accuracy=seed / 100))
"""


def test_two_processes_lose_no_run(folder):
    """Two processes save 50 seeds each into one record; 79 of 100 survived without a lock."""
    children = [
        subprocess.Popen(
            [sys.executable, "-c", SAVE_RESULTS, str(folder), first], stdout=subprocess.DEVNULL
        )
        for first in "01"
    ]
    assert [child.wait() for child in children] == [0, 0]
    assert sorted(results.read("small")["seeds"]) == list(range(100))


@pytest.mark.parametrize("together", [1, 4, 50])
def test_the_time_of_a_training_is_said_once(capsys, together):
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy", steps_per_execution=together)
    x, y = np.zeros((100, 4)), np.zeros(100)
    say = training.SayHowLong(seconds=0.01)
    model.fit(x, y, batch_size=2, epochs=3, verbose=0, callbacks=[say])
    lines = [line for line in capsys.readouterr().out.splitlines() if line]
    assert len(lines) == 1
    assert re.fullmatch(r"The training will take about \d+ s on this computer\.", lines[0])


def test_the_time_is_that_of_the_steps_left(capsys, monkeypatch):
    say = training.SayHowLong(seconds=10)
    say.params = {"steps": 100, "epochs": 9}
    clock = iter(range(0, 1000, 2))  # each step takes two seconds
    monkeypatch.setattr(training.time, "perf_counter", lambda: next(clock))
    # A ``fit`` too short to be measured: one batch of a single epoch.
    say.on_train_begin()
    say.on_epoch_begin(0)
    say.on_train_batch_end(0)
    say.on_train_begin()
    say.on_epoch_begin(3)  # resumed after the third epoch
    for batch in range(100):
        say.on_train_batch_end(batch)
    assert capsys.readouterr().out.strip() == (
        "The training will take about 20 min on this computer."
    )


class LoseCtrlC(keras.callbacks.Callback):
    """Ctrl+C in the second epoch, swallowed as NumPy may swallow it."""

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch
        if epoch == 1:
            with contextlib.suppress(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)


def test_a_lost_ctrl_c_ends_the_training_all_the_same(folder, monkeypatch):
    monkeypatch.setattr(errors, "interrupted", errors.interrupted)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        training.begin("small", {})
        model, x, y, lose = small_model(), np.zeros((8, 4)), np.zeros(8), LoseCtrlC()
        with pytest.raises(KeyboardInterrupt):
            model.fit(x, y, epochs=9, verbose=0, callbacks=[training.SayHowLong(), lose])
        assert lose.epoch == 1
        model.fit(x, y, verbose=0, callbacks=[training.SayHowLong()])  # the next one trains
    finally:
        signal.signal(signal.SIGINT, before)


def test_the_fastest_precision_is_one_of_three():
    assert precision.fastest() in ("float32", "mixed_bfloat16", "mixed_float16")


@pytest.mark.script
@pytest.mark.skipif(os.name != "posix", reason="interrupts as POSIX does")
def test_ctrl_c_in_a_training_says_that_nothing_was_saved(fresh_project):
    environment = os.environ | {"PYTHONPATH": str(fresh_project.root)}
    fresh_project.edit("02_linear/1_train_linear.py", EPOCHS=300)  # or it might end before
    child = subprocess.Popen(
        [sys.executable, str(fresh_project.root / "02_linear/1_train_linear.py")],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, text=True,
    )  # fmt: skip
    before = {path: path.read_bytes() for path in fresh_project.root.glob("models/[!.]*.*")}
    while "Epoch 2" not in child.stdout.readline():
        assert child.poll() is None
    time.sleep(0.2)
    child.send_signal(signal.SIGINT)
    _, printed = child.communicate(timeout=60)
    assert child.returncode == 130
    assert printed.strip() == "Stopped: nothing was saved, and the same command begins anew."
    after = {path: path.read_bytes() for path in fresh_project.root.glob("models/[!.]*.*")}
    assert after == before


@pytest.mark.script
def test_other_backends(fresh_project):
    """With JAX the classify scripts work; a training script says that it needs TensorFlow."""
    pytest.importorskip("jax")
    jax = {"KERAS_BACKEND": "jax"}
    sentence = fresh_project.fails_with_one_sentence("02_linear/1_train_linear.py", env=jax)
    assert sentence == (
        'The training scripts need TensorFlow, and KERAS_BACKEND is "jax": set it to "tensorflow",'
        " or leave it unset."
    )
    done = fresh_project.run("03_lenet5/3_classify_drawings.py", env=jax)
    assert done.returncode == 0, done.stderr[-4000:]
