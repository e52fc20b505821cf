"""The solver of ``numpy_cnn``, which can also save its best weights and begin anew."""

import copy

import numpy as np
import numpy_cnn


class Solver(numpy_cnn.Solver):
    """As in ``numpy_cnn``.

    Args:
        *arguments: as in ``numpy_cnn``.
        checkpoint: path of an ``.npz`` written at each best validation accuracy, or None.
        **options: as in ``numpy_cnn``.
    """

    def __init__(self, *arguments, checkpoint=None, **options):
        super().__init__(*arguments, **options)
        self.checkpoint = checkpoint
        self._first = copy.deepcopy((self.optimizer, self.rng, self.network.parameters))

    def reset(self):
        """Forget all training: first weights, fresh optimiser, empty histories."""
        self.optimizer, self.rng, parameters = copy.deepcopy(self._first)
        self.network.parameters[:] = parameters
        self._order = np.empty(0, dtype=int)
        self.losses, self.checked_at, self.best_accuracy = [], [], -1.0
        self.history = {key: [] for key in self.history}

    def _check(self, x, labels):
        before = self.best_accuracy
        super()._check(x, labels)
        if self.checkpoint and self.best_accuracy > before:
            self.network.save(self.checkpoint)
