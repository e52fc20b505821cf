# %% [markdown]
# # A pretrained network learns your own classes
#
# A few dozen pictures are far too few to train a CNN from random weights. But the filters that were
# learned on ImageNet, for edges, textures and parts, are of use for other pictures, too. The script
# keeps them and trains only a new head. Then it unfreezes the last block for a while.
#
#     python 08_pretrained/2_fine_tune.py
#
# The sample pictures are 36 rendered balls, cones and cubes (`render_shapes.py`). Put your own into
# one folder per class: my_pictures/cat/1.jpg, my_pictures/dog/1.jpg, and so on. You will see both
# trainings as curves, and the test pictures with the predicted class. The accuracy depends on the
# pictures and was not measured. The weights (9 MB) are downloaded once.
#
# Sources: [Yosinski, Clune, Bengio & Lipson (2014)](https://arxiv.org/abs/1411.1792), *How
# transferable are features in deep neural networks?*; Chollet (2020), Keras's guide [*Transfer
# learning and fine-tuning*](https://keras.io/guides/transfer_learning/).

# %%
import time

from cnn_practice import drawings, files, hyperparameters, models, plots, results, training

import keras
import numpy as np
import pretrained
from keras import layers
from picture_batches import batches, split

# %% [markdown]
# ## Hyperparameters

# %%
NAME = "fine_tuned"  # file name; of the model's files
FOLDER = files.ROOT / "images" / "shapes"  # folder; with one folder of pictures per class in it
MODEL = "mobilenetv2"  # text; a network of keras.applications: this one has a small download
WEIGHTS = None  # file or None; its weights without the classifier, None takes Keras's download
LAST_BLOCK = "block_16_expand"  # text; its first layer, which in VGG16 would be block5_conv1
SIZE = 160  # whole number, 32 to 1024; of the pictures: MobileNetV2 was also trained at 160
SEED = 1  # whole number, at least 0; of the split, the head's weights, order and augmentation
SHARE = 0.2  # number, above 0 to below 0.5; of each class for validation, and again for the test
BATCH_SIZE = 32  # whole number, at least 1; a common size
DROPOUT = 0.2  # number, 0 to below 1; before the head, since few pictures are soon memorised
HEAD_EPOCHS = 15  # whole number, at least 1; with all filters frozen
HEAD_RATE = 1e-3  # number, above 0; Adam's usual learning rate, for the new head
BLOCK_EPOCHS = 10  # whole number, at least 1; with the last block unfrozen
BLOCK_RATE = 1e-5  # number, above 0; a hundredth, so that the filters change little
ROTATION = 18  # number, 0 to 180; degrees to either side: cameras are held a little askew
ZOOM = 0.15  # number, 0 to below 1; share of the size, up or down: things are near or far
CONTRAST = 0.2  # number, 0 to below 1; share, up or down: light is hard or soft
hyperparameters.check()
pretrained.find(MODEL)
training.begin(NAME, globals())

# %% [markdown]
# ## The pictures
# They are split within each class, so that every class is in every part.

# %%
keras.utils.set_random_seed(SEED)
classes, paths, labels = pretrained.list_pictures(FOLDER)
pictures = np.stack([pretrained.fitted(drawings.read_photo(each), SIZE) for each in paths])
train, val, test = split(labels, SHARE, SEED)
print(f"{len(train)} training, {len(val)} validation, {len(test)} test pictures of {classes}")

# %% [markdown]
# ## Augmentation
# In each epoch every picture is mirrored or not, turned and zoomed a little, and changed in
# contrast. Choose what does not change the class: mirroring would ruin letters.

# %%
augment = [layers.RandomFlip("horizontal"), layers.RandomRotation(ROTATION / 360)]  # in turns
augment += [layers.RandomZoom(ZOOM), layers.RandomContrast(CONTRAST, value_range=(0, 1))]
augment = keras.Sequential(augment)
augmented = batches(pictures[train], labels[train], BATCH_SIZE, SEED, augment)
validation = batches(pictures[val], labels[val], BATCH_SIZE)

# %% [markdown]
# ## Frozen network, new head
# Only the weights of the new head are trained, a few thousand. Keras's networks get pixels from 0
# to 255; all models of this collection take 0 to 1, hence the first layer.

# %%
_, preprocess_input = pretrained.find(MODEL)
inputs = keras.Input((SIZE, SIZE, 3))
backbone = pretrained.build(MODEL, WEIGHTS, include_top=False, input_shape=inputs.shape[1:])
backbone.trainable = False
first = pretrained.place_of(LAST_BLOCK, backbone)
x = backbone(preprocess_input(layers.Rescaling(255)(inputs)))
x = layers.Dropout(DROPOUT)(layers.GlobalAveragePooling2D()(x))
outputs = layers.Dense(len(classes), activation="softmax")(x)
model = keras.Model(inputs, outputs, name=NAME)


def fit(epochs, learning_rate):
    """Train what is trainable and keep the weights of the best epoch; returns the history."""
    optimizer = keras.optimizers.Adam(learning_rate)
    model.compile(optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    # With few validation pictures, the loss tells more than the accuracy.
    best = keras.callbacks.EarlyStopping("val_loss", patience=epochs, restore_best_weights=True)
    options = {"validation_data": validation, "callbacks": [best, training.SayHowLong()]}
    return model.fit(augmented, epochs=epochs, shuffle=False, **options).history


start = time.perf_counter()
head_history = fit(HEAD_EPOCHS, HEAD_RATE)

# %% [markdown]
# ## The last block, unfrozen
# The head comes first, because the large errors of an untrained head would change the filters at
# random. Batch normalisation stays frozen: it keeps the means and variances of ImageNet, which a
# few small batches cannot replace.

# %%
head_weights = model.get_weights()
backbone.trainable = True
for place, layer in enumerate(backbone.layers):
    layer.trainable = place >= first and not isinstance(layer, layers.BatchNormalization)
block_history = fit(BLOCK_EPOCHS, BLOCK_RATE)
if min(block_history["val_loss"]) > min(head_history["val_loss"]):
    print("The last block did not help on the validation pictures: back to the new head alone")
    model.set_weights(head_weights)
seconds = time.perf_counter() - start

# %% [markdown]
# ## The test pictures, once
# The record keeps the names of the classes beside the model, whose outputs are mere numbers.

# %%
answers = model.predict(batches(pictures[test], labels[test], BATCH_SIZE), verbose=0)
predicted = answers.argmax(axis=1)
wrong = np.flatnonzero(predicted != labels[test])
run = {"test_accuracy": 1 - len(wrong) / len(test), "parameters": model.count_params()}
run |= {"classes": classes, "epochs": HEAD_EPOCHS + BLOCK_EPOCHS, "seconds": seconds}
models.save(model, NAME, results.record(NAME, globals(), **run))
history = {key: head_history[key] + block_history[key] for key in head_history}
plots.training_curves(history, f"{NAME}_curves", f"{MODEL}: new head, then the last block")
title = "Test pictures, as read (red: wrong)"
plots.picture_grid(pictures[test], np.array(classes)[predicted], f"{NAME}_test", title, wrong)
print(f"{NAME}: test accuracy {run['test_accuracy']:.4f} on {len(test)} pictures")

# %% [markdown]
# **What you saw.** A network that tells classes apart for which it was not made.
#
# **Try.**
# - `BLOCK_RATE = 1e-2`: what happens to the loss when the last block is unfrozen?
# - `LAST_BLOCK = "block_13_expand"` unfreezes four blocks. Does it help with so few pictures?
# - `FOLDER = "~/my_pictures"`: your own classes, five pictures each or more.
#
# **Next.** `3_classify_pictures.py` lets the new network read other pictures.
