"""What the scripts of this chapter share: photos, the networks of Keras, and their weights."""

import difflib
import inspect
import json
import os
import re
import socket
import sys
import warnings
from pathlib import Path

from cnn_practice import drawings, files
from cnn_practice.errors import InputError

import keras
import numpy as np
from PIL import Image, ImageOps

CLASS_INDEX_URL = (
    "https://storage.googleapis.com/download.tensorflow.org/data/imagenet_class_index.json"
)


class NotDownloadedError(InputError):
    """Keras could not download the file at ``address``, which it looks for at ``place``."""

    def __init__(self, address):
        cache = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras")) / "models"
        self.address, self.place = address, cache / address.rpartition("/")[2]
        super().__init__(
            f"No network: get {address} on a computer that has one and put it at {self.place},"
            " or give the path of a local copy as WEIGHTS."
        )


def networks():
    """All networks of ``keras.applications`` by their lower-case name.

    Returns:
        dict of str to (the function that builds it, its ``preprocess_input``).
    """
    return {
        name.lower(): (builder, sys.modules[builder.__module__].preprocess_input)
        for name, builder in vars(keras.applications).items()
        if inspect.isfunction(builder)
    }


def find(name):
    """The network of that name, in capitals or not: ``(build, preprocess_input)``.

    Raises:
        InputError: there is no such network; the message lists those of similar names.
    """
    known = networks()
    if name.lower() not in known:
        near = difflib.get_close_matches(name.lower(), known, n=4, cutoff=0.5) or sorted(known)
        raise InputError(
            f'MODEL is "{name}": Keras has no such network, choose one of {", ".join(near)}.'
        )
    return known[name.lower()]


def build(name, weights=None, **options):
    """A network with its ImageNet weights, downloaded by Keras or read from a file.

    Args:
        name: as in ``networks()``.
        weights: path of a weights file; by default Keras downloads one into its cache and keeps
            it there.
        **options: of the function of ``keras.applications``, such as ``include_top``.

    Returns:
        Keras model.

    Raises:
        InputError: no such network, no such file, weights of another network, or no download.
    """
    builder, _ = find(name)
    if weights is None:
        return downloaded(lambda: builder(weights="imagenet", **options))
    weights = Path(weights).expanduser()
    if not weights.is_file():
        raise InputError(f"There is no weights file {weights}: check the path.")
    if weights.suffix not in {".h5", ".hdf5", ".keras"}:
        raise InputError(f"{weights} is not a weights file of Keras: it must end in .h5 or .keras.")
    model = builder(weights=None, **options)
    try:
        with warnings.catch_warnings():
            # Keras warns of each layer that the file lacks before it gives up.
            warnings.filterwarnings("error", message="Skipping", category=UserWarning)
            model.load_weights(weights)
    except (ValueError, KeyError, TypeError, OSError, UserWarning) as error:
        part = "with its classifier" if options.get("include_top", True) else "without classifier"
        raise InputError(
            f"{weights} does not hold the weights of {builder.__name__} {part}: give a file saved"
            " from that network, or none, so that Keras downloads it."
        ) from error
    return model


def build_with_names(name, weights=None, classes=None):
    """A network with its classifier, and the names of its classes.

    Args:
        name, weights: as of ``build``.
        classes: as of ``read_class_names``.

    Raises:
        InputError: as of both; if both downloads fail, one message names both files.
    """
    found, missing = [], []
    for get in (lambda: read_class_names(classes), lambda: build(name, weights)):
        try:
            found.append(get())
        except NotDownloadedError as error:
            missing.append(f"{error.address} and put it at {error.place}")
    if missing:
        raise InputError(
            f"No network: on a computer that has one, get {'; get '.join(missing)}; or give the"
            " paths of local copies as WEIGHTS and CLASSES (--weights and --classes)."
        )
    return found[1], found[0]


def place_of(name, network):
    """The index of the layer ``name`` in ``network.layers``.

    Raises:
        InputError: there is no such layer; the message lists the last ones.
    """
    names = [layer.name for layer in network.layers]
    if name not in names:
        last = ", ".join(names[-20:])
        raise InputError(
            f"{network.name} has no layer {name}: choose another; its last ones are {last}."
        )
    return names.index(name)


def read_class_names(path=None):
    """The names of ImageNet's 1,000 classes, in the order of the networks' outputs.

    Args:
        path: ``imagenet_class_index.json``, which maps "0" to "999" to a pair of WordNet's number
            and the name; by default Keras downloads it into its cache and keeps it there.

    Returns:
        1,000 strings.

    Raises:
        InputError: no such file, not of that form, or no download.
    """
    if path is None:
        path = downloaded(
            lambda: keras.utils.get_file(
                "imagenet_class_index.json", CLASS_INDEX_URL, cache_subdir="models"
            )
        )
    path = Path(path).expanduser()
    if not path.is_file():
        raise InputError(f"There is no file of class names {path}: check the path.")
    try:
        index = json.loads(path.read_text(encoding="utf-8"))
        return [str(index[str(number)][1]).replace("_", " ") for number in range(1000)]
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise InputError(
            f"{path} does not name the classes 0 to 999 as Keras's imagenet_class_index.json does:"
            " give that file."
        ) from error


def downloaded(call):
    """``call()``, which lets Keras download a file unless it is in Keras's cache.

    Raises:
        NotDownloadedError: the message says which file to put where.
    """
    former = socket.getdefaulttimeout()
    socket.setdefaulttimeout(20)  # Keras sets no limit, and would wait for a dead site without end
    try:
        return call()
    except Exception as error:  # Keras raises the class Exception itself
        address = re.search(r"URL fetch failure on (\S+):", str(error))
        if not address:
            raise
        raise NotDownloadedError(address[1]) from error
    finally:
        socket.setdefaulttimeout(former)


def fitted(picture, size):
    """The square in the middle of a picture, shrunk or enlarged to ``size``.

    Cropping keeps the proportions, which stretching would not; what lies at the ends of the
    longer side is lost.

    Args:
        picture: ``PIL.Image`` of mode RGB.
        size: width and height in pixels.

    Returns:
        uint8 of shape (size, size, 3).
    """
    return np.asarray(ImageOps.fit(picture, (size, size), Image.Resampling.BICUBIC))


def list_pictures(folder, least=5):
    """The pictures of ``folder/class/*``, and the class of each.

    Args:
        folder: holds one folder per class; files of other suffixes than a picture's are ignored.
        least: number of pictures that each class must have.

    Returns:
        ``classes, paths, labels``: the folders' names in alphabetical order; N paths; int64 of
        shape (N,), places in ``classes``.

    Raises:
        InputError: no such folder, fewer than two classes in it, or a class of too few pictures.
    """
    folder = Path(folder).expanduser()
    if not folder.is_dir():
        raise InputError(f"There is no folder {files.shown(folder)}: check the path.")
    classes = sorted(each.name for each in folder.glob("[!.]*") if each.is_dir())
    if len(classes) < 2:
        raise InputError(
            f"{files.shown(folder)} must hold one folder of pictures per class, two at least."
        )
    paths, labels = [], []
    for label, name in enumerate(classes):
        own = sorted(
            path
            for path in (folder / name).glob("[!.]*")
            if path.suffix.lower() in drawings.SUFFIXES
        )
        if len(own) < least:
            raise InputError(
                f"The class {name} has {len(own)} picture{'s' * (len(own) != 1)}: put at least"
                f" {least} into {files.shown(folder / name)}, so that some are left for training,"
                " validation and test."
            )
        paths += own
        labels += [label] * len(own)
    return classes, paths, np.array(labels)
