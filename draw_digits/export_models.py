"""Models of ``models/`` in the page's format, from their config and their HDF5 file alone.

    python draw_digits/export_models.py lenet5     prints the layers as the page gets them

Keras is not needed, so that the page is built in a second. The page runs a chain of the layers in
``KINDS``: a Sequential model, or a functional one whose layers follow one another. Weights are
stored in half precision, the kernels of small models, which are in the page itself, as one byte
each (``stored``); ``network.js`` computes with them in single precision.
"""

import base64
import itertools
import json
import re
import sys
import zlib

from cnn_practice import datasets, files
from cnn_practice.errors import InputError

import h5py
import numpy as np

# Hyperparameters
SMALL = 300_000  # parameters: larger models get a file of their own, loaded when they are asked for
LARGEST = 20_000_000  # parameters of a model that the page takes at all
MANY = 10_000  # weights: kernels with as many are rounded more coarsely
COARSE = 0.2  # to what multiples these are rounded, as a share of their standard deviation
FIRST = "any_hand"  # the model at the top of the page; the others follow in the chapters' order

ACTIVATIONS = ("linear", "relu", "sigmoid", "tanh", "softmax")
ALONE = ("gelu",)  # in layers of their own
# Of each layer that the page knows: its kind in network.js, the settings that go there, and its
# weights in the order of the HDF5 file.
KINDS = {
    "Conv2D": ("Conv2D", ("filters", "kernel_size", "strides", "padding"), ("kernel", "bias")),
    "Dense": ("Dense", ("units",), ("kernel", "bias")),
    "MaxPooling2D": ("Pooling", ("pool_size", "strides", "padding"), ()),
    "AveragePooling2D": ("Pooling", ("pool_size", "strides", "padding"), ()),
    "GlobalMaxPooling2D": ("Pooling", (), ()),
    "GlobalAveragePooling2D": ("Pooling", (), ()),
    "ZeroPadding2D": ("Padding", ("padding",), ()),
    "BatchNormalization": (
        "Scaling",
        ("epsilon",),
        ("gamma", "beta", "moving_mean", "moving_variance"),
    ),
    "Normalization": ("Scaling", ("mean", "variance"), ()),
    "Rescaling": ("Scaling", ("scale", "offset"), ()),
    "Activation": ("Activation", (), ()),
    "ReLU": ("Activation", (), ()),
    "Softmax": ("Activation", (), ()),
    "Flatten": ("Flatten", (), ()),
}
# These change pictures or numbers in training only.
IN_TRAINING = ("ActivityRegularization", "Dropout", "SpatialDropout2D", "GaussianDropout",
               "GaussianNoise", "RandomFlip", "RandomRotation", "RandomTranslation", "RandomZoom",
               "RandomShear", "RandomBrightness", "RandomContrast", "RandomErasing")  # fmt: skip
KINDS |= {name: ("Unchanged", (), ()) for name in IN_TRAINING}
# Settings that the page does not compute: any other value is refused.
REQUIRED = {
    "data_format": "channels_last", "dilation_rate": [1, 1], "groups": 1, "renorm": False,
    "negative_slope": 0, "threshold": 0, "max_value": None, "keepdims": False, "invert": False,
}  # fmt: skip


def names():
    """The names of all models in ``models/``, in the page's order."""
    found = [path.name.removesuffix(".config.json") for path in files.MODELS.glob("*.config.json")]
    return sorted(
        (name for name in found if not name.startswith(".")),
        key=lambda name: (name != FIRST, str(files.training_script(name) or "~"), name),
    )


def exported(name, numbers=True):
    """One model in the page's format.

    Args:
        name: of the model in ``models/``.
        numbers: False leaves the weights out, which takes no time.

    Returns:
        dict for JSON: ``name``, ``kind`` ("digits" or "pictures"), ``classes``, ``input`` (H, W,
        C), ``layers``, ``parameters``, ``test_accuracy`` where a record has it, and ``numbers``:
        the weights as base64 of gzipped bytes.

    Raises:
        InputError: the page cannot run this model, or its files are missing or damaged.
    """
    config = _read(name)
    layers = _chain(config, name)
    shape = layers.pop(0)["config"].get("batch_shape", [None])[1:]
    if (
        len(shape) != 3
        or not all(type(n) is int and n > 0 for n in shape)
        or shape[2] not in (1, 3)
    ):
        raise InputError(
            f"{name}: its input layer takes {shape}, and the page only pictures in grey or colour."
        )
    exported_layers, packed = [], b""
    try:
        with h5py.File(files.MODELS / f"{name}.weights.h5") as file:
            weights = []
            for layer, place in zip(layers, _places(layers), strict=True):
                settings, arrays = _exported_layer(layer, name, file, place)
                settings["parameters"] = sum(array.size for array in arrays.values())
                exported_layers.append(settings)
                weights.append(arrays)
            parameters = sum(settings["parameters"] for settings in exported_layers)
            if parameters > LARGEST:
                raise InputError(f"{name} has over {LARGEST:,} parameters: the page takes fewer.")
            if numbers:
                packed = _packed(exported_layers, weights, parameters <= SMALL, name)
    except (OSError, RuntimeError) as error:
        raise InputError(
            f"{name}.weights.h5 is missing or damaged: train the model again."
        ) from error
    outputs = next((each for each in reversed(exported_layers) if "units" in each), {}).get("units")
    record = _record(name)
    model = {
        "name": name,
        "kind": "digits" if shape[2] == 1 else "pictures",
        "classes": _classes(shape, outputs, record),
        "input": shape,
        "parameters": parameters,
        # Of one view of each image, which is what the page reads.
        "test_accuracy": record.get(
            "without_augmentation", record.get("test_accuracy", {}).get("mean")
        ),
        "layers": exported_layers,
    }
    if numbers:
        model["numbers"] = packed
    return model


def _read(name):
    path = files.MODELS / f"{name}.config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(config["config"]["layers"], list):
            raise TypeError
        return config
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(
            f"{files.shown(path)} is missing or damaged: train the model again."
        ) from error


def _record(name):
    try:
        record = json.loads((files.MODELS / f"{name}.results.json").read_text(encoding="utf-8"))
        float(record["test_accuracy"]["mean"])
        return record
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}


def _classes(shape, outputs, record):
    """The names of the classes: digits, those that the record gives, or those of CIFAR-10."""
    if shape[2] == 1:
        return [str(number) for number in range(outputs or 0)]
    named = record.get("hyperparameters", {}).get("CLASSES", datasets.CIFAR10_CLASSES)
    return list(named) if len(named) == outputs else [f"class {i}" for i in range(outputs or 0)]


def _chain(config, name):
    """The layers of the config in their order, the input layer first."""
    layers = config["config"]["layers"]
    if not layers or layers[0].get("class_name") != "InputLayer":
        raise InputError(f"{name} does not begin with an input layer: give it a keras.Input.")
    if config.get("class_name") == "Functional":
        for before, layer in itertools.pairwise(layers):
            sources = re.findall(
                r'"keras_history": \["([^"]+)"', json.dumps(layer["inbound_nodes"])
            )
            if sources != [before["config"]["name"]]:
                raise InputError(
                    f"{name}: the layer {layer['config']['name']} does not follow the one before it"
                    " alone, and the page runs chains of layers."
                )
    return layers


def _places(layers):
    """Where each layer's weights are in the HDF5 file: Keras counts the layers of each class."""
    counts, places = {}, []
    for layer in layers:
        # As Keras does it: BatchNormalization → batch_normalization, ReLU → re_lu.
        snake = re.sub(r"\W+", "", layer["class_name"])
        snake = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", snake)
        snake = re.sub("([a-z])([A-Z])", r"\1_\2", snake).lower()
        count = counts.get(snake, 0)
        counts[snake] = count + 1
        places.append(f"layers/{snake}_{count}/vars" if count else f"layers/{snake}/vars")
    return places


def _exported_layer(layer, name, file, place):
    """A layer's settings for ``network.js``, and its weights by name."""
    kind, config = layer["class_name"], layer["config"]
    if kind not in KINDS or layer.get("module", "keras.layers") != "keras.layers":
        raise InputError(f"{name}: the page does not know the layer {config['name']}, a {kind}.")
    for setting, wanted in REQUIRED.items():
        if config.get(setting, wanted) not in (wanted, None):
            raise InputError(
                f"{name}: the layer {config['name']} has {setting} = {config[setting]}, which the"
                f" page does not compute."
            )
    activation = {"ReLU": "relu", "Softmax": "softmax"}.get(
        kind, config.get("activation", "linear")
    )
    if activation not in (ACTIVATIONS + ALONE if kind == "Activation" else ACTIVATIONS):
        raise InputError(
            f"{name}: the layer {config['name']} has the activation {activation}, which the page"
            f" does not know{' but as a layer of its own' if activation in ALONE else ''}."
        )
    in_network, settings, weights = KINDS[kind]
    result = {"kind": in_network, "class": kind, "name": config["name"], "activation": activation}
    result |= {key: config[key] for key in settings}
    if in_network == "Pooling":
        result |= {"of": "max" if "Max" in kind else "mean", "whole": kind.startswith("Global")}
    if in_network == "Scaling":
        result |= {"epsilon": config.get("epsilon", 0)}
        for key in ("scale", "offset", "mean", "variance"):
            if key in result and result[key] is not None:
                result[key] = np.ravel(result[key]).tolist()
    wanted = [key for key in weights if _has(config, key)]
    try:
        arrays = {key: file[f"{place}/{i}"] for i, key in enumerate(wanted)}
    except KeyError as error:
        raise InputError(
            f"{name}: the weights of the layer {config['name']} are missing."
        ) from error
    return result, arrays


def _has(config, weight):
    """Whether a layer has this weight: biases, gamma and beta can be left out."""
    setting = {"bias": "use_bias", "gamma": "scale", "beta": "center"}.get(weight)
    return setting is None or config.get(setting, True)


def stored(array, small):
    """Weights as the page keeps them.

    The kernels of a small model are whole numbers times a step: a 127th of the largest weight, or
    ``COARSE`` times the standard deviation where that is more and there are ``MANY`` weights. So a
    weight takes five bits instead of fourteen, and the models read as before: a test compares.

    Args:
        array: the weights, float, of any shape.
        small: whether their model has at most ``SMALL`` parameters.

    Returns:
        ``numbers, step``: int8 and a float, or float16 and None; of the shape of ``array``.
    """
    if not small or array.ndim < 2:
        return array.astype(np.float16), None
    step = np.abs(array).max(initial=0) / 127
    if array.size >= MANY:
        step = max(step, COARSE * array.std())
    step = float(np.float32(step)) or 1.0  # of a kernel of zeros
    return np.round(array / step).astype(np.int8), step


def as_stored(array, small):
    """Weights as the page computes with them: ``stored``, in single precision."""
    numbers, step = stored(array, small)
    return numbers.astype(np.float32) * np.float32(step or 1)


def _packed(layers, weights, small, name):
    """The weights of all layers as base64 of gzipped bytes; each layer gets where its own are.

    First the numbers of one byte, then the low bytes of those in half precision, then their high
    ones: these (sign, exponent, two bits of the fraction) are much alike, and take less room when
    they stand together.
    """
    wholes, halves = [], []
    for settings, arrays in zip(layers, weights, strict=True):
        settings["weights"] = {}
        for key, dataset in arrays.items():
            array = dataset[()].astype(np.float32)
            if not np.abs(array).max(initial=0) <= np.finfo(np.float16).max:
                raise InputError(
                    f"{name} has weights that are not numbers or over 65504: train it again, more"
                    " slowly."
                )
            numbers, step = stored(array, small)
            among = halves if step is None else wholes
            place = {"at": sum(each.size for each in among), "count": array.size}
            settings["weights"][key] = place | ({} if step is None else {"step": step})
            among.append(numbers.ravel())
    pairs = np.concatenate([np.zeros(0, np.float16), *halves]).view(np.uint8).reshape(-1, 2)
    plain = b"".join(each.tobytes() for each in wholes) + pairs.T.tobytes()
    # Weights hardly repeat: «filtered» looks for no repetitions. 31: as gzip, without a date.
    pack = zlib.compressobj(9 if small else 1, zlib.DEFLATED, 31, 9, zlib.Z_FILTERED)
    return base64.b64encode(pack.compress(plain) + pack.flush()).decode()


if __name__ == "__main__":
    for name in sys.argv[1:] or names():
        try:
            model = exported(name)
        except InputError as error:
            if sys.argv[1:]:
                raise
            print(f"left out: {error}")
            continue
        print(f"{name}: {model['kind']}, {model['parameters']:,} parameters")
        for layer in model["layers"] if sys.argv[1:] else ():
            print("  ", {key: value for key, value in layer.items() if key != "weights"})
