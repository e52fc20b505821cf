"""How soon does the drawing page answer, and how soon is it there?

    python benchmarks/drawing_page.py

Starts ``draw_digits/server.py`` with every trained model of ``models/``, opens the page in a
headless Chromium, and draws with real mouse events. The browser's own clock measures from the end
of each stroke (the time stamp of the mouse event) until the frame with the bars of all models is
painted. The start is measured from the start of the process to the first page, TensorFlow's import
included.

On a machine that is busy, Linux can give it the processor first, and the record says so:

    sudo chrt --rr 5 python benchmarks/drawing_page.py
"""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request

from cnn_practice import files, results
from cnn_practice.errors import InputError

import numpy as np
from selenium.webdriver.common.by import By

sys.path.insert(0, str(files.ROOT / "draw_digits"))
import mouse
from stroke_paths import PATHS

STROKES = 30  # one for each of the first hand-written paths
STARTS = 3
TARGET_MILLISECONDS = 50  # of the median answer
TARGET_SECONDS = 8  # of the median start

SERVE = (
    "import sys; sys.path.insert(0, 'draw_digits'); import server;"
    "server.PORT, server.OPEN_BROWSER = {port}, False; server.main()"
)
MEASURED = "return performance.getEntriesByName('stroke end to bars').map(e => e.duration)"


def start():
    """Start the server; returns its process, address, and the seconds to the first page."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-c", SERVE.format(port=port)]
    begin = time.perf_counter()
    process = subprocess.Popen(command, cwd=files.ROOT, stdout=subprocess.DEVNULL)
    while process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=60) as page:
                page.read()
            return process, address, time.perf_counter() - begin
        except OSError:
            time.sleep(0.02)
    raise InputError("The server did not start: see its message above.")


def stop(process):
    """End the server and wait until it has."""
    process.terminate()
    process.wait()


def draw_all(address):
    """Draw the strokes; returns the milliseconds of each answer and the models that answered."""
    paths = [path for styles in PATHS.values() for path in styles.values()]
    with mouse.browser() as driver:
        mouse.open_page(driver, address)
        cards = driver.find_elements(By.CLASS_NAME, "model")
        models = [card.get_attribute("aria-label") for card in cards]
        for i, path in enumerate(paths[:STROKES]):
            mouse.draw(driver, [0.25 + 0.5 * np.array(path[0])])
            while len(driver.execute_script(MEASURED)) <= i:
                time.sleep(0.02)
            mouse.click(driver, "clear")
        return driver.execute_script(MEASURED), models


def main():
    """Start several times, draw with the last one, print and write the record."""
    starts = []
    for _ in range(STARTS - 1):
        process, _, seconds = start()
        stop(process)
        starts.append(round(seconds, 2))
    process, address, seconds = start()
    starts.append(round(seconds, 2))
    try:
        milliseconds, models = draw_all(address)
    finally:
        stop(process)
    answer = {
        "median": float(np.median(milliseconds)),
        "p90": float(np.percentile(milliseconds, 90)),
        "most": max(milliseconds),
    }
    # POSIX numbers the ordinary scheduling of processes 0.
    first = hasattr(os, "sched_getscheduler") and os.sched_getscheduler(0) != 0
    record = {
        "benchmark": "drawing_page",
        "models": models,
        "strokes": len(milliseconds),
        "real_time_priority": first,
        "answer_milliseconds": {name: round(value, 1) for name, value in answer.items()},
        "start_seconds": {"median": float(np.median(starts)), "runs": starts},
        "ratio_to_target": {
            "answer": round(answer["median"] / TARGET_MILLISECONDS, 2),
            "start": round(float(np.median(starts)) / TARGET_SECONDS, 2),
        },
        "summary": (
            f"{answer['median']:.0f} ms from the end of a stroke to the bars of {len(models)}"
            f" models, and {np.median(starts):.1f} s from the start to the first page"
        ),
    } | results.environment()
    files.write_json(files.ROOT / "benchmarks" / "results" / "drawing_page.json", record)
    print(json.dumps(record))


if __name__ == "__main__":
    main()
