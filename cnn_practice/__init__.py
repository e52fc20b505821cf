"""What the numbered scripts share and what is not their lesson.

Import this package before Keras: TensorFlow reads its settings from the environment once, while
it is being imported.

- ``hyperparameters``: the block at the top of a script, checked against its own comments
- ``datasets``: the data, from ``data/`` or a download, and its three disjoint parts
- ``drawings``: a drawing in any picture format, prepared as MNIST was prepared
- ``distortions``: random distortions of training images
- ``training``: what a run says before it trains, and how long it will take
- ``checkpoints``: the state of a training after each epoch, from which it is resumed
- ``precision``: in which precision this computer trains fastest
- ``fast_layers``: two layers of Keras, faster in training
- ``models``: saving and reloading a trained network
- ``results``: the record of a run as JSON, and the tables made from these records
- ``plots``: curves, confusion matrices and picture grids, saved as PNG
- ``errors``: the error that is shown as one sentence
- ``files``: where things are, and writing that never leaves half a file
"""

import os

# oneDNN makes convolutions on the processor several times faster. On processors without AVX-512
# TensorFlow leaves it off, although it helps there as well.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
# TensorFlow's notes on processors and GPUs would hide the progress of the training. Errors are
# raised in Python all the same. Set this to 0 to see why a GPU is not found.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# NumPy's matrix products (OpenBLAS) on one thread each. Those of chapter 01 are small: they gain
# little from more threads, and on a busy machine each waits for the slowest of its threads, which
# made a training many times as slow. It must be set before NumPy is loaded.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from cnn_practice import errors

errors.install()

from cnn_practice import files

files.refuse_another_tree()
