"""Two layers of Keras, the same but faster in training on TensorFlow.

In a network of few filters normalisation and dropout take much of the time:
``benchmarks/cifar_throughput.py`` measures how much.
``cnn_practice.models.save`` writes them down as Keras's own.
"""

import keras
import tensorflow as tf


class BatchNormalization(keras.layers.BatchNormalization):
    """Keras's layer, whose training step on images is TensorFlow's fused kernel.

    Keras 3 computes mean, variance and the normalised values one after the other, in float32 even
    under mixed precision: each step reads and writes the whole array. Arguments, inputs and outputs
    are those of ``keras.layers.BatchNormalization``; inputs of shape (N, height, width, channels)
    go the fused way, with or without a scale, where the other arguments are the defaults. The
    moving variance is then that of the unbiased estimates, n/(n - 1) times Keras's for n values of
    a channel.

    Source: Ioffe & Szegedy (2015), *Batch normalization: accelerating deep network training by
    reducing internal covariate shift*.
    """

    def call(self, inputs, training=None, mask=None):
        fused = training and self.trainable and len(inputs.shape) == 4 and mask is None
        as_by_default = self.axis in (-1, 3) and self.center and not self.renorm
        if not (fused and as_by_default) or keras.backend.backend() != "tensorflow":
            return super().call(inputs, training=training, mask=mask)
        gamma = self.gamma.value if self.scale else tf.ones_like(self.beta.value)
        outputs, mean, variance = tf.compat.v1.nn.fused_batch_norm(
            inputs, gamma, self.beta.value, epsilon=self.epsilon, is_training=True
        )
        for moving, batch in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(moving * self.momentum + batch * (1 - self.momentum))
        return outputs


class Dropout(keras.layers.Dropout):
    """Keras's layer, which throws dice with 256 faces: one random byte for each unit, not four.

    Arguments, inputs and outputs are those of ``keras.layers.Dropout``. Rates that are no whole
    256ths, and a ``noise_shape``, go the way of Keras.

    Source: Srivastava et al. (2014), *Dropout: a simple way to prevent neural networks from
    overfitting*.
    """

    def call(self, inputs, training=False):
        faces = 256 * self.rate  # of which the unit is silenced
        plain = faces != int(faces) or self.noise_shape is not None
        if not training or self.rate in (0, 1) or plain or keras.backend.backend() != "tensorflow":
            return super().call(inputs, training=training)
        size = tf.size(inputs)
        words = tf.random.stateless_uniform(
            [(size + 3) // 4], self.seed_generator.next(), minval=None, maxval=None, dtype="int32"
        )
        thrown = tf.reshape(tf.bitcast(words, "uint8"), [-1])[:size]
        kept = tf.cast(thrown >= tf.cast(faces, "uint8"), inputs.dtype) / (1 - self.rate)
        return inputs * tf.reshape(kept, tf.shape(inputs))
