"""The real data, and its three disjoint parts."""

import hashlib
import zipfile
import zlib

from cnn_practice import files
from cnn_practice.errors import InputError

import numpy as np

MNIST_FILE = files.DATA / "mnist.npz"
# Of the raw bytes of each array.
MNIST_SHA256 = {
    "x_train": "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
    "y_train": "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
    "x_test": "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
    "y_test": "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5",
}


def load_mnist():
    """MNIST (LeCun, Cortes & Burges), as ``keras.datasets.mnist.load_data()`` returns it.

    Read from ``data/mnist.npz``; if that is missing or damaged, downloaded by Keras.

    Returns:
        ``(x_train, y_train), (x_test, y_test)``: images uint8 of shape (60000, 28, 28) and
        (10000, 28, 28), 0 = paper and 255 = ink; labels uint8 of shape (60000,) and (10000,).

    Raises:
        InputError: there is neither a whole file nor a network.
    """
    try:
        arrays = read_npz(MNIST_FILE)
        check_arrays(arrays, MNIST_SHA256, MNIST_FILE)
    except InputError as error:
        print(f"{error} Trying Keras's download instead.")
        import keras

        try:
            return keras.datasets.mnist.load_data()
        except Exception as failure:
            raise InputError(
                f"MNIST is not at {MNIST_FILE} and could not be downloaded: restore the file with"
                " «git checkout data/mnist.npz», or connect to the internet and run this again."
            ) from failure
    return (arrays["x_train"], arrays["y_train"]), (arrays["x_test"], arrays["y_test"])


def split(data, validation=5000, seed=0):
    """Training, validation and test parts: disjoint, the same for the same seed.

    The validation part is taken from the training images, of each class the same share as it has
    there. The test images stay apart, to be used once, at the end.

    Args:
        data: ``(x_train, y_train), (x_test, y_test)`` as the loaders return it; labels integers,
            images of any shape (N, ...).
        validation: number of validation images.
        seed: which images these are.

    Returns:
        ``(x_train, y_train), (x_val, y_val), (x_test, y_test)``, dtypes unchanged.

    Raises:
        InputError: ``validation`` leaves one of the parts without a single image.
    """
    (x, y), test = data
    if not 0 < validation < len(x):
        raise InputError(
            f"A validation part of {validation} images cannot be taken from {len(x)} training"
            " images: choose a smaller one."
        )
    rng = np.random.default_rng(seed)
    # Sorted by class with ties in random order, every k-th image is a stratified sample.
    by_class = np.lexsort((rng.random(len(x)), y.ravel()))
    chosen = by_class[np.linspace(0, len(x) - 1, validation).round().astype(int)]
    in_validation = np.zeros(len(x), dtype=bool)
    in_validation[chosen] = True
    return (x[~in_validation], y[~in_validation]), (x[in_validation], y[in_validation]), test


def read_npz(path):
    """All arrays of an ``.npz`` file as a dict, without pickle.

    Raises:
        InputError: the file is missing, truncated or not an npz file of plain arrays.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except FileNotFoundError as error:
        raise InputError(f"There is no file {files.shown(path)}.") from error
    except (
        OSError,
        ValueError,
        EOFError,
        KeyError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        raise InputError(f"{files.shown(path)} is damaged or not an npz file.") from error


def check_arrays(arrays, sha256, source):
    """Compare the SHA-256 of each array's raw bytes with the expected one.

    Args:
        arrays: dict of arrays by name.
        sha256: dict of hexadecimal digests by name.
        source: where the arrays come from, for the message.

    Raises:
        InputError: an array is missing or differs.
    """
    for name, expected in sha256.items():
        if name not in arrays:
            raise InputError(f"{files.shown(source)} has no array {name}.")
        if hashlib.sha256(np.ascontiguousarray(arrays[name])).hexdigest() != expected:
            raise InputError(f"The array {name} of {files.shown(source)} is damaged.")
