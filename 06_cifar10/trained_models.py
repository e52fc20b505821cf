"""The trained networks of this chapter, each with the names of its classes."""

from pathlib import Path

from cnn_practice import datasets, files, models, results
from cnn_practice.errors import InputError


def load(*names):
    """Trained models for colour images of 32×32 pixels, and what their outputs stand for.

    Args:
        *names: of models in ``models/``.

    Returns:
        List of pairs: the Keras model, and the names of the classes that it chooses among.

    Raises:
        InputError: a model is missing, or takes other images. The sentence names the scripts of
            this chapter that train what is missing.
    """
    folder = Path(__file__).parent
    missing = [name for name in names if not (files.MODELS / f"{name}.results.json").exists()]
    scripts = [
        f"«python {files.shown(script)}»"
        for name in missing
        for script in folder.glob(f"[0-9]*_train_{name.removeprefix('cifar10_')}.py")
    ]
    if scripts:
        raise InputError(
            f"There is no trained {' and no '.join(missing)} in models/: run"
            f" {' and '.join(scripts)}, or bring back the models of the repository with"
            " «git checkout models»."
        )
    loaded = []
    for name in names:
        model = models.load(name)
        if model.input_shape[1:] != (32, 32, 3):
            there = sorted(
                path.name.split(".")[0] for path in files.MODELS.glob("cifar10_*.config.json")
            )
            raise InputError(
                f"{name} takes images of shape {model.input_shape[1:]}, not (32, 32, 3): choose one"
                f" of {', '.join(there)}."
            )
        settings = results.read_all([name])[0]["hyperparameters"]
        loaded.append((model, tuple(settings.get("CLASSES", datasets.CIFAR10_CLASSES))))
    return loaded
