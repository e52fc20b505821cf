"""Builds the website of the course into ``site/_build/html``, which opens from disk.

    python site/build_site.py        (or: make site)

The pages are written as Markdown to ``site/_build/source``, with what the scripts printed and drew
(``site/outputs``), and Sphinx makes HTML of them. No script is run.
"""

import shutil
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent)]

from cnn_practice.errors import InputError

try:
    import conf
    import pages
    from sphinx.cmd.build import build_main
except ModuleNotFoundError as error:
    raise InputError(f"The site needs {error.name}: run «pip install -e .[site]».") from error

import scripts


def write_sources(repository):
    """Write the Markdown of all pages, the downloads and the drawing page, anew.

    Raises:
        InputError: the outputs of a script are missing, or of another version of it.
    """
    texts = dict(pages.every_page(repository))
    shutil.rmtree(pages.BUILD, ignore_errors=True)
    for page, text in texts.items():
        path = pages.BUILD / "source" / f"{page}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n", encoding="utf-8")
    for script in scripts.numbered():
        folder = pages.BUILD / "downloads" / script.parent.name
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(script, folder)
        notebook = pages.notebook_of(script, repository)
        (folder / f"{script.stem}.ipynb").write_text(notebook, encoding="utf-8")
    if pages.PAGE.exists():
        shutil.copytree(pages.PAGE.parent, pages.BUILD / "downloads" / "draw")
    else:
        print("The start page is without the drawing page: run «make page» first to have it.")


def main():
    """Build the site; returns the exit code."""
    write_sources(conf.REPOSITORY)
    build = pages.BUILD
    options = ["-W", "--keep-going", "-q", "-j", "auto", "-c", str(pages.SITE)]
    options += ["-d", str(build / "doctrees"), "-D", f"html_extra_path={build / 'downloads'}"]
    code = build_main(["-b", "html", *options, str(build / "source"), str(build / "html")])
    if code == 0:
        print(f"Open {build / 'html' / 'index.html'}")
    return code


if __name__ == "__main__":
    sys.exit(main())
