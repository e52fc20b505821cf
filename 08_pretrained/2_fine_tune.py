# %% [markdown]
# # A pretrained network learns your own classes
#
# A few dozen pictures per class are far too few to train a CNN from nothing. But the filters that
# ImageNet has taught, for edges, textures and parts, serve other pictures as well: keep them, and
# train only a new head on top. Then unfreeze the last block, and let it adapt a little.
#
#     python 08_pretrained/2_fine_tune.py
#
# FOLDER holds one folder per class: my_pictures/cat/1.jpg, my_pictures/dog/1.jpg, … The accuracy
# depends on your pictures. The weights (9 MB) are downloaded once.
#
# Sources: Yosinski, Clune, Bengio & Lipson (2014), *How transferable are features in deep neural
# networks?*; Chollet (2020), Keras's guide *Transfer learning and fine-tuning*.

# %%
from cnn_practice import drawings, files, models, plots

import keras
import numpy as np
import pretrained
import tensorflow as tf
from keras import layers

# %% Hyperparameters
NAME = "fine_tuned"
FOLDER = "my_pictures"  # one folder of pictures per class in it
MODEL = "mobilenetv2"  # the pretrained network
WEIGHTS = None  # path of its weights without the classifier; None: Keras's download
LAST_BLOCK = "block_16_expand"  # its first layer; of VGG16, say, that is block5_conv1
SIZE = 160  # of the pictures; MobileNetV2 was trained at 96, 128, 160, 192 and 224
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

# %% [markdown]
# ## The pictures
# Split within each class, so that every class is in every part. They stay bytes, 77 kB each.

# %%
keras.utils.set_random_seed(SEED)
classes, paths, labels = pretrained.list_pictures(FOLDER)
pictures = np.stack([pretrained.fitted(drawings.read_photo(each), SIZE) for each in paths])

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


def batches(part):
    """Batches of (float32 pictures in [0, 1], labels)."""
    data = tf.data.Dataset.from_tensor_slices((pictures[part], labels[part]))
    data = data.shuffle(len(part), seed=SEED) if part is train else data
    return data.batch(BATCH_SIZE).map(lambda x, y: (tf.cast(x, "float32") / 255, y))


augmented = batches(train).map(lambda x, y: (augment(x, training=True), y))

# %% [markdown]
# ## Frozen network, new head
# Of the weights only the new head's are trained, a few thousand.

# %%
_, preprocess_input = pretrained.find(MODEL)
shape = SIZE, SIZE, 3
backbone = pretrained.build(MODEL, WEIGHTS, include_top=False, input_shape=shape)
backbone.trainable = False
first = pretrained.place_of(LAST_BLOCK, backbone)

inputs = keras.Input(shape)
x = backbone(preprocess_input(layers.Rescaling(255)(inputs)))  # which expects 0 to 255
x = layers.Dropout(DROPOUT)(layers.GlobalAveragePooling2D()(x))
outputs = layers.Dense(len(classes), activation="softmax")(x)
model = keras.Model(inputs, outputs, name=NAME)


def fit(epochs, learning_rate):
    """Train what is trainable and keep the weights of the best epoch; returns the history."""
    optimizer = keras.optimizers.Adam(learning_rate)
    model.compile(optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    # Of a handful of validation pictures, the loss tells more than the accuracy.
    best = keras.callbacks.EarlyStopping("val_loss", patience=epochs, restore_best_weights=True)
    return model.fit(
        augmented, epochs=epochs, shuffle=False, validation_data=batches(val), callbacks=[best]
    ).history


head_history = fit(HEAD_EPOCHS, HEAD_RATE)

# %% [markdown]
# ## The last block, unfrozen
# Only now: the errors of an untrained head would have washed the features away.
#
# Batch normalisation stays frozen. Only so it goes on using ImageNet's means and deviations, where
# a few small batches of ours would spoil them. Calling the backbone with `training=False`, as
# often advised, no longer does this in Keras 3: `fit` overrides it.

# %%
head_weights = model.get_weights()
backbone.trainable = True
for place, layer in enumerate(backbone.layers):
    layer.trainable = place >= first and not isinstance(layer, layers.BatchNormalization)
block_history = fit(BLOCK_EPOCHS, BLOCK_RATE)
if min(block_history["val_loss"]) > min(head_history["val_loss"]):
    print("The last block did not help on the validation pictures: back to the new head alone")
    model.set_weights(head_weights)

# %% [markdown]
# ## The test pictures, once; saving
# The names of the classes go beside the model: without them its outputs are mere numbers.

# %%
predicted = model.predict(batches(test), verbose=0).argmax(axis=1)
wrong = np.flatnonzero(predicted != labels[test])
models.save(model, NAME)
files.write_json(files.MODELS / f"{NAME}.classes.json", classes)
history = {key: head_history[key] + block_history[key] for key in head_history}
plots.training_curves(history, f"{NAME}_curves", f"{MODEL}: new head, then the last block")
captions = np.array(classes)[predicted]
plots.picture_grid(pictures[test], captions, f"{NAME}_test", "Test pictures, as read", wrong)
print(f"{NAME}: test accuracy {1 - len(wrong) / len(test):.2%} on {len(test)} pictures")
