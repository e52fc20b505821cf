"""Saving a trained network and reloading it: architecture as JSON, weights as HDF5."""

import json
import re

from cnn_practice import files
from cnn_practice.errors import InputError

import h5py
import keras
import numpy as np


def save(model, name, dtype="float32"):
    """Save ``models/<name>.config.json`` and ``models/<name>.weights.h5``.

    Both are written beside their places first and then renamed one right after the other, so that
    a kill at any moment leaves a whole model.

    Args:
        model: Keras model; by the rule of ``models/`` it takes float32 in [0, 1] of shape
            (N, height, width, channels), any further normalisation being a layer inside it.
        name: file name without suffixes.
        dtype: in which the weights are stored. "float16" halves the file, with 3 decimal digits
            of each weight; ``load`` makes float32 of it again, so that the network computes as
            before. Evaluate the reloaded model: its weights are the rounded ones.

    Raises:
        InputError: the files cannot be written, or a weight is too large for ``dtype``.
    """
    config, weights = _paths(name)
    with files.written_beside(config) as new_config, files.written_beside(weights) as new_weights:
        # Mixed precision makes training fast on some hardware; reloaded anywhere, it is float32.
        architecture = re.sub(r'"(mixed_)?b?float16"', '"float32"', model.to_json())
        # The fast layers are Keras's own, computed in another way.
        architecture = architecture.replace('"cnn_practice.fast_layers"', '"keras.layers"')
        architecture = re.sub(
            r'("registered_name": )"(BatchNormalization|Dropout)"', r"\1null", architecture
        )
        architecture = json.loads(architecture)
        # Without the loss, which may be a function of the training script, and in the weights
        # without the optimizer's state, which is twice as large as they are.
        architecture.pop("compile_config", None)
        plain = keras.models.model_from_json(json.dumps(architecture))
        plain.set_weights(model.get_weights())
        new_config.write_text(json.dumps(architecture, indent=1) + "\n", "utf-8")
        # Room is made sure of first: HDF5 cannot close a file that outgrows the disk, and takes
        # the whole process down with it.
        size = sum(each.nbytes for each in plain.get_weights())
        new_weights.write_bytes(bytes(int(1.1 * size) + 500_000))
        plain.save_weights(new_weights)
        if dtype != "float32":
            _convert(new_weights, dtype)
    print(f"model: {files.shown(config)}, {files.shown(weights)}")


def _convert(weights, dtype):
    """Store the floating-point numbers of an HDF5 file as ``dtype``."""
    converted = {}

    def convert(place, item):
        if isinstance(item, h5py.Dataset):
            values = item[()]
            if np.issubdtype(values.dtype, np.floating):  # not the state of random generators
                with np.errstate(over="ignore"):
                    values = values.astype(dtype)
                if np.isinf(values).any():
                    raise InputError(
                        f"The weights are too large for {dtype}: save them as float32."
                    )
            converted[place] = values

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
    config, weights = _paths(name)
    for path in (config, weights):
        if not path.exists():
            raise InputError(f"There is no {files.shown(path)} yet: run {_training(name)}.")
    again = f"train it again with {_training(name)}"
    try:
        model = keras.models.model_from_json(config.read_text(encoding="utf-8"))
        if not isinstance(model, keras.Model):
            raise TypeError("valid JSON, but not of a model")
    except (ValueError, TypeError, KeyError, AttributeError, OSError) as error:
        raise InputError(f"{files.shown(config)} is damaged: {again}.") from error
    try:
        model.load_weights(weights)
    except OSError as error:
        raise InputError(f"{files.shown(weights)} is damaged: {again}.") from error
    except (ValueError, KeyError) as error:
        raise InputError(
            f"{files.shown(config)} and {files.shown(weights)} do not belong together: {again}."
        ) from error
    return model


def _paths(name):
    return files.MODELS / f"{name}.config.json", files.MODELS / f"{name}.weights.h5"


def _training(name):
    """The command that trains model ``name``, as messages give it."""
    script = files.training_script(name)
    return f"«python {files.shown(script)}»" if script else "the script that trains it"
