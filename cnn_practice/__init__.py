"""What the numbered scripts share and what is not their lesson.

Import this package before Keras: TensorFlow reads its settings from the environment once, while
it is being imported.

- ``datasets``: the real data, from ``data/`` or a download, and the three-way split
- ``drawings``: a mouse drawing in any picture format, prepared as MNIST was prepared
- ``hyperparameters``: the block at the top of a script, checked against its own comments
- ``training``: what a run says before it trains, and how long it will take
- ``precision``: which precision this computer trains in fastest
- ``models``: saving and reloading a trained network
- ``results``: the record of a run as JSON, and the README table made from these records
- ``checkpoints``: the state of a training after each epoch, to go on from after an interruption
- ``distortions``: random distortions of training images
- ``fast_layers``: two layers of Keras, faster in training
- ``plots``: curves, confusion matrices and picture grids, saved as PNG
- ``errors``: the error that is shown as one sentence
- ``files``: where things are, and writing that never leaves half a file
"""

import os

# oneDNN makes convolutions on the CPU several times faster. TensorFlow leaves it off on CPUs
# without AVX-512, where it helps as much.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
# TensorFlow's notes on CPU features and absent GPUs would bury the training progress. What stops a
# script is raised in Python all the same; set this to 0 to see why a GPU is not found.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# NumPy's matrix products (OpenBLAS) on one thread each: in chapter 01 two threads of our own share
# a batch, and with more the threads would fight for the cores.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from cnn_practice import errors

errors.install()

from cnn_practice import files

files.refuse_another_tree()
