"""Chapter 09: a sweep on Ray and one network on two processes, killed on the way and resumed."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from importlib import util

from cnn_practice import files, hyperparameters
from cnn_practice.errors import InputError

import h5py
import numpy as np
import pytest

CHAPTER = files.ROOT / "09_several_machines"
SWEEP, PARALLEL = "09_several_machines/1_sweep.py", "09_several_machines/2_data_parallel.py"
needs_ray = pytest.mark.skipif(
    util.find_spec("ray") is None, reason='Ray is not installed: pip install -e ".[cluster]"'
)
needs_jax = pytest.mark.skipif(
    util.find_spec("jax") is None, reason='JAX is not installed: pip install -e ".[cluster]"'
)
posix = pytest.mark.skipif(os.name != "posix", reason="kills as POSIX does")


@pytest.fixture
def helpers(monkeypatch):
    """The modules ``machines``, ``remote`` and ``sweeping`` of the chapter."""
    monkeypatch.syspath_prepend(CHAPTER)
    import machines
    import remote
    import sweeping

    return machines, remote, sweeping


def until(condition, seconds, what):
    """Wait until ``condition()`` is true, and return what it gives."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if result := condition():
            return result
        time.sleep(0.1)
    raise AssertionError(f"{what}: not within {seconds} s")


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


class Started:
    """A script that runs, its output in a file; it and what it started are ended at the end."""

    def __init__(self, project, script, output, **environment):
        self.output = output
        with open(output, "w") as file:
            self.process = subprocess.Popen(
                [sys.executable, str(project.root / script)], stdout=file, stderr=file,
                cwd=project.root.parent, start_new_session=True,
                env=os.environ | {"PYTHONPATH": str(project.root)} | environment,
            )  # fmt: skip

    def text(self):
        return self.output.read_text()

    def family(self):
        """The processes of its session, which Ray's are too."""
        found = []
        for path in files.Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = path.read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(fields[3]) == self.process.pid and fields[0] != "Z":
                found.append(int(path.parent.name))
        return found

    def end(self):
        for pid in self.family():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.kill()
        self.process.wait(10)


@pytest.fixture
def started(tmp_path):
    """A function that starts a script; all it started ends with the test."""
    running = []

    def start(project, script, **environment):
        one = Started(project, script, tmp_path / f"output_{len(running)}.txt", **environment)
        running.append(one)
        return one

    yield start
    for one in running:
        one.end()


# A training script that keeps checkpoints and says which process it is, as small as can be.
TINY = """
import os, time
from cnn_practice import files, hyperparameters, models, results
from cnn_practice.checkpoints import Checkpoint
from cnn_practice.errors import InputError
import keras
import numpy as np

NAME = "tiny"  # file name; of the model
SEED = 1  # whole number, at least 0; of the weights
EPOCHS = 4  # whole number, at least 1; passes
RATE = 0.1  # number, above 0; learning rate
hyperparameters.check()
if RATE > 1 and SEED == 2:
    raise InputError("RATE is too high.")
(files.DATA / f"pid_{RATE}_{SEED}").write_text(str(os.getpid()))
keras.utils.set_random_seed(SEED)
x = np.random.default_rng(0).random((40, 3), dtype="float32")
y = (x.sum(axis=1) > 1.5).astype(int)
model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, "softmax")], name=NAME)
model.compile(keras.optimizers.SGD(RATE), "sparse_categorical_crossentropy", metrics=["accuracy"])
checkpoint = Checkpoint(model, NAME, results.hyperparameters(globals()))
slow = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: time.sleep(0.7))
model.fit(x, y, validation_data=(x, y), epochs=EPOCHS, initial_epoch=checkpoint.epoch,
          callbacks=[checkpoint, slow], verbose=2)
record = results.record(NAME, globals(), test_accuracy=0.5, epochs=checkpoint.epoch)
models.save(model, NAME, record)
checkpoint.remove()
"""


@needs_ray
@posix
@pytest.mark.script
def test_a_sweep_loses_nothing(fresh_project, started):
    root = fresh_project.root
    (root / "02_linear/4_tiny.py").write_text(TINY)
    models_before = sorted(
        (path.name, path.stat().st_mtime) for path in (root / "models").glob("*")
    )
    fresh_project.edit(
        SWEEP, SCRIPT="02_linear/4_tiny.py", VARIATIONS={"RATE": [0.1, 5.0], "SEED": [1, 2]},
        NAME="tiny_sweep", MEMORY=0.5,
    )  # fmt: skip
    sweep = started(fresh_project, SWEEP)
    # The first trial is killed after an epoch, and goes on from it.
    folder = root / "sweeps/tiny_sweep"
    until(lambda: list(folder.glob("RATE=0.1,SEED=1-*/checkpoints/tiny.npz")), 90, "a checkpoint")
    os.kill(int((root / "data/pid_0.1_1").read_text()), signal.SIGKILL)
    until(lambda: re.search(r"SEED=1 +lost .*killed by signal 9", sweep.text()), 60, "lost")
    resumes = r"RATE=0.1, SEED=1 +running .*resuming after epoch [123]"
    until(lambda: re.search(resumes, sweep.text()), 120, "the second attempt")
    until(lambda: re.search(r"SEED=. +done", sweep.text()), 120, "a trial done")
    # The sweep itself is killed: all it started ends.
    sweep.process.kill()
    sweep.process.wait()
    pids = [int(path.read_text()) for path in (root / "data").glob("pid_*")]
    until(lambda: not any(map(alive, pids)), 20, "the end of the trials of a killed sweep")

    printed = fresh_project.run(SWEEP, timeout=240)
    assert printed.returncode == 0, printed.stdout[-2000:] + printed.stderr[-3000:]
    assert "by an earlier sweep" in printed.stdout
    assert re.search(r"RATE=5.0, SEED=2 +failed .*Error: RATE is too high", printed.stdout)
    assert printed.stdout.splitlines()[-1].endswith("1 of 4 trials missing")
    content = json.loads((folder / "results.json").read_text())
    assert content["missing"] == ["RATE=5.0, SEED=2"]
    done = [
        (trial["settings"]["RATE"], trial["settings"]["SEED"], trial["record"]["epochs"])
        for trial in content["trials"]
    ]
    assert sorted(done) == [(0.1, 1, 4), (0.1, 2, 4), (5.0, 1, 4)]
    assert models_before == sorted(
        (path.name, path.stat().st_mtime) for path in (root / "models").glob("*")
    )
    assert (root / "images/figures/tiny_sweep.png").stat().st_size > 3000
    # Ray's own agents look for their parents once in a while.
    until(lambda: not sweep.family(), 60, "the end of Ray's processes after a kill")


@needs_ray
@pytest.mark.script
def test_what_a_sweep_refuses(fresh_project, tmp_path):
    refuse = fresh_project.fails_with_one_sentence
    fresh_project.edit(SWEEP, SCRIPT="02_linear/3_classify_drawings.py")
    assert "no training script of this project: choose one of 0" in refuse(SWEEP)
    fresh_project.edit(SWEEP, SCRIPT="02_linear/1_train_linear.py", VARIATIONS={"EPOCH": [1]})
    assert refuse(SWEEP) == "The script has no hyperparameter EPOCH, perhaps for EPOCHS."
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"ray://127.0.0.1:{free.getsockname()[1]}"
    fresh_project.edit(SWEEP, VARIATIONS={"EPOCHS": [1]}, ADDRESS=address)
    assert f"Nobody answers at {address.removeprefix('ray://')}" in refuse(SWEEP)
    (tmp_path / "ray.py").write_text("raise ImportError('as if not installed')")
    path = f"{tmp_path}{os.pathsep}{fresh_project.root}"
    sentence = refuse(SWEEP, env={"PYTHONPATH": path})
    assert sentence == 'Ray is not installed: run «pip install -e ".[cluster]"».'


def weights_of(project):
    found = {}
    with h5py.File(project.root / "models/vgg16_data_parallel.weights.h5") as file:
        file.visititems(
            lambda name, item: (
                found.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None
            )
        )
    return found


def losses_of(project):
    record = json.loads((project.root / "models/vgg16_data_parallel.results.json").read_text())
    return record["history"]["loss"]


SMALL = {
    "IMAGES": 256, "VALIDATION": 320, "EPOCHS": 2, "FILTERS": (4, 4, 8, 8, 8),
    "CONVOLUTIONS": (1, 1, 1, 1, 1), "RATE_PER_64": 0.0003,
    "BATCH_SIZE": 64, "IMAGE_SIZE": 32, "MEMORY": 1, "CORES": 1,
}  # fmt: skip


@needs_ray
@needs_jax
@posix
@pytest.mark.script
def test_two_processes_train_as_one(fresh_project, started, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        coordinator = f"127.0.0.1:{free.getsockname()[1]}"
    fresh_project.edit(PARALLEL, COORDINATOR=coordinator, PROCESSES=1, **SMALL)
    compiled = {  # once for all
        "JAX_COMPILATION_CACHE_DIR": str(tmp_path / "compiled"),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    }
    alone = started(fresh_project, PARALLEL, KERAS_DISTRIBUTION_PROCESS_ID="0", **compiled)
    assert alone.process.wait(300) == 0, alone.text()
    expected, losses = weights_of(fresh_project), losses_of(fresh_project)

    # Two processes, started by hand; one is killed in the second epoch.
    fresh_project.edit(PARALLEL, PROCESSES=2)
    both = [
        started(fresh_project, PARALLEL, KERAS_DISTRIBUTION_PROCESS_ID=number, **compiled)
        for number in "01"
    ]
    until(lambda: "Epoch 2/2" in both[0].text(), 240, "the second epoch")
    both[1].process.kill()
    assert both[0].process.wait(60) == 2, both[0].text()
    errors = [line for line in both[0].text().splitlines() if line.startswith("Error: ")]
    assert errors == [
        "Error: Another machine is lost: start the same command on all machines, and it goes on"
        " after the last epoch."
    ]
    assert "Traceback" not in both[0].text()
    for one in both:
        until(lambda one=one: not one.family(), 20, "the end of a process that lost the others")

    # Started again, by Ray, they go on after the first epoch, and come where one process came.
    printed = fresh_project.run(PARALLEL, timeout=300, env=compiled)
    assert printed.returncode == 0, printed.stdout[-2000:] + printed.stderr[-3000:]
    assert "resuming after epoch 1" in printed.stdout and "Epoch 2/2" in printed.stdout
    assert "Epoch 1/2" not in printed.stdout
    assert re.fullmatch(
        r"vgg16_data_parallel: test accuracy 0\.\d{4} in \d+ s", printed.stdout.splitlines()[-1]
    )
    np.testing.assert_allclose(losses_of(fresh_project), losses, rtol=1e-5)
    for name, weights in weights_of(fresh_project).items():
        np.testing.assert_allclose(weights, expected[name], atol=1e-5, err_msg=name)
    # An ordinary model: the classify script of chapter 04 reads it on TensorFlow.
    classify = "04_vgg16/3_classify_drawings.py"
    fresh_project.edit(classify, NAMES=("vgg16_data_parallel",))
    assert "vgg16_data_parallel" in fresh_project.passes(classify)


@pytest.mark.parametrize(
    "ends, sentence",
    [
        ([(0, "end", 3, {}), (1, "end", -9, {})], "The training was killed by signal 9"),
        (
            [(0, "end", -6, {}), (1, "lost", "killed: the node runs low on memory.")],
            r"Machine 1 is lost \(killed: the node runs low on memory\)",
        ),
        ([(0, "end", 3, {}), (1, "end", -6, {})], "Another machine is lost"),
    ],
)
def test_the_machine_that_ended_first_is_named(helpers, tmp_path, capsys, ends, sentence):
    machines, _, _ = helpers

    class Ended:
        def events(self):
            yield 0, ("line", "Epoch 2/2")
            yield 1, ("checkpoint", "kept.machine_1.npz", b"a copy")  # while it resumes
            yield 1, ("line", "lost the others: Gloo all-reduce failed")
            for number, *event in ends:
                yield number, tuple(event)

    with pytest.raises(InputError, match=f"^{sentence}: start the same command on all machines"):
        machines._follow(Ended(), tmp_path / "kept.npz")
    printed = capsys.readouterr()
    assert printed.out == "Epoch 2/2\n"
    assert not list(tmp_path.iterdir())
    if sentence.startswith("Another"):
        assert printed.err == "machine 1: lost the others: Gloo all-reduce failed\n"


def test_a_machine_that_nobody_answers(helpers, monkeypatch):
    machines, _, _ = helpers
    assert machines.this_machine(2, "127.0.0.1:1") is None
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    for number, sentence in (
        ("1", f"Nobody answers at {address}: start the script on machine 0 too"),
        ("2", "is «2»: write the number of this machine, 0 to 1"),
        ("one", "is «one»: write the number of this machine, 0 to 1"),
    ):
        monkeypatch.setenv("KERAS_DISTRIBUTION_PROCESS_ID", number)
        with pytest.raises(InputError, match=sentence):
            machines.this_machine(2, address, patience=0.5)


class Cluster:
    """Ray as far as its machines are asked for."""

    def nodes(self):
        large = {"CPU": 4.0, "memory": 8e9, "GPU": 1.0}
        gone = {"CPU": 64.0, "memory": 8e9}
        return [
            {"Alive": True, "Resources": large},
            {"Alive": True, "Resources": {"CPU": 2.0, "memory": 8e9}},
            {"Alive": False, "Resources": gone},
        ]


def test_what_a_cluster_has_no_room_for(helpers):
    _, remote, _ = helpers
    remote.require_room(Cluster(), 3, remote.needs(2, 2, 0))
    remote.require_room(Cluster(), 1, remote.needs(4, 8, 1))
    for tasks, need, sentence in (
        (1, (5, 1, 0), "CORES is 5, and the largest machine of the cluster has 4: write at most"),
        (1, (1, 9, 0), "MEMORY is 9, and the largest machine of the cluster has 8"),
        (1, (1, 1, 2), "GPUS is 2, and the largest machine of the cluster has 1"),
        (4, (2, 2, 0), "has room for 3 of the 4 processes at once: lower PROCESSES"),
        (2, (1, 1, 1), "has room for 1 of the 2 processes"),
    ):
        with pytest.raises(InputError, match=sentence):
            remote.require_room(Cluster(), tasks, remote.needs(*need))


def test_machines_that_differ_are_told(helpers):
    machines, _, _ = helpers
    first = {"training_images": "ab", "keras version": "3.15.0"}
    machines.require_same([first, first])
    for changed, sentence in (
        ({"keras version": "3.14.1"}, "differ in keras version: 3.15.0 on machine 0, 3.14.1 on"),
        ({"training_images": "cd"}, "differ in training images: ab on machine 0, cd on machine 1"),
    ):
        with pytest.raises(InputError, match=sentence):
            machines.require_same([first, first | changed])


def test_shares_make_up_each_batch_once(helpers):
    machines, _, _ = helpers
    x, y = np.arange(50, dtype=np.uint8).reshape(50, 1, 1), np.arange(50)
    whole = machines.Share(x, y, 12, 0, 1, seed=3)
    shares = [machines.Share(x, y, 12, number, 2, seed=3) for number in range(2)]
    resumed = machines.Share(x, y, 12, 0, 1, seed=3, first_epoch=1)
    for epoch in range(2):
        assert len(whole) == len(shares[0]) == 5
        for index in range(5):
            labels = np.concatenate([share[index][1] for share in shares])
            np.testing.assert_array_equal(labels, whole[index][1])
            assert len({len(share[index][1]) for share in shares}) == 1
        for each in (whole, *shares):
            each.on_epoch_end()
        if epoch == 0:
            np.testing.assert_array_equal(whole[0][1], resumed[0][1])


def test_a_machine_without_the_data_keeps_its_own(helpers, tmp_path, monkeypatch):
    _, remote, _ = helpers
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(remote.Path, "home", lambda: tmp_path / "home")
    source = tmp_path / "source"
    for name, content in (("data/small.npz", "small"), ("models/old.json", "{}")):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(content)
    (source / "05_x").mkdir()
    text = (
        "import pathlib, sys\n"
        "root = pathlib.Path(__file__).parent.parent\n"
        "assert sorted(p.name for p in (root / 'models').iterdir()) == ['checkpoints']\n"
        "print((root / 'models/checkpoints/x.npz').read_text())\n"
        "(root / 'data/fetched.npz').write_text('fetched')\n"
        "beside = root / 'models/checkpoints/.x.npz.partial'\n"
        "beside.write_text('next')\n"
        "beside.replace(root / 'models/checkpoints/x.npz')\n"  # as Checkpoint does
        "(root / 'models/x.results.json').write_text('{}')\n"
        "sys.exit(7)\n"
    )
    asked = tmp_path / "not here"
    events = list(remote.run(source, "05_x/1_y.py", text, {"x.npz": b"former"}, asked, {}))
    assert [event[0] for event in events] == ["started", "line", "checkpoint", "end"]
    assert events[1:] == [
        ("line", "former"),
        ("checkpoint", "x.npz", b"next"),
        ("end", 7, {"x.results.json": b"{}"}),
    ]
    kept = tmp_path / "home/.cache/cnn_practice/data"
    assert sorted(path.name for path in kept.iterdir()) == ["fetched.npz", "small.npz"]
    assert (source / "models/old.json").exists() and not asked.exists()


def test_every_training_script_can_be_swept(helpers):
    _, _, sweeping = helpers
    scripts = sweeping.training_scripts()
    assert {"02_linear/1_train_linear.py", "06_cifar10/6_train_minivgg.py"} <= set(scripts)
    assert not any("classify" in script or "09_" in script for script in scripts)
    for script in scripts:
        text = sweeping.read_script(script)
        assert hyperparameters.edited(text, SEED=7) != text
