"""What the short training of script 8 needs: its batches, first filters, averaging and views."""

import keras
import numpy as np


class Batches(keras.utils.PyDataset):
    """Batches of shifted images, in another order in each epoch, mirrored in every other one.

    A random half of the images is mirrored in the even epochs, the other half in the odd ones.

    Args:
        images: uint8 array of shape (N, 32, 32, 3).
        labels: array of shape (N, ...).
        batch_size: images of a batch; images that do not fill a last batch wait for another epoch.
        shift: largest shift to either side, in pixels; what comes in at an edge is mirrored.
        seed: of the order, the shifts and the mirroring.
        epoch: number of the first epoch, from 0: an interrupted training begins later.
    """

    def __init__(self, images, labels, batch_size, shift, seed, epoch=0):
        super().__init__()
        self.labels, self.batch_size, self.shift, self.seed = labels, batch_size, shift, seed
        around = [(0, 0), (shift, shift), (shift, shift), (0, 0)]
        self.padded = np.pad(images, around, "reflect")
        self.mirrored = np.random.default_rng(seed).random(len(images)) < 0.5
        self._begin(epoch)

    def _begin(self, epoch):
        self.epoch, rng = epoch, np.random.default_rng((self.seed, epoch))
        self.order = rng.permutation(len(self.labels))
        self.shifts = rng.integers(0, 2 * self.shift + 1, (2, len(self.labels), 1))

    def on_epoch_end(self):
        self._begin(self.epoch + 1)

    def __len__(self):
        return max(len(self.labels) // self.batch_size, 1)

    def __getitem__(self, index):
        chosen = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        rows, columns = self.shifts[:, chosen] + np.arange(32)
        mirrored = self.mirrored[chosen] ^ (self.epoch % 2 == 1)
        columns[mirrored] = columns[mirrored, ::-1]
        images = self.padded[chosen[:, None, None], rows[:, :, None], columns[:, None, :]]
        return images / np.float32(255), self.labels[chosen]


def whitening_filters(images, mean, variance):
    """Filters of 2×2 whose outputs on normalised ``images`` are uncorrelated, of equal variance.

    The 12 eigenvectors of the covariance of all 2×2 patches, each divided by the root of its
    eigenvalue; then the same with the other sign, because the activation cuts one of them off.

    Args:
        images: uint8 array of shape (N, 32, 32, 3).
        mean, variance: of each channel, of the images in [0, 1].

    Returns:
        float32 array of shape (2, 2, 3, 24), a kernel of ``layers.Conv2D``.
    """
    images = (images / 255 - mean) / np.sqrt(variance)
    corners = [images[:, i : i + 31, j : j + 31] for i in (0, 1) for j in (0, 1)]
    patches = np.concatenate(corners, axis=-1).reshape(-1, 12)
    eigenvalues, eigenvectors = np.linalg.eigh(patches.T @ patches / len(patches))
    filters = eigenvectors / np.sqrt(eigenvalues + 5e-4)  # the smallest eigenvalues are noise
    return np.concatenate([filters, -filters], axis=1).reshape(2, 2, 3, 24).astype("float32")


def dirac(kernel):
    """A copy of a kernel whose first filters are the identity: filter i copies channel i.

    Args:
        kernel: array of shape (3, 3, channels, filters), with at least as many filters as channels.
    """
    kernel, channels = kernel.copy(), kernel.shape[2]
    kernel[..., :channels] = 0
    kernel[1, 1, :, :channels] = np.eye(channels)
    return kernel


class Triangle(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate that rises in 23 % of the steps, and falls in the others.

    Args:
        peak: the largest rate; the first is 0.2 times, the last 0.07 times as large.
        steps: of the whole training.
    """

    def __init__(self, peak, steps):
        self.peak, self.steps = peak, steps

    def __call__(self, step):
        t = keras.ops.cast(step, "float32") / self.steps
        rise, fall = 0.2 + 0.8 * t / 0.23, 1 - 0.93 * (t - 0.23) / 0.77
        return self.peak * keras.ops.minimum(rise, fall)


class Lookahead(keras.callbacks.Callback):
    """Every five steps, replace the weights by their average with the former averages.

    The share of the former average is 0.77 (t/T)³ at step t of T: nearly nothing at first, when the
    weights still travel, and most at the end, when they move around the minimum.

    Args:
        steps: of the whole training, T.
    """

    def __init__(self, steps):
        super().__init__()
        self.steps = steps

    def on_train_begin(self, logs=None):
        self.average = self.model.get_weights()

    def on_train_batch_end(self, batch, logs=None):
        step = int(self.model.optimizer.iterations)
        if step % 5 == 0:
            share = 0.95**5 * (step / self.steps) ** 3
            pairs = zip(self.average, self.model.get_weights(), strict=True)
            self.average = [share * former + (1 - share) * now for former, now in pairs]
            self.model.set_weights(self.average)

    def on_train_end(self, logs=None):
        self.model.set_weights(self.average)


def predict_views(model, images):
    """Test-time augmentation: the mean prediction for six views of each image.

    The image as it is, shifted by one pixel up and left and down and right, and the mirror image
    of each of the three. The shifted ones count half.

    Args:
        model: Keras model that returns probabilities.
        images: float32 array of shape (N, 32, 32, 3) in [0, 1].

    Returns:
        Probabilities, float32 of shape (N, classes).
    """
    padded = np.pad(images, [(0, 0), (1, 1), (1, 1), (0, 0)], "reflect")
    total = 0
    for corner, share in ((1, 0.25), (0, 0.125), (2, 0.125)):
        view = padded[:, corner : corner + 32, corner : corner + 32]
        for each in (view, view[:, :, ::-1]):
            total = total + share * model.predict(each, batch_size=1000, verbose=0)
    return total
