"""Some steps of training with a small base: its weights and its statistics must stay."""

import numpy as np
from checking import Wrong, call

PLANTED = "of the base changed in training"
HINTS = (
    "Print `len(model.trainable_variables)`. How many variables has the head alone?",
    "Which layers does the first line of the function freeze?",
    "`base.trainable = False` freezes the whole base.",
)


def check(exercise):
    import keras
    from keras import layers

    keras.utils.set_random_seed(81)
    base = keras.Sequential(
        [
            keras.Input((16, 16, 3)),
            layers.Conv2D(4, 3, use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Conv2D(5, 3, activation="relu"),
        ]
    )
    names = [variable.path for variable in base.weights]
    before = base.get_weights()
    model = call(exercise, "with_new_head", base, 3)
    head = [v for v in model.weights if not any(v is each for each in base.weights)]
    old_head = [np.array(v) for v in head]
    random = np.random.default_rng(81)
    x, y = random.random((32, 16, 16, 3), np.float32), random.integers(0, 3, 32)
    model.fit(x, y, epochs=2, batch_size=8, verbose=0)
    changed = [
        name
        for name, old, new in zip(names, before, base.get_weights(), strict=True)
        if not np.array_equal(old, new)
    ]
    if changed:
        raise Wrong(
            f"{len(changed)} of {len(names)} variables of the base changed in training, the first"
            f" of them {changed[0]}: which layers are frozen?"
        )
    if all(np.array_equal(a, np.array(b)) for a, b in zip(old_head, head, strict=True)):
        raise Wrong("The head did not learn: it must stay trainable.")
    if model.predict(x[:2], verbose=0).shape != (2, 3):
        raise Wrong("The model is to give one probability for each of the 3 classes.")
    return "the base stays as it is, and the head learns."
