"""How soon does the drawing page answer, and how soon is its server there?

    python benchmarks/drawing_page.py

Builds the page and opens it from disk in a headless Chromium, without a server and without a
network, and draws with real mouse events. The browser's own clock measures

- from the end of each of 30 strokes (the time stamp of the mouse event) until the bars of all
  models are set, with the models that are inside the page and then with the large ones, VGG-16 too;
- a frame while drawing: the drawing prepared, read by all models, and the maps of the layers on the
  screen redrawn, inside LeNet-5 and inside VGG-16;
- Grad-CAM and occlusion for one digit.

The start of ``draw_digits/server.py`` is measured from the start of the process to the whole page.

On a machine that is busy, Linux can give it the processor first, and the record says so:

    sudo chrt --rr 5 python benchmarks/drawing_page.py
"""

import gzip
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

sys.path.insert(0, str(files.ROOT / "draw_digits"))
import build_page
import mouse
from stroke_paths import PATHS

STROKES = 30  # one for each of the first hand-written paths
STARTS = 5
LARGE = ("dense", "vgg16_32")  # the digit models that are loaded when they are asked for
TARGETS = {  # milliseconds of the median, kB, seconds
    "bars_small": 5, "bars_all": 25, "frame_lenet5": 16, "frame_vgg16_32": 50, "grad_cam": 10,
    "occlusion": 100, "start": 1, "kilobytes": 400,
}  # fmt: skip

SERVE = (
    "import sys; sys.path.insert(0, 'draw_digits'); import server;"
    "server.PORT, server.OPEN_BROWSER = {port}, False; server.main()"
)
# Every reading of the drawing is timed.
TIMED = "window.times = []; const plain = read; read = (end) => {" + (
    "const begin = performance.now(); plain(end); if (end === undefined)"
    " times.push(performance.now() - begin); }"
)
INSIDE = "times.length = 0; choose(data.models.find((model) => model.name === arguments[0]))"
GRAD_CAM = """
const model = data.models.find((each) => each.name === arguments[0]), times = [];
for (let round = 0; round < 5; round++)
  for (let digit = 0; digit < 10; digit++) {
    const begin = performance.now();
    gradCam(model.network, model.x, model.outputs, digit);
    times.push(performance.now() - begin);
  }
return times;
"""
OCCLUSION = """
const model = data.models.find((each) => each.name === arguments[0]), times = [];
for (let round = 0; round < 5; round++) {
  const begin = performance.now();
  finish(occlusion(model.network, model.x, 7, 0));
  times.push(performance.now() - begin);
}
return times;
"""
IN_WORKER = """
const done = arguments[0], begin = performance.now();
setWhere("occlusion", 7);
(function wait() {
  if (view.where.result) done((performance.now() - begin) / 1000); else setTimeout(wait, 10);
})();
"""


def start():
    """Start the server; returns its process and the seconds to the whole page."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-c", SERVE.format(port=port)]
    begin = time.perf_counter()
    process = subprocess.Popen(command, cwd=files.ROOT, stdout=subprocess.DEVNULL)
    while process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}", timeout=60) as page:
                page.read()
            return process, time.perf_counter() - begin
        except OSError:
            time.sleep(0.01)
    raise InputError("The server did not start: see its message above.")


def drawn(driver):
    """Draw the strokes; returns the milliseconds of each from its end to the bars."""
    driver.execute_script("performance.clearMeasures()")
    paths = [path for styles in PATHS.values() for path in styles.values()]
    measured = "return performance.getEntriesByName('stroke end to bars').map((e) => e.duration)"
    durations = []
    for path in paths[:STROKES]:
        mouse.draw(driver, [0.25 + 0.5 * np.array(path[0])])
        durations.append(driver.execute_script(measured)[-1])
        mouse.click(driver, "clear")
    return durations


def load(driver, name):
    """Load a model that is in a file of its own."""
    driver.execute_async_script(
        "loadLarge(data.models.find((model) => model.name === arguments[0]))"
        ".then(arguments[1], arguments[1])",
        name,
    )


def measure():
    """All times of the page as a dict of lists, and the number of requests it made."""
    times = {}
    with mouse.browser(1400, 1000) as driver:
        driver.set_script_timeout(120)
        mouse.open_page(driver, (build_page.BUILD / "draw.html").as_uri())
        driver.execute_script(TIMED)
        times["bars_small"] = drawn(driver)
        requests = driver.execute_script(
            "return performance.getEntriesByType('resource').filter("
            "(entry) => !entry.name.startsWith('data:')).length"
        )
        small = driver.execute_script("return ready().map((model) => model.name)")
        for name in LARGE:
            load(driver, name)
        times["bars_all"] = drawn(driver)
        seven = [0.25 + 0.5 * np.array(PATHS[7]["plain"][0])]
        for name in ("lenet5", "vgg16_32"):
            driver.execute_script(INSIDE, name)
            drawn(driver)
            times[f"frame_{name}"] = driver.execute_script("return times")
        mouse.draw(driver, seven)
        times["vgg16_32_in_worker_seconds"] = [driver.execute_async_script(IN_WORKER)]
        for name in ("lenet5", "vgg16_32"):
            times[f"grad_cam_{name}"] = driver.execute_script(GRAD_CAM, name)
        for name in small:
            times[f"occlusion_{name}"] = driver.execute_script(OCCLUSION, name)
    times["grad_cam"] = times["grad_cam_lenet5"]
    slowest = max(small, key=lambda name: np.median(times[f"occlusion_{name}"]))
    times["occlusion"] = times[f"occlusion_{slowest}"]
    return times, requests, small


def main():
    """Measure, print and write the record."""
    starts = []
    for _ in range(STARTS):
        process, seconds = start()
        process.terminate()
        process.wait()
        starts.append(round(seconds, 2))
    build_page.main()
    page = (build_page.BUILD / "draw.html").read_bytes()
    times, requests, small = measure()
    medians = {name: round(float(np.median(values)), 2) for name, values in times.items()}
    medians["start"] = float(np.median(starts))
    medians["kilobytes"] = round(len(gzip.compress(page, 9, mtime=0)) / 1000)
    # POSIX numbers the ordinary scheduling of processes 0.
    first = hasattr(os, "sched_getscheduler") and os.sched_getscheduler(0) != 0
    record = {
        "benchmark": "drawing_page",
        "models_inside": small,
        "models_beside": list(LARGE),
        "strokes": STROKES,
        "real_time_priority": first,
        "load_average": round(os.getloadavg()[0], 1),
        "requests": requests,
        "milliseconds": {
            name: {"median": medians[name], "p90": round(float(np.percentile(values, 90)), 2)}
            for name, values in times.items()
            if not name.endswith("seconds")
        },
        "occlusion_of_vgg16_32_in_a_worker_seconds": medians["vgg16_32_in_worker_seconds"],
        "start_seconds": {"median": medians["start"], "runs": starts},
        "html_kilobytes_gzipped": medians["kilobytes"],
        "ratio_to_target": {
            name: round(medians[name] / target, 2) for name, target in TARGETS.items()
        },
        "summary": (
            f"{medians['bars_small']:.1f} ms from the end of a stroke to the bars of the"
            f" {len(small)} small models, {medians['bars_all']:.0f} ms with VGG-16, and"
            f" {medians['start']:.1f} s from the start of its server to the page"
        ),
    } | results.environment()
    files.write_json(files.ROOT / "benchmarks" / "results" / "drawing_page.json", record)
    print(json.dumps(record))


if __name__ == "__main__":
    main()
