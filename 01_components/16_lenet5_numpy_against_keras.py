# %% [markdown]
# # LeNet-5, ours against Keras's
#
# The same network twice, in NumPy and in Keras. With the same weights, outputs and gradients must
# agree: relative differences below 1e-5, in float32. Then both train, side by side.
#
#     python 01_components/16_lenet5_numpy_against_keras.py
#
# Expect 99.23% ± 0.09% on the test images (mean and standard deviation over 3 seeds) after 41 s of
# training on AMD EPYC, 2 cores.
#
# Source: [LeCun, Bottou, Bengio & Haffner (1998)](https://doi.org/10.1109/5.726791), with their
# average pooling; ReLU and softmax are of later years.

# %%
import time

from cnn_practice import datasets, hyperparameters, plots, results, training

import keras
import numpy as np
import numpy_fast as cnn  # the names of numpy_cnn, faster and harder to read
import tensorflow as tf
from matplotlib.figure import Figure

# %% [markdown]
# ## Hyperparameters

# %%
NAME = "numpy_lenet5"  # file name; of the record: a name of your own keeps the committed one
SEED = 0  # whole number, at least 0; of the first weights and the order of the images
EPOCHS = 12  # whole number, at least 1; passes over the training images
BATCH_SIZE = 128  # whole number, 1 to 55000; images per step
LEARNING_RATE = 3e-3  # number, above 0; of Adam at the start, falls linearly to zero
L2 = 1e-4  # number, at least 0; strength of the penalty on weights, λ/2 · Σw²
hyperparameters.check()
training.begin(NAME, globals())

# %% [markdown]
# ## The data, and the network twice
# The arrays have the same layout in both, so nothing is transposed when Keras takes our weights.

# %%
keras.utils.set_random_seed(SEED)
train, validation, test = (
    (x[..., np.newaxis] / np.float32(255), labels.astype(np.int64))
    for x, labels in datasets.split(datasets.load_mnist())
)

he, relu = cnn.he_normal, cnn.Activation("relu")
layers = [cnn.Conv2D(6, 5, 1, "same", he), relu, cnn.Pooling2D("average", 2)]
layers += [cnn.Conv2D(16, 5, 1, "valid", he), relu, cnn.Pooling2D("average", 2), cnn.Flatten()]
layers += [cnn.Affine(120, he), relu, cnn.Affine(84, he), relu, cnn.Affine(10, he)]
ours = cnn.Network(layers, input_shape=(28, 28, 1), l2=L2, seed=SEED)

options = {"activation": "relu", "kernel_regularizer": keras.regularizers.L2(L2 / 2)}
theirs = keras.Sequential(
    [
        keras.Input((28, 28, 1)),
        keras.layers.Conv2D(6, 5, padding="same", **options),
        keras.layers.AveragePooling2D(2),
        keras.layers.Conv2D(16, 5, **options),
        keras.layers.AveragePooling2D(2),
        keras.layers.Flatten(),
        keras.layers.Dense(120, **options),
        keras.layers.Dense(84, **options),
        keras.layers.Dense(10, **options | {"activation": None}),
    ]
)
theirs.set_weights([array for layer in layers for array in layer.parameters])

# %% [markdown]
# ## The same outputs, the same gradients

# %%
x, labels = train[0][:BATCH_SIZE], train[1][:BATCH_SIZE]
loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
with tf.GradientTape() as tape:
    scores = theirs(x)
    loss = loss_of(labels, scores) + sum(theirs.losses)  # with the L2 penalty
their_gradients = [each.numpy() for each in tape.gradient(loss, theirs.trainable_variables)]
our_loss, vector = ours.loss_and_gradient(x, labels)
our_gradients = [array for arrays in ours.by_layer(vector) for array in arrays]

differences = {"scores": cnn.relative_error(ours.predict(x), scores.numpy())}
differences["loss"] = cnn.relative_error(our_loss, loss.numpy())
for variable, a, b in zip(theirs.variables, our_gradients, their_gradients, strict=True):
    differences[f"gradient of {variable.path}"] = cnn.relative_error(a, b)
for name, difference in differences.items():
    print(f"{name:<40} relative difference {difference:.1e}")
    assert difference < 1e-5, name

# %% [markdown]
# ## Side by side
# Both start from the same weights, with Adam and the same falling learning rate; only the order of
# the images differs. Keras gets 32 batches per call, which is faster than one. The weights with the
# best validation accuracy are kept, and the test images are used once for each.

# %%
solver = cnn.Solver(ours, train, validation, cnn.Adam(LEARNING_RATE), BATCH_SIZE, seed=SEED)
steps = EPOCHS * solver.steps_per_epoch


def after_step(step):
    solver.optimizer.learning_rate = LEARNING_RATE * (1 - step / steps)


seconds = -time.perf_counter()
solver.train(steps, after_step)
seconds += time.perf_counter()
test_accuracy = solver.evaluate(*test)[1]

falling = keras.optimizers.schedules.PolynomialDecay(LEARNING_RATE, steps, 0.0)
adam = keras.optimizers.Adam(falling)
theirs.compile(adam, loss_of, metrics=["accuracy"], steps_per_execution=32)
best = keras.callbacks.EarlyStopping("val_accuracy", patience=EPOCHS, restore_best_weights=True)
options = {"verbose": 2, "validation_data": validation, "callbacks": [best]}
keras_seconds = -time.perf_counter()
history = theirs.fit(*train, BATCH_SIZE, EPOCHS, **options).history
keras_seconds += time.perf_counter()
keras_accuracy = float((theirs.predict(test[0], verbose=0).argmax(axis=1) == test[1]).mean())

# %%
figure = Figure(figsize=(10, 3.8), layout="constrained")
figure.suptitle("LeNet-5 from the same weights, in NumPy and in Keras")
axes, bars = figure.subplots(1, 2, width_ratios=(1.6, 1))
epochs = np.arange(1, len(solver.checked_at) + 1)
axes.plot(epochs, solver.history["val_accuracy"], ".-", label=f"NumPy, test {test_accuracy:.2%}")
axes.plot(epochs, history["val_accuracy"], ".-", label=f"Keras, test {keras_accuracy:.2%}")
axes.set(xlabel="epoch", ylabel="validation accuracy")
axes.legend()
drawn = bars.barh(("NumPy", "Keras"), (seconds, keras_seconds), color=("C0", "C1"))
bars.bar_label(drawn, fmt="{:.0f} s", padding=3)
bars.set(xlabel="seconds of training, with the checks", xlim=(0, 1.2 * max(seconds, keras_seconds)))
bars.invert_yaxis()
plots.save(figure, "components_16_lenet5")
run = {"test_accuracy": test_accuracy, "parameters": ours.parameters.size, "epochs": EPOCHS}
run |= {"seconds": round(seconds, 1), "keras_test_accuracy": keras_accuracy}
results.save(results.record(NAME, globals(), **run, keras_seconds=round(keras_seconds, 1)))
print(f"{NAME}: test accuracy {test_accuracy:.4f} in {seconds:.0f} s")

# %% [markdown]
# **What you saw.** The same outputs and gradients, and two trainings whose curves run together.
#
# **Try.** First give `NAME` a value of your own.
# - `L2 = 0.01`: what does a hundred times the penalty do to both curves?
# - `BATCH_SIZE = 16`: which of the two loses more time with small batches?
# - `LEARNING_RATE = 0.03`: do both suffer alike?
#
# <!-- experiment numpy_lenet5 -->
#
# Measured, with `EPOCHS = 3` on AMD EPYC, 2 cores: the validation accuracy of the best epoch in
# NumPy, mean and standard deviation over 3 seeds. The difference from the first row is in
# percentage points, and the time a multiple of its 6 s.
#
# | change | validation accuracy | difference | in Keras | time |
# |---|---:|---:|---:|---:|
# | as it is | 98.63% ± 0.05% |  | 98.48% ± 0.05% | 1 |
# | `L2 = 0.01` | 96.92% ± 0.26% | −1.71 | 97.06% ± 0.07% | 1.05 |
# | `BATCH_SIZE = 16` | 98.92% ± 0.12% | +0.29 | 98.94% ± 0.03% | 2.51 |
# | `LEARNING_RATE = 0.03` | 69.09% ± 50.10% | −29.55 | 98.17% ± 0.40% | 1.03 |
#
# <!-- end of experiment -->
#
# **Next.** From here on, Keras builds the networks: `02_linear/1_train_linear.py`.
