# %% [markdown]
# # Open: 99.3 % with fewer than 10,000 weights
#
# LeNet-5 has 61,706 weights. Build a network with fewer than 10,000, of layers of Keras, and train
# it so that it reads at least 99.3 % of 10,000 validation images. You will try more than once, so
# the test images stay unread.
#
# The check builds the network, trains it on the other 50,000 images, and reads the validation
# images with it. It takes as long as your training, which is stopped after 20 minutes.
#
#     python exercises/check.py 03_4

# %%
import keras
from keras import layers


def build_model():
    """A network from (N, 28, 28, 1), float32 in [0, 1], to ten probabilities."""
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )


def train(model, x, y):
    """Train the network on images of shape (N, 28, 28, 1) and labels of shape (N,).

    Returns:
        The trained network.
    """
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, batch_size=256, epochs=1, verbose=2)
    return model
