"""Training: batches in random order, accuracy checks, and the best weights kept."""

import copy
import time

import numpy as np


class Solver:
    """Trains a network on one set of examples and keeps the weights best on another.

    Histories, filled while training: ``losses``, one number per step; ``checked_at``, the steps
    after which was checked; ``history``, by the names of Keras's, one number per check: ``loss``
    (mean of the batches since the last check), ``accuracy``, ``val_loss``, ``val_accuracy``.

    Args:
        network: a ``Network``.
        train: ``(x, labels)``, floats of shape (N, *input_shape) and integers of shape (N,).
        validation: ``(x, labels)`` likewise; the test set has no place here.
        optimizer: from ``optimizers``; it stays as it is, a copy is used.
        batch_size: examples per step; the last ones of an epoch, too few for a batch, wait for
            another order.
        check_every: steps between accuracy checks; None checks once an epoch.
        checkpoint: path of an ``.npz`` written at each best validation accuracy, or None.
        seed: of the order of the examples.

    Raises:
        ValueError: no examples, or not one label for each.
    """

    def __init__(
        self, network, train, validation, optimizer, batch_size=128, check_every=None,
        checkpoint=None, seed=0,
    ):  # fmt: skip
        for x, labels in (train, validation):
            if len(x) != len(labels) or len(x) == 0:
                raise ValueError(f"There are {len(labels)} labels for examples of shape {x.shape}.")
        self.network, self.train_part, self.validation_part = network, train, validation
        self.batch_size = min(batch_size, len(train[0]))
        self.steps_per_epoch = len(train[0]) // self.batch_size
        self.check_every = check_every or self.steps_per_epoch
        self.checkpoint, self.seed = checkpoint, seed
        self._fresh_optimizer = optimizer
        self._first_parameters = network.parameters.copy()
        self.reset()

    def reset(self):
        """Forget all training: first weights, fresh optimiser, empty histories."""
        self.network.parameters[:] = self._first_parameters
        self.optimizer = copy.deepcopy(self._fresh_optimizer)
        self.rng = np.random.default_rng(self.seed)
        self.losses, self.checked_at = [], []
        self.history = {"loss": [], "accuracy": [], "val_loss": [], "val_accuracy": []}
        self.best_accuracy, self.best_parameters = -1.0, None
        self._order = np.empty(0, dtype=int)

    def step(self):
        """Draw one batch, and move the parameters once; returns the loss on the batch."""
        x, labels = self.train_part
        if len(self._order) < self.batch_size:
            self._order = self.rng.permutation(len(x))
        batch, self._order = np.split(self._order, [self.batch_size])
        loss, gradient = self.network.loss_and_gradient(x[batch], labels[batch])
        self.optimizer.update(self.network.parameters, gradient)
        self.losses.append(loss)
        return loss

    def check_accuracy(self, x, labels):
        """Share of the examples whose highest score is the right class."""
        return self._check(x, labels)[1]

    def _check(self, x, labels):
        scores = self.network.predict(x)
        loss, _ = self.network.loss(scores, labels)
        return loss, float((scores.argmax(axis=1) == labels).mean())

    def train(self, steps, after_step=None):
        """Take ``steps`` steps with checks in between, then restore the best weights.

        Args:
            steps: number of batches.
            after_step: called with the number of steps taken after each, or None.
        """
        x, labels = self.train_part
        part = slice(0, len(self.validation_part[0]))  # as many training as validation examples
        started = time.perf_counter()
        for step in range(1, steps + 1):
            self.step()
            if after_step:
                after_step(step)
            if step % self.check_every and step != steps:
                continue
            since = self.checked_at[-1] if self.checked_at else 0
            val_loss, val_accuracy = self._check(*self.validation_part)
            latest = {
                "loss": float(np.mean(self.losses[since:])),
                "accuracy": self.check_accuracy(x[part], labels[part]),
                "val_loss": val_loss,
                "val_accuracy": val_accuracy,
            }
            self.checked_at.append(len(self.losses))
            for name, value in latest.items():
                self.history[name].append(value)
            if val_accuracy > self.best_accuracy:
                self.best_accuracy = val_accuracy
                self.best_parameters = self.network.parameters.copy()
                if self.checkpoint:
                    self.network.save(self.checkpoint)
            figures = "  ".join(f"{name} {value:.4f}" for name, value in latest.items())
            seconds = time.perf_counter() - started
            print(f"step {step}/{steps}  {figures}  {seconds:.1f} s", flush=True)
        self.network.parameters[:] = self.best_parameters
