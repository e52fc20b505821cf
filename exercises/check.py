"""Checks the exercises of this folder.

    python exercises/check.py                    the list, and what is solved
    python exercises/check.py 01_3               check one exercise
    python exercises/check.py 01_3 --hint        the next of its three hints
    python exercises/check.py 01_3 --solution    a solution, checked before it is shown

Edit the exercise's file and check it again, until the check says «Solved». What you have solved is
kept in ``exercises/.progress.json``.
"""

import argparse
import difflib
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent)]

from cnn_practice import files
from cnn_practice.errors import InputError

import checking

PROGRESS = FOLDER / ".progress.json"


def exercises():
    """The names of all exercises in order, such as ``01_3_conv_backward``."""
    return sorted(path.stem for path in FOLDER.glob("[0-9][0-9]_[0-9]*.py"))


def find(wanted):
    """The exercise of that number or name.

    Raises:
        InputError: there is none.
    """
    wanted = Path(wanted).stem
    names = exercises()
    found = [name for name in names if name == wanted or "_".join(name.split("_")[:2]) == wanted]
    if found:
        return found[0]
    numbers = ["_".join(name.split("_")[:2]) for name in names]
    near = difflib.get_close_matches(wanted, names + numbers, 1, cutoff=0.4)
    meant = f" Did you mean {near[0]}?" if near else ""
    raise InputError(
        f"There is no exercise {wanted!r}: the list is shown by python exercises/check.py.{meant}"
    )


def read_progress():
    """What was solved and how many hints were shown, by exercise; empty if there is no file."""
    try:
        progress = json.loads(PROGRESS.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(progress, dict):
        return {}
    return {name: what for name, what in progress.items() if isinstance(what, dict)}


def remember(name, **what):
    """Keep ``what`` for exercise ``name``."""
    progress = read_progress()
    progress[name] = progress.get(name, {}) | what
    files.write_json(PROGRESS, progress)


def fingerprint(name):
    """The SHA-256 of the exercise's file."""
    return hashlib.sha256((FOLDER / f"{name}.py").read_bytes()).hexdigest()


def title(name):
    """The heading of the exercise."""
    with open(FOLDER / f"{name}.py", encoding="utf-8") as file:
        return file.readlines()[1].removeprefix("# # ").strip()


def show_list():
    """Print all exercises, and mark those that were solved and not changed since."""
    progress = read_progress()
    marks = []
    for name in exercises():
        solved = progress.get(name, {}).get("solved")
        marks.append({None: " ", fingerprint(name): "✓"}.get(solved, "~"))
        print(f" {marks[-1]} {name:<36} {title(name)}")
    print(f"\n{marks.count('✓')} of {len(marks)} solved (✓); ~ was solved and changed since.")


def check(name, path):
    """Run the check in a process of its own, which may be stopped; returns its exit code."""
    seconds = getattr(checking.load_check(name), "SECONDS", checking.SECONDS)
    command = f"import checking; checking.run({name!r}, {str(path)!r})"
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(FOLDER), str(FOLDER.parent)]),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    try:
        done = subprocess.run([sys.executable, "-c", command], env=environment, timeout=seconds)
    except subprocess.TimeoutExpired:
        why = "training that takes longer" if seconds > checking.SECONDS else "loop without an end"
        print(f"Not yet: the check was stopped after {seconds} s. Is there a {why}?")
        return 1
    if done.returncode not in (0, 1, 2):
        print(f"Not yet: the check ended with exit code {done.returncode} and said no more.")
        return 1
    return done.returncode


def show_hint(name):
    """Print the next hint; after the third, all three again."""
    hints = checking.load_check(name).HINTS
    shown = read_progress().get(name, {}).get("hints", 0)
    shown = shown + 1 if isinstance(shown, int) and 0 <= shown < len(hints) else len(hints)
    for number, hint in enumerate(hints[:shown], 1):
        print(f"Hint {number} of {len(hints)}: {hint}")
    remember(name, hints=shown)


def show_solution(name):
    """Check the solution, then print it; returns the check's exit code."""
    path = FOLDER / "solutions" / f"{name}.py"
    code = check(name, path)
    if code == 0:
        print(f"\nexercises/solutions/{name}.py:\n\n{path.read_text(encoding='utf-8')}")
    return code


def main():
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Check the exercises of this folder.")
    parser.add_argument("exercise", nargs="?", help="number or name, such as 01_3")
    parser.add_argument("--hint", action="store_true", help="show the next hint")
    parser.add_argument("--solution", action="store_true", help="show a solution")
    asked = parser.parse_args()
    if asked.exercise is None:
        show_list()
        return 0
    name = find(asked.exercise)
    if asked.hint:
        show_hint(name)
        return 0
    if asked.solution:
        return show_solution(name)
    before = fingerprint(name)
    code = check(name, FOLDER / f"{name}.py")
    if code == 0:
        remember(name, solved=before)
    else:
        print(f"A hint: python exercises/check.py {'_'.join(name.split('_')[:2])} --hint")
    return code


if __name__ == "__main__":
    sys.exit(main())
