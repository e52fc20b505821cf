# %% [markdown]
# # Mini-VGG, and four ways to lower the learning rate
#
# Mini-VGG follows VGG's rules: pairs of 3×3 convolutions, and twice as many filters after each
# pooling. It has four convolutions as the network of script 4, "same" padding, and batch
# normalisation before each ReLU. SCHEDULE chooses one of four schedules of the learning rate.
#
#     python 06_cifar10/6_train_minivgg.py
#
# Expect 90.22% ± 0.12% on the test images (mean and standard deviation over 3 seeds), and 91.18%
# with test-time augmentation, after 40 min of training in mixed_bfloat16 on Intel(R) Xeon(R)
# Processor, 2 cores.
#
# Sources: MiniVGGNet in Rosebrock (2017), [*Deep learning for computer vision with
# Python*](https://pyimagesearch.com/deep-learning-computer-vision-python-book/); [Simonyan &
# Zisserman (2015)](https://arxiv.org/abs/1409.1556); batch normalisation, [Ioffe & Szegedy
# (2015)](https://arxiv.org/abs/1502.03167); one-cycle, [Smith & Topin
# (2017)](https://arxiv.org/abs/1708.07120).

# %%
from cnn_practice import hyperparameters, models, precision, results, training
from cnn_practice.checkpoints import Checkpoint
from cnn_practice.fast_layers import BatchNormalization, Dropout  # Keras's, but faster

import keras
import numpy as np
from airbench import predict_views
from keras import layers
from keras.optimizers import schedules
from photographs import colour_statistics, distorted_batches, three_parts
from training_monitor import TrainingMonitor, kept_weights

# %% [markdown]
# ## Hyperparameters

# %%
NAME = "cifar10_minivgg"  # file name; another name keeps the committed model
SEED = 1  # whole number, at least 0; of the initial weights, the order and the distortions
VALIDATION = 5000  # whole number, 1 to 49999; images set apart to choose the best epoch
IMAGES = 45_000  # whole number, 1 to 50000; of the others, to train on; fewer are faster
BATCH_SIZE = 128  # whole number, at least 1; images per step
EPOCHS = 90  # whole number, at least 1; passes over the training images
BATCH_NORMALISATION = True  # True or False; see «Try» at the end
SCHEDULE = "one-cycle"  # "constant", "decay", "step" or "one-cycle"; of the learning rate
LEARNING_RATE = 0.01  # number, above 0; at the start of all schedules but one-cycle
STEP_FACTOR = 0.5  # number, above 0; of "step": multiplies the rate every 5 epochs
PEAK = 0.1  # number, above 0; of "one-cycle": the largest rate
WARM_UP = 0.15  # number, 0 to below 1; of "one-cycle": share of the training before the peak
MOMENTUM = 0.9  # number, 0 to below 1; share of the former step that is kept in the next
WEIGHT_DECAY = 5e-3  # number, at least 0; times the learning rate: share a weight loses per step
SMOOTHING = 0.1  # number, 0 to below 1; share of a label that is spread over all classes
SHIFT = 3  # whole number, 0 to 31; pixels to either side, of the training images
KEEP = "best"  # "best" or "improvements"; weights in models/checkpoints/: one file or all
PRECISION = precision.fastest()  # "float32", "mixed_bfloat16" or "mixed_float16"; fastest here
hyperparameters.check()
training.begin(NAME, globals())
keras.config.set_dtype_policy(PRECISION)

# %% [markdown]
# ## The data and the model
# Batch normalisation gives each channel the mean 0 and the variance 1 over the batch, and then a
# scale and an offset that are learned. In the test it uses moving averages from the training.


# %%
def activated(x):
    """ReLU, after batch normalisation where it is asked for."""
    return layers.ReLU()(BatchNormalization()(x) if BATCH_NORMALISATION else x)


keras.utils.set_random_seed(SEED)
(x_train, y_train), (x_val, y_val), (x_test, y_test) = three_parts(VALIDATION, IMAGES)
he = {"kernel_initializer": "he_normal"}
inputs = keras.Input((32, 32, 3))
x = layers.Normalization(**colour_statistics(x_train))(inputs)
for filters in (32, 64):
    x = activated(layers.Conv2D(filters, 3, padding="same", **he)(x))
    x = activated(layers.Conv2D(filters, 3, padding="same", **he)(x))
    x = Dropout(0.125)(layers.MaxPooling2D(2)(x))
x = activated(layers.Dense(512, **he)(layers.Flatten()(x)))
x = Dropout(0.375)(x)
model = keras.Model(inputs, layers.Dense(10, "softmax", dtype="float32")(x), name=NAME)
model.summary()

# %% [markdown]
# ## The schedule
# A schedule gives the learning rate of each step. "decay" is $\alpha / (1 + \alpha t / E)$ with
# $\alpha$ = LEARNING_RATE and $E$ = EPOCHS after $t$ steps. "one-cycle" rises linearly to PEAK and
# falls along a cosine to zero. The labels are smoothed as in script 4.

# %%
steps = -(-len(x_train) // BATCH_SIZE)  # batches of an epoch, rounded up
total, rise = EPOCHS * steps, int(WARM_UP * EPOCHS * steps)
rate = {
    "constant": LEARNING_RATE,
    "decay": schedules.InverseTimeDecay(LEARNING_RATE, EPOCHS, LEARNING_RATE),
    "step": schedules.ExponentialDecay(LEARNING_RATE, 5 * steps, STEP_FACTOR, staircase=True),
    "one-cycle": schedules.CosineDecay(0.0, total - rise, warmup_target=PEAK, warmup_steps=rise),
}[SCHEDULE]
optimizer = keras.optimizers.SGD(rate, MOMENTUM, nesterov=True, weight_decay=WEIGHT_DECAY)
optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
loss = keras.losses.CategoricalCrossentropy(label_smoothing=SMOOTHING)
model.compile(optimizer, loss, metrics=["accuracy"], steps_per_execution=16)

# %% [markdown]
# ## The training and the test
# Three callbacks watch the training: Checkpoint saves its state after each epoch, so that it can
# be resumed, ModelCheckpoint keeps the weights of the best epoch, and TrainingMonitor draws the
# curves. The best weights are rounded to float16, in which they are stored, and tested once: by
# each test image as it is, and by the mean prediction for six views of it, shifted and mirrored.

# %%
checkpoint = Checkpoint(model, NAME, results.hyperparameters(globals()))
keep = kept_weights(checkpoint, NAME, KEEP)
monitor = TrainingMonitor(checkpoint, NAME, "Mini-VGG: training")
model.fit(
    distorted_batches(x_train, np.eye(10)[y_train], BATCH_SIZE, SHIFT, SEED + checkpoint.epoch),
    epochs=EPOCHS,
    initial_epoch=checkpoint.epoch,
    shuffle=False,  # the dataset does it
    validation_data=(x_val, np.eye(10)[y_val]),
    validation_batch_size=500,
    callbacks=[checkpoint, keep, monitor, training.SayHowLong()],
    verbose=2,
)

checkpoint.restore_best()
model = models.in_float32(model)
models.round_weights(model, "float16")
predicted = model.predict(x_test, batch_size=500, verbose=0), predict_views(model, x_test)
accuracy, with_views = (float(np.mean(each.argmax(axis=1) == y_test)) for each in predicted)
scores = {"test_accuracy": accuracy, "with_augmentation": with_views}
record = results.record(NAME, globals(), **scores, **checkpoint.figures())
models.save(model, NAME, record, dtype="float16")
checkpoint.remove()
print(f"with test-time augmentation: accuracy {with_views:.4f}")
print(f"{NAME}: test accuracy {accuracy:.4f} in {checkpoint.seconds:.0f} s")

# %% [markdown]
# **What you saw.** The validation accuracy fluctuates while the rate is high. It becomes steady and
# higher when the rate falls to zero. After many more epochs than in scripts 4 and 5, the accuracy
# is above theirs. The mean of six views gets one more image in a hundred right.
#
# **Try.**
# - `BATCH_NORMALISATION = False`: does it still learn with this PEAK?
# - `SCHEDULE = "constant"` and `"step"`: compare the curves with those of one-cycle.
# - `PEAK = 0.4` or `0.02`. `SMOOTHING = 0`: how does the loss change, how the accuracy?
# - No dropout, more of it, or no mirror images: which of the two curves rises?
#
# <!-- experiment cifar10_minivgg -->
#
# Measured, with `IMAGES = 10000` and `EPOCHS = 10` in mixed_bfloat16 on Intel(R) Xeon(R)
# Processor, 2 cores: the validation accuracy of the best epoch, one seed. The difference from the
# first row is in percentage points, and the time a multiple of its 78 s.
#
# | change | validation accuracy | difference | time |
# |---|---:|---:|---:|
# | as it is | 72.20% |  | 1 |
# | `BATCH_NORMALISATION = False` | 65.86% | −6.34 | 0.64 |
# | `SCHEDULE = 'constant'` | 60.14% | −12.06 | 0.96 |
# | `SCHEDULE = 'step'` | 61.64% | −10.56 | 0.95 |
# | `PEAK = 0.4` | 73.30% | +1.10 | 0.90 |
# | `PEAK = 0.02` | 65.66% | −6.54 | 0.91 |
# | `SMOOTHING = 0` | 73.28% | +1.08 | 0.94 |
# | no dropout | 75.44% | +3.24 | 0.89 |
# | more dropout: 0.25 and 0.5 | 67.90% | −4.30 | 1.00 |
# | no mirror images | 71.36% | −0.84 | 0.95 |
#
# <!-- end of experiment -->
#
# **Next.** `7_compare_schedules.py` compares the schedules on a smaller scale.
