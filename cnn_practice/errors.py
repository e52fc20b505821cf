"""One sentence instead of a traceback for everything a user can put right."""

import sys


class InputError(ValueError):
    """Something the user gave is wrong. Its message is one sentence: what is wrong, what to do."""


def exit_with_one_sentence(kind, error, traceback):
    """An uncaught ``InputError`` prints its sentence and ends the script with exit code 2.

    Installed as ``sys.excepthook``, so that no lesson needs a ``try``. Every other exception is a
    defect of ours and keeps its traceback.
    """
    if issubclass(kind, InputError):
        print(f"\nError: {error}", file=sys.stderr)
        sys.exit(2)
    sys.__excepthook__(kind, error, traceback)
