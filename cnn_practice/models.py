"""Saving a trained network and reloading it: architecture as JSON, weights as HDF5."""

import contextlib
import difflib
import hashlib
import json

from cnn_practice import errors, files, results
from cnn_practice.errors import InputError

import h5py
import keras
import numpy as np


def save(model, name, record=None, dtype="float32"):
    """Save ``models/<name>.config.json``, ``.weights.h5`` and ``.results.json`` together, or none.

    The saved network is made of Keras's own layers in float32, whatever it was trained with.

    Args:
        model: Keras model; by the rule of ``models/`` it takes float32 in [0, 1] of shape
            (N, height, width, channels), any further normalisation being a layer inside it.
        name: file name without suffixes.
        record: of the run, as ``results.record`` gives it; None keeps the former record.
        dtype: in which the weights are stored. "float16" halves the file. Round them before the
            model is evaluated, with ``round_weights``, so that what is saved is what was tested.

    Raises:
        InputError: the files cannot be written, or a weight is too large for ``dtype``.
    """
    plain = in_float32(model)
    config, weights = (path.name for path in _paths(name))
    with files.lock(files.MODELS), files.written_together(files.MODELS, name) as folder:
        (folder / config).write_text(json.dumps(json.loads(plain.to_json()), indent=1) + "\n")
        # Room is made sure of first: HDF5 cannot close a file that outgrows the disk, and takes
        # the whole process down with it.
        size = sum(each.nbytes for each in plain.get_weights())
        (folder / weights).write_bytes(bytes(int(1.1 * size) + 500_000))
        plain.save_weights(folder / weights)
        if dtype != "float32":
            _convert(folder / weights, dtype)
        if record is not None:
            record = results.merged(record) | {
                "sha256": {file: _sha256(folder / file) for file in (config, weights)}
            }
            files.write_json(folder / f"{name}.results.json", record)
        written = sorted(files.shown(files.MODELS / path.name) for path in folder.iterdir())
    errors.say_when_interrupted(f"Stopped: {name} is trained and saved.")
    print(f"saved: {', '.join(written)}")


def round_weights(model, dtype="float16"):
    """Round the weights of ``model`` to what ``dtype`` holds: "float16" has 3 decimal digits.

    Raises:
        InputError: a weight is too large for ``dtype``.
    """
    model.set_weights(
        [_rounded(values, dtype).astype(values.dtype) for values in model.get_weights()]
    )


def _rounded(values, dtype):
    """A weight as ``dtype``; what is no floating-point number, such as a seed, stays as it is."""
    if not np.issubdtype(values.dtype, np.floating):
        return values
    with np.errstate(over="ignore"):
        rounded = values.astype(dtype)
    if np.isinf(rounded).any():
        raise InputError(f"The weights are too large for {dtype}: save them as float32.")
    return rounded


def in_float32(model):
    """A copy of ``model`` in float32, of Keras's own layers, without loss and optimizer.

    This is what ``save`` saves and ``load`` reads. After a training in mixed precision, evaluate
    the copy: bfloat16 has 3 decimal digits, and the outputs for two classes may be equal in it.
    """

    def plain_layer(layer):
        if isinstance(layer, keras.Model):  # a network inside the network
            return keras.models.clone_model(layer, clone_function=plain_layer)
        # A layer that computes as one of Keras's, only faster, has the name of it.
        named = getattr(keras.layers, type(layer).__name__, None)
        kind = named if named in type(layer).__mro__ else type(layer)
        config = layer.get_config()
        return kind.from_config(config | ({"dtype": "float32"} if "dtype" in config else {}))

    # Or the copy would be compiled as well, with a loss that perhaps only a script knows.
    compiled, model.compiled = model.compiled, False
    try:
        with _float32_layers():
            plain = keras.models.clone_model(model, clone_function=plain_layer)
    finally:
        model.compiled = compiled
    plain.set_weights(model.get_weights())
    return plain


@contextlib.contextmanager
def _float32_layers():
    """Build layers in float32, whatever precision a script trains in."""
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(policy)


def _sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _convert(weights, dtype):
    """Store the floating-point numbers of an HDF5 file as ``dtype``."""
    converted = {}

    def convert(place, item):
        if isinstance(item, h5py.Dataset):
            converted[place] = _rounded(item[()], dtype)

    with h5py.File(weights) as file:
        file.visititems(convert)
    # Anew, because HDF5 does not give back the room of what is replaced.
    with h5py.File(weights, "w") as file:
        for place, values in converted.items():
            file[place] = values


def load(name):
    """Reload a model that ``save`` saved, ready for ``predict``.

    Raises:
        InputError: it was never trained, a file is damaged, or config and weights do not belong
            together.
    """
    with files.lock(files.MODELS):  # so that no other process replaces one of them meanwhile
        files.finish_pending(files.MODELS)
        return _load(name)


def _load(name):
    config, weights = _paths(name)
    for path in (config, weights):
        if not path.exists():
            near = "" if files.training_script(name) else _near(name)
            raise InputError(
                f"There is no {files.shown(path)}: {_ways_to_get(name, 'train it')}{near}."
            )
    # Files from elsewhere may hold anything, and Keras raises whatever it stumbles over.
    again = _ways_to_get(name)
    try:
        text = config.read_text(encoding="utf-8")
        layers = list(_layers(json.loads(text)))
    except Exception as error:
        raise InputError(f"{files.shown(config)} is damaged: {again}.") from error
    try:
        with h5py.File(weights) as file:
            sizes = _sizes(file)
    except Exception as error:
        raise InputError(f"{files.shown(weights)} is damaged: {again}.") from error
    # Keras builds a Sequential model anew with each layer that it gets.
    if len(layers) > 1000 or (len(layers) > 100 and "Sequential" in text):
        raise InputError(
            f"{files.shown(config)} has {len(layers):,} layers, and at most 1,000 are read, 100 of"
            " a Sequential model: make the network smaller."
        )
    apart = f"{files.shown(config)} and {files.shown(weights)} do not belong together: {again}."
    # Before Keras makes room for a layer, which may be wider than the memory.
    if not {layer.get(key) for layer in layers for key in ("units", "filters")} <= sizes:
        raise InputError(apart)
    try:
        with _float32_layers():
            model = keras.models.model_from_json(text)
        if not isinstance(model, keras.Model):
            raise TypeError("valid JSON, but not of a model")
    except Exception as error:
        _tell_newer_keras(name)
        raise InputError(f"{files.shown(config)} is damaged: {again}.") from error
    try:
        model.load_weights(weights)
    except OSError as error:
        raise InputError(f"{files.shown(weights)} is damaged: {again}.") from error
    except Exception as error:
        raise InputError(apart) from error
    _say_if_changed(name)
    return model


def _layers(config):
    """The configuration of each layer in the JSON of a model, those of models inside it too."""
    for layer in config["config"].get("layers", []):
        yield layer["config"]
        if "layers" in layer["config"]:
            yield from _layers(layer)


def _sizes(file):
    """The sizes of all arrays in an HDF5 file along their axes, and None, which is no size."""
    sizes = {None}
    file.visititems(lambda _, item: sizes.update(getattr(item, "shape", ())))
    return sizes


def _tell_newer_keras(name):
    """Raise an ``InputError`` if model ``name`` was saved with a newer Keras than this one."""
    try:
        saved_with = results.read(name)["versions"]["keras"]
    except (InputError, KeyError):
        return
    needed = ".".join(saved_with.split(".")[:2])
    if tuple(map(int, keras.__version__.split(".")[:2])) < tuple(map(int, needed.split("."))):
        raise InputError(
            f"The model {name} needs Keras ≥ {needed}, and {keras.__version__} is installed: run"
            " «pip install -r requirements.txt»."
        )


def _say_if_changed(name):
    """Say in one line if config or weights are not those that the record was written with."""
    try:
        expected = results.read(name)["sha256"]
    except (InputError, KeyError):  # no record, or one without hashes
        return
    for file, digest in expected.items():
        if _sha256(files.MODELS / file) != digest:
            print(
                f"{files.shown(files.MODELS / file)} is not the file that the record of {name} was"
                " written with: its figures are of another model."
            )


def _paths(name):
    return files.MODELS / f"{name}.config.json", files.MODELS / f"{name}.weights.h5"


def _ways_to_get(name, verb="train it again"):
    """How to get model ``name``, as messages give it."""
    script = files.training_script(name)
    if script is None:
        return f"{verb}, or bring it back with «git checkout models» if it came with the repository"
    time = ""
    with contextlib.suppress(InputError, KeyError):
        record = results.read(name)
        time = f" ({results.duration(record['seconds'])} on {record['hardware']})"
    return (
        f"{verb} with «python {files.shown(script)}»{time}, or bring it back with"
        " «git checkout models»"
    )


def _near(name):
    """The trained models whose names are near ``name``, or all, as a part of a sentence."""
    configs = files.MODELS.glob("[!.]*.config.json")
    names = sorted(path.name.removesuffix(".config.json") for path in configs)
    near = difflib.get_close_matches(name, names, n=1) or names
    return f"; there is {', '.join(near)}" if near else ""
