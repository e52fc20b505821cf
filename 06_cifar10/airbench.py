"""What the short training of script 8 needs: its batches, first filters, steps and views.

Scripts 4 and 5 take their steps from here, too.
"""

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


class Muon(keras.optimizers.SGD):
    """Steps of one length along orthogonal matrices for all kernels but the last, else SGD.

    Keras's own Muon leaves every kernel that is no matrix to AdamW. Here the kernel of a
    convolution is taken as a matrix (kh·kw·C, F). Each kernel of F filters or units is kept at the
    length √F. Both kinds of weights have Nesterov's momentum.

    Args:
        rate: learning rate of the kernels but the last, a number or a schedule.
        kernel_momentum: share of the former step that is kept in the next, of these kernels.
        momentum: the same of all other weights.
        head: factor on ``rate`` for the last kernel.
        offsets: factor on ``rate`` for biases and the offsets of normalisation.
        weight_decay: times ``rate``, the share that every other weight loses per step.
    """

    def __init__(self, rate, kernel_momentum, momentum, head, offsets, weight_decay=None):
        super().__init__(rate, momentum, nesterov=True, weight_decay=weight_decay)
        self.kernel_momentum, self.head, self.offsets = kernel_momentum, head, offsets

    def build(self, variables):
        super().build(variables)
        self.last = max(index for index, each in enumerate(variables) if len(each.shape) > 1)

    def update_step(self, gradient, variable, rate):
        index = self._get_variable_index(variable)
        if len(variable.shape) > 1 and index != self.last:
            mean = self.momentums[index]
            self.assign(mean, self.kernel_momentum * mean + gradient)
            step = orthogonal(gradient + self.kernel_momentum * mean)
            self.assign(variable, of_length(variable, variable.shape[-1] ** 0.5) - rate * step)
        else:
            factor = self.head if index == self.last else self.offsets
            super().update_step(gradient, variable, rate * factor)


def orthogonal(gradient, steps=3):
    """The orthogonal matrix nearest to the gradient of a kernel, nearly.

    The Newton–Schulz iteration of Muon (Jordan et al., 2024): each step maps every singular value s
    to 3.4445 s − 4.775 s³ + 2.0315 s⁵ and leaves the directions. Three steps bring all but the
    smallest near 1, by matrix products alone.

    Args:
        gradient: float32 tensor of shape (kh, kw, C, F), taken as a matrix (kh·kw·C, F).
        steps: of the iteration.

    Returns:
        float32 tensor of the same shape.
    """
    matrix = of_length(keras.ops.reshape(gradient, (-1, gradient.shape[-1])), 1)
    for _ in range(steps):
        square = keras.ops.matmul(keras.ops.transpose(matrix), matrix)
        change = 2.0315 * keras.ops.matmul(square, square) - 4.775 * square
        matrix = 3.4445 * matrix + keras.ops.matmul(matrix, change)
    return keras.ops.reshape(matrix, gradient.shape)


def of_length(tensor, length):
    """``tensor``, scaled so that the root of the sum of its squares is ``length``."""
    return tensor * (length / keras.ops.sqrt(keras.ops.sum(tensor * tensor) + 1e-14))


def predict_views(model, images):
    """Test-time augmentation: the mean prediction for six views of each image.

    The image as it is, shifted by one pixel up and left and down and right, and the mirror image
    of each of the three. The shifted ones count half. The mean is that of the logarithms of the
    probabilities, which are the last layer's outputs but for a number that is the same for all
    classes.

    Args:
        model: Keras model that returns probabilities.
        images: float32 array of shape (N, 32, 32, 3) in [0, 1].

    Returns:
        Logarithms of probabilities, not normalised, float32 of shape (N, classes).
    """
    padded = np.pad(images, [(0, 0), (1, 1), (1, 1), (0, 0)], "reflect")
    total = 0
    for corner, share in ((1, 0.25), (0, 0.125), (2, 0.125)):
        view = padded[:, corner : corner + 32, corner : corner + 32]
        for each in (view, view[:, :, ::-1]):
            probabilities = model.predict(each, batch_size=1000, verbose=0)
            total = total + share * np.log(probabilities + 1e-30)
    return total
