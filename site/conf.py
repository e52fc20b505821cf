"""Settings of the website for Sphinx, and what it lacks: formulas as MathML, linked terms."""

import inspect
import itertools
import re
import sys
from pathlib import Path

SITE = Path(__file__).parent
sys.path[:0] = [str(SITE.parent), str(SITE.parent / "01_components")]

from docutils import nodes
from math_core import LatexToMathML

# "owner/name" of the project on GitHub, for the buttons «Open in Colab» and «Open in Kaggle», which
# open the notebooks of the branch gh-pages; without it there are none.
REPOSITORY = ""

project = "Convolutional networks in Keras"
html_title = project
html_favicon = "static/icon.svg"
language = "en"
smartquotes_action = "D"  # dashes alone: code has its own quotes
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton"]

myst_enable_extensions = ["colon_fence", "dollarmath", "html_image"]
myst_heading_anchors = 3
highlight_language = "text"
pygments_dark_style = "a11y-dark"
html_math_renderer = "mathml"

autodoc_mock_imports = ["keras", "tensorflow"]  # importing them takes longer than the whole build
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True}
add_module_names = False

html_theme = "furo"
html_theme_options = {  # the colours of the drawing page
    "light_css_variables": {
        "color-background-primary": "#fffefc", "color-background-secondary": "#f5f3ee",
        "color-background-hover": "#ebe8e0", "color-background-border": "#e0dbd0",
        "color-card-background": "#fff", "color-foreground-primary": "#1d1c1a",
        "color-foreground-secondary": "#5c5850", "color-foreground-muted": "#635f57",
        "color-brand-primary": "#3355d1", "color-brand-content": "#3355d1",
        "color-link--visited": "#3355d1", "color-link--visited--hover": "#3355d1",
        "color-api-name": "#3355d1", "color-added": "#1d6b3a", "color-removed": "#9f1d1d",
    },
    "dark_css_variables": {
        "color-background-primary": "#131519", "color-background-secondary": "#1c1f26",
        "color-background-hover": "#262a33", "color-background-border": "#343944",
        "color-card-background": "#1c1f26", "color-foreground-primary": "#ecebe7",
        "color-foreground-secondary": "#b4b7bf", "color-foreground-muted": "#a9acb5",
        "color-brand-primary": "#8fadff", "color-brand-content": "#8fadff",
        "color-link--visited": "#8fadff", "color-link--visited--hover": "#8fadff",
        "color-api-name": "#8fadff", "color-added": "#8fd6a8", "color-removed": "#ffb4ab",
    },
}  # fmt: skip
templates_path = ["templates"]
html_static_path = ["static"]
html_css_files = ["site.css", "math.css"]
html_js_files = ["site.js"]
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False
html_domain_indices = False
html_use_index = False
# What a cell printed is no command to copy.
copybutton_selector = ":not(.outputs) > div:not(.highlight-diff) > div.highlight > pre"

# Where a term of the glossary is no term, or a link would be in the way.
NOT_LINKED = (
    nodes.literal,
    nodes.literal_block,
    nodes.reference,
    nodes.title,
    nodes.math,
    nodes.raw,
)
ENTRY = re.compile(r"((?:^[^\s`:].*\n)+)((?:^    .+\n)+)", re.MULTILINE)


def definitions():
    """The definition of each term of the glossary, as plain text."""
    found = {}
    for terms, definition in ENTRY.findall((SITE / "glossary.md").read_text(encoding="utf-8")):
        plain = re.sub(r"[$`*]", "", " ".join(definition.split()))
        found |= {term.lower(): plain for term in terms.strip().splitlines()}
    return found


DEFINITIONS = definitions()
# The longest first, in one or several, on one line or two.
TERMS = "|".join(sorted(map(re.escape, DEFINITIONS), key=len, reverse=True)).replace(r"\ ", r"\s+")
TERMS = re.compile(rf"\b({TERMS})(?:s|es)?\b", re.IGNORECASE)


def link_terms(app, doctree, docname):
    """Link each term of the glossary where a page uses it first, with its definition as a hint."""
    if docname in ("glossary", "api") or app.builder.format != "html":
        return
    anchors = {
        name.lower(): anchor
        for name, _, kind, _, anchor, _ in app.env.get_domain("std").get_objects()
        if kind == "term"
    }
    for element in list(doctree.findall(nodes.TextElement)):  # lines of one paragraph, joined
        runs = itertools.groupby(element.children, lambda node: isinstance(node, nodes.Text))
        parts = ([nodes.Text("".join(run))] if text else list(run) for text, run in runs)
        element[:] = list(itertools.chain.from_iterable(parts))
    glossary, seen = app.builder.get_relative_uri(docname, "glossary"), set()
    for text in list(doctree.findall(nodes.Text)):
        above = text.parent
        while above and not isinstance(above, NOT_LINKED):
            above = above.parent
        if above:
            continue
        parts, end, whole = [], 0, text.astext()
        for found in TERMS.finditer(whole):
            term = " ".join(found[1].lower().split())
            if DEFINITIONS[term] in seen:
                continue
            seen.add(DEFINITIONS[term])
            parts.append(nodes.Text(whole[end : found.start()]))
            parts.append(
                nodes.reference(
                    "", found[0], internal=True, classes=["term"],
                    refuri=f"{glossary}#{anchors[term]}", reftitle=DEFINITIONS[term],
                )
            )  # fmt: skip
            end = found.end()
        if parts:
            text.parent.replace(text, [*parts, nodes.Text(whole[end:])])


def own_signature(app, kind, name, which, options, signature, returned):
    """The arguments of a class whose base is Keras's, which is not imported."""
    if kind == "class" and "__init__" in vars(which):
        _self, *others = inspect.signature(which.__init__).parameters.values()
        return str(inspect.Signature(others)), returned
    return None


def formula(display):
    """A visitor that writes a formula as MathML, which browsers typeset themselves."""
    converter = LatexToMathML()

    def visit(translator, node):
        mathml = converter.convert_with_local_state(node.astext(), displaystyle=display)
        translator.body.append(f'<div class="formula">{mathml}</div>' if display else mathml)
        raise nodes.SkipNode

    return visit, None


def setup(app):
    """Called by Sphinx."""
    app.add_html_math_renderer("mathml", formula(display=False), formula(display=True))
    app.connect("doctree-resolved", link_terms)
    app.connect("autodoc-process-signature", own_signature)
