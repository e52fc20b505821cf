"""Kaggle's two CSV files (about 120 MB): pandas against ``csv.reader`` row by row, and others.

    python 05_kaggle/1_preprocess.py && python benchmarks/kaggle_csv.py

Each way reads both files into arrays, in turn, REPEATS times, on one core. The processor time is
measured, which other programs on the machine disturb least, and the shortest of each counts, since
every disturbance makes it longer. ``read_csv`` is the chapter's reader: pandas, and every line
checked before. Peak memory is that of a new process that only reads the two files with it.
"""

import csv
import json
import subprocess
import sys
import time

from cnn_practice import files, results
from cnn_practice.errors import InputError

import numpy as np
import pandas as pd

CHAPTER = files.ROOT / "05_kaggle"
sys.path.insert(0, str(CHAPTER))
import competition

REPEATS = 3
PATHS = {name: competition.FOLDER / name for name in competition.HEADERS}
MEMORY = """
import resource, sys
import competition
arrays = [competition.read_csv(competition.FOLDER / name, name) for name in competition.HEADERS]
unit = 1 if sys.platform == "darwin" else 1024
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)
"""


def row_by_row(path, name):
    """``csv.reader``, and ``int()`` for each field."""
    with open(path, newline="") as file:
        reader = csv.reader(file)
        next(reader)
        return np.array([[int(field) for field in row] for row in reader], dtype=np.uint8)


WAYS = {
    "row_by_row": row_by_row,
    "pandas": lambda path, name: pd.read_csv(path, dtype=np.uint8).to_numpy(),
    "np_loadtxt": lambda path, name: np.loadtxt(path, np.uint8, delimiter=",", skiprows=1),
    "read_csv": competition.read_csv,
}


def peak_megabytes():
    """Peak resident memory of a process that reads both files; None where no such count exists."""
    if sys.platform == "win32":
        return None
    # Started while this process is still small: a child's count begins with its parent's.
    done = subprocess.run(
        [sys.executable, "-c", MEMORY], cwd=CHAPTER, capture_output=True, text=True, check=True
    )
    return round(int(done.stdout) / 1e6)


def main():
    for path in PATHS.values():
        if not path.exists():
            raise InputError(
                f"There is no {files.shown(path)}: run «python 05_kaggle/1_preprocess.py» first."
            )
    peak = peak_megabytes()
    seconds = {way: [] for way in WAYS}
    expected = {name: competition.read_csv(path, name) for name, path in PATHS.items()}
    for _ in range(REPEATS):
        for way, read in WAYS.items():
            start = time.process_time()
            tables = {name: read(path, name) for name, path in PATHS.items()}
            seconds[way].append(time.process_time() - start)
            assert all(np.array_equal(tables[name], expected[name]) for name in PATHS), way
            del tables
    fastest = {way: min(each) for way, each in seconds.items()}
    for way, each in seconds.items():
        print(f"{way:<20} {fastest[way]:7.3f} s  (" + ", ".join(f"{s:.3f}" for s in each) + ")")
    record = {
        "benchmark": "kaggle_csv",
        "megabytes": round(sum(path.stat().st_size for path in PATHS.values()) / 1e6, 1),
        "seconds": {way: round(time, 4) for way, time in fastest.items()},
        "times_as_fast_as_row_by_row": {
            way: round(fastest["row_by_row"] / time, 1) for way, time in fastest.items()
        },
        "peak_megabytes": peak,
        "summary": (
            f"pandas reads Kaggle's two CSV files in {fastest['pandas']:.2f} s of processor time,"
            f" {fastest['row_by_row'] / fastest['pandas']:.1f} times as fast as `csv.reader`; with"
            f" every value checked it takes {fastest['read_csv']:.2f} s"
            + (f" and {peak} MB at most" if peak else "")
        ),
    } | results.environment()
    files.write_json(files.ROOT / "benchmarks" / "results" / "kaggle_csv.json", record)
    print(json.dumps(record))


if __name__ == "__main__":
    main()
