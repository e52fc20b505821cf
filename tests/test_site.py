"""The website: built once, then read as files and in a real Chromium, opened from disk."""

import html.parser
import json
import os
import re
import subprocess
import sys
from urllib.parse import unquote, urlsplit

from cnn_practice import files
from cnn_practice.errors import InputError

import pytest

pytest.importorskip("sphinx")
pytest.importorskip("math_core")
sys.path[:0] = [str(files.ROOT / name) for name in ("site", "draw_digits")]
import build_site
import conf
import no_training
import pages
import scripts

SECONDS = 60  # of processor time, which other processes do not change as they do the clock's
MEGABYTES = 15  # without the large models of the drawing page
# A script, a chapter, a table of functions, exercises, and the start page with the drawing page.
LOOKED_AT = (
    "index", "03_lenet5/2_train_simple_cnn", "01_components/index", "api", "exercises/01"
)  # fmt: skip

# --------------------------------------------------------------------------- what is refused


def test_missing_outputs_are_told_before_anything_is_removed(monkeypatch, tmp_path):
    (tmp_path / "kept").touch()
    monkeypatch.setattr(scripts, "OUTPUTS", tmp_path)
    monkeypatch.setattr(pages, "BUILD", tmp_path)
    with pytest.raises(InputError, match=r"python site/record_outputs\.py 01_components/1_train"):
        build_site.write_sources("")
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_without_the_drawing_page_the_start_page_says_how(monkeypatch, tmp_path):
    monkeypatch.setattr(pages, "PAGE", tmp_path / "draw.html")
    start = dict(pages.start_page())["index"]
    assert "`make page`" in start and "iframe" not in start


def test_curves_are_drawn_again_from_the_history_of_a_record(capsys):
    drawn = []
    curves = no_training._curves_of(lambda *arguments: drawn.append(arguments))
    history = {key: [0.5] for key in ("loss", "val_loss", "accuracy", "val_accuracy")}
    curves(no_training.Kept(history), "unknown_curves", "Unknown")
    assert drawn == [(history, "unknown_curves", "Unknown")]
    curves(no_training.Kept(val_accuracy=[0.5]), "unknown_curves", "Unknown")
    assert len(drawn) == 1 and "its record has no history" in capsys.readouterr().out


# --------------------------------------------------------------------------- the Markdown


def test_buttons_for_colab_and_kaggle_come_with_a_repository():
    assert conf.REPOSITORY == ""
    (script,) = (path for path in scripts.numbered() if path.stem == "1_train_lenet5")
    assert "colab" not in pages.where(script, "")
    buttons = pages.where(script, "me/course")
    place = "github{}/me/course/blob/gh-pages/03_lenet5/1_train_lenet5.ipynb"
    assert f'href="https://colab.research.google.com/{place.format("")}"' in buttons
    assert f'welcome?src=https://{place.format(".com")}"' in buttons


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("see `2_train_dense.py`", "see [`2_train_dense.py`](2_train_dense.md)"),
        ("see `03_lenet5/other_hands.py`",
         "see [`03_lenet5/other_hands.py`](../03_lenet5/modules.md#other_handspy)"),
        ("[`x`](../data/README.md#cifar-10)", "[`x`](../data/index.md#cifar-10)"),
        ("| lenet5 | 61", "| [lenet5](../03_lenet5/1_train_lenet5.md) | 61"),
        ("`1_train_linear.py`, `no_such.py`, [a](https://a.b/c)", None),
    ],
)  # fmt: skip
def test_links_lead_to_pages(markdown, expected):
    page = "02_linear/1_train_linear"
    linked = pages.linked(markdown, files.ROOT / "02_linear", page)
    assert linked == (expected or markdown)


def test_what_changed_is_the_difference_to_the_training_before():
    first, second, *_ = (path for path in scripts.numbered() if path.parent.name == "03_lenet5")
    assert pages.what_changed(first) == ""
    changed = pages.what_changed(second)
    assert "<code>1_train_lenet5.py</code>" in changed
    for sign, script in (("-", first), ("+", second)):
        epochs = re.search(r"^EPOCHS = \d+ ", script.read_text(encoding="utf-8"), re.M)[0]
        assert f"\n{sign}{epochs}" in changed


def test_a_notebook_begins_with_what_colab_and_kaggle_lack():
    for script in scripts.numbered():
        first, header, *_ = json.loads(pages.notebook_of(script, "me/course"))["cells"]
        assert f"%cd {script.parent.name}" in "".join(first["source"])
        assert "https://github.com/me/course" in "".join(first["source"])
        assert header["cell_type"] == "markdown"


def test_every_exercise_has_its_hints():
    for chapter in pages.chapters():
        for exercise in pages.exercises_of(chapter):
            assert len(pages.hints(exercise)) == 3


def test_the_glossary_is_short_sentences():
    assert len(set(conf.DEFINITIONS.values())) >= 60
    for term, definition in conf.DEFINITIONS.items():
        assert definition.endswith("."), term
        assert len(definition) < 260, term


# --------------------------------------------------------------------------- the built site


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of the built site. The build gives no warning and takes no longer than allowed."""
    folder = tmp_path_factory.mktemp("site")
    code = (
        "import sys, pathlib, build_page, build_site, pages;"
        "folder = pathlib.Path(sys.argv[1]);"
        "build_page.BUILD = folder / 'page'; build_page.main();"
        "pages.PAGE, pages.BUILD = folder / 'page' / 'draw.html', folder / 'site';"
        "sys.exit(build_site.main())"
    )
    paths = [str(files.ROOT / name) for name in (".", "site", "draw_digits")]
    before = os.times()
    done = subprocess.run(
        [sys.executable, "-c", code, folder],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0 and not done.stderr, done.stdout[-2000:] + done.stderr[-4000:]
    after = os.times()
    used = after.children_user + after.children_system
    assert used - before.children_user - before.children_system < SECONDS
    return folder / "site" / "html"


class Links(html.parser.HTMLParser):
    """The addresses that a page links to, what it loads, and the places that can be linked."""

    def __init__(self, path):
        super().__init__()
        self.links, self.loaded, self.places = [], [], set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.places |= {attributes.get("id"), attributes.get("name")}
        for name in ("href", "src"):
            if name in attributes and attributes.get("rel") not in ("search", "canonical"):
                (self.links if tag == "a" else self.loaded).append(attributes[name])


@pytest.mark.script
def test_every_link_leads_somewhere_and_nothing_is_loaded_from_elsewhere(site):
    built = {path: Links(path) for path in site.rglob("*.html") if path.parent.name != "draw"}
    broken = set()
    for path, page in built.items():
        assert not [each for each in page.loaded if urlsplit(each).netloc], path
        for link in page.links + page.loaded:
            parts = urlsplit(link)
            if parts.scheme:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            there = target in built and unquote(parts.fragment) in built[target].places
            if not target.is_file() or (parts.fragment and not there):
                broken.add((path.relative_to(site).as_posix(), link))
    assert broken == set()


@pytest.mark.script
def test_every_script_has_its_page_downloads_and_outputs(site):
    assert 'src="draw/draw.html"' in (site / "index.html").read_text(encoding="utf-8")
    for script in scripts.numbered():
        page = site / script.parent.name / f"{script.stem}.html"
        text = page.read_text(encoding="utf-8")
        assert page.with_suffix(".py").read_bytes() == script.read_bytes()
        assert page.with_suffix(".ipynb").is_file()
        pictures = [
            each for cell in scripts.outputs(script)["outputs"] for each in cell if "alt" in each
        ]
        images = re.findall(r'<img alt="([^"]+)"', text)
        assert len(images) >= len(pictures), script
        terms = re.findall(r'<a class="term[^"]*" href="[^"]*(#[^"]+)"', text)
        assert len(terms) == len(set(terms)), "a term is linked once"
        assert "$$" not in text and "merror" not in text
    text = (site / "01_components" / "2_losses.html").read_text(encoding="utf-8")
    assert "<math" in text and 'href="../glossary.html#term-softmax"' in text


@pytest.mark.script
def test_every_page_has_one_heading_of_the_first_level(site):
    for path in site.rglob("*.html"):
        if path.parent.name != "draw":
            assert path.read_text(encoding="utf-8").count("<h1") == 1, path


@pytest.mark.script
def test_the_site_is_small(site):
    large = [path for path in (site / "draw").glob("*") if path.name != "draw.html"]
    sizes = {path: path.stat().st_size for path in site.rglob("*") if path.is_file()}
    assert sum(size for path, size in sizes.items() if path not in large) < MEGABYTES * 1e6


@pytest.fixture(scope="module")
def browser():
    mouse = pytest.importorskip("mouse", exc_type=InputError)
    if not mouse.CHROMIUM or not mouse.CHROMEDRIVER:
        pytest.skip("chromium and chromedriver are not installed")
    with mouse.browser() as driver:
        driver.set_script_timeout(180)
        yield driver


PAINTED = """
new PerformanceObserver((list) => {
  const [paint] = list.getEntriesByName("first-contentful-paint");
  if (paint) arguments[0](paint.startTime);
}).observe({type: "paint", buffered: true});
"""


@pytest.mark.script
def test_every_page_is_painted_within_a_second(site, browser):
    left = sorted(site.rglob("*.html"))
    for _ in range(3):  # a busy computer may paint a page late, but not thrice the same one
        slow = {}
        for path in left:
            browser.get(path.as_uri())
            if (milliseconds := browser.execute_async_script(PAINTED)) > 1000:
                slow[path] = milliseconds
        left = list(slow)
    assert slow == {}


@pytest.mark.script
def test_no_page_is_wider_than_a_small_telephone(site, browser):
    for name in LOOKED_AT:
        browser.get((site / f"{name}.html").as_uri())
        browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": True},
        )
        width = browser.execute_script("return document.scrollingElement.scrollWidth")
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        assert width <= 360, name


@pytest.mark.script
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_accessibility_violations(site, browser, axe, theme):
    found = {}
    for name in LOOKED_AT:
        browser.get((site / f"{name}.html").as_uri())
        browser.execute_script(
            f"document.body.dataset.theme = '{theme}';"
            "for (const folded of document.querySelectorAll('details')) folded.open = true;"
        )
        browser.execute_script(axe)
        for violation in browser.execute_async_script(
            "axe.run({iframes: false}).then((found) => arguments[0](found.violations))"
        ):
            found[name, violation["id"]] = [node["html"][:200] for node in violation["nodes"]]
    assert found == {}
