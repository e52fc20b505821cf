"""What the checks of the exercises share: load a reader's file, call it, compare what it returns.

A check is a file of ``checks/`` with three ``HINTS`` and a function ``check(exercise)``. It raises
``Wrong`` with a sentence that helps, or returns a sentence about what was reached.
"""

import ast
import copy
import importlib.util
import inspect
import sys
import traceback
from pathlib import Path

from cnn_practice.errors import InputError

import numpy as np

FOLDER = Path(__file__).resolve().parent
COPIED = (np.ndarray, list, tuple, dict)
SECONDS = 60  # after which a check is stopped; a check of a training names its own ``SECONDS``


class Wrong(Exception):  # noqa: N818
    """The exercise is not solved yet. The message says what differs and asks what to look at."""


def load(path, forbidden=()):
    """Execute the file of an exercise and return it as a module.

    Args:
        path: of a Python file.
        forbidden: names of libraries that the exercise is to do without.

    Raises:
        InputError: the file cannot be read, is no Python, or raises an exception.
        Wrong: it imports a forbidden library.
    """
    path = Path(path)
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path.name} cannot be read: {error}.") from error
    except (SyntaxError, ValueError) as error:
        place = f"in line {error.lineno}" if getattr(error, "lineno", None) else "somewhere"
        reason = getattr(error, "msg", error)
        raise InputError(f"{path.name} is not valid Python {place}: {reason}.") from error
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        for name in names:
            if name.split(".")[0] in forbidden:
                raise Wrong(f"{path.name} imports {name}: solve this exercise without it.")
    spec = importlib.util.spec_from_file_location("exercise", path)
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise InputError(f"{path.name} stops {_place(error, path)}.") from error
    return module


def call(module, name, *arguments):
    """Call the function ``name`` of an exercise, with copies of arrays, lists and dicts.

    Raises:
        Wrong: there is no such function, it raises an exception, or it returns nothing.
    """
    function = getattr(module, name, None)
    file = Path(module.__file__)
    if not callable(function):
        raise Wrong(f"There is no function `{name}` in {file.name}: keep its name as it was.")
    try:
        inspect.signature(function).bind(*arguments)
    except TypeError as error:
        raise Wrong(f"`{name}` does not take its {len(arguments)} arguments: {error}.") from None
    try:
        returned = function(*(copy.deepcopy(a) if isinstance(a, COPIED) else a for a in arguments))
    except (Wrong, InputError):
        raise
    except Exception as error:
        raise Wrong(f"`{name}` stops {_place(error, file)}.") from error
    if returned is None or returned is ...:
        raise Wrong(f"`{name}` returns nothing yet: replace the `...` and return the result.")
    return returned


def _place(error, path):
    """The line of the reader's file in which an exception arose, and the exception's words."""
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename) == Path(path)
    ]
    place = f"in line {lines[-1]} " if lines else ""
    words = " ".join(str(error).split())[:300]
    return f"{place}with {type(error).__name__}" + (f": {words}" if words else "")


def parts(returned, number, name):
    """The ``number`` results that function ``name`` is to return as a tuple.

    Raises:
        Wrong: it returns something else.
    """
    if not isinstance(returned, tuple | list) or len(returned) != number:
        raise Wrong(f"`{name}` is to return {number} results, separated by commas.")
    return returned


def array(value, shape, what):
    """``value`` as a float64 array.

    Args:
        value: what the exercise returned.
        shape: tuple that it must have; None for any length of an axis.
        what: its name in messages.

    Raises:
        Wrong: no numbers, another shape, NaN or infinity.
    """
    try:
        value = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise Wrong(f"{what} is {type(value).__name__}, not an array of numbers.") from None
    fits = len(value.shape) == len(shape) and all(
        wanted in (None, length) for wanted, length in zip(shape, value.shape, strict=True)
    )
    if not fits:
        raise Wrong(f"{what} has the shape {value.shape}: {shape} is wanted.")
    if not np.isfinite(value).all():
        raise Wrong(f"{what} has values that are NaN or infinite.")
    return value


def close(first, second, tolerance=1e-5):
    """Whether two arrays of one shape differ by at most ``tolerance`` of their largest value."""
    largest = max(1e-12, float(np.abs(second).max()))
    return np.shape(first) == np.shape(second) and bool(
        np.abs(np.asarray(first) - second).max() <= tolerance * largest
    )


def require(value, expected, what, question="", tolerance=1e-5):
    """Require ``value`` to be ``expected`` but for rounding.

    Raises:
        Wrong: with the place of the largest difference and ``question``, which helps to find why.
    """
    expected = np.asarray(expected, dtype=np.float64)
    value = array(value, expected.shape, what)
    if close(value, expected, tolerance):
        return
    place = np.unravel_index(np.abs(value - expected).argmax(), expected.shape)
    at = f" at {tuple(map(int, place))}" if place else ""
    raise Wrong(
        f"{what}{at} is {value[place]:.4g}, and {expected[place]:.4g} is right. {question}".strip()
    )


def central_differences(function, x, step=1e-5):
    """The gradient of ``function(x)``, a number, by central differences; float64 of x's shape."""
    x = np.array(x, dtype=np.float64)
    gradient = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        value = x[place]
        x[place] = value + step
        above = function(x)
        x[place] = value - step
        below = function(x)
        x[place] = value
        gradient[place] = (above - below) / (2 * step)
    return gradient


# How names begin that fetch other images than those given to `train`, or trained weights.
FETCHING = ("load", "read", "open", "datasets", "drawings", "get_file")


def built_and_trained(exercise, most, validation=5000):
    """The network of an open exercise, trained on the training images of MNIST.

    What ``build_model`` returns is built once more from Keras's own description of it, and gets the
    weights that ``train`` returns. So the network that reads has no other numbers than the counted.

    Args:
        exercise: module with ``build_model()`` and ``train(model, x, y)``.
        most: number of weights that the network may have.
        validation: number of the 60,000 images that it is not trained on.

    Returns:
        Keras model from float32 (N, 28, 28, 1) in [0, 1] to (N, 10).

    Raises:
        Wrong: the file fetches images or weights itself, the network does not fit the images or has
            too many weights, or ``train`` returns another network.
    """
    from cnn_practice import datasets

    import keras

    _fetches_nothing(exercise)
    keras.utils.set_random_seed(1)
    model = call(exercise, "build_model")
    shapes = getattr(model, "input_shape", None), getattr(model, "output_shape", None)
    if not isinstance(model, keras.Model) or shapes != ((None, 28, 28, 1), (None, 10)):
        raise Wrong(
            "`build_model` is to return a network of Keras from (28, 28, 1) to (10,): the first"
            " line of a `keras.Sequential` is `keras.Input((28, 28, 1))`, the last a dense layer"
            " of 10."
        )
    rebuilt = _rebuilt(model)
    size = rebuilt.count_params()
    if size > most:
        largest = max(rebuilt.layers, key=lambda layer: layer.count_params())
        raise Wrong(
            f"The network has {size:,} weights, {size - most:,} too many. Most are in"
            f" {largest.name}: {largest.count_params():,}. What would make its"
            " input or its output smaller?"
        )
    (x, y), *_ = datasets.split(datasets.load_mnist(), validation)
    trained = call(exercise, "train", model, x[..., None].astype("float32") / 255, y)
    try:
        rebuilt.set_weights(trained.get_weights())
    except (AttributeError, ValueError):
        raise Wrong("`train` is to return the network that it was given, trained.") from None
    return rebuilt


def _fetches_nothing(exercise):
    """Refuse a file that names what would give it other images, or trained weights."""
    path = Path(exercise.__file__)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        name = getattr(node, "attr", None) or getattr(node, "id", None)
        names = [name] if name else []
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name.split(".")[-1] for alias in node.names]
        for name in names:
            if name.startswith(FETCHING):
                raise Wrong(
                    f"{path.name} uses `{name}` in line {node.lineno}: the network is to learn from"
                    " nothing but the images that `train` is given."
                )


def _rebuilt(model):
    """The network that Keras builds from its description of ``model``."""
    import keras

    try:
        text = model.to_json()
        rebuilt = keras.models.model_from_json(text)
    except Exception:
        raise Wrong(
            "Keras cannot build the network from its description: use Keras's own layers, and"
            " neither `Lambda` nor classes of your own, so that all weights are counted."
        ) from None
    if len(text) > 100_000:
        raise Wrong(
            f"The network's description has {len(text):,} characters: are there numbers in it"
            " that are not counted as weights?"
        )
    return rebuilt


def digits_read(model, images):
    """The digits that a network reads, integers of shape (N,).

    Raises:
        Wrong: it answers NaN or infinity.
    """
    answers = model.predict(images, batch_size=500, verbose=0)
    if not np.isfinite(answers).all():
        raise Wrong(
            "The network answers NaN or infinity: its training diverged. Is the learning rate"
            " too high?"
        )
    return answers.argmax(axis=1)


def load_check(name):
    """The check of exercise ``name``, as a module."""
    spec = importlib.util.spec_from_file_location("the_check", FOLDER / "checks" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(name, path):
    """Check the file ``path`` by the check of exercise ``name``, print the result, and exit.

    Exit code 0: solved, 1: not yet, 2: the file cannot be executed.
    """
    check = load_check(name)
    try:
        reached = check.check(load(path, getattr(check, "FORBIDDEN", ())))
    except Wrong as wrong:
        print(f"Not yet: {wrong}")
        sys.exit(1)
    except InputError as error:
        print(f"Error: {error}", file=sys.stderr)
        sys.exit(2)
    print(f"Solved: {reached}" if reached else "Solved.")
