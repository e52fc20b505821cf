# %% [markdown]
# # Several networks, one vote
#
# Networks that start from other weights and see the images in another order make other mistakes.
# The average of their probabilities is right more often than any one of them, and two different
# layouts differ more than two seeds. Every network is trained on `train.csv` alone.
#
#     python 05_kaggle/4_ensemble.py
#
# Run the command again after an interruption: it goes on with the epoch after the last whole one. A
# network that is trained is not trained again, so NETWORKS can be given another one.
#
# Expect 99.61% on the test images (one run, so no deviation) after 59 min of training on AMD EPYC,
# 2 cores.
#
# They are those of the practice competition; Kaggle alone knows the answers to its own.
#
# Source: Hansen & Salamon (1990), *Neural network ensembles*.

# %%
import math

from cnn_practice import files, results
from cnn_practice.checkpoints import Checkpoint
from cnn_practice.distortions import distort

import competition
import keras
import numpy as np
import tensorflow as tf
from keras import layers

# %% Hyperparameters
NAME = "kaggle_ensemble"
SEED = 1  # of the first network; each further one has the next
NETWORKS = ("mini_vgg", "mini_vgg", "mini_vgg", "mini_vgg", "mini_vgg", "simple_cnn")
LAYOUTS = {  # (filters, kernel size, padding, how many) up to each pooling; units of dense layers
    "mini_vgg": (((32, 3, "same", 2), (64, 3, "same", 2)), (512,)),
    "simple_cnn": (((30, 5, "valid", 1), (70, 3, "valid", 1)), (100,)),
    "lenet5": (((6, 5, "same", 1), (16, 5, "valid", 1)), (120, 84)),
}
DROPOUT = {"mini_vgg": 0.5, "simple_cnn": 0.3, "lenet5": 0.1}  # dense layers; more for more weights
BATCH_SIZE = 128
EPOCHS = 20  # of each network
LEARNING_RATE = 3e-3  # at the start; falls along a cosine to zero
ROTATION = 11  # degrees to either side
SHIFT = 1.4  # pixels to either side; few, because every digit is centred by its mass
ZOOM = 0.1  # of the size, up or down
SHEAR = 0.1  # pixels across per pixel down, and the other way round
ELASTIC = 0.8  # pixels by which strokes are bent, as a standard deviation
SUBMISSION = "submission_ensemble.csv"  # in data/kaggle/

# %% The data, all of it scaled in the same way
data = competition.load()
source = competition.SOURCES[data.source]
x_train, x_test = (x[..., np.newaxis].astype("float32") / 255 for x in (data.x_train, data.x_test))
print(f"{source}: {len(x_train)} training and {len(x_test)} test images")

# %% [markdown]
# ## The layouts, trained one after the other
# Those of chapters 03 and 06, with batch normalisation and dropout.


# %%
def build(network, seed):
    """An untrained network of the given layout."""
    convolutions, dense = LAYOUTS[network]
    stack = [keras.Input((28, 28, 1))]
    for filters, size, padding, number in convolutions:
        for _ in range(number):
            stack += [layers.Conv2D(filters, size, padding=padding)]
            stack += [layers.BatchNormalization(), layers.ReLU()]
        stack.insert(-2, layers.MaxPooling2D())  # before the normalisation, as 2_train_lenet.py has
    stack += [layers.Flatten()]
    for units in dense:
        stack += [layers.Dense(units), layers.BatchNormalization(), layers.ReLU()]
        stack += [layers.Dropout(DROPOUT[network])]
    stack += [layers.Dense(10, activation="softmax")]
    return keras.Sequential(stack, name=f"{network}_{seed}")


def trained(network, seed):
    """The network, trained or read from its checkpoint, and the seconds its training took."""
    keras.utils.set_random_seed(seed)
    model = build(network, seed)
    falling = keras.optimizers.schedules.CosineDecay(
        LEARNING_RATE, EPOCHS * math.ceil(len(x_train) / BATCH_SIZE)
    )
    model.compile(
        optimizer=keras.optimizers.Adam(falling),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        steps_per_execution=8,  # the loop around so short a step costs time, too
    )
    settings = results.hyperparameters(globals()) | {"NETWORKS": network, "SEED": seed}
    settings["source"] = data.source
    checkpoint = Checkpoint(
        model, f"{NAME}_{data.source}_{network}_{seed}", settings, monitor="loss"
    )
    images = (
        tf.data.Dataset.from_tensor_slices((x_train, data.y_train))
        .shuffle(len(x_train), seed=seed + checkpoint.epoch)
        .batch(BATCH_SIZE)
        .map(lambda x, y: (distort(x, ROTATION, SHIFT, ZOOM, SHEAR, ELASTIC), y), tf.data.AUTOTUNE)
        .prefetch(tf.data.AUTOTUNE)
    )
    model.fit(
        images,
        epochs=EPOCHS,
        initial_epoch=checkpoint.epoch,
        shuffle=False,  # the dataset does it
        callbacks=[checkpoint],
        verbose=2,
    )
    return model, checkpoint.seconds


networks = [trained(network, SEED + number) for number, network in enumerate(NETWORKS)]

# %% [markdown]
# ## The vote, and its score

# %%
images = keras.Input((28, 28, 1))
together = keras.Model(images, keras.ops.stack([model(images) for model, _ in networks], axis=1))
probabilities = together.predict(x_test, batch_size=1000, verbose=0)  # (images, networks, 10)
path = competition.FOLDER / SUBMISSION
competition.write_submission(path, probabilities.mean(axis=1).argmax(axis=1))
submitted = competition.read_submission(path)
print(f"{files.shown(path)} ({source}): valid, {len(submitted):,} rows")
if data.source == "practice":
    answers = competition.practice_answers()
    alone = (answers == probabilities.argmax(axis=2).T).mean(axis=1).tolist()
    print("each alone: " + ", ".join(f"{accuracy:.4f}" for accuracy in alone))
    test_accuracy = float(np.mean(submitted == answers))
    seconds = sum(its_seconds for _, its_seconds in networks)
    results.save(
        NAME, globals(), test_accuracy=test_accuracy, networks_alone=alone, data=source,
        parameters=sum(model.count_params() for model, _ in networks),
        epochs=EPOCHS * len(networks), seconds=seconds,
    )  # fmt: skip
    print(f"{NAME} ({source}): test accuracy {test_accuracy:.4f} in {seconds:.0f} s")
else:
    print(f"kaggle competitions submit -c digit-recognizer -f {files.shown(path)} -m ensemble")
