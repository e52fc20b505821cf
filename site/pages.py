"""The Markdown of every page of the website, made from the project's own files.

A numbered script's page has its text and code and, under each cell, what it printed and drew. The
other pages are made from the READMEs, the exercises and the texts beside this file. In all of them
a link to a file of the project, or its name in ``code``, leads to the file's page.
"""

import ast
import difflib
import functools
import os
import re
from pathlib import Path
from urllib.parse import quote

from cnn_practice import files, results

import jupytext
import nbformat
import scripts

ROOT = files.ROOT
SITE = ROOT / "site"
BUILD = SITE / "_build"  # where the site goes
PAGE = ROOT / "draw_digits" / "build" / "draw.html"

FOLDERS = (
    "exercises",
    "experiments",
    "benchmarks",
    "data",
    "draw_digits",
)  # with a README that is a page
LINK = re.compile(r"""(\]\(|src=")([^)"\s#:]+)((?:#[^)"\s]*)?[)"])""")
NAME = re.compile(r"(?<![\[`])`([\w./]+\.(?:py|md))`(?!`)")
ROW = re.compile(r"^\| (\w+) \|", re.MULTILINE)
CHAPTERS = re.compile(r"\| chapter \|.*?\n\n", re.DOTALL)


def text_of(path):
    """The text of a file of the project."""
    return path.read_text(encoding="utf-8")


def chapters():
    """The folders of the chapters."""
    return sorted(path.parent for path in ROOT.glob("[0-9][0-9]_*/README.md"))


def scripts_of(chapter):
    """The numbered scripts of a chapter."""
    return [script for script in scripts.numbered() if script.parent == chapter]


def modules_of(chapter):
    """The modules beside the scripts of a chapter."""
    return sorted(set(chapter.glob("*.py")) - set(scripts_of(chapter)))


def exercises_of(chapter):
    """The exercises of a chapter."""
    return sorted((ROOT / "exercises").glob(f"{chapter.name[:2]}_*.py"))


@functools.cache
def addresses():
    """The page of each file and folder of the project that has one, as "page" or "page#place"."""
    found = {ROOT / "README.md": "index", ROOT / "cnn_practice": "api"}
    found |= {SITE / "glossary.md": "glossary", SITE / "README.md": "website"}
    found |= {ROOT / "01_components" / name: "api" for name in ("numpy_cnn", "numpy_fast")}
    for folder in [*(ROOT / name for name in FOLDERS), *chapters()]:
        for text in folder.glob("*.md"):
            found[text] = f"{folder.name}/{'index' if text.stem == 'README' else text.stem}"
        found[folder] = f"{folder.name}/index"
    for chapter in chapters():
        for module in modules_of(chapter):
            found[module] = f"{chapter.name}/modules#{module.name.replace('.', '')}"
        for exercise in exercises_of(chapter):
            found[exercise] = f"exercises/{chapter.name[:2]}"
    for script in scripts.numbered():
        found[script] = f"{script.parent.name}/{script.stem}"
    return found


@functools.cache
def records():
    """The record of each training script by its path inside the project."""
    return {record["script"]: record for record in results.read_all() if "script" in record}


def way_from(page, path):
    """The relative address of a path, on a page."""
    return quote(Path(os.path.relpath(path, (BUILD / "source" / page).parent)).as_posix())


def linked(text, folder, page):
    """A Markdown text with its links as its page needs them.

    Args:
        text: of a file in ``folder``.
        folder: of the project.
        page: the name of the page on which the text will stand.
    """

    def way(path):
        """The link from the page to what a path of the project names; None if there is nothing."""
        name, _, place = addresses().get(path, "").partition("#")
        target = BUILD / "source" / f"{name}.md" if name else path
        if name == page or not (name or path.is_file()):
            return None
        return way_from(page, target) + (place and f"#{place}")

    def link(found):
        target = way((folder / found[2]).resolve())
        return f"{found[1]}{target}{found[3]}" if target else found[0]

    def name(found):
        paths = [folder / found[1], ROOT / found[1]]
        target = next((way(path) for path in paths if path in addresses()), None)
        return f"[{found[0]}]({target})" if target else found[0]

    def row(found):
        scripts_ = {record["model"]: script for script, record in records().items()}
        target = way(ROOT / scripts_[found[1]]) if found[1] in scripts_ else None
        return f"| [{found[1]}]({target}) |" if target else found[0]

    return ROW.sub(row, NAME.sub(name, LINK.sub(link, text)))


def fenced(text, language):
    """A block of code in Markdown."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def folded(summary, *parts):
    """Parts of a page that are shown when the summary is clicked."""
    return "\n\n".join([f"<details>\n<summary>{summary}</summary>", *parts, "</details>"])


def toctree(*entries, caption=None):
    """The pages below a page, for the navigation."""
    head = f":caption: {caption}\n" if caption else ""
    return "```{toctree}\n:hidden:\n:titlesonly:\n" + head + "\n" + "\n".join(entries) + "\n```"


def code_of(notebook):
    """The code cells of a notebook as one text."""
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")


# --------------------------------------------------------------------------- a script's page


def script_page(script, repository):
    """The page of a numbered script.

    Raises:
        InputError: its outputs are missing, or of another version of the script.
    """
    page, made = addresses()[script], scripts.outputs(script)
    header, *cells = scripts.cells(script).cells
    title, _, introduction = header.source.partition("\n")
    record = records().get(files.shown(script))
    parts = [
        title,
        where(script, repository),
        linked(introduction.strip(), script.parent, page),
        facts(record) if record else "",
        f":::{{container}} how\n{how_made(made)}\n:::",
    ]
    outputs = iter(made["outputs"])
    for cell in cells:
        if cell.cell_type == "markdown":
            parts.append(linked(cell.source, script.parent, page))
        else:
            parts += [fenced(cell.source, "python"), *shown(next(outputs), script, page)]
    return "\n\n".join([*parts, what_changed(script)])


def where(script, repository):
    """One line: the script's place in the course, its downloads and where it can be opened."""
    siblings = scripts_of(script.parent)
    links = [("Script", f"{script.stem}.py"), ("Notebook", f"{script.stem}.ipynb")]
    buttons = [f'<a class="button" href="{to}" download>{name}</a>' for name, to in links]
    if repository:
        notebook = f"{repository}/blob/gh-pages/{addresses()[script]}.ipynb"
        for name, opens in (
            ("Colab", "https://colab.research.google.com/github/"),
            ("Kaggle", "https://kaggle.com/kernels/welcome?src=https://github.com/"),
        ):
            buttons.append(f'<a class="button" href="{opens}{notebook}">Open in {name}</a>')
    return (
        f'<div class="where"><span>Chapter {script.parent.name[:2]}, script'
        f" {siblings.index(script) + 1} of {len(siblings)}</span>{' '.join(buttons)}</div>"
    )


def facts(record):
    """What the record of a training says, as a list."""
    accuracy, versions = record["test_accuracy"], record["versions"]
    deviation = "" if accuracy["std"] is None else f" ± {accuracy['std']:.2%}"
    rows = {"Test accuracy": f"{accuracy['mean']:.2%}{deviation}"}
    if "without_augmentation" in record:
        rows["Without test-time augmentation"] = f"{record['without_augmentation']:.2%}"
    if "with_augmentation" in record:
        rows["With test-time augmentation"] = f"{record['with_augmentation']:.2%}"
    rows |= {
        "Seeds": len(record["seeds"]),
        "Parameters": f"{record['parameters']:,}",
        "Training": results.duration(record["seconds"]),
        "Hardware": record["hardware"],
        "Versions": f"Keras {versions['keras']}, TensorFlow {versions['tensorflow']}",
    }
    return (
        '<dl class="facts">'
        + "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in rows.items())
        + "</dl>"
    )


def how_made(made):
    """Sentences on how the outputs of a script came about."""
    versions = made["versions"]
    how = {
        "from the record": "The training was not repeated for this page. What its cell shows is"
        " from the record of the committed model, and the other cells were run with that model",
        "not run": "The training was not run for this page. What does not need it was run",
    }.get(
        made["training"],
        "What stands below the cells was printed and drawn by a run of this script",
    )
    texts = [output.get("text", "") for cell in made["outputs"] for output in cell]
    left_out = any(text.startswith("Not run") for text in texts)
    return (
        f"{how}, with Keras {versions['keras']} and TensorFlow {versions['tensorflow']} on"
        f" {made['hardware']}.{' Cells that were not run say so.' if left_out else ''}"
    )


def shown(outputs, script, page):
    """What a cell printed and drew, as a list of parts of the page."""
    if not outputs:
        return []
    folder = way_from(page, scripts.place(script).parent)
    parts = []
    for output in outputs:
        if "text" in output:
            parts.append(fenced(output["text"], "text"))
        else:
            alt = " ".join(output["alt"].split())
            parts.append(f"```{{image}} {folder}/{output['picture']}\n:alt: {alt}\n```")
    return [":::{container} outputs", *parts, ":::"]


def what_changed(script):
    """The difference between this and the previous training script of the chapter, folded."""
    trainings = [each for each in scripts_of(script.parent) if "training.begin(" in text_of(each)]
    before = trainings.index(script) if script in trainings else 0
    if not before:
        return ""
    former = trainings[before - 1]
    old, new = (code_of(scripts.cells(each)).splitlines() for each in (former, script))
    lines = list(difflib.unified_diff(old, new, lineterm="", n=1))[2:]
    return folded(
        f"What changed against <code>{former.name}</code>", fenced("\n".join(lines), "diff")
    )


def notebook_of(script, repository):
    """The script as a notebook, whose first cell brings what Colab and Kaggle lack."""
    notebook = scripts.cells(script)
    bring = (
        f"    !test -d /tmp/project || git clone -q --depth 1 https://github.com/{repository}"
        " /tmp/project"
        if repository
        else "    # Upload the project as project.zip first.\n"
        "    !unzip -q -o project.zip -d /tmp/project"
    )
    first = nbformat.v4.new_code_cell(
        "# On Colab and Kaggle: the project and what it needs. Elsewhere this does nothing.\n"
        "import os\nimport sys\n\n"
        'if {"COLAB_RELEASE_TAG", "KAGGLE_KERNEL_RUN_TYPE"} & set(os.environ):\n'
        f"{bring}\n    %cd /tmp/project\n    %pip install --quiet -r requirements.txt\n"
        f"    sys.path.insert(0, os.getcwd())\n    %cd {script.parent.name}"
    )
    notebook.cells.insert(0, first)
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook.metadata["kernelspec"] = kernel
    return jupytext.writes(notebook, "ipynb")


# --------------------------------------------------------------------------- the other pages


def chapter_pages(chapter):
    """The page of a chapter and that of the modules beside its scripts."""
    name, modules = chapter.name, modules_of(chapter)
    more = sorted(path.stem for path in chapter.glob("*.md") if path.name != "README.md")
    entries = [f"{heading(script)} <{script.stem}>" for script in scripts_of(chapter)]
    exercises = exercises_of(chapter)
    try_ = f"[{len(exercises)} exercises](../exercises/{name[:2]}.md) go with this chapter."
    yield (
        f"{name}/index",
        "\n\n".join(
            [
                linked(text_of(chapter / "README.md"), chapter, f"{name}/index"),
                f"## Exercises\n\n{try_}" if exercises else "",
                toctree(*entries, *more, *(["modules"] if modules else [])),
            ]
        ),
    )
    for stem in more:
        yield f"{name}/{stem}", linked(text_of(chapter / f"{stem}.md"), chapter, f"{name}/{stem}")
    if modules:
        parts = ["# The modules beside the scripts", "What the scripts import and do not teach."]
        for module in modules:
            parts += [f"## {module.name}", fenced(text_of(module), "python")]
        yield f"{name}/modules", "\n\n".join(parts)


def heading(script):
    """The number and the title of a script, for the navigation."""
    return f"{script.stem.split('_')[0]} · {title_of(script)}"


def title_of(path):
    """The title of a text or of a script in percent format."""
    return re.search(r"^(?:# )?# (?!%%)(.+)$", text_of(path), re.MULTILINE)[1]


def exercise_pages():
    """One page for the exercises of each chapter, with hints and solutions folded."""
    for chapter in chapters():
        page = f"exercises/{chapter.name[:2]}"
        parts = [f"# Exercises of chapter {title_of(chapter / 'README.md')}"]
        for exercise in exercises_of(chapter):
            number = "_".join(exercise.stem.split("_")[:2])
            text, *code = cells_as_parts(exercise, page)
            parts += ["#" + text.replace("\n", f"\n\n`exercises/{exercise.name}`\n", 1), *code]
            for count, hint in enumerate(hints(exercise), 1):
                parts.append(folded(f"Hint {count} for {number}", linked(hint, ROOT, page)))
            title, *solution = cells_as_parts(exercise.parent / "solutions" / exercise.name, page)
            text = title.partition("\n")[2].strip()
            parts.append(folded(f"A solution of {number}", text, *solution))
        yield page, "\n\n".join(parts)


def cells_as_parts(path, page):
    """The cells of a percent script as parts of a page."""
    return [
        linked(cell.source, path.parent, page)
        if cell.cell_type == "markdown"
        else fenced(cell.source, "python")
        for cell in jupytext.read(path).cells
    ]


def hints(exercise):
    """The hints of an exercise, read without running its check."""
    for node in ast.parse(text_of(exercise.parent / "checks" / exercise.name)).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "HINTS":
            return ast.literal_eval(node.value)
    return ()


def drawing():
    """The drawing page inside the start page, or how it is made."""
    if not PAGE.exists():
        return "The drawing page has not been built yet: run `make page`, then `make site`."
    return (
        '<iframe class="drawing" src="draw/draw.html" title="The drawing page: draw a digit, and'
        ' the networks read it"></iframe>'
    )


def start_page():
    """The start page, from ``index.md`` beside this file and the project's README."""
    readme = text_of(ROOT / "README.md")
    introduction, run = readme.split("\n\n", 2)[1], readme.partition("## The map")[0]
    text = text_of(SITE / "index.md")
    for mark, what in (
        ("introduction", introduction),
        ("drawing", drawing()),
        ("chapters", CHAPTERS.search(readme)[0]),
    ):
        text = text.replace(f"<!-- {mark} -->", what)
    yield "index", linked(results.filled(text), ROOT, "index")
    sections = readme[readme.index("## Changing the hyperparameters") :].partition("## Licence")[0]
    commands = run[run.index("```") :]
    yield "run", linked(f"# Run it on your computer\n\n{commands}\n\n{sections}", ROOT, "run")


def every_page(repository):
    """The name and the Markdown of every page.

    Raises:
        InputError: the outputs of a script are missing, or of another version of it.
    """
    for script in scripts.numbered():
        yield addresses()[script], script_page(script, repository)
    for chapter in chapters():
        yield from chapter_pages(chapter)
    yield from exercise_pages()
    yield from start_page()
    for name in FOLDERS:
        text, page = text_of(ROOT / name / "README.md"), f"{name}/index"
        below = [chapter.name[:2] for chapter in chapters()] if name == "exercises" else []
        yield page, linked(text, ROOT / name, page) + (toctree(*below) if below else "")
    yield "website", linked(text_of(SITE / "README.md"), SITE, "website")
    for name in ("glossary", "api"):
        yield name, text_of(SITE / f"{name}.md")
