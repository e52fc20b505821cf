# %% [markdown]
# # Repair: the base that forgets
#
# Fine-tuning begins with a frozen base: only the new head learns, because the head's first
# gradients are random and would spoil what the base has learned elsewhere. After one epoch of the
# training below the base reads ImageNet no better than chance.
#
#     python exercises/check.py 08_1

# %%
import keras
from keras import layers


def with_new_head(base, classes):
    """A compiled model: the frozen base, and a new head for other classes.

    Args:
        base: Keras model from (N, H, W, 3) to feature maps (N, h, w, C).
        classes: how many there are.

    Returns:
        Keras model from (N, H, W, 3) to (N, classes), ready for ``fit``.
    """
    base.layers[-1].trainable = False
    inputs = keras.Input(base.input_shape[1:])
    features = layers.GlobalAveragePooling2D()(base(inputs))
    model = keras.Model(inputs, layers.Dense(classes, activation="softmax")(features))
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
