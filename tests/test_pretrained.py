"""Chapter 08: any photo is read upright in RGB; the networks get what they were trained on."""

import json
import re
import shutil
import sys
from pathlib import Path

from cnn_practice import drawings, files
from cnn_practice.errors import InputError

import keras
import numpy as np
import pytest
from PIL import Image

sys.path.insert(0, str(files.ROOT / "08_pretrained"))
import pretrained

CLASSIFY, FINE_TUNE, CLASSIFY_OWN = (
    f"08_pretrained/{name}.py"
    for name in ("1_classify_photo", "2_fine_tune", "3_classify_pictures")
)
# Runs the first script as a notebook's kernel does, whose arguments are not the script's.
AS_IN_A_NOTEBOOK = """
import ipykernel, pathlib, runpy, sys
script = pathlib.Path(__file__).parent / "08_pretrained" / "1_classify_photo.py"
sys.argv = ["ipykernel_launcher.py", "-f", "kernel.json"]
sys.path.insert(0, str(script.parent))
runpy.run_path(str(script), run_name="__main__")
"""
# Nobody listens there, so that a download fails as it does without network, and at once.
NO_NETWORK = {name: "http://127.0.0.1:9" for name in ("http_proxy", "https_proxy")}


# The colours of a picture's four quarters: red, green over blue, yellow.
QUARTERS = np.array([[[220, 30, 30], [30, 200, 30]], [[30, 30, 210], [220, 210, 30]]], np.uint8)


@pytest.fixture(scope="module")
def photo():
    """A picture of four coloured quarters, 60 wide and 40 high."""
    return Image.fromarray(QUARTERS.repeat(20, axis=0).repeat(30, axis=1))


def quarters(picture):
    """The colour in the middle of each quarter, int (2, 2, 3)."""
    width, height = picture.size
    return np.asarray(picture).astype(int)[height // 4 :: height // 2, width // 4 :: width // 2]


def turned(photo, orientation):
    """The photo as a camera held in that EXIF orientation would have saved it."""
    degrees = {3: 180, 6: 90, 8: 270}[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    return photo.rotate(degrees, expand=True), {"exif": exif}


def animation(photo):
    return photo, {"save_all": True, "append_images": [Image.new("RGB", photo.size, "black")] * 3}


FORMATS = {
    "photo.jpg": lambda photo: (photo, {"quality": 95, "subsampling": 0}),
    "photo.png": lambda photo: (photo, {}),
    "photo.webp": lambda photo: (photo, {"lossless": True}),
    "photo.bmp": lambda photo: (photo, {}),
    "palette.png": lambda photo: (photo.quantize(16), {}),
    "cmyk.jpg": lambda photo: (photo.convert("CMYK"), {"quality": 95}),
    "cmyk.tif": lambda photo: (photo.convert("CMYK"), {}),
    "opaque.png": lambda photo: (photo.convert("RGBA"), {}),
    "animation.gif": animation,
    "animation.webp": lambda photo: (photo, animation(photo)[1] | {"lossless": True}),
    "upside_down.jpg": lambda photo: turned(photo, 3),
    "turned_right.jpg": lambda photo: turned(photo, 6),
    "turned_left.png": lambda photo: turned(photo, 8),
}


@pytest.mark.parametrize("name", FORMATS)
def test_any_format_is_read_upright_in_rgb(photo, tmp_path, name):
    picture, options = FORMATS[name](photo)
    picture.save(tmp_path / name, **options)
    read = drawings.read_photo(tmp_path / name)
    assert read.mode == "RGB" and read.size == photo.size
    assert np.abs(quarters(read) - QUARTERS).max() <= 12


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_16_bits_are_scaled_not_cut_off(tmp_path, suffix):
    values = np.linspace(0, 65535, 256, dtype=np.uint16).reshape(16, 16)
    Image.fromarray(values).save(tmp_path / f"grey.{suffix}")
    read = np.asarray(drawings.read_photo(tmp_path / f"grey.{suffix}"))
    np.testing.assert_allclose(read, (values / 257).repeat(3).reshape(16, 16, 3), atol=1)


def test_a_transparent_ground_is_white(photo, tmp_path):
    drawn = photo.convert("RGBA")
    drawn.paste((9, 9, 9, 0), (0, 0, 30, 20))
    drawn.save(tmp_path / "drawn.png")
    read = quarters(drawings.read_photo(tmp_path / "drawn.png"))
    np.testing.assert_array_equal(read[0, 0], 255)
    np.testing.assert_array_equal(read[1, 1], QUARTERS[1, 1])


def test_what_is_no_picture_is_refused(photo, tmp_path):
    (tmp_path / "text.jpg").write_text("not a picture")
    (tmp_path / "empty.png").write_bytes(b"")
    photo.save(tmp_path / "whole.png")
    whole = (tmp_path / "whole.png").read_bytes()
    (tmp_path / "half.png").write_bytes(whole[: len(whole) // 2])
    for name in ("text.jpg", "empty.png", "half.png"):
        with pytest.raises(InputError, match=f"{name} is not a picture"):
            drawings.read_photo(tmp_path / name)
    with pytest.raises(InputError, match=r"no picture .*gone.jpg"):
        drawings.read_photo(tmp_path / "gone.jpg")
    with pytest.raises(InputError, match="is not a picture"):
        drawings.read_photo(tmp_path)
    Image.new("1", (10001, 5000)).save(tmp_path / "huge.png")
    with pytest.raises(InputError, match="10001 × 5000 pixels: shrink it"):
        drawings.read_photo(tmp_path / "huge.png")


def test_fitted_takes_the_middle_square(photo):
    wide = Image.new("RGB", (90, 30), "red")
    wide.paste("blue", (25, 0, 65, 30))  # some more than the middle, as resizing looks around
    fitted = pretrained.fitted(wide, 8)
    assert fitted.shape == (8, 8, 3) and fitted.dtype == np.uint8
    np.testing.assert_array_equal(fitted, np.broadcast_to([0, 0, 255], (8, 8, 3)))


# What (255, 128, 0) becomes, computed by hand.
CAFFE = (0 - 103.939, 128 - 116.779, 255 - 123.68)
TF = (1, 128 / 127.5 - 1, -1)
TORCH = ((1 - 0.485) / 0.229, (128 / 255 - 0.456) / 0.224, (0 - 0.406) / 0.225)
UNCHANGED = (255, 128, 0)


@pytest.mark.parametrize(
    "name, expected",
    [
        ("vgg16", CAFFE), ("vgg19", CAFFE), ("resnet50", CAFFE), ("inceptionv3", TF),
        ("xception", TF), ("mobilenetv2", TF), ("resnet50v2", TF), ("densenet121", TORCH),
        ("efficientnetb0", UNCHANGED), ("convnexttiny", UNCHANGED), ("mobilenetv3small", UNCHANGED),
    ],
)  # fmt: skip
def test_each_network_has_its_preprocessing(name, expected):
    builder, preprocess_input = pretrained.find(name.upper())
    assert builder.__name__.lower() == name
    orange = np.array([[[255, 128, 0]]], dtype="float32")
    np.testing.assert_allclose(preprocess_input(orange).ravel(), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "name, near",
    [("vgg61", "vgg16"), ("resnet5", "resnet50"), ("MobilNet", "mobilenet"), ("zzz", "xception")],
)
def test_an_unknown_network_gets_the_near_ones(name, near):
    with pytest.raises(InputError, match=f'MODEL is "{name}": Keras has no such network.*{near}'):
        pretrained.find(name)


def test_class_folders(photo, tmp_path):
    with pytest.raises(InputError, match=r"no folder .*gone"):
        pretrained.list_pictures(tmp_path / "gone")
    (tmp_path / "cat").mkdir()
    with pytest.raises(InputError, match="one folder of pictures per class"):
        pretrained.list_pictures(tmp_path)
    (tmp_path / "dog").mkdir()
    for number in range(5):
        photo.save(tmp_path / "cat" / f"{number}.JPG", format="JPEG")
    (tmp_path / "cat" / "notes.txt").write_text("no picture, and ignored")
    with pytest.raises(InputError, match="class dog has 0 pictures"):
        pretrained.list_pictures(tmp_path)
    photo.save(tmp_path / "dog" / "1.png")
    with pytest.raises(InputError, match="class dog has 1 picture: put at least 5"):
        pretrained.list_pictures(tmp_path)
    classes, paths, labels = pretrained.list_pictures(tmp_path, least=1)
    assert classes == ["cat", "dog"] and list(labels) == [0] * 5 + [1]
    assert [path.parent.name for path in paths] == ["cat"] * 5 + ["dog"]


def write_class_names(path, count=1000):
    names = {str(i): [f"n{i:08}", f"thing_{i}"] for i in range(count)}
    path.write_text(json.dumps(names))
    return path


def test_class_names_from_a_file(tmp_path):
    names = pretrained.read_class_names(write_class_names(tmp_path / "names.json"))
    assert len(names) == 1000 and names[0] == "thing 0" and names[999] == "thing 999"
    with pytest.raises(InputError, match="does not name the classes"):
        pretrained.read_class_names(write_class_names(tmp_path / "few.json", 999))
    (tmp_path / "list.json").write_text("[1, 2]")
    with pytest.raises(InputError, match="does not name the classes"):
        pretrained.read_class_names(tmp_path / "list.json")
    with pytest.raises(InputError, match="no file of class names"):
        pretrained.read_class_names(tmp_path / "gone.json")


def random_mobilenet(pictures, **options):
    """MobileNetV2 with random weights, and batch statistics that let the features differ."""
    keras.utils.set_random_seed(0)
    network = keras.applications.MobileNetV2(weights=None, **options)
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.0  # the statistics of this one batch
    network(keras.applications.mobilenet_v2.preprocess_input(pictures), training=True)
    return network


def test_weights_files(tmp_path):
    small = {"include_top": False, "input_shape": (32, 32, 3)}
    keras.utils.set_random_seed(0)
    saved = keras.applications.MobileNetV2(weights=None, **small)
    saved.save_weights(tmp_path / "right.weights.h5")
    loaded = pretrained.build("mobilenetv2", tmp_path / "right.weights.h5", **small)
    for one, other in zip(saved.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)

    assert loaded.layers[pretrained.place_of("block_16_expand", loaded)].name == "block_16_expand"
    with pytest.raises(InputError, match=r"no layer block5_conv1: .*block_16_project"):
        pretrained.place_of("block5_conv1", loaded)

    (tmp_path / "text.h5").write_text("no weights")
    (tmp_path / "weights.txt").write_text("no weights")
    for name, file, message in (
        ("mobilenet", "right.weights.h5", "does not hold the weights of MobileNet without"),
        ("mobilenetv2", "text.h5", "does not hold the weights of MobileNetV2 without"),
        ("mobilenetv2", "weights.txt", "must end in .h5"),
        ("mobilenetv2", "gone.h5", "no weights file"),
    ):
        with pytest.raises(InputError, match=message):
            pretrained.build(name, tmp_path / file, **small)


@pytest.mark.script
def test_classify_a_photo(project, photo, tmp_path):
    """What is printed is what the network says; without network the sentence's advice works."""
    rng = np.random.default_rng(0)
    batch = np.stack([np.asarray(photo.resize((224, 224)))] * 4).astype("float32")
    batch = np.clip(batch + rng.normal(0, 40, batch.shape), 0, 255).astype("float32")
    network = random_mobilenet(batch)
    network.layers[-1].kernel.assign(20 * network.layers[-1].kernel)  # so that opinions differ
    weights, names = tmp_path / "mobilenet.weights.h5", write_class_names(tmp_path / "names.json")
    network.save_weights(weights)
    photo.save(tmp_path / "photo.png")
    expected = network.predict(
        pretrained.fitted(photo, 224)[None].astype("float32") / 127.5 - 1, verbose=0
    )[0]
    best = expected.argsort()[::-1][:5]
    assert expected[best[0]] > 2 * expected[best[4]]

    project.edit(CLASSIFY, IMAGE=str(tmp_path / "photo.png"), WEIGHTS=str(weights))
    project.edit(CLASSIFY, CLASSES=str(names))
    (project.root / "as_in_a_notebook.py").write_text(AS_IN_A_NOTEBOOK)
    done = project.run("as_in_a_notebook.py")
    assert done.returncode == 0, done.stderr
    printed = re.findall(r"([\d.]+)%  thing (\d+)", done.stdout)
    assert [int(index) for _, index in printed] == list(best)
    np.testing.assert_allclose(
        [float(share) for share, _ in printed], 100 * expected[best], atol=0.02
    )
    assert "by tf                 (1.000, 0.004, -1.000)  ← this network" in done.stdout
    assert (project.root / "images/figures/photo_mobilenetv2.png").exists()

    # Without network: one sentence says what to put where, both files at once, then it works.
    project.edit(CLASSIFY, WEIGHTS=None, CLASSES=None)
    home = tmp_path / "home"
    options = {"env": NO_NETWORK | {"KERAS_HOME": str(home)}}
    sentence = project.fails_with_one_sentence(CLASSIFY, **options)
    assert "WEIGHTS and CLASSES (--weights and --classes)" in sentence
    for place in map(Path, re.findall(r"put it at ([^\s;]+)", sentence)):
        assert place.parent == home / "models"
        if place.suffix == ".json":
            shutil.copy(names, place)
        else:
            # Keras's own files are of the older form of HDF5, as is what this saves.
            network.save(place)
    again = project.run(CLASSIFY, "--image", tmp_path / "photo.png", **options)
    assert again.returncode == 0, again.stderr
    assert again.stdout.splitlines()[-1] == done.stdout.splitlines()[-1]


def test_the_sample_pictures_are_there():
    classes, paths, _ = pretrained.list_pictures(files.ROOT / "images" / "shapes")
    assert classes == ["ball", "cone", "cube"] and len(paths) == 36
    unseen = drawings.list_folder(files.ROOT / "images" / "shapes_unseen")
    assert len(unseen) == 6 and not {p.read_bytes() for p in paths} & {
        p.read_bytes() for p in unseen
    }
    assert drawings.read_photo(files.ROOT / "images" / "photos" / "cat.jpg").size == (451, 300)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two classes of fifteen pictures, blue ones and red ones."""
    folder = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(0)
    for name, colour in ("blue", (20, 90, 230)), ("red", (230, 60, 20)):
        (folder / name).mkdir()
        for number in range(15):
            grain = rng.normal(0, 8, (80, 100, 3))
            picture = np.clip(colour + rng.integers(-20, 20, 3) + grain, 0, 255).astype(np.uint8)
            Image.fromarray(picture).save(folder / name / f"{number}.jpg")
    return folder


@pytest.mark.script
def test_without_a_fine_tuned_network_the_script_is_named(project):
    sentence = project.fails_with_one_sentence(CLASSIFY_OWN)
    assert sentence == (
        "There is no model fine_tuned yet: run «python 08_pretrained/2_fine_tune.py»."
    )


@pytest.mark.script
def test_fine_tune(project, folder, tmp_path):
    """The loss falls; the saved model is whole; only the last block's kernels change."""
    _, paths, _ = pretrained.list_pictures(folder)
    pictures = [pretrained.fitted(drawings.read_photo(path), 96) for path in paths]
    backbone = random_mobilenet(
        np.stack(pictures).astype("float32"), include_top=False, input_shape=(96, 96, 3)
    )
    backbone.save_weights(tmp_path / "backbone.weights.h5")
    project.edit(
        FINE_TUNE, SIZE=96, FOLDER=str(folder), WEIGHTS=str(tmp_path / "backbone.weights.h5"),
        HEAD_EPOCHS=25, BLOCK_EPOCHS=5, BLOCK_RATE=1e-4,
    )  # fmt: skip
    done = project.run(FINE_TUNE, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "18 training, 6 validation, 6 test pictures of ['blue', 'red']" in done.stdout
    assert re.search(r"fine_tuned: test accuracy [01]\.\d{4} on 6 pictures\n$", done.stdout)
    assert "The training will take about" in done.stdout
    losses = [float(loss) for loss in re.findall(r" - loss: ([\d.]+) - val_", done.stdout)]
    assert len(losses) == 30
    assert np.mean(losses[-5:]) < 0.9 * np.mean(losses[:5])

    saved = project.root / "models" / "fine_tuned.config.json"
    model = keras.models.model_from_json(saved.read_text(encoding="utf-8"))
    model.load_weights(saved.with_name("fine_tuned.weights.h5"))
    record = json.loads(saved.with_name("fine_tuned.results.json").read_text(encoding="utf-8"))
    assert record["classes"] == ["blue", "red"]
    # Reloaded, the model takes pixels of 0 to 1 and needs no other preparation.
    answers = model.predict(np.stack(pictures).astype("float32") / 255, verbose=0).argmax(axis=1)
    assert np.mean(answers == np.arange(2).repeat(15)) > 0.6

    tuned = model.get_layer(backbone.name)
    assert "block_16_expand" in [layer.name for layer in tuned.layers]
    unfrozen = False
    for layer, original in zip(tuned.layers, backbone.layers, strict=True):
        unfrozen |= layer.name == "block_16_expand"
        is_norm = isinstance(layer, keras.layers.BatchNormalization)
        for weight, before in zip(layer.weights, original.weights, strict=True):
            kept = np.array_equal(weight.numpy(), before.numpy())
            assert kept == (is_norm or not unfrozen), weight.path

    printed = project.passes(CLASSIFY_OWN)
    assert printed.splitlines()[-1] == "fine_tuned: 6 pictures classified"
    assert re.search(r"^cube_14.jpg +(blue|red) [\d.]+% +(blue|red)", printed, re.MULTILINE)
