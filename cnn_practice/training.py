"""What a training run says before it trains: what it will replace, and how long it will take."""

import json
import signal
import time

from cnn_practice import errors, files, results
from cnn_practice.errors import InputError

import filelock
import keras

_locks = {}  # held until the script ends
_interrupted = False  # whether Ctrl+C was pressed in the present ``fit``


def begin(name, script_variables):
    """Say what a run will replace and how to bring it back, and keep a second run of it away.

    Args:
        name: the model's name.
        script_variables: ``globals()`` of the training script.

    Raises:
        InputError: another run trains the same model, or this one's backend is not TensorFlow.
    """
    if keras.backend.backend() != "tensorflow":
        raise InputError(
            f"The training scripts need TensorFlow, and KERAS_BACKEND is"
            f' "{keras.backend.backend()}": set it to "tensorflow", or leave it unset.'
        )
    if name not in _locks:
        files.MODELS.mkdir(parents=True, exist_ok=True)
        lock = files.lock(files.MODELS, f"training-{name}", timeout=0)
        try:
            lock.__enter__()
        except filelock.Timeout as error:
            raise InputError(
                f"Another run is training {name}: wait for its end, or give this one another NAME."
            ) from error
        _locks[name] = lock
    errors.say_when_interrupted("Stopped: nothing was saved, and the same command begins anew.")
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # not behind nohup
        signal.signal(signal.SIGINT, _interrupt)
    files.finish_pending(files.MODELS)
    there = [
        files.shown(path)
        for path in sorted(files.MODELS.glob(f"{name}.*"))
        if path.name in (f"{name}.config.json", f"{name}.weights.h5", f"{name}.results.json")
    ]
    if there:
        print(
            f"This run will replace {', '.join(there)}{_differences(name, script_variables)}."
            " «git checkout models images/figures» brings back what came with the repository;"
            " another NAME keeps both."
        )


def _interrupt(number, frame):
    """Raise KeyboardInterrupt as Python does, and let ``SayHowLong`` know of it."""
    global _interrupted
    _interrupted = True
    raise KeyboardInterrupt


def _differences(name, script_variables):
    """What is not as in the record, as a part of a sentence."""
    try:
        record = results.read(name)
    except InputError:
        return ""
    settings = json.loads(json.dumps(results.hyperparameters(script_variables)))
    settings.pop("SEED", None)
    former = record["hyperparameters"]
    differing = [
        f"{key} {settings.get(key, 'unset')} instead of {former.get(key, 'unset')}"
        for key in sorted(settings.keys() | former.keys())
        if settings.get(key) != former.get(key)
    ]
    return f", with other settings ({'; '.join(differing)})" if differing else ""


class SayHowLong(keras.callbacks.Callback):
    """Measure some steps, and print once about how long the training will take on this computer.

    It also ends the training after a Ctrl+C that got lost: once in a hundred times NumPy swallows
    the exception, where Keras turns a tensor into an array.
    """

    def __init__(self, seconds=3):
        super().__init__()
        self.seconds = seconds  # of measuring
        self.said = False

    def on_train_begin(self, logs=None):
        global _interrupted
        _interrupted = False
        self.start = self.first = None  # of each ``fit`` anew, until one was long enough to measure

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if _interrupted:
            raise KeyboardInterrupt
        self._measure(batch)

    def _measure(self, batch):
        steps = self.params.get("steps")
        if self.said or not steps:
            return
        done, now = self.epoch * steps + batch + 1, time.perf_counter()
        if self.start is None:  # the first step is slower: TensorFlow compiles it
            self.start, self.first = now, done
        elif now - self.start >= self.seconds or (batch + 1 >= steps and done > self.first):
            left = self.params["epochs"] * steps - done
            self._say(left * (now - self.start) / (done - self.first) + now - self.start)

    def on_epoch_end(self, epoch, logs=None):
        self._measure(self.params.get("steps") or 0)

    def _say(self, seconds):
        self.said = True
        print(f"\nThe training will take about {results.duration(seconds)} on this computer.")
