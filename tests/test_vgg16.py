"""Chapter 04: resized images whole and broken, what the computer has, and the three scripts."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

from cnn_practice import datasets, drawings, files, models
from cnn_practice.errors import InputError

import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image

sys.path.insert(0, str(files.ROOT / "04_vgg16"))
import machine
import resized

RESIZE, TRAIN, CLASSIFY = (
    f"04_vgg16/{name}.py" for name in ("1_resize_images", "2_train_vgg16", "3_classify_drawings")
)
RNG = np.random.default_rng(0)
ARRAYS = {
    "x_train": RNG.integers(0, 256, (50, 8, 8), np.uint8),
    "y_train": RNG.integers(0, 10, 50).astype(np.uint8),
    "x_test": RNG.integers(0, 256, (20, 8, 8), np.uint8),
    "y_test": RNG.integers(0, 10, 20).astype(np.uint8),
}


def write(path, arrays=ARRAYS):
    """Write arrays in pieces of seven rows, the last one shorter."""

    def pieces(array):
        return (array[start : start + 7] for start in range(0, len(array), 7))

    resized.write(path, {name: (array.shape, pieces(array)) for name, array in arrays.items()})


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "DATA", tmp_path)
    return tmp_path


# The file of resized images


def test_the_file_is_read_by_plain_numpy(folder):
    write(resized.path_of(8))
    with np.load(folder / "mnist_shape8.npz") as file:
        assert set(file.files) == set(ARRAYS)
        for name, array in ARRAYS.items():
            assert file[name].dtype == np.uint8
            np.testing.assert_array_equal(file[name], array)


def test_images_are_mapped_and_labels_loaded(folder):
    write(resized.path_of(8))
    (x_train, y_train), (x_test, y_test) = resized.load(8)
    assert isinstance(x_train, np.memmap) and not isinstance(y_train, np.memmap)
    found = {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(found[name], array)


def test_batches_are_read_by_number(folder):
    write(resized.path_of(8))
    (x, y), _ = resized.load(8)
    numbers = np.array([30, 2, 17, 44, 5])
    parts = list(resized.batches(x, numbers, y[numbers], batch_size=3))
    assert [len(digits) for _, digits in parts] == [3, 2]
    pixels = np.concatenate([pixels for pixels, _ in parts])
    assert pixels.dtype == np.float32
    np.testing.assert_array_equal(pixels, ARRAYS["x_train"][numbers, ..., None] / np.float32(255))
    np.testing.assert_array_equal(np.concatenate([digits for _, digits in parts]), y[numbers])


def test_each_epoch_has_an_order_of_its_own(folder):
    write(resized.path_of(8))
    (x, _), _ = resized.load(8)
    data = resized.batches(x, np.arange(50), np.arange(50), batch_size=50, seed=1)
    assert data.options().autotune.enabled is False, "or epochs wait for it"
    orders = [next(iter(data))[1].numpy().tolist() for _ in range(2)]
    assert orders[0] != orders[1] and sorted(orders[0]) == sorted(orders[1]) == list(range(50))
    pixels, numbers = next(iter(data))
    np.testing.assert_array_equal(pixels[..., 0] * 255, ARRAYS["x_train"][numbers])


def test_no_file_yet(folder):
    with pytest.raises(InputError, match=r"1_resize_images\.py» with 32 among its SIZES"):
        resized.load(32)


@pytest.mark.parametrize("kept", [0, 1000, 3000, -1, -300])
def test_a_file_cut_off(folder, kept):
    path = resized.path_of(8)
    write(path)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(InputError, match="is damaged or was cut off: run «python 04_vgg16/1_"):
        resized.load(8)


def test_images_of_another_size(folder):
    write(resized.path_of(8))
    resized.path_of(8).rename(resized.path_of(32))
    with pytest.raises(InputError, match=r"train images of shape \(50, 8, 8\), not \(50, 32, 32\)"):
        resized.load(32)


def test_the_parts_are_disjoint_and_of_their_own_file(folder):
    write(resized.path_of(8))
    (x, train, y), (_, val, y_val), (x_test, test, y_test) = resized.split(8, 10)
    assert sorted([*train, *val]) == list(range(50)) and len(val) == 10
    np.testing.assert_array_equal(ARRAYS["y_train"][train], y)
    np.testing.assert_array_equal(ARRAYS["y_train"][val], y_val)
    np.testing.assert_array_equal(x, ARRAYS["x_train"])
    np.testing.assert_array_equal(x_test[test], ARRAYS["x_test"])
    np.testing.assert_array_equal(y_test, ARRAYS["y_test"])


def test_fewer_labels_than_images(folder):
    write(resized.path_of(8), ARRAYS | {"y_test": ARRAYS["y_test"][:-1]})
    with pytest.raises(InputError, match=r"test images of shape \(20, 8, 8\), not \(19, 8, 8\)"):
        resized.load(8)


def test_what_other_programs_wrote(folder):
    np.savez_compressed(resized.path_of(8), **ARRAYS)
    with pytest.raises(InputError, match="is damaged"):
        resized.load(8)
    np.savez(resized.path_of(8), x_train=ARRAYS["x_train"])
    with pytest.raises(InputError, match="is damaged"):
        resized.load(8)


def test_too_little_disk(folder, monkeypatch):
    usage = SimpleNamespace(free=1_500_000_000)
    monkeypatch.setattr(resized.shutil, "disk_usage", lambda path: usage)
    with pytest.raises(InputError, match=r"needs 3\.0 GB and the disk has 1\.5 GB free"):
        resized.write(resized.path_of(224), {"x_train": ((60000, 224, 224), [])})
    assert not list(folder.iterdir())


def test_an_interrupted_run_leaves_the_former_file(folder):
    path = resized.path_of(8)
    write(path)
    former = path.read_bytes()
    left_by_a_killed_run = folder / ".partial-0123abcd-mnist_shape8.npz"
    left_by_a_killed_run.write_text("half")
    os.utime(left_by_a_killed_run, (0, 0))

    def interrupted():
        yield ARRAYS["x_train"][:20]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        resized.write(path, {"x_train": (ARRAYS["x_train"].shape, interrupted())})
    assert path.read_bytes() == former
    assert list(folder.iterdir()) == [path]


# Memory


@pytest.fixture
def network():
    return keras.Sequential(
        [keras.Input((64, 64, 1)), layers.Conv2D(64, 3), layers.Flatten(), layers.Dense(10)]
    )


def test_too_little_memory_for_the_batch(network, monkeypatch):
    needed = machine.needed_bytes(network, 16)
    monkeypatch.setattr(machine, "free_bytes", lambda: needed)
    machine.require_memory(network, 16)
    with pytest.raises(InputError, match=r"needs about .* GB .*: a BATCH_SIZE of 16 fits\."):
        machine.require_memory(network, 128)


def test_too_little_memory_for_any_batch(network, monkeypatch):
    monkeypatch.setattr(machine, "free_bytes", lambda: 100_000_000)
    with pytest.raises(InputError, match=r"0\.1 GB are free: take an IMAGE_SIZE of 32\."):
        machine.require_memory(network, 64)


def test_where_the_system_does_not_say_how_much_is_free(network, monkeypatch):
    monkeypatch.setattr(machine, "Path", lambda path: files.ROOT / "no such file")
    assert machine.free_bytes() is None
    machine.require_memory(network, 10**9)


def test_weights_of_another_size_than_the_config(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MODELS", tmp_path)
    for size in (32, 64):
        stack = [layers.MaxPooling2D(32), layers.Flatten(), layers.Dense(10)]
        models.save(keras.Sequential([keras.Input((size, size, 1)), *stack]), f"vgg16_{size}")
    (tmp_path / "vgg16_64.weights.h5").replace(tmp_path / "vgg16_32.weights.h5")
    with pytest.raises(InputError, match="do not belong together: train it again"):
        models.load("vgg16_32")


# The scripts


def small_project(project, images=96):
    """Put so few images into ``data/mnist_shape32.npz`` of a copy that it trains in seconds."""
    (x_train, y_train), (x_test, y_test) = datasets.load_mnist()
    data = {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}
    data = {name: array[:images] for name, array in data.items()}
    for name in ("x_train", "x_test"):
        enlarged = [Image.fromarray(image).resize((32, 32), 2) for image in data[name]]
        data[name] = np.stack(enlarged)
    write(project.root / "data" / "mnist_shape32.npz", data)
    project.edit(TRAIN, IMAGE_SIZE=32, PRECISION="float32", VALIDATION=32, BATCH_SIZE=16, EPOCHS=3)


PEAK = """
import runpy, sys
from pathlib import Path
runpy.run_path(sys.argv[1])
# Not resource.getrusage: its peak includes that of the parent before the exec.
print(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
"""


@pytest.mark.script
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks Linux for the memory")
def test_1_resize_images(fresh_project):
    fresh_project.edit(RESIZE, SIZES=(64,))
    chapter = os.pathsep.join(map(str, (fresh_project.root, fresh_project.root / "04_vgg16")))
    (fresh_project.root / "peak.py").write_text(PEAK)
    done = fresh_project.run("peak.py", fresh_project.root / RESIZE, env={"PYTHONPATH": chapter})
    assert done.returncode == 0, done.stderr
    assert "data/mnist_shape64.npz: 70000 images" in done.stdout
    assert (fresh_project.root / "images/figures/vgg16_sizes.png").stat().st_size > 2000
    assert "64×64, train [========================================] 100%" in done.stdout
    (path,) = (fresh_project.root / "data").glob("*mnist_shape*")
    kilobytes = int(done.stdout.split()[-1])
    assert 1024 * kilobytes < path.stat().st_size, "more memory than for all at once"
    with np.load(path) as file, np.load(datasets.MNIST_FILE) as mnist:
        assert file["x_train"].shape == (60000, 64, 64) and file["x_train"].dtype == np.uint8
        for name in ("y_train", "y_test"):
            np.testing.assert_array_equal(file[name], mnist[name])
        for number in (0, 9999):
            expected = Image.fromarray(mnist["x_test"][number]).resize((64, 64), 2)
            np.testing.assert_array_equal(file["x_test"][number], expected)


@pytest.mark.script
def test_2_train_vgg16_killed_and_gone_on_with(project):
    small_project(project)
    checkpoint = project.root / "models" / "checkpoints" / "vgg16_32.npz"
    with subprocess.Popen(
        [sys.executable, str(project.root / TRAIN)], stdout=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": str(project.root)},
    ) as child:  # fmt: skip
        while child.poll() is None and not checkpoint.exists():
            time.sleep(0.01)
        child.kill()
    assert child.returncode == (-signal.SIGKILL if os.name == "posix" else 1)

    printed = project.passes(TRAIN)
    done = int(re.search(r"resuming after epoch (\d)", printed)[1])
    assert 1 <= done <= 2
    assert f"Epoch {done + 1}/3" in printed and f"Epoch {done}/3" not in printed
    assert re.search(r"Found (no|\d+) GPU.*: training at 32×32 in float32", printed)
    assert re.search(r"The training will take about .+ on this computer", printed)
    last = printed.splitlines()[-1]
    assert re.fullmatch(r"vgg16_32: test accuracy 0\.\d{4} in \d+ s", last)

    record = json.loads((project.root / "models/vgg16_32.results.json").read_text())
    assert record["epochs"] == len(record["val_accuracies"]) == 3
    assert record["parameters"] == 14_879_050  # by hand: 13 convolutions and 3 dense layers
    assert record["test_accuracy"]["std"] is None
    assert not checkpoint.exists()
    assert (project.root / "models/vgg16_32.weights.h5").stat().st_size <= 32_000_000
    for figure in ("receptive_field", "32_curves", "32_misread"):
        assert (project.root / f"images/figures/vgg16_{figure}.png").stat().st_size > 5000


TWO_DEVICES = """
import runpy, sys
import cnn_practice
import keras
import numpy as np
import tensorflow as tf

cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
mirrored = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])

# Two devices with half of each batch compute what one does with all of it, but for the clipping:
# Keras clips the gradient of each device before it adds them up.
x = np.random.default_rng(0).random((32, 8), dtype=np.float32)
weights = []
for strategy in (tf.distribute.get_strategy(), mirrored):
    keras.utils.set_random_seed(0)
    with strategy.scope():
        stack = [keras.layers.Dense(16, "relu"), keras.layers.Dense(4, "softmax")]
        model = keras.Sequential([keras.Input((8,)), *stack])
        sgd = keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True)
        model.compile(sgd, "sparse_categorical_crossentropy")
    data = tf.data.Dataset.from_tensor_slices((x, np.arange(32) % 4)).batch(16)
    model.fit(data, epochs=3, shuffle=False, verbose=0)
    weights.append(model.get_weights())
for one, two in zip(*weights):
    np.testing.assert_allclose(two, one, atol=1e-5)

tf.config.list_physical_devices = lambda kind=None: [cpu, cpu]
tf.distribute.MirroredStrategy = lambda: mirrored
script = runpy.run_path(sys.argv[1])
assert script["strategy"] is mirrored and mirrored.num_replicas_in_sync == 2
assert script["model"].optimizer.global_clipnorm == script["CLIP"] / 2
assert len(script["model"].weights[0].value.values) == 2, "a copy on each device"
"""


@pytest.mark.script
def test_2_train_vgg16_on_two_devices_for_a_part_of_a_run(fresh_project):
    small_project(fresh_project)
    fresh_project.edit(TRAIN, STOP_AFTER=1)
    former = {path: path.read_bytes() for path in fresh_project.root.glob("models/vgg16_32.[crw]*")}
    assert len(former) == 3  # config, record and weights
    script = fresh_project.root / "two_devices.py"
    script.write_text(TWO_DEVICES, encoding="utf-8")
    chapter = os.pathsep.join(map(str, (fresh_project.root, fresh_project.root / "04_vgg16")))
    done = fresh_project.run(
        "two_devices.py", fresh_project.root / TRAIN, env={"PYTHONPATH": chapter}
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    assert "Found 2 GPUs" in done.stdout
    assert "vgg16_32: stopped after epoch 1, " in done.stdout.splitlines()[-1]
    record = json.loads((fresh_project.root / "models/vgg16_32.parts.json").read_text())
    part = record["parts"][-1]
    assert part["epochs"] == 1 and part["seed"] == 1 and len(part["val_accuracies"]) == 1
    assert part["seconds_per_epoch"] * part["images_per_second"] == pytest.approx(64)
    # The committed model is as it was, and the rest can be trained another time.
    assert all(path.read_bytes() == content for path, content in former.items())
    assert (fresh_project.root / "models/checkpoints/vgg16_32.npz").exists()


@pytest.mark.script
@pytest.mark.parametrize("wrong", [-1, 0, 0.01])
def test_2_train_vgg16_stopped_after_no_whole_epoch(fresh_project, wrong):
    fresh_project.edit(TRAIN, STOP_AFTER=wrong)
    sentence = fresh_project.fails_with_one_sentence(TRAIN)
    assert sentence == f"STOP_AFTER is {wrong}: write a whole number, at least 1 or None."


@pytest.mark.script
def test_2_train_vgg16_without_resized_images(fresh_project):
    sentence = fresh_project.fails_with_one_sentence(TRAIN)
    assert re.fullmatch(
        r"There is no data/mnist_shape(\d+)\.npz yet: run «python 04_vgg16/1_resize_images\.py»"
        r" with \1 among its SIZES\.",
        sentence,
    )


@pytest.mark.script
def test_3_classify_drawings(fresh_project):
    printed = fresh_project.passes(CLASSIFY)
    shares = dict(re.findall(r"^(\w+): accuracy ([\d.]+)% on drawings prepared", printed, re.M))
    assert shares.keys() == {"simple_cnn", "vgg16_32"}
    assert all(float(share) >= 98 for share in shares.values())
    assert len(re.findall(r"^\S+\.png +\d", printed, re.MULTILINE)) == 200  # two models
    for name in shares:
        path = fresh_project.root / f"images/figures/{name}_drawings.png"
        assert path.stat().st_size > 20_000


# The committed model

RECORD = files.MODELS / "vgg16_32.results.json"


@pytest.mark.script
@pytest.mark.skipif(not RECORD.exists(), reason="not trained yet")
def test_the_committed_weights_reach_their_recorded_accuracy():
    record = json.loads(RECORD.read_text())
    model = models.load("vgg16_32")

    def accuracy(x, y):
        x = np.stack([Image.fromarray(image).resize((32, 32), 2) for image in x])
        predicted = model.predict(x[..., None] / np.float32(255), verbose=0).argmax(axis=1)
        return np.mean(predicted == y)

    validation = record["hyperparameters"]["VALIDATION"]
    _, val_part, test_part = datasets.split(datasets.load_mnist(), validation)
    assert abs(accuracy(*test_part) - record["test_accuracy"]["mean"]) <= 0.0005
    # The epochs were compared before the weights were rounded to 16 bits.
    assert abs(accuracy(*val_part) - max(record["val_accuracies"])) <= 0.0005
    assert drawings.score(model) == record["drawings_accuracy"]
    assert model.count_params() == record["parameters"]


@pytest.mark.skipif(not RECORD.exists(), reason="not trained yet")
def test_the_record_is_what_was_aimed_at():
    record = json.loads(RECORD.read_text())
    assert record["test_accuracy"]["mean"] >= 0.9965
    assert record["drawings_accuracy"] == 1
    assert (files.MODELS / "vgg16_32.weights.h5").stat().st_size <= 32_000_000
    # Three seeds, none of them stuck at the share of the most frequent digit.
    parts = json.loads((files.MODELS / "vgg16_32.parts.json").read_text())["parts"]
    first = {part["seed"]: part["val_accuracies"][0] for part in parts}
    first[record["seeds"][-1]] = record["val_accuracies"][0]
    assert len(first) >= 3 and min(first.values()) > 0.9
