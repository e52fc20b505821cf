# %% [markdown]
# # A simple CNN of today
#
# LeNet-5 with what became usual later. This script changes the following against
# `1_train_lenet5.py`, and you will see whether it learns faster and makes fewer mistakes.
#
# | what | LeNet-5 | simple CNN |
# |---|---|---|
# | activation | sigmoid | ReLU, $\max(0, x)$ |
# | pooling | mean of 2×2 | maximum of 2×2 |
# | first convolution | 6 filters of 5×5, with a border | 30 filters of 5×5, no border |
# | second convolution | 16 filters of 5×5 | 70 filters of 3×3 |
# | hidden dense layers | 120 and 84 units | 100 units |
# | parameters | 61,706 | 195,860 |
# | pixels | mean 0, standard deviation 1 | 0 to 1 |
# | distortions | stronger | weaker |
# | epochs | 40 | 10 |
#
#     python 03_lenet5/2_train_simple_cnn.py
#
# Expect 99.41% ± 0.04% on the test images (mean and standard deviation over 3 seeds) after 2 min
# of training on AMD EPYC, 2 cores.
#
# Source of ReLU: [Glorot, Bordes & Bengio (2011)](https://proceedings.mlr.press/v15/glorot11a.html)

# %%
import time

from cnn_practice import classify, datasets, hyperparameters, models, plots, results, training

import keras
import numpy as np
import tensorflow as tf
from keras import layers

# %% [markdown]
# ## Hyperparameters

# %%
NAME = "simple_cnn"  # file name; of the model's files: another name keeps the committed model
SEED = 1  # whole number, at least 0; of the weights, the order of the images, their distortions
VALIDATION = 5000  # whole number, 1 to 59999; images set apart to choose the best epoch
BATCH_SIZE = 200  # whole number, at least 1; images per step
EPOCHS = 10  # whole number, at least 1; passes over the training images
LEARNING_RATE = 3e-3  # number, above 0; at the start: it falls along a cosine to zero
ROTATION = 10.8  # number, 0 to 180; degrees to either side
SHIFT = 1.68  # number, 0 to 28; pixels to either side
ZOOM = 0.08  # number, 0 to below 1; of the width and of the height, up or down
SHEAR = 0.05  # number, 0 to 1; share of the size, across and down
hyperparameters.check()
training.begin(NAME, globals())

# %% [markdown]
# ## The data
# As for LeNet-5, distorted by layers of Keras.

# %%
keras.utils.set_random_seed(SEED)
parts = datasets.split(datasets.load_mnist(), VALIDATION)
x_train, x_val, x_test = (x[..., np.newaxis].astype("float32") / 255 for x, _ in parts)
y_train, y_val, y_test = (y for _, y in parts)
augment = keras.Sequential(
    [
        layers.RandomRotation(ROTATION / 360, fill_mode="constant"),
        layers.RandomTranslation(SHIFT / 28, SHIFT / 28, fill_mode="constant"),
        layers.RandomZoom(ZOOM, ZOOM, fill_mode="constant"),
        layers.RandomShear(SHEAR, fill_mode="constant"),
    ]
)
train = (
    tf.data.Dataset.from_tensor_slices((x_train, y_train))
    .shuffle(len(x_train), seed=SEED)
    .batch(BATCH_SIZE)
    .map(lambda x, y: (augment(x, training=True), y))
    .prefetch(tf.data.AUTOTUNE)
)

# %% [markdown]
# ## The model
# As in most networks that end in dense layers, most parameters are in the first of these.

# %%
model = keras.Sequential(
    [
        keras.Input((28, 28, 1)),
        layers.Conv2D(30, 5, activation="relu"),  # 24×24×30
        layers.MaxPooling2D(2),  # 12×12×30
        layers.Conv2D(70, 3, activation="relu"),  # 10×10×70
        layers.MaxPooling2D(2),  # 5×5×70
        layers.Flatten(),
        layers.Dense(100, activation="relu"),
        layers.Dense(10, activation="softmax"),
    ],
    name=NAME,
)
model.summary()
share = model.layers[5].count_params() / model.count_params()
print(f"{share:.0%} of the parameters are in the first dense layer")

# %% [markdown]
# ## Training, as LeNet-5 is trained

# %%
falling = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, EPOCHS * len(train))
loss = "sparse_categorical_crossentropy"
model.compile(keras.optimizers.Adam(falling), loss=loss, metrics=["accuracy"])
best = keras.callbacks.EarlyStopping("val_accuracy", patience=EPOCHS, restore_best_weights=True)
start = time.perf_counter()
history = model.fit(
    train,
    epochs=EPOCHS,
    shuffle=False,  # the dataset does it
    validation_data=(x_val, y_val),
    callbacks=[best, training.SayHowLong()],
).history
seconds = time.perf_counter() - start

# %% [markdown]
# ## The test images, once, and the record

# %%
probabilities = model.predict(x_test)
predicted = probabilities.argmax(axis=1)
test_accuracy = float(np.mean(predicted == y_test))
record = results.record(
    NAME,
    globals(),
    test_accuracy=test_accuracy,
    parameters=model.count_params(),
    epochs=EPOCHS,
    seconds=seconds,
    **classify.scores(model),
)
models.save(model, NAME, record)
plots.training_curves(history, f"{NAME}_curves", "Simple CNN: training")
plots.confusion_matrix(y_test, predicted, f"{NAME}_confusion", "Simple CNN: test images")
plots.misread(x_test, y_test, probabilities, f"{NAME}_misread", "Simple CNN")
print(f"{NAME}: test accuracy {test_accuracy:.4f} in {seconds:.0f} s")

# %% [markdown]
# **What you saw.** `lenet5_curves.png` and `simple_cnn_curves.png` side by side show how fast the
# two learn. The validation curve is above the training curve for the reasons given in chapter 02.
#
# **Try.**
# - Put 0 for all four distortions: compare the training with the validation accuracy.
# - `BATCH_SIZE = 32`, then `512`: how long does an epoch take, and how far does it come?
# - Half as many filters in both convolutions, or twice as many.
#
# <!-- experiment simple_cnn -->
# <!-- end of experiment -->
#
# **Next.** `3_classify_drawings.py` lets both networks classify drawings.
