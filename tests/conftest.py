"""The tests work on a copy of the project, so that they never touch trained models or figures."""

import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

from cnn_practice import hyperparameters

import pytest

ROOT = Path(__file__).resolve().parent.parent
NOT_COPIED = shutil.ignore_patterns(
    ".git", ".venv", ".*_cache", "__pycache__", "*.egg-info",
    "figures", "checkpoints", "_build",
    "scenes.npz", "other_hands.npz", "mnist_shape*.npz", "cifar10.npz",
)  # fmt: skip
CIFAR10 = ROOT / "data" / "cifar10.npz"


def pytest_collection_modifyitems(items):
    """Files with many whole scripts first: what is long must not begin when all else is done."""
    scripts = Counter(item.path for item in items if item.get_closest_marker("script"))
    items.sort(key=lambda item: -scripts[item.path])


class Project:
    """A copy of the project in ``root``, whose scripts are edited and run as a user does it."""

    def __init__(self, root):
        self.root = root
        shutil.copytree(ROOT, root, ignore=NOT_COPIED)
        if CIFAR10.exists():  # 184 MB: a link will do, and where there are none, a copy
            try:
                (root / "data" / "cifar10.npz").symlink_to(CIFAR10)
            except OSError:
                shutil.copy(CIFAR10, root / "data")

    def edit(self, script, **values):
        """Give hyperparameters of a script's UPPERCASE block new values, as a user edits them."""
        path = self.root / script
        text = hyperparameters.edited(path.read_text(encoding="utf-8"), **values)
        path.write_text(text, encoding="utf-8")

    def run(self, *arguments, timeout=300, **options):
        """Run ``python <script> [arguments]`` from a folder outside the project.

        Returns the ``subprocess.CompletedProcess`` with ``stdout`` and ``stderr`` as text.
        """
        script, *rest = map(str, arguments)
        options.setdefault("cwd", self.root.parent)
        environment = os.environ | {"PYTHONPATH": str(self.root)} | options.pop("env", {})
        return subprocess.run(
            [sys.executable, str(self.root / script), *rest],
            env=environment, capture_output=True, text=True, timeout=timeout, **options,
        )  # fmt: skip

    def passes(self, script, **hyperparameters):
        """Edit ``script``, run it, require success, and return what it printed."""
        self.edit(script, **hyperparameters)
        done = self.run(script)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
        return done.stdout

    def fails_with_one_sentence(self, *arguments, **options):
        """Run a script and require exit code 2 and one sentence; returns the sentence."""
        done = self.run(*arguments, **options)
        assert done.returncode == 2, (done.returncode, done.stdout[-2000:], done.stderr[-4000:])
        assert "Traceback" not in done.stdout + done.stderr
        sentences = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
        assert len(sentences) == 1, done.stderr
        return sentences[0].removeprefix("Error: ")


@pytest.fixture(scope="session")
def project(tmp_path_factory):
    """One copy for all tests: what a training script saves, the scripts after it reload."""
    return Project(tmp_path_factory.mktemp("copy") / "project")


@pytest.fixture
def fresh_project(tmp_path):
    """A copy for one test alone, to be damaged at will."""
    return Project(tmp_path / "project")


def from_npm(package, folder):
    """Install an npm package into ``folder``; returns its node_modules."""
    if not shutil.which("npm"):
        pytest.skip("npm is not installed")
    command = ["npm", "install", "--silent", "--prefix", folder, package]
    if subprocess.run(command, timeout=120).returncode:
        pytest.skip(f"npm cannot fetch {package}")
    return folder / "node_modules"


@pytest.fixture(scope="session")
def axe(tmp_path_factory):
    """The accessibility checker axe-core, from npm."""
    modules = from_npm("axe-core@4", tmp_path_factory.mktemp("axe"))
    return (modules / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
