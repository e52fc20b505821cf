"""What does a second machine bring? Images per second of 1 and 2 processes, one core each.

VGG-16 of ``09_several_machines/2_data_parallel.py`` on Keras's JAX backend, on random images: a
process on one core, then two processes on a core each, which exchange their gradients after every
step over 127.0.0.1. Each has the same share of images, so that two do twice the work of one.
Efficiency is the rate of two divided by twice the rate of one. They take turns, because the speed
of a computer changes with the hour, and the median of the ratios counts.

Two cores of one computer share its memory, and often the arithmetic units of one core. So two
processes that exchange nothing are timed as well: what they lose is the computer's doing, and what
two processes lose against them is the price of the exchange.

    pip install -e ".[cluster]"
    python benchmarks/data_parallel.py

The script's network, with a quarter of VGG-16's filters, is measured with the script's share of 64
images and with four times as many, and a network with all filters beside it. One process on
TensorFlow with both cores is measured, too, because that is what two processes on one computer have
to beat.
"""

import itertools
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time

SIZE = 48
QUARTER, WHOLE = (16, 32, 64, 128, 128), (64, 128, 256, 512, 512)
NETWORKS = {  # filters, images of each process in a step, steps that are timed, turns
    "quarter": (QUARTER, 64, 20, 3),
    "quarter_256": (QUARTER, 256, 8, 3),
    "whole": (WHOLE, 32, 5, 3),
}
WARM_UP = 2  # steps before the clock starts; the first one compiles


def seconds_per_step(name):
    """The median of this process's steps, and the megabytes of its gradients."""
    import keras
    import numpy as np
    from keras import layers

    filters, share, steps, _ = NETWORKS[name]
    keras.utils.set_random_seed(0)
    if keras.backend.backend() == "jax":
        keras.distribution.initialize()
        every = keras.distribution.DataParallel(auto_shard_dataset=False)
        keras.distribution.set_distribution(every)
    else:
        share *= 2
    he = {"activation": "relu", "kernel_initializer": "he_normal"}
    stack = [keras.Input((SIZE, SIZE, 1))]
    for number, convolutions in zip(filters, (2, 2, 3, 3, 3), strict=True):
        stack += [layers.Conv2D(number, 3, padding="same", **he) for _ in range(convolutions)]
        stack += [layers.MaxPooling2D()]
    stack += [layers.Flatten(), layers.Dense(256, **he), layers.Dense(128, **he)]
    model = keras.Sequential([*stack, layers.Dense(10, activation="softmax")])
    model.compile(
        keras.optimizers.SGD(0.001, momentum=0.9, nesterov=True, global_clipnorm=1.0),
        "sparse_categorical_crossentropy",
    )
    rng = np.random.default_rng(0)

    class Batches(keras.utils.PyDataset):
        def __len__(self):
            return WARM_UP + steps

        def __getitem__(self, index):
            return rng.random((share, SIZE, SIZE, 1), np.float32), rng.integers(0, 10, share)

    ends = []
    clock = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: ends.append((float(logs["loss"]), time.monotonic()))
    )
    model.fit(Batches(), verbose=0, callbacks=[clock], shuffle=False)
    times = [end for _, end in ends][WARM_UP - 1 :]
    step = statistics.median(b - a for a, b in itertools.pairwise(times))
    return step, 4 * model.count_params() / 1e6


def measured(name, processes, cache, together=True):
    """Seconds per step of so many processes at once, on a core each, and megabytes.

    No process at all stands for one on TensorFlow, on two cores. Processes that are not
    ``together`` exchange nothing.
    """
    children = []
    for number in range(max(processes, 1)):
        if number == 0 or not together:
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                address = f"127.0.0.1:{free.getsockname()[1]}"
        environment = {
            "KERAS_BACKEND": "jax" if processes else "tensorflow",
            "TF_ENABLE_ONEDNN_OPTS": "1",
            "KERAS_DISTRIBUTION_JOB_ADDRESSES": address,
            "KERAS_DISTRIBUTION_NUM_PROCESSES": str(processes if together else 1),
            "KERAS_DISTRIBUTION_PROCESS_ID": str(number if together else 0),
            "JAX_COORDINATOR_BIND_ADDRESS": address,
            "JAX_COMPILATION_CACHE_DIR": cache,
            "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        }
        children.append(
            subprocess.Popen(
                [sys.executable, __file__, name, str(number)],
                env=os.environ | environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
    steps = []
    for child in children:
        output, errors = child.communicate()
        if child.returncode:
            for other in children:
                other.kill()
            sys.exit(errors)
        steps.append([float(each) for each in output.split()[-2:]])
    return max(step for step, _ in steps), steps[0][1]


def main():
    """Both networks, one and two processes in turn, and the record."""
    from cnn_practice import files, results

    record = {"benchmark": "data_parallel", "networks": {}}
    with tempfile.TemporaryDirectory() as cache:
        for name, (_, share, _, turns) in NETWORKS.items():
            one, two, apart, tensorflow = [], [], [], []
            for turn in range(turns):
                one.append(measured(name, 1, cache)[0])
                seconds, megabytes = measured(name, 2, cache)
                two.append(seconds)
                apart.append(measured(name, 2, cache, together=False)[0])
                tensorflow = tensorflow or [measured(name, 0, cache)[0]]
                print(
                    f"{name}, turn {turn + 1}: {share / one[-1]:.1f} images/s of one process,"
                    f" {2 * share / two[-1]:.1f} of two, efficiency {one[-1] / two[-1]:.2f},"
                    f" {one[-1] / apart[-1]:.2f} without exchange;"
                    f" TensorFlow on two cores {2 * share / tensorflow[0]:.1f} images/s",
                    flush=True,
                )
            record["networks"][name] = {
                "images_per_step_of_each": share,
                "megabytes": round(megabytes, 1),
                "images_per_second_1": round(share / statistics.median(one), 1),
                "images_per_second_2": round(2 * share / statistics.median(two), 1),
                "images_per_second_tensorflow": round(2 * share / tensorflow[0], 1),
                "efficiencies": [round(a / b, 3) for a, b in zip(one, two, strict=True)],
                "efficiency": round(
                    statistics.median(a / b for a, b in zip(one, two, strict=True)), 3
                ),
                "efficiency_without_exchange": round(
                    statistics.median(a / b for a, b in zip(one, apart, strict=True)), 3
                ),
                "share_kept_by_exchange": round(
                    statistics.median(a / b for a, b in zip(apart, two, strict=True)), 3
                ),
                "seconds_per_step_1": round(statistics.median(one), 4),
                "seconds_per_step_2": round(statistics.median(two), 4),
            }
    quarter, large, whole = (record["networks"][name] for name in NETWORKS)
    record["summary"] = (
        f"two processes on a core each train {quarter['images_per_second_2']:.0f} images per second"
        f" of a quarter VGG-16, one process {quarter['images_per_second_1']:.0f}: efficiency"
        f" {quarter['efficiency']:.2f} with 64 images each per step, {large['efficiency']:.2f} with"
        f" 256, and {whole['efficiency']:.2f} with all filters and 32 images; two that exchange"
        f" nothing reach {quarter['efficiency_without_exchange']:.2f} and"
        f" {whole['efficiency_without_exchange']:.2f} on this computer;"
        f" one process on TensorFlow with both cores trains"
        f" {quarter['images_per_second_tensorflow'] / quarter['images_per_second_2']:.1f} and"
        f" {whole['images_per_second_tensorflow'] / whole['images_per_second_2']:.1f} times as many"
        f" images as the two"
    )
    record |= results.environment()
    record["versions"]["jax"] = results.metadata.version("jax")
    files.write_json(files.ROOT / "benchmarks" / "results" / "data_parallel.json", record)
    write_table(files, record["networks"])
    print(json.dumps(record))


def write_table(files, networks):
    """Put the figures into the chapter's README."""
    rows = [
        "| filters | images of each per step | MB per step | 1 process | 2 processes | efficiency"
        " | of two that exchange nothing | TensorFlow, both cores |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for name, (filters, share, *_) in NETWORKS.items():
        each = networks[name]
        rows.append(
            f"| {'a quarter' if filters == QUARTER else 'all'} | {share} | {each['megabytes']}"
            f" | {each['images_per_second_1']}/s"
            f" | {each['images_per_second_2']}/s | {each['efficiency']:.2f}"
            f" | {each['efficiency_without_exchange']:.2f}"
            f" | {each['images_per_second_tensorflow']}/s |"
        )
    path = files.ROOT / "09_several_machines" / "README.md"
    before, rest = path.read_text(encoding="utf-8").split("<!-- measured -->\n")
    _, after = rest.split("<!-- end of measured -->")
    table = "\n".join(rows)
    files.write_text(path, f"{before}<!-- measured -->\n{table}\n<!-- end of measured -->{after}")


if __name__ == "__main__":
    if sys.argv[1:]:
        if os.environ["KERAS_BACKEND"] == "jax":
            cores = sorted(os.sched_getaffinity(0))  # on Linux
            os.sched_setaffinity(0, {cores[int(sys.argv[2]) % len(cores)]})
        print(*seconds_per_step(sys.argv[1]))
    else:
        main()
