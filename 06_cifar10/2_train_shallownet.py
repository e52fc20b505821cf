# %% [markdown]
# # ShallowNet: what one convolution can do
#
# The least network that may be called convolutional: 32 filters of 3×3, and a softmax on all their
# 32,768 outputs. Three classes of animals: cats, dogs and horses of CIFAR-10. It sees edges and
# colours, but nothing that is made of them; so three of ten animals are taken for another, where
# chance would be two of three. `3_classify_with_shallownet.py` reloads it.
#
#     python 06_cifar10/2_train_shallownet.py
#
# Expect 73.57% on the test images (one run, so no deviation) after 2 min of training on AMD EPYC,
# 2 cores.
#
# Source: Rosebrock (2017), *Deep learning for computer vision with Python*, where it has about 70 %
# of three other classes of animals right.

# %%
import time

from cnn_practice import datasets, models, plots, results

import keras
import numpy as np
from keras import layers

# %% Hyperparameters
NAME = "cifar10_shallownet"
SEED = 1  # of the initial weights and the order of the images
CLASSES = ("cat", "dog", "horse")  # 5,000 training and 1,000 test images each
VALIDATION = 1500  # images set apart to choose the best epoch
BATCH_SIZE = 128
EPOCHS = 20
LEARNING_RATE = 0.01  # at the start; falls along a cosine to zero
MOMENTUM = 0.9
WEIGHT_DECAY = 0.1  # times the learning rate, per step: much, for 98,000 weights behind one layer

# %% [markdown]
# ## The data
# The labels are numbered anew: the index of the class in CLASSES.


# %%
def chosen(images, labels):
    """The images of CLASSES, float32 in [0, 1], and their labels 0, 1, 2."""
    kept, numbers = datasets.of_classes(labels, CLASSES)
    return images[kept] / np.float32(255), numbers


keras.utils.set_random_seed(SEED)
(x_train, y_train), (x_val, y_val), (x_test, y_test) = datasets.split(
    [chosen(*part) for part in datasets.load_cifar10()], VALIDATION
)
print(f"{len(x_train)} training, {len(x_val)} validation, {len(x_test)} test images")
# An animal that looks the other way is one more animal.
x_train, y_train = np.concatenate([x_train, x_train[:, :, ::-1]]), np.tile(y_train, 2)

# %% [markdown]
# ## The model

# %%
model = keras.Sequential(
    [
        keras.Input((32, 32, 3)),
        layers.Normalization(
            mean=x_train.mean(axis=(0, 1, 2), dtype=float),
            variance=x_train.var(axis=(0, 1, 2), dtype=float),
        ),
        layers.Conv2D(32, 3, padding="same", activation="relu"),
        layers.Flatten(),
        layers.Dense(len(CLASSES), activation="softmax"),
    ],
    name=NAME,
)
model.summary()

# %% [markdown]
# ## Training
# The weights of the epoch with the best validation accuracy are kept.

# %%
steps = EPOCHS * -(-len(x_train) // BATCH_SIZE)
rate = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)
model.compile(
    keras.optimizers.SGD(rate, MOMENTUM, nesterov=True, weight_decay=WEIGHT_DECAY),
    loss="sparse_categorical_crossentropy",
    metrics=["accuracy"],
    steps_per_execution=16,
)
keep_best = keras.callbacks.EarlyStopping(
    "val_accuracy", patience=EPOCHS, restore_best_weights=True
)
start = time.perf_counter()
history = model.fit(
    x_train, y_train, BATCH_SIZE, EPOCHS,
    validation_data=(x_val, y_val), callbacks=[keep_best], verbose=2,
).history  # fmt: skip
seconds = time.perf_counter() - start

# %% [markdown]
# ## Saving, and the test images, once
# The weights are stored as float16. What is tested is the model as it is reloaded.

# %%
models.save(model, NAME, dtype="float16")
predicted = models.load(NAME).predict(x_test, batch_size=500, verbose=0).argmax(axis=1)
test_accuracy = float(np.mean(predicted == y_test))
results.save(
    NAME, globals(), test_accuracy=test_accuracy, parameters=model.count_params(),
    epochs=EPOCHS, seconds=seconds, history=history,
)  # fmt: skip
plots.training_curves(history, f"{NAME}_curves", "ShallowNet: training")
plots.confusion_matrix(y_test, predicted, f"{NAME}_confusion", "ShallowNet: test images", CLASSES)
print(f"{NAME}: test accuracy {test_accuracy:.4f} in {seconds:.0f} s")
