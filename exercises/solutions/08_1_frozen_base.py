# %% [markdown]
# # Repair: the base that forgets
#
# `base.trainable = False` freezes all layers of the base, batch normalisation included. Only its
# last layer was frozen.

# %%
import keras
from keras import layers


def with_new_head(base, classes):
    """A compiled model: the frozen base, and a new head for other classes."""
    base.trainable = False
    inputs = keras.Input(base.input_shape[1:])
    features = layers.GlobalAveragePooling2D()(base(inputs))
    model = keras.Model(inputs, layers.Dense(classes, activation="softmax")(features))
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
