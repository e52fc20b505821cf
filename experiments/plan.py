"""What is tried, and of which script: read by ``run.py``, which trains all of it.

An experiment is named after its model, or after what it compares. It has

- ``script``, and ``seeds``: each change is trained once with each;
- ``base``: what all its trainings have in common, mostly what shortens them, and ``note``: a few
  words on it, where it is more than hyperparameters;
- ``changes``: one row of the table each, after the script as it is. A change is a dict, with a name
  before it where its hyperparameters alone would not say it;
- ``first``: a script that makes its data, and the file in which they are then;
- ``accuracy``: which validation accuracy it is, where it is not that of the best epoch;
- ``more``: further columns: a title, and the pattern of what the script prints.

A change or base maps hyperparameters to values, lines of the script to what replaces them, and
files of the project to such lines. A line must occur exactly once.
"""

STRAIGHT = {"ROTATION": 0, "SHIFT": 0, "ZOOM": 0, "SHEAR": 0, "ELASTIC": 0}

# The network of chapter 06 with four convolutions, with batch normalisation before each ReLU.
NORMALISED = {
    "model = keras.Sequential(\n    [\n": """def normalised(stack):
    from cnn_practice.fast_layers import BatchNormalization

    for layer in stack:
        yield layer
        if getattr(layer, "activation", None) is keras.activations.relu:
            layer.activation = keras.activations.linear
            yield from (BatchNormalization(), layers.ReLU())


model = keras.Sequential(
    [*normalised([
""",
    "    ],\n    name=NAME,": "    ])],\n    name=NAME,",
}
SAME = {
    "layers.Conv2D(32, 3, **relu)": 'layers.Conv2D(32, 3, padding="same", **relu)',
    "layers.Conv2D(64, 3, **relu)": 'layers.Conv2D(64, 3, padding="same", **relu)',
}
UNDROPPED = {
    "(2),  # 15×15\n        Dropout(0.125),": "(2),",
    "(2),  # 6×6\n        Dropout(0.125),": "(2),",
    "        Dropout(0.375),\n": "",
}
MUON = "optimizer = Muon(rate, KERNEL_MOMENTUM, MOMENTUM, head=other, offsets=other)"
BY_SGD = (
    "SGD, with a peak of 0.05, not Muon",
    {
        "LEARNING_RATE": 0.05,
        MUON: "optimizer = keras.optimizers.SGD(rate, MOMENTUM, nesterov=True)",
    },
)
SCRIPT_6 = {  # of chapter 06: how it trains mini-VGG
    "BATCH_SIZE": 128,
    "LEARNING_RATE": 0.1,
    "WARM_UP": 0.15,
    "SHIFT": 3,
    MUON: """
optimizer = keras.optimizers.SGD(rate, MOMENTUM, nesterov=True, weight_decay=5e-3)
optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
""",
}

# The optimiser that script 8 of chapter 06 would have without Muon, with rates that suit it.
SGD = {
    "optimizer = Muon(rate, KERNEL_MOMENTUM, MOMENTUM, weight_decay=WEIGHT_DECAY, **factors)": """
class Triangle(keras.optimizers.schedules.LearningRateSchedule):
    def __call__(self, step):
        t = keras.ops.cast(step, "float32") / steps
        return 1.5 * keras.ops.minimum(0.2 + 0.8 * t / 0.23, 1 - 0.93 * (t - 0.23) / 0.77)


class FastOffsets(keras.optimizers.SGD):
    def update_step(self, gradient, variable, rate):
        super().update_step(gradient, variable, rate * (64 if "/beta" in variable.name else 1))


optimizer = FastOffsets(Triangle(), MOMENTUM, nesterov=True, weight_decay=0.01)
"""
}

PLAN = {
    "numpy_mlp": {
        "script": "01_components/3_train_mlp.py",
        "seeds": (1, 2, 3),
        "base": {"EPOCHS": 5},
        "changes": [
            {"HIDDEN": (16,)},
            {"HIDDEN": (512,)},
            {"LEARNING_RATE": 2.0},
            {"LEARNING_RATE": 0.02},
            {"BATCH_SIZE": 1024},
        ],
    },
    "numpy_convnet": {
        "script": "01_components/15_train_convnet.py",
        "seeds": (1, 2, 3),
        "base": {"ITERATIONS": 1500},
        "changes": [
            {"OPTIMIZER": "adam", "LEARNING_RATE": 0.001},
            ("momentum, `LEARNING_RATE = 0.02`", {"OPTIMIZER": "momentum", "LEARNING_RATE": 0.02}),
            {"ACTIVATION": "sigmoid"},
            {"POOLING": "average"},
            {"LOSS": "svm"},
        ],
    },
    "numpy_lenet5": {
        "script": "01_components/16_lenet5_numpy_against_keras.py",
        "seeds": (1, 2, 3),
        "base": {
            "EPOCHS": 3,
            'options = {"verbose": 2,': 'options = {"verbose": 0,',
            "keras_seconds += time.perf_counter()": (
                "keras_seconds += time.perf_counter()\n"
                "print(f\"Keras: {max(history['val_accuracy']):.4f}\")"
            ),
        },
        "accuracy": "of the best epoch in NumPy",
        "more": {"in Keras": r"Keras: ([\d.]+)"},
        "changes": [{"L2": 0.01}, {"BATCH_SIZE": 16}, {"LEARNING_RATE": 0.03}],
    },
    "linear": {
        "script": "02_linear/1_train_linear.py",
        "seeds": (1, 2, 3),
        "base": {"EPOCHS": 10},
        "changes": [
            {"LEARNING_RATE": 1e-2},
            {"LEARNING_RATE": 1e-4},
            {"BATCH_SIZE": 32},
            {"VALIDATION": 59_000},
            ("pixels from 0 to 255", {'.astype("float32") / 255': '.astype("float32")'}),
        ],
    },
    "dense": {
        "script": "02_linear/2_train_dense.py",
        "seeds": (1, 2, 3),
        "base": {"EPOCHS": 10},
        "changes": [
            {"UNITS": (512,)},
            {"UNITS": (32,)},
            {"LABEL_SMOOTHING": 0},
            ("no distortions", STRAIGHT),
            ("sigmoid, not ReLU", {'activation="relu"': 'activation="sigmoid"'}),
            (
                "dropout of 0.2",
                {
                    '*[layers.Dense(units, activation="relu") for units in UNITS],': (
                        '*[layer for units in UNITS for layer in (layers.Dense(units, "relu"),'
                        " layers.Dropout(0.2))],"
                    ),
                },
            ),
        ],
    },
    "lenet5": {
        "script": "03_lenet5/1_train_lenet5.py",
        "seeds": (1, 2, 3),
        "base": {"EPOCHS": 6},
        "changes": [
            {"ACTIVATION": "tanh"},
            {"ACTIVATION": "relu"},
            {"ELASTIC": 0},
            ("no distortions", STRAIGHT),
            ("no `Rescaling`", {"        layers.Rescaling(1.275, offset=-0.1),\n": ""}),
        ],
    },
    "simple_cnn": {
        "script": "03_lenet5/2_train_simple_cnn.py",
        "seeds": (1, 2, 3),
        "base": {"EPOCHS": 7},
        "changes": [
            ("no distortions", STRAIGHT),
            {"ELASTIC": 0},
            {"LABEL_SMOOTHING": 0},
            {"WEIGHT_DECAY": 0},
            {"BATCH_SIZE": 32},
            {"BATCH_SIZE": 512},
            ("half the filters", {"Conv2D(30, 5": "Conv2D(15, 5", "Conv2D(70, 3": "Conv2D(35, 3"}),
            (
                "twice the filters",
                {"Conv2D(30, 5": "Conv2D(60, 5", "Conv2D(70, 3": "Conv2D(140, 3"},
            ),
        ],
    },
    "any_hand": {
        "script": "03_lenet5/6_train_for_any_hand.py",
        "seeds": (1, 2, 3),
        "base": {
            "EPOCHS": 2,
            # The copy in which it is trained has no other model.
            'compared = {"simple CNN": models.load("simple_cnn"), NAME: model}': (
                "compared = {NAME: model}\n"
                "print(f\"drawn digits: {scores['other_hands_accuracy']:.4f}\")"
            ),
        },
        "more": {"digits in other styles": r"drawn digits: ([\d.]+)"},
        "first": ("03_lenet5/5_draw_other_hands.py", "data/other_hands.npz"),
        "changes": [{"ADDED": False}, {"STRETCHED": 0}, {"PEN": 0}],
    },
    "vgg16_32": {
        "script": "04_vgg16/2_train_vgg16.py",
        "seeds": (1, 2, 3),
        "base": {"IMAGE_SIZE": 32, "EPOCHS": 1},
        "first": ("04_vgg16/1_resize_images.py", "data/mnist_shape32.npz"),
        "changes": [
            {"WARM_UP": 0},
            ("`CLIP = 1e9`", {"CLIP": 1e9}),
            ("`WARM_UP = 0`, `CLIP = 1e9`", {"WARM_UP": 0, "CLIP": 1e9}),
            ("Glorot, not He", {"he_normal": "glorot_uniform"}),
            {"CLIP": 1.0},
            {"DROPOUT": 0.5},
            {"SMOOTHING": 0},
            {"WEIGHT_DECAY": 0},
        ],
    },
    "kaggle_lenet": {
        "script": "05_kaggle/2_train_lenet.py",
        "seeds": (1, 2, 3),
        "base": {
            "EPOCHS": 6,
            "model, _ = train(x_all, y_all, best_epochs)": (
                'print(f"first training in {time.perf_counter() - start:.1f} s")\nraise SystemExit'
            ),
        },
        "note": "the first of the two trainings alone",
        "first": ("05_kaggle/1_preprocess.py", "data/kaggle/train.csv"),
        "changes": [
            {"LABEL_SMOOTHING": 0},
            {"WEIGHT_DECAY": 0},
            {"BATCH_SIZE": 128},
            {"ELASTIC": 0},
            ("no distortions", STRAIGHT),
            (
                "dropout of 0.1 after each dense layer",
                {
                    "layers.Dense(units), BatchNormalization(), layers.ReLU()]": (
                        "layers.Dense(units), BatchNormalization(), layers.ReLU(),"
                        " layers.Dropout(0.1)]"
                    )
                },
            ),
            (
                "no batch normalisation",
                {
                    "layers.MaxPooling2D(), BatchNormalization(),": "layers.MaxPooling2D(),",
                    "layers.Dense(units), BatchNormalization(),": "layers.Dense(units),",
                },
            ),
        ],
    },
    "kaggle_ensemble": {
        "script": "05_kaggle/4_ensemble.py",
        "seeds": (1, 2, 3),
        "base": {
            "EPOCHS": 2,
            "NETWORKS": ("simple_cnn", "simple_cnn", "simple_cnn"),
            "data = competition.load()": """data = competition.load()
held = data.y_train[37_000:]
data = data._replace(
    x_train=data.x_train[:37_000], y_train=data.y_train[:37_000], x_test=data.x_train[37_000:]
)""",
            "path = competition.FOLDER / SUBMISSION": """
alone = np.mean(views.argmax(axis=2).T == held)
vote = np.mean(views.mean(axis=1).argmax(axis=1) == held)
print(f"each alone: {alone:.4f}")
print(f"one view: {np.mean(once.mean(axis=1).argmax(axis=1) == held):.4f}")
print(f"the vote: validation accuracy {vote:.4f}")
print(f"trained in {sum(spent for _, spent in networks):.1f} s")
raise SystemExit""",
        },
        "note": "with 5,000 of the labelled images set apart",
        "accuracy": "of the vote",
        "more": {
            "of each network, mean": r"each alone: ([\d.]+)",
            "vote, one view": r"one view: ([\d.]+)",
        },
        "first": ("05_kaggle/1_preprocess.py", "data/kaggle/train.csv"),
        "changes": [
            ("two LeNet-5, a simple CNN", {"NETWORKS": ("lenet5", "lenet5", "simple_cnn")}),
            ("six simple CNNs", {"NETWORKS": ("simple_cnn",) * 6}),
            (
                "no digits set upright",
                {"[batches.straightened(x) for x in (x_train, x_test)]": "(x_train, x_test)"},
            ),
            {"EPOCHS": 1},
            ("one epoch, batches of 256", {"EPOCHS": 1, "BATCH_SIZE": 256}),
            {"ELASTIC": 0},
        ],
    },
    "cifar10_shallownet": {
        "script": "06_cifar10/2_train_shallownet.py",
        "seeds": (1, 2, 3),
        "base": {"EPOCHS": 10},
        "changes": [
            {"WEIGHT_DECAY": 0},
            {"LEARNING_RATE": 0.1},
            {"LEARNING_RATE": 0.001},
            {"CLASSES": ("ship", "frog", "truck")},
            (
                "no mirrored images",
                {
                    "x_train, y_train = np.concatenate([x_train, x_train[:, :, ::-1]]),"
                    " np.tile(y_train, 2)\n": ""
                },
            ),
        ],
    },
    "cifar10_four_layer": {
        "script": "06_cifar10/4_train_four_layer.py",
        "seeds": (1, 2, 3),
        "base": {"IMAGES": 10_000, "EPOCHS": 5},
        "changes": [
            {"SHIFT": 0},
            {"IMAGES": 5000},
            {"WARM_UP": 0},
            {"SMOOTHING": 0},
            ("no dropout", UNDROPPED),
            BY_SGD,
            (
                "Adam, with a peak of 0.001, not Muon",
                {"LEARNING_RATE": 0.001, MUON: "optimizer = keras.optimizers.Adam(rate)"},
            ),
        ],
    },
    "cifar10_six_layer": {
        "script": "06_cifar10/5_train_six_layer.py",
        "seeds": (1, 2, 3),
        "base": {"IMAGES": 10_000, "EPOCHS": 3},
        "changes": [
            (
                "no third pair",
                {
                    """
        layers.Conv2D(128, 3, **relu),
        Dropout(0.125),
        layers.Conv2D(128, 3, **relu),
        layers.MaxPooling2D(2),  # 4×4""": ""
                },
            ),
            (
                "no dropout",
                {
                    "from cnn_practice.fast_layers import Dropout  # Keras's, but faster": (
                        "Dropout = lambda rate: layers.Identity()"
                    )
                },
            ),
            BY_SGD,
        ],
    },
    "cifar10_minivgg": {
        "script": "06_cifar10/6_train_minivgg.py",
        "seeds": (1, 2, 3),
        "base": {"IMAGES": 10_000, "EPOCHS": 10},
        "changes": [
            {"BATCH_NORMALISATION": False},
            {"SCHEDULE": "constant"},
            {"SCHEDULE": "step"},
            {"PEAK": 0.4},
            {"PEAK": 0.02},
            {"SMOOTHING": 0},
            ("no dropout", {"Dropout(0.125)": "Dropout(0)", "Dropout(0.375)": "Dropout(0)"}),
            (
                "more dropout: 0.25 and 0.5",
                {"Dropout(0.125)": "Dropout(0.25)", "Dropout(0.375)": "Dropout(0.5)"},
            ),
            (
                "no mirror images",
                {
                    "cnn_practice/distortions.py": {
                        "(columns[:, :1])) < 0.5": "(columns[:, :1])) < 0"
                    }
                },
            ),
        ],
    },
    # What the steps from script 4 to script 6 of chapter 06 bring.
    "four_layer_to_minivgg": {
        "script": "06_cifar10/4_train_four_layer.py",
        "seeds": (1, 2, 3),
        "base": {"IMAGES": 10_000, "EPOCHS": 5},
        "note": "beginning with script 4",
        "changes": [
            ("batch normalisation", NORMALISED),
            ('"same" padding', SAME),
            ("both: mini-VGG's layout", NORMALISED | SAME),
            ("script 6's training, by SGD", SCRIPT_6),
            ("mini-VGG's layout, that training", NORMALISED | SAME | SCRIPT_6),
        ],
    },
    "cifar10_airbench": {
        "script": "06_cifar10/8_train_airbench.py",
        "seeds": (1, 2, 3),
        "base": {"VALIDATION": 10_000, "EPOCHS": 5},
        "accuracy": "after the last epoch, with test-time augmentation",
        "more": {
            "without test-time augmentation": (r"without test-time augmentation: accuracy ([\d.]+)")
        },
        "changes": [
            ("SGD, not Muon", SGD),
            (
                "no whitening",
                {
                    "first.kernel.assign(whitening_filters(x_train[:5000],"
                    " **colour_statistics(x_train)))\n": "",
                    "first.kernel.trainable = False\n": "",
                },
            ),
            (
                "no Dirac initialisation",
                {"layer.kernel.assign(dirac(layer.get_weights()[0]))": "pass"},
            ),
            ("`OFFSET_RATE = 0.83`, as the head's", {"OFFSET_RATE": 0.83}),
            {"SMOOTHING": 0},
            {"SHIFT": 0},
            (
                "mirrored at random",
                {
                    "06_cifar10/airbench.py": {
                        "mirrored = self.mirrored[chosen] ^ (self.epoch % 2 == 1)": (
                            "random = np.random.default_rng((self.seed, self.epoch, index))\n"
                            "        mirrored = random.random(len(chosen)) < 0.5"
                        )
                    }
                },
            ),
            (
                "averaged weights",
                {
                    "model.compile(optimizer, loss,": (
                        "optimizer.use_ema, optimizer.ema_momentum = True, 0.9\n"
                        "model.compile(optimizer, loss,"
                    )
                },
            ),
        ],
    },
    "bounding_box": {
        "script": "07_bounding_box/2_train_bounding_box.py",
        "seeds": (1, 2, 3),
        "base": {
            "EPOCHS": 2,
            'model.compile(optimizer, losses, weights, {"digit": "accuracy"})': """
def iou(true, predicted):
    shared = ops.minimum(true[:, :2] + true[:, 2:], predicted[:, :2] + predicted[:, 2:])
    shared = ops.prod(ops.maximum(shared - ops.maximum(true, predicted)[:, :2], 0), axis=1)
    return shared / (ops.prod(true[:, 2:], axis=1) + ops.prod(predicted[:, 2:], axis=1) - shared)


model.compile(optimizer, losses, weights, {"digit": "accuracy", "box": iou})""",
        },
        "first": ("07_bounding_box/1_make_scenes.py", "data/scenes.npz"),
        "more": {"mean IoU": r"val_box_iou: ([\d.]+)"},
        "changes": [
            (
                "squared error in pixels, not GIoU",
                {'"box": giou_loss': '"box": "mean_squared_error"'},
            ),
            (
                "squared error in sides of the scene",
                {
                    '"box": giou_loss': (
                        '"box": lambda true, box: ops.mean(((true - box) / 64) ** 2, axis=1)'
                    )
                },
            ),
            {"BOX_WEIGHT": 0.1},
            {"BOX_WEIGHT": 20},
            {"BOX_UNITS": 16},
        ],
    },
}
