# %% [markdown]
# # Repair: the loss that stays high
#
# The dense layer has a softmax as its activation, and the layer after it was a second one. Of
# probabilities, which lie in [0, 1], a softmax makes at most $e / (e + 9)$ for the true class. Its
# negative logarithm is 1.46.

# %%
import keras
from keras import layers


def build_model():
    """A compiled network from (N, 28, 28, 1) to ten digits."""
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(
        optimizer="adam",
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model
