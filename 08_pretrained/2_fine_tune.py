# %% [markdown]
# # A pretrained network learns your own classes
#
# A few dozen pictures per class are far too few to train a CNN from nothing. But the filters that
# ImageNet has taught, edges, textures, parts, serve other pictures as well: keep them, and train
# only a new head on top. Then unfreeze the last block, and let it adapt a little.
#
#     python 08_pretrained/2_fine_tune.py --folder my_pictures
#
# where `my_pictures` holds one folder per class: my_pictures/cat/1.jpg, my_pictures/dog/1.jpg, …
#
# The weights (9 MB for mobilenetv2) are downloaded once; --weights takes a local file, saved
# without the classifier of the 1,000 classes. No accuracy is stated here: it depends on your
# pictures. The last line prints that of the test pictures, which have taken no part in training.
#
# Sources: Yosinski, Clune, Bengio & Lipson (2014), *How transferable are features in deep neural
# networks?*; Keras's guide *Transfer learning and fine-tuning* (Chollet, 2020).

# %%
import argparse
import sys

from cnn_practice import files, models, plots
from cnn_practice.errors import InputError

import keras
import numpy as np
import pretrained
import tensorflow as tf
from keras import layers

# %% Hyperparameters
NAME = "fine_tuned"
FOLDER = None  # of the pictures, one folder per class in it; or --folder
MODEL = "mobilenetv2"  # the pretrained network
WEIGHTS = None  # path of its weights without classifier, or --weights; None: Keras's download
LAST_BLOCK = "block_16_expand"  # its first layer; of VGG16, say, that is block5_conv1
SIZE = 160  # of the pictures; a size that MobileNetV2 was trained at: 96, 128, 160, 192 or 224
SEED = 1  # of the split, the head's weights, the order and the augmentation
SHARE = 0.2  # of each class's pictures for validation, and again for the test
BATCH_SIZE = 32
DROPOUT = 0.2  # before the head: few pictures are soon learned by heart
HEAD_EPOCHS = 15
HEAD_RATE = 1e-3
BLOCK_EPOCHS = 10
BLOCK_RATE = 1e-5  # a hundredth: the features shall adapt, not be forgotten
ROTATION = 0.05  # of a full turn, to either side: 18°
ZOOM = 0.15
CONTRAST = 0.2

# %%
parser = argparse.ArgumentParser(description="Fine-tune a pretrained network on your pictures.")
parser.add_argument("--folder", default=FOLDER, help="one folder of pictures per class in it")
parser.add_argument("--weights", default=WEIGHTS, help="weights file instead of the download")
# In a notebook, sys.argv belongs to Jupyter; there the block above is edited instead.
arguments = parser.parse_args([] if "ipykernel" in sys.modules else None)
if arguments.folder is None:
    raise InputError("Which pictures? Name their folder by --folder, as in --folder my_pictures.")
keras.utils.set_random_seed(SEED)

# %% [markdown]
# ## The pictures
# Split within each class, so that every class is in every part. They stay bytes, 77 kB each.

# %%
classes, paths, labels = pretrained.list_pictures(arguments.folder)
pictures = np.stack([pretrained.fitted(pretrained.read_photo(each), SIZE) for each in paths])
labels = np.array(labels)

rng = np.random.default_rng(SEED)
train, val, test = [], [], []
for label in range(len(classes)):
    own = rng.permutation(np.flatnonzero(labels == label))
    count = max(1, round(SHARE * len(own)))
    val.extend(own[:count])
    test.extend(own[count : 2 * count])
    train.extend(own[2 * count :])
print(f"{len(train)} training, {len(val)} validation, {len(test)} test pictures of {classes}")

# %% [markdown]
# ## Augmentation
# Each epoch sees every picture mirrored or not, a little turned, zoomed and changed in contrast.
# Choose what leaves the class as it is: mirroring would ruin letters.

# %%
augment = keras.Sequential(
    [
        layers.RandomFlip("horizontal"),
        layers.RandomRotation(ROTATION),
        layers.RandomZoom(ZOOM),
        layers.RandomContrast(CONTRAST, value_range=(0, 1)),
    ]
)


def batches(indices, training=False):
    """Batches of (float32 pictures in [0, 1], labels), for training shuffled and augmented."""
    data = tf.data.Dataset.from_tensor_slices((pictures[indices], labels[indices]))
    if training:
        data = data.shuffle(len(indices), seed=SEED)
    data = data.batch(BATCH_SIZE).map(lambda x, y: (tf.cast(x, "float32") / 255, y))
    if training:
        data = data.map(lambda x, y: (augment(x, training=True), y))
    return data.prefetch(tf.data.AUTOTUNE)


# %% [markdown]
# ## Frozen network, new head
# A frozen layer keeps its weights; only those of the new head are trained, a few thousand.

# %%
_, preprocess_input = pretrained.find(MODEL)
backbone = pretrained.build(
    MODEL, arguments.weights, include_top=False, input_shape=(SIZE, SIZE, 3)
)
backbone.trainable = False

inputs = keras.Input((SIZE, SIZE, 3))
x = preprocess_input(layers.Rescaling(255)(inputs))  # it expects pixels of 0 to 255
x = backbone(x)
x = layers.GlobalAveragePooling2D()(x)
x = layers.Dropout(DROPOUT)(x)
outputs = layers.Dense(len(classes), activation="softmax")(x)
model = keras.Model(inputs, outputs, name=NAME)


def fit(epochs, learning_rate):
    """Train what is trainable, keep the best epoch's weights, and return the history."""
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    trainable = sum(np.prod(weight.shape) for weight in model.trainable_weights)
    print(f"{trainable:,} of {model.count_params():,} parameters are trainable")
    # Of a handful of validation pictures, the loss tells more than the accuracy.
    keep_best = keras.callbacks.EarlyStopping(
        "val_loss", patience=epochs, restore_best_weights=True
    )
    return model.fit(
        batches(train, training=True),
        epochs=epochs,
        validation_data=batches(val),
        callbacks=[keep_best],
    ).history


head_history = fit(HEAD_EPOCHS, HEAD_RATE)

# %% [markdown]
# ## The last block, unfrozen
# Only now: the errors of an untrained head would have washed the features away.
#
# Batch normalisation stays frozen, here too: a frozen one goes on using ImageNet's means and
# deviations, where a few small batches of ours would spoil them. Calling the backbone with
# `training=False`, as often advised, no longer does this in Keras 3: `fit` overrides it.

# %%
names = [layer.name for layer in backbone.layers]
if LAST_BLOCK not in names:
    raise InputError(f"LAST_BLOCK {LAST_BLOCK} is no layer of {MODEL}; its last: {names[-12:]}.")
backbone.trainable = True
for place, layer in enumerate(backbone.layers):
    is_norm = isinstance(layer, layers.BatchNormalization)
    layer.trainable = place >= names.index(LAST_BLOCK) and not is_norm
head_weights = model.get_weights()
block_history = fit(BLOCK_EPOCHS, BLOCK_RATE)
if min(block_history["val_loss"]) > min(head_history["val_loss"]):
    print("The last block did not help on the validation pictures: back to the new head alone")
    model.set_weights(head_weights)

# %% [markdown]
# ## The test pictures, once

# %%
predicted = model.predict(batches(test), verbose=0).argmax(axis=1)
test_accuracy = np.mean(predicted == labels[test])

# %% [markdown]
# ## Saving
# The names of the classes go beside the model: without them its outputs are mere numbers. Like
# all models here it takes pixels of 0 to 1; what its backbone expects is done inside it.

# %%
models.save(model, NAME)
files.write_json(files.MODELS / f"{NAME}.classes.json", classes)
history = {key: head_history[key] + block_history[key] for key in head_history}
plots.training_curves(history, f"{NAME}_curves", f"{MODEL}: new head, then the last block")
plots.confusion_matrix(
    labels[test], predicted, f"{NAME}_confusion", "Fine-tuned: test pictures", classes
)
shown = range(min(40, len(test)))
plots.picture_grid(
    pictures[test][shown],
    [classes[predicted[i]] for i in shown],
    f"{NAME}_test",
    "Test pictures as they were read",
    [i for i in shown if predicted[i] != labels[test][i]],
    columns=8,
)
print(f"{NAME}: test accuracy {test_accuracy:.2%} on {len(test)} pictures")
