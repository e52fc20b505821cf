"""One sentence instead of a traceback for everything a user can put right."""

import linecache
import re
import sys


class InputError(ValueError):
    """Something the user gave is wrong. Its message is one sentence: what is wrong, what to do."""


# What Ctrl+C prints; a training says here what is kept and what the same command does next.
interrupted = "Stopped: nothing that existed was changed."


def say_when_interrupted(sentence):
    """From now on Ctrl+C ends the script with ``sentence``."""
    global interrupted
    interrupted = sentence


def sentence_of(error):
    """The sentence with which the script ends, or None if ``error`` is a defect of ours."""
    if isinstance(error, InputError):
        return str(error)
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    if type(error) not in (NameError, TypeError) or trace.tb_frame.f_code.co_name != "<module>":
        return None
    # Raised by a line of the script itself: of its block, if the line assigns an UPPERCASE name.
    frame = trace.tb_frame
    line = linecache.getline(frame.f_code.co_filename, trace.tb_lineno, frame.f_globals).strip()
    found = re.match(r"([A-Z][A-Z0-9_]*) = (.*?)\s*(#|$)", line)
    if type(error) is NameError and found:
        return (
            f"{found[1]} = {found[2]}: {error.name} is not defined; a text stands in quotes,"
            f' "{error.name}".'
        )
    if type(error) is NameError and error.name and error.name.isupper():
        return (
            f"{error.name} is missing: put its line back into the block of hyperparameters at the"
            " top of the script."
        )
    if type(error) is TypeError and found:  # computed from a wrong value in a line above
        from cnn_practice import hyperparameters

        try:
            hyperparameters.check_above(frame, trace.tb_lineno - 1)
        except InputError as wrong:
            return str(wrong)
    return None


def exit_with_one_sentence(kind, error, trace):
    """Print the sentence of an uncaught exception and end the script with exit code 2.

    Installed as ``sys.excepthook``, so that no lesson needs a ``try``. Ctrl+C ends with one line
    and exit code 130. Every other exception is a defect of ours and keeps its traceback.
    """
    if issubclass(kind, KeyboardInterrupt):
        print(f"\n{interrupted}", file=sys.stderr)
        sys.exit(130)
    sentence = sentence_of(error.with_traceback(trace))
    if sentence:
        print(f"\nError: {sentence}", file=sys.stderr)
        sys.exit(2)
    sys.__excepthook__(kind, error, trace)


def print_in_notebook(shell, kind, error, trace, tb_offset=None):
    """The same in IPython: the sentence stands below the cell, in place of a traceback."""
    sentence = sentence_of(error.with_traceback(trace))
    if sentence is None:
        shell.showtraceback((kind, error, trace), tb_offset=tb_offset)
        return None
    print(f"Error: {sentence}", file=sys.stderr)
    return [f"Error: {sentence}"]


def install():
    """Let uncaught exceptions end in one sentence, in a script as in a notebook."""
    sys.excepthook = exit_with_one_sentence
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is not None:
        shell.set_custom_exc((InputError, NameError, TypeError), print_in_notebook)
