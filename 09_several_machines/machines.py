"""What machines that train one network together need: a start, equal data, one checkpoint, an end.

Each machine runs the same script in a process of JAX. The process is watched by the one that
started it, because JAX ends a process at once when the first machine is gone.
"""

import contextlib
import hashlib
import os
import sys
import time
from importlib import metadata

from cnn_practice import errors, files, hyperparameters, models, results
from cnn_practice.checkpoints import Checkpoint
from cnn_practice.errors import InputError

import keras
import numpy as np
import remote

# Keras's own variables: keras.distribution.initialize() reads them.
_NUMBER = "KERAS_DISTRIBUTION_PROCESS_ID"
_PROCESSES = "KERAS_DISTRIBUTION_NUM_PROCESSES"
_ADDRESS = "KERAS_DISTRIBUTION_JOB_ADDRESSES"
_WATCHED = "CNN_PRACTICE_WATCHED"
SCRIPT = "09_several_machines/2_data_parallel.py"
LOST = 3  # exit code of a process that has lost the others
_BY_OTHERS = (LOST, -6)  # how a process ends when another one is gone: -6 is JAX's own way
_AGAIN = "start the same command on all machines, and it goes on after the last epoch."


def this_machine(processes, coordinator, patience=60):
    """The number of this machine, or None in the process that is to start all of them.

    A process that was given a number by hand, in the environment variable
    ``KERAS_DISTRIBUTION_PROCESS_ID``, starts itself again under its own watch, and never returns.

    Args:
        processes: number of machines.
        coordinator: "host:port" of machine 0.
        patience: seconds to wait for machine 0.

    Raises:
        InputError: the number is none, or machine 0 does not answer.
    """
    number = os.environ.get(_NUMBER)
    if number is None:
        return None
    if not (number.isdigit() and int(number) < processes):
        raise InputError(
            f"{_NUMBER} is «{number}»: write the number of this machine, 0 to {processes - 1}."
        )
    if _WATCHED not in os.environ:
        if number != "0":
            host, port = coordinator.rsplit(":", 1)
            what = "start the script on machine 0 too, or correct COORDINATOR"
            remote.require_answer(host, int(port), what, patience)
        environment = environment_of(number, processes, coordinator)
        sys.exit(_watch(environment))
    return int(number)


def environment_of(number, processes, coordinator):
    """The environment variables of the process of one machine."""
    environment = {
        "KERAS_BACKEND": "jax", _NUMBER: str(number), _PROCESSES: str(processes),
        _ADDRESS: coordinator, _WATCHED: "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }  # fmt: skip
    host, port = coordinator.rsplit(":", 1)
    if host in ("localhost", "127.0.0.1"):  # then nobody else can reach it
        environment["JAX_COORDINATOR_BIND_ADDRESS"] = f"127.0.0.1:{port}"
    return environment


def _watch(environment):
    """Run a process of JAX to its end; returns the exit code of this one."""
    log = files.MODELS / "checkpoints" / f".machine_{environment[_NUMBER]}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "w+", encoding="utf-8") as said_to, remote.start(
        files.ROOT / SCRIPT, environment, stderr=said_to
    ) as process:  # fmt: skip
        try:
            for line in process.stdout:
                if not line.startswith("[Gloo]"):
                    print(line, end="", flush=True)
        except KeyboardInterrupt:
            process.kill()
            raise
        process.wait()
        said_to.seek(0)
        said = said_to.read()
    log.unlink()
    if process.returncode == LOST or process.returncode < 0:
        print(f"\nError: {sentence_of_loss(process.returncode, said)}", file=sys.stderr)
        return 2
    print(said, end="", file=sys.stderr)
    return process.returncode


def sentence_of_loss(code, said=""):
    if "DEADLINE_EXCEEDED" in said:
        return "Not all machines came within 5 minutes: start the script on each, then wait."
    lost = code in _BY_OTHERS or "coordination service" in said
    what = "Another machine is lost" if lost else f"The training was killed by signal {-code}"
    return f"{what}: {_AGAIN}"


@contextlib.contextmanager
def others_needed():
    """Within it, the loss of another machine ends this process at once, with the code ``LOST``.

    JAX itself would wait for the lost one for more than a minute.
    """
    try:
        yield
    except Exception as error:
        if any(word in str(error) for word in ("Gloo", "NCCL", "UNAVAILABLE", "coordination")):
            print(f"lost the others: {str(error).splitlines()[0]}", flush=True)
            os._exit(LOST)
        raise


def start_all(settings):
    """Start the script on all machines, by Ray, and follow it to its end.

    Args:
        settings: dict of its hyperparameters.

    Raises:
        InputError: there is no room, or a machine is lost.
    """
    processes = settings["PROCESSES"]
    need = remote.needs(*(settings[name] for name in ("CORES", "MEMORY", "GPUS")))
    errors.say_when_interrupted("Stopped: the same command goes on after the last whole epoch.")
    ray = remote.connect(settings["ADDRESS"])
    remote.require_room(ray, processes, need)
    places, coordinator = remote.side_by_side(ray, processes, need)
    text = hyperparameters.edited((files.ROOT / SCRIPT).read_text("utf-8"), **settings)
    kept = files.MODELS / "checkpoints" / f"{settings['NAME']}.npz"
    checkpoints = {kept.name: kept.read_bytes()} if kept.exists() else {}
    tasks = remote.Tasks(ray, need)
    for number, place in enumerate(places):
        environment = environment_of(number, processes, coordinator)
        given = checkpoints if number == 0 else {}
        tasks.submit(number, SCRIPT, text, given, environment, scheduling_strategy=place)
    _follow(tasks, kept)


def _follow(tasks, kept):
    """Print what machine 0 prints, keep its checkpoints, and in the end its model.

    A machine that ends because of another one tells little: the other's end says what happened.
    """
    lines, lost = {}, []
    for number, (kind, *content) in tasks.events():
        if kind == "line":
            lines.setdefault(number, []).append(content[0])
            if number == 0 and not content[0].startswith(("Error: ", "[Gloo]")):
                print(content[0], flush=True)
        elif kind == "checkpoint":
            if number == 0:  # those of the others are copies of it
                with files.written_beside(kept) as temporary:
                    temporary.write_bytes(content[1])
        elif kind == "end" and content[0] == 0:
            if number == 0:
                with files.written_together(files.MODELS, kept.stem) as folder:
                    for name, data in content[1].items():
                        (folder / name).write_bytes(data)
                kept.unlink(missing_ok=True)
        elif kind != "started":
            said = [each for each in lines.get(number, []) if each.startswith("Error: ")]
            if said:
                raise InputError(said[-1].removeprefix("Error: "))
            if kind != "end":
                raise InputError(f"Machine {number} is lost ({content[0].rstrip('.')}): {_AGAIN}")
            if content[0] in _BY_OTHERS:
                lost.append(number)
                continue
            if content[0] == 1:  # a defect: with its traceback
                print("\n".join(lines[number]), file=sys.stderr)
            raise InputError(sentence_of_loss(content[0]))
    for number in filter(None, lost):  # what machine 0 said is printed already
        for line in lines.get(number, [])[-5:]:
            print(f"machine {number}: {line}", file=sys.stderr)
    if lost:
        raise InputError(sentence_of_loss(LOST))


def leave():
    """The end of the training in common: from here on this process computes alone."""
    import jax

    jax.distributed.shutdown()
    keras.distribution.set_distribution(None)


def of_the_network(settings):
    """``settings`` without those that only say which machines train it."""
    which = ("PROCESSES", "COORDINATOR", "CORES", "MEMORY", "GPUS", "ADDRESS")
    return {name: value for name, value in settings.items() if name not in which}


def require_equal(**content):
    """Raise the same ``InputError`` on all machines if they do not agree.

    Args:
        **content: what must be equal: arrays, by their SHA-256, or short values.
    """
    from jax.experimental import multihost_utils

    content |= {f"{name} version": metadata.version(name) for name in ("keras", "jax", "numpy")}
    described = {name: _described(value) for name, value in content.items()}
    own = np.frombuffer("\n".join(described.values()).encode().ljust(4000), np.uint8)
    texts = [bytes(each).decode().strip() for each in multihost_utils.process_allgather(own)]
    require_same([dict(zip(described, text.split("\n"), strict=True)) for text in texts])


def _described(value):
    if isinstance(value, np.ndarray):
        return f"SHA-256 {hashlib.sha256(np.ascontiguousarray(value)).hexdigest()}"
    return str(value)


def require_same(machines):
    """Raise an ``InputError`` that names what differs first between the dicts of the machines."""
    first, *others = machines
    for number, other in enumerate(others, 1):
        for name, value in first.items():
            if other[name] != value:
                what = name if name.isupper() else name.replace("_", " ")
                raise InputError(
                    f"The machines differ in {what}: {value[:40]} on machine 0, {other[name][:40]}"
                    f" on machine {number}; make them equal."
                )


def shared_checkpoint(model, name, settings):
    """A ``Checkpoint`` of machine 0, whose state the others take over; only machine 0 writes.

    Args:
        model, name, settings: as of ``Checkpoint``.
    """
    from jax.experimental import multihost_utils

    number = int(os.environ[_NUMBER])
    path = files.MODELS / "checkpoints" / f"{name}.npz"
    content = path.read_bytes() if number == 0 and path.exists() else b""
    size = int(multihost_utils.broadcast_one_to_all(np.int64(len(content))))
    if size:
        buffer = np.frombuffer(content.ljust(size), np.uint8)[:size].copy()
        content = multihost_utils.broadcast_one_to_all(buffer).tobytes()
    if number:
        name = f"{name}.machine_{number}"
        received = path.with_name(f"{name}.npz")
        if size:
            with files.written_beside(received) as temporary:
                temporary.write_bytes(content)
    checkpoint = (Checkpoint if number == 0 else _NotWriting)(model, name, settings)
    if number:
        checkpoint.remove()
    return checkpoint


class _NotWriting(Checkpoint):
    """Follows the training, and leaves the writing to machine 0."""

    def on_epoch_end(self, epoch, logs=None):
        for quantity, value in logs.items():
            self.history.setdefault(quantity, []).append(float(value))
        if self.best_epoch == self.epoch:
            self.best = self.model.get_weights()


class Share(keras.utils.PyDataset):
    """This machine's share of each batch. At most N - 1 images rest, where there are N machines.

    Args:
        x, y: uint8 images of shape (M, height, width) and labels, the same on all machines.
        batch_size: of all machines together.
        number: of this machine, of ``processes``.
        seed: of the order, drawn anew for each epoch; None: as they stand.
        first_epoch: for which the first order is drawn.
    """

    def __init__(self, x, y, batch_size, number, processes, seed=None, first_epoch=0):
        super().__init__()
        self.x, self.y, self.batch_size = x, y, batch_size
        self.number, self.processes = number, processes
        self.seed, self.epoch = seed, first_epoch
        self._draw()

    def _draw(self):
        self.order = np.arange(len(self.x))
        if self.seed is not None:
            self.order = np.random.default_rng((self.seed, self.epoch)).permutation(self.order)
        self.order = self.order[: len(self.x) - len(self.x) % self.processes]

    def __len__(self):
        return -(-len(self.order) // self.batch_size)

    def __getitem__(self, index):
        batch = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        share = np.split(batch, self.processes)[self.number]
        return self.x[share][..., np.newaxis] / np.float32(255), self.y[share]

    def on_epoch_end(self):
        self.epoch += 1
        self._draw()


class ImagesPerSecond(keras.callbacks.Callback):
    """How many images of all machines are trained on in a second, the first steps apart."""

    SKIPPED = 2  # in which the step is compiled

    def __init__(self, batch_size):
        super().__init__()
        self.batch_size, self.images, self.seconds, self.batches = batch_size, 0, 0.0, 0

    def on_train_batch_begin(self, batch, logs=None):
        self.start = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        self.batches += 1
        if self.batches > self.SKIPPED:
            self.images += self.batch_size
            self.seconds += time.perf_counter() - self.start

    @property
    def rate(self):
        return self.images / self.seconds if self.seconds else 0.0


def save(model, checkpoint, test_part, script_variables, **figures):
    """Give ``model`` the best weights, test it, and save it with its record.

    Args:
        model: Keras model of this machine alone.
        checkpoint: of the training.
        test_part: images and labels.
        script_variables: ``globals()`` of the script.
        **figures: further ones for the record.
    """
    name = script_variables["NAME"]
    model.set_weights(checkpoint.best)
    x, y = test_part
    predicted = model.predict(x[..., np.newaxis] / np.float32(255), batch_size=500, verbose=0)
    accuracy = float(np.mean(predicted.argmax(axis=1) == y))
    record = results.record(
        name, script_variables, test_accuracy=accuracy, parameters=model.count_params(),
        epochs=checkpoint.epoch, seconds=checkpoint.seconds, best_epoch=checkpoint.best_epoch,
        history=checkpoint.history, backend=f"jax {metadata.version('jax')}", **figures,
    )  # fmt: skip
    models.save(model, name, record)
    checkpoint.remove()
    print(f"{name}: test accuracy {accuracy:.4f} in {checkpoint.seconds:.0f} s")
