"""Training: batches in random order, accuracy checks, and the best weights kept."""

import time

from numpy_cnn.checks import check_examples

import numpy as np


class Solver:
    """Trains a network on one set of examples and keeps the weights best on another.

    Filled while training: ``losses``, one number per step; ``checked_at``, the steps after which
    was checked; ``history``, by the names of Keras's, one number per check.

    Args:
        network: a ``Network``.
        train: ``(x, labels)``, floats of shape ``(N, *input_shape)`` and integers of shape (N,).
        validation: ``(x, labels)`` likewise; the test set has no place here.
        optimizer: from ``optimizers``.
        batch_size: examples per step; the last ones of an epoch, too few for a batch, wait for
            another order.
        check_every: steps between accuracy checks; None checks once an epoch.
        seed: of the order of the examples.
    """

    def __init__(
        self, network, train, validation, optimizer, batch_size=128, check_every=None, seed=0
    ):
        check_examples(*train)
        check_examples(*validation)
        self.network, self.train_part, self.validation_part = network, train, validation
        self.optimizer, self.batch_size = optimizer, min(batch_size, len(train[0]))
        self.steps_per_epoch = len(train[0]) // self.batch_size
        self.check_every = check_every or self.steps_per_epoch
        self.rng, self._order = np.random.default_rng(seed), np.empty(0, dtype=int)
        self.losses, self.checked_at = [], []
        self.history = {"loss": [], "accuracy": [], "val_loss": [], "val_accuracy": []}
        self.best_accuracy = -1.0

    def step(self):
        """Draw one batch and move the parameters once; returns the loss on the batch."""
        x, labels = self.train_part
        if len(self._order) < self.batch_size:
            self._order = self.rng.permutation(len(x))
        batch, self._order = np.split(self._order, [self.batch_size])
        loss, gradient = self.network.loss_and_gradient(x[batch], labels[batch])
        self.optimizer.update(self.network.parameters, gradient)
        self.losses.append(loss)
        return loss

    def evaluate(self, x, labels):
        """``(loss, accuracy)`` on examples, of which nothing is learned."""
        scores = self.network.predict(x)
        return self.network.loss(scores, labels)[0], float((scores.argmax(1) == labels).mean())

    def train(self, steps, after_step=None):
        """Take ``steps`` steps with checks in between, then restore the best weights.

        ``after_step``, if given, is called with the number of steps taken after each.
        """
        x, labels = self.train_part
        some = slice(0, len(self.validation_part[0]))  # as many training as validation examples
        started = time.perf_counter()
        for step in range(1, steps + 1):
            self.step()
            if after_step:
                after_step(step)
            if step % self.check_every == 0 or step == steps:
                self._check(x[some], labels[some])
                latest = "  ".join(f"{key} {each[-1]:.4f}" for key, each in self.history.items())
                seconds = time.perf_counter() - started
                print(f"step {step}/{steps}  {latest}  {seconds:.1f} s", flush=True)
        self.network.parameters[:] = self.best_parameters

    def _check(self, x, labels):
        since = self.checked_at[-1] if self.checked_at else 0
        val_loss, val_accuracy = self.evaluate(*self.validation_part)
        latest = np.mean(self.losses[since:]), self.evaluate(x, labels)[1], val_loss, val_accuracy
        for values, value in zip(self.history.values(), latest, strict=True):
            values.append(float(value))
        self.checked_at.append(len(self.losses))
        if val_accuracy > self.best_accuracy:
            self.best_accuracy = val_accuracy
            self.best_parameters = self.network.parameters.copy()
