"""The resized images of ``1_resize_images.py``, written piece by piece and read without loading."""

import os
import shutil
import struct
import zipfile

from cnn_practice import datasets, files
from cnn_practice.errors import InputError

import numpy as np


def path_of(size):
    return files.DATA / f"mnist_shape{size}.npz"


def write(path, arrays):
    """Write uint8 arrays as ``np.savez`` does, but row by row, so that none is ever whole.

    Args:
        path: of the ``.npz`` file, which is a zip of ``.npy`` files.
        arrays: dict of name to ``(shape, pieces)``; ``pieces`` yields uint8 arrays that make up
            the array of that shape, in order.

    Raises:
        InputError: the disk has not enough room, or the file cannot be written.
    """
    needed = sum(int(np.prod(shape)) for shape, _ in arrays.values())
    path.parent.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(path.parent).free
    if free < needed + 10_000_000:
        raise InputError(
            f"{files.shown(path)} needs {needed / 1e9:.1f} GB and the disk has {free / 1e9:.1f} GB"
            " free: make room, or choose a smaller size."
        )
    with files.written_beside(path) as temporary, zipfile.ZipFile(temporary, "w") as packed:
        for name, (shape, pieces) in arrays.items():
            # force_zip64: an array may be over 2 GB.
            with packed.open(f"{name}.npy", "w", force_zip64=True) as file:
                header = {"descr": "|u1", "fortran_order": False, "shape": shape}
                np.lib.format.write_array_header_1_0(file, header)
                for piece in pieces:
                    file.write(piece.tobytes())


def batches(images, numbers, labels, batch_size, seed=None):
    """Batches of the chosen images, read from the file when their turn comes.

    Args:
        images: ``np.memmap`` of uint8, shape (all, size, size), of which only the chosen are read.
        numbers: which of them, integers of shape (N,).
        labels: integers of shape (N,).
        batch_size: images of a batch; the last one has what is left.
        seed: of a new random order in each epoch; None keeps the order.

    Returns:
        ``tf.data.Dataset`` of float32 (batch, size, size, 1) in [0, 1] and labels (batch,).
    """
    import tensorflow as tf  # here, so that 1_resize_images.py starts at once

    data = tf.data.Dataset.from_tensor_slices((numbers, labels))
    if seed is not None:
        data = data.shuffle(len(numbers), seed=seed)

    def fetch(chosen):
        # Mapped anew for each batch: what was read for former ones is no longer this program's.
        mapped = np.memmap(images.filename, images.dtype, "r", images.offset, images.shape)
        return np.asarray(mapped[chosen])

    def read(chosen, digits):
        pixels = tf.numpy_function(fetch, [chosen], tf.uint8)
        pixels = tf.ensure_shape(pixels, (None, *images.shape[1:]))
        return tf.cast(pixels[..., tf.newaxis], "float32") / 255, digits

    data = data.batch(batch_size).map(read, tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)
    return datasets.without_autotuner(data)


def load(size):
    """MNIST resized to ``size``, as ``datasets.load_mnist`` returns it.

    The images are mapped, not loaded: those of a batch are read from the disk when they are
    needed, and the operating system keeps as many of them in memory as there is room for.

    Returns:
        ``(x_train, y_train), (x_test, y_test)``: images uint8 of shape (N, size, size), 0 = paper
        and 255 = ink; labels uint8 of shape (N,).

    Raises:
        InputError: the file is missing, damaged, or holds images of another size.
    """
    path = path_of(size)
    again = f"run «python 04_vgg16/1_resize_images.py» with {size} among its SIZES"
    if not path.exists():
        raise InputError(f"There is no {files.shown(path)} yet: {again}.")
    try:
        arrays = {name: _mapped(path, name) for name in ("x_train", "y_train", "x_test", "y_test")}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"{files.shown(path)} is damaged or was cut off: {again}.") from error
    for part in ("train", "test"):
        shape, labels = arrays[f"x_{part}"].shape, arrays[f"y_{part}"].shape
        if shape != (*labels, size, size):
            raise InputError(
                f"{files.shown(path)} holds {part} images of shape {shape}, not"
                f" {(*labels, size, size)}: {again}."
            )
    return tuple((arrays[f"x_{part}"], np.array(arrays[f"y_{part}"])) for part in ("train", "test"))


def split(size, validation):
    """The three disjoint parts of MNIST resized to ``size``.

    Args:
        size: pixels a side.
        validation: number of validation images.

    Returns:
        Training, validation and test part, each as ``batches`` takes it: the images of its file,
        the numbers of its own ones, and their labels.

    Raises:
        InputError: as of ``load`` and ``datasets.split``.
    """
    (x, y), (x_test, y_test) = load(size)
    numbers = (np.arange(len(y)), y), (np.arange(len(y_test)), y_test)
    parts = datasets.split(numbers, validation)
    return tuple((images, *part) for images, part in zip((x, x, x_test), parts, strict=True))


def _mapped(path, name):
    """An array of an uncompressed ``.npz`` file as ``np.memmap``: ``np.load`` would read it all."""
    with zipfile.ZipFile(path) as packed:
        member = packed.getinfo(f"{name}.npy")
    with open(path, "rb") as file:
        # Before the array stand the zip's header of the member, which ends with its name and an
        # extra field, both of the lengths given at bytes 26 to 29, and the header of the .npy.
        file.seek(member.header_offset + 26)
        file.seek(sum(struct.unpack("<HH", file.read(4))), os.SEEK_CUR)
        if np.lib.format.read_magic(file) != (1, 0) or member.compress_type != zipfile.ZIP_STORED:
            raise ValueError("not as written here")
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
        return np.memmap(file, dtype, "r", file.tell(), shape)
