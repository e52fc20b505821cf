"""The NumPy components of chapter 01 against Keras on TensorFlow, each with its best settings.

    python benchmarks/numpy_against_keras.py

Four questions, all answered by medians of 5, the two sides in turn:

- lenet5: one training epoch of LeNet-5 (60,000 images, batch 128, Adam), NumPy / Keras; as of 1998
  with tanh and average pooling, and as of today with ReLU and max pooling
- layers: one convolution, forward and backward, NumPy / the Keras layer, for six shapes
- naive: the loops against the fast convolution, forward and backward
- sgemm: the share of this machine's own rate of matrix products that the largest shape reaches

Keras gets oneDNN, compiled steps and many batches per call (of jit_compile on and off and 1 to 117
steps per execution this was the fastest on a CPU). NumPy gets two threads that share each batch,
and so one thread in each matrix product. Each side is one process that lives through all rounds,
warmed up before the clock starts.

What the record says, and why. NumPy is ahead on LeNet-5 as a whole and on layers of few channels,
where Keras's step costs more than its arithmetic and one wide window serves several outputs. It
does not reach half of Keras's time: its steps are so short, some 20 microseconds, that its two
threads wait for Python's lock a good part of it; and Keras with many batches per call is twice as
fast as Keras as one usually calls it. From some 30 channels on, the layer of Keras is ahead, and so
the geometric mean is above 1: a product of windows must first copy each pixel kh·kw times and add
as many up on the way back, while oneDNN convolves without copying, and reaches more operations per
second there than this machine's own sgemm does.
"""

import json
import math
import os
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROUNDS = 5
WARM_UP = 3  # calls before the clock starts, at each turn: the other side has had the caches
BATCH_SIZE = 128
STEPS_PER_EXECUTION = 32
EPOCHS = {"1998": ("tanh", "average"), "today": ("relu", "max")}
SHAPES = {  # input (N, H, W, C), kernels (kh, kw, C, F), padding
    "LeNet-5, first": ((128, 28, 28, 1), (5, 5, 1, 6), "same"),
    "LeNet-5, second": ((128, 14, 14, 6), (5, 5, 6, 16), "valid"),
    "MNIST example 13×13×32": ((128, 13, 13, 32), (3, 3, 32, 64), "valid"),
    "CIFAR-10 32×32×32": ((32, 32, 32, 32), (3, 3, 32, 32), "same"),
    "VGG 56×56×64": ((8, 56, 56, 64), (3, 3, 64, 128), "same"),
    "VGG 56×56×128": ((8, 56, 56, 128), (3, 3, 128, 128), "same"),
}
NAIVE = ((16, 14, 14, 6), (5, 5, 6, 16), "valid")  # LeNet-5's second, fewer images: it is slow
LARGEST = "VGG 56×56×128"
SGEMM_SIZE = 2048


def environment():
    """For the NumPy side: OpenBLAS reads these once, when NumPy is loaded."""
    settings = {"OPENBLAS_NUM_THREADS": "1"}  # two threads of ours share the batch instead
    # OpenBLAS takes processors younger than itself for old ones, and then leaves half of their
    # speed unused; oneDNN looks at what the processor can do.
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists() and " avx512bw" in cpuinfo.read_text(encoding="utf-8"):
        settings["OPENBLAS_CORETYPE"] = "SkylakeX"
    return settings


def timed(work):
    """Seconds that ``work()`` took."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def timed_warm(work):
    """Seconds that ``work()`` took after some calls that were not timed."""
    for _ in range(WARM_UP):
        work()
    return timed(work)


def data():
    """All 60,000 training images, float32 in [0, 1], and their labels."""
    from cnn_practice import datasets

    import numpy as np

    (x, labels), _ = datasets.load_mnist()
    return x[..., None] / np.float32(255), labels.astype(np.int32)


def arrays(shape, kernel, padding):
    """Random input, kernels, biases, and gradient of the output."""
    import numpy as np

    rng = np.random.default_rng(0)
    size = shape[1] if padding == "same" else shape[1] - kernel[0] + 1
    shapes = (shape, kernel, kernel[3:], (shape[0], size, size, kernel[3]))
    return [rng.standard_normal(each, dtype=np.float32) for each in shapes]


def numpy_side():
    """The tasks in NumPy, by name; each returns seconds when called."""
    from cnn_practice import files

    sys.path.insert(0, str(files.ROOT / "01_components"))
    import numpy as np
    import numpy_fast as cnn

    pool = ThreadPoolExecutor(2)

    def epoch(activation, pooling):
        layers = [cnn.Conv2D(6, 5, padding="same"), cnn.Activation(activation)]
        layers += [cnn.Pooling2D(pooling, 2), cnn.Conv2D(16, 5), cnn.Activation(activation)]
        layers += [cnn.Pooling2D(pooling, 2), cnn.Flatten()]
        for units in (120, 84):
            layers += [cnn.Affine(units), cnn.Activation(activation)]
        network = cnn.Network([*layers, cnn.Affine(10)], (28, 28, 1), threads=2)
        x, labels = data()
        optimizer, rng = cnn.Adam(), np.random.default_rng(0)

        def run(images):
            order = rng.permutation(len(x))
            for start in range(0, images, BATCH_SIZE):
                batch = order[start : start + BATCH_SIZE]
                _, gradient = network.loss_and_gradient(x[batch], labels[batch])
                optimizer.update(network.parameters, gradient)

        run(20 * BATCH_SIZE)  # a warm-up
        return lambda: timed(lambda: run(len(x)))

    def layer(shape, kernel, padding):
        x, w, b, dout = arrays(shape, kernel, padding)
        quarter = len(x) // 4  # four parts for two threads: who is done early takes another

        def part(start):
            images = slice(start, start + quarter)
            _, cache = cnn.conv_forward(x[images], w, b, 1, padding)
            return cnn.conv_backward(dout[images], cache)

        def run():
            _, dw, db = zip(*pool.map(part, range(0, len(x), quarter)), strict=True)
            return sum(dw), sum(db)

        return lambda: timed_warm(run)

    def convolution(forward, backward):
        x, w, b, dout = arrays(*NAIVE)

        def run():
            return backward(dout, forward(x, w, b, 1, NAIVE[2])[1])

        return lambda: timed(run) if forward is cnn.conv_forward_naive else timed_warm(run)

    def sgemm():
        a = [np.ones((SGEMM_SIZE, SGEMM_SIZE), np.float32) for _ in range(6)]
        work = [lambda i=i: np.matmul(a[i], a[i + 1], out=a[i + 2]) for i in (0, 3)]
        return lambda: timed_warm(lambda: list(pool.map(lambda each: each(), work)))

    def memory():
        try:
            import resource
        except ImportError:  # Windows
            return lambda: None
        unit = 1 if sys.platform == "darwin" else 1024
        return lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit

    tasks = {f"epoch {name}": lambda o=options: epoch(*o) for name, options in EPOCHS.items()}
    tasks |= {f"layer {name}": lambda o=options: layer(*o) for name, options in SHAPES.items()}
    tasks["naive"] = lambda: convolution(cnn.conv_forward_naive, cnn.conv_backward_naive)
    tasks["fast"] = lambda: convolution(cnn.conv_forward, cnn.conv_backward)
    return tasks | {"sgemm": sgemm, "memory": memory}


def keras_side():
    """The same tasks in Keras, by the same names."""
    import cnn_practice  # noqa: F401 (its settings for TensorFlow)

    import keras
    import tensorflow as tf

    def epoch(activation, pooling):
        layers = keras.layers
        pool = {"average": layers.AveragePooling2D, "max": layers.MaxPooling2D}[pooling]
        model = keras.Sequential(
            [
                keras.Input((28, 28, 1)),
                layers.Conv2D(6, 5, padding="same", activation=activation),
                pool(2),
                layers.Conv2D(16, 5, activation=activation),
                pool(2),
                layers.Flatten(),
                layers.Dense(120, activation=activation),
                layers.Dense(84, activation=activation),
                layers.Dense(10),
            ]
        )
        model.compile(
            "adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            steps_per_execution=STEPS_PER_EXECUTION, jit_compile=False,
        )  # fmt: skip
        x, labels = data()
        model.fit(x, labels, BATCH_SIZE, verbose=0)
        return lambda: timed(lambda: model.fit(x, labels, BATCH_SIZE, verbose=0))

    def layer(shape, kernel, padding):
        x, w, b, dout = arrays(shape, kernel, padding)
        conv = keras.layers.Conv2D(kernel[3], kernel[:2], padding=padding)
        conv.build(shape)
        conv.set_weights([w, b])
        x, dout = tf.constant(x), tf.constant(dout)

        @tf.function
        def run():
            with tf.GradientTape() as tape:
                tape.watch(x)
                out = conv(x)
            return tape.gradient(out, [x, *conv.trainable_variables], dout)

        return lambda: timed_warm(run)

    tasks = {f"epoch {name}": lambda o=options: epoch(*o) for name, options in EPOCHS.items()}
    tasks |= {f"layer {name}": lambda o=options: layer(*o) for name, options in SHAPES.items()}
    return tasks


def serve(side):
    """Answer each task's name on the standard input with its seconds, prepared when first asked."""
    tasks, prepared = {"numpy": numpy_side, "keras": keras_side}[side](), {}
    for line in sys.stdin:
        name = line.strip()
        if name not in prepared:
            prepared[name] = tasks[name]()
        print(json.dumps(prepared[name]()), flush=True)


def main():
    """Ask both sides in turn; print and write the record."""
    from cnn_practice import files, results

    processes = {}
    for side, settings in (("numpy", environment()), ("keras", {})):
        processes[side] = subprocess.Popen(
            [sys.executable, __file__, side],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            env=os.environ | settings | {"PYTHONIOENCODING": "utf-8"},
        )

    def ask(side, name):
        processes[side].stdin.write(name + "\n")
        processes[side].stdin.flush()
        return json.loads(processes[side].stdout.readline())

    def medians(*questions):
        """The median seconds of each ``(side, name)``, asked in turn."""
        answers = [[ask(*question) for question in questions] for _ in range(ROUNDS)]
        return [statistics.median(column) for column in zip(*answers, strict=True)]

    record = {"benchmark": "numpy_against_keras", "lenet5": {}, "layers": {}}
    peak = None
    for group, prefix, names in (("lenet5", "epoch", EPOCHS), ("layers", "layer", SHAPES)):
        for name in names:
            task = f"{prefix} {name}"
            ours, theirs = medians(("numpy", task), ("keras", task))
            record[group][name] = {"numpy": ours, "keras": theirs, "ratio": round(ours / theirs, 3)}
            print(f"{task}: {ours:.4f} s / {theirs:.4f} s = {ours / theirs:.2f}", flush=True)
        peak = peak or ask("numpy", "memory")  # after the epochs, before the large layers
    naive, fast = medians(("numpy", "naive"), ("numpy", "fast"))
    (sgemm,) = medians(("numpy", "sgemm"))
    rate = 2 * 2 * SGEMM_SIZE**3 / sgemm
    (n, height, width, _), kernel, _ = SHAPES[LARGEST]
    operations = 3 * 2 * n * height * width * math.prod(kernel)  # forward, to input, to kernels
    record |= {
        "layers_geometric_mean": round(
            math.prod(each["ratio"] for each in record["layers"].values()) ** (1 / len(SHAPES)), 3
        ),
        "fast_over_naive": round(naive / fast),
        "sgemm_gigaflops": round(rate / 1e9, 1),
        "share_of_sgemm": round(operations / record["layers"][LARGEST]["numpy"] / rate, 3),
        "peak_memory_megabytes": peak and round(peak / 1e6),
        "settings": environment() | {"steps_per_execution": STEPS_PER_EXECUTION},
    } | results.environment()
    for process in processes.values():
        process.stdin.close()
        process.wait()
    epochs = " and ".join(f"{each['ratio']:.2f}" for each in record["lenet5"].values())
    record["summary"] = (
        f"an epoch of LeNet-5 in NumPy takes {epochs} of Keras's best time (as of 1998, of today);"
        f" single convolutions {record['layers_geometric_mean']:.2f} of it (geometric mean of"
        f" {len(SHAPES)} shapes); the fast convolution is {record['fast_over_naive']} times as"
        f" fast as the loops and reaches {record['share_of_sgemm']:.0%} of the sgemm rate"
    )
    files.write_json(files.ROOT / "benchmarks" / "results" / "numpy_against_keras.json", record)
    print(json.dumps(record, ensure_ascii=False))


if __name__ == "__main__":
    if len(sys.argv) == 2:
        serve(sys.argv[1])
    else:
        main()
