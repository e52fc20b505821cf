"""Writing that leaves no half file, and errors in one sentence."""

import errno
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from cnn_practice import files, results
from cnn_practice.errors import InputError

import pytest


def test_written_beside_renames_into_place(tmp_path):
    path = tmp_path / "new folder" / "note.txt"
    with files.written_beside(path) as temporary:
        temporary.write_text("whole")
        assert not path.exists()
        assert temporary.suffix == ".txt"
    assert path.read_text() == "whole"
    assert list(path.parent.iterdir()) == [path]


def test_an_exception_leaves_the_former_file(tmp_path):
    path = tmp_path / "note.txt"
    path.write_text("former")
    with pytest.raises(ZeroDivisionError), files.written_beside(path) as temporary:
        temporary.write_text("half")
        raise ZeroDivisionError
    assert path.read_text() == "former"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        # HDF5 gives the number in the text alone.
        RuntimeError("file write failed: errno = 28, error message = 'No space left on device'"),
        OSError("Can't write data (file write failed: time = 1, errno = 28, total = 9)"),
    ],
)
def test_a_full_disk_is_one_sentence(tmp_path, error):
    path = tmp_path / "note.txt"
    path.write_text("former")
    with pytest.raises(InputError, match="the disk is full; free some"):  # noqa: SIM117
        with files.written_beside(path):
            raise error
    assert path.read_text() == "former"
    assert list(tmp_path.iterdir()) == [path]


def test_another_runtime_error_is_not_hidden(tmp_path):
    with pytest.raises(RuntimeError, match="a defect"), files.written_beside(tmp_path / "note.txt"):
        raise RuntimeError("a defect")


@pytest.mark.skipif(os.name != "posix", reason="folder permissions of POSIX")
def test_a_read_only_folder_is_one_sentence():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "note.txt"
        path.write_text("former")
        os.chmod(folder, 0o555)
        administrator = os.geteuid() == 0  # may write everywhere, so become nobody
        if administrator:
            os.seteuid(65534)
        try:
            with pytest.raises(InputError, match="not writable; change its permissions"):  # noqa: SIM117
                with files.written_beside(path) as temporary:
                    temporary.write_text("new")
        finally:
            if administrator:
                os.seteuid(0)
            os.chmod(folder, 0o755)
        assert path.read_text() == "former"


def run_python(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)


def test_an_input_error_is_one_sentence_and_exit_code_2():
    done = run_python("from cnn_practice.errors import InputError; raise InputError('Mend it.')")
    assert done.returncode == 2
    assert done.stderr.strip() == "Error: Mend it."


def test_a_defect_keeps_its_traceback():
    done = run_python("import cnn_practice; 1 / 0")
    assert done.returncode == 1
    assert "Traceback" in done.stderr


def test_onednn_is_on_before_keras_is_imported():
    done = run_python(
        "import cnn_practice, os, sys;"
        "print(os.environ['TF_ENABLE_ONEDNN_OPTS'], 'keras' in sys.modules)"
    )
    assert done.stdout.split() == ["1", "False"]


def test_the_script_that_trains_a_model_is_found_by_its_name():
    assert files.shown(files.training_script("lenet5")) == "03_lenet5/1_train_lenet5.py"
    for name in ("vgg16_32", "vgg16_224"):  # NAME = f"vgg16_{IMAGE_SIZE}"
        assert files.shown(files.training_script(name)) == "04_vgg16/2_train_vgg16.py"
    for name in ("vgg16", "vgg16_", "vgg16_32_old", "lenet", "no such model"):
        assert files.training_script(name) is None


def test_leftovers_of_killed_runs_are_removed(tmp_path):
    kept = [tmp_path / name for name in ("a.npz", ".partial-01234567-b.npz", "partial-a.npz")]
    old = [tmp_path / ".partial-01234567-a.npz", tmp_path / ".partial-89abcdef-model"]
    old[1].mkdir()
    for path in [*kept, old[0], old[1] / "weights.h5"]:
        path.write_text("…")
    for path in [*old, kept[0], kept[2]]:  # of a former day
        os.utime(path, (0, 0))
    files.write_text(tmp_path / "b.txt", "whole")
    assert set(tmp_path.iterdir()) == {*kept, tmp_path / "b.txt"}


WRITE_TOGETHER_AND_DIE = """
import os, signal, sys
from pathlib import Path
from cnn_practice import files, results
folder, content, left = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])

def dying(call):
    def counted(*arguments, **options):
        global left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return call(*arguments, **options)
    return counted

for name in ("fsync", "replace", "mkdir", "rmdir", "open"):
    setattr(os, name, dying(getattr(os, name)))
with files.written_together(folder, "model") as place:
    for name in ("config", "weights", "results"):
        (place / name).write_text(content)
"""


@pytest.mark.skipif(os.name != "posix", reason="kills as POSIX does")
def test_a_kill_between_any_two_steps_leaves_three_files_that_belong_together(tmp_path):
    """Killed before each of its system calls in turn, until a run comes to its end."""
    for name in ("config", "weights", "results"):
        (tmp_path / name).write_text("-1")
    contents = ["-1"]
    for step in range(100):
        arguments = [str(tmp_path), str(step), str(step)]
        done = subprocess.run([sys.executable, "-c", WRITE_TOGETHER_AND_DIE, *arguments])
        files.finish_pending(tmp_path)
        now = {(tmp_path / name).read_text() for name in ("config", "weights", "results")}
        assert len(now) == 1 and now <= {contents[-1], str(step)}, step
        contents += now
        if done.returncode == 0:
            break
    assert done.returncode == 0 and contents[-1] == str(step)
    assert len(set(contents)) >= 4, "some of the killed runs had decided, too"
    assert step >= 10


def test_hidden_files_are_no_records_and_no_models(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MODELS", tmp_path)
    for name in (".partial-0-a.results.json", ".partial-0-a.config.json"):
        (tmp_path / name).write_text("half")
    assert results.read_all() == []


def test_a_copy_of_the_project_never_writes_into_another(fresh_project):
    script = fresh_project.root / "02_linear" / "1_train_linear.py"
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True,
        env=os.environ | {"PYTHONPATH": str(files.ROOT)},
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.strip() == (
        f"Error: This script stands in {fresh_project.root}, but its Python environment belongs to"
        f" {files.ROOT} and would write there: run «pip install -e .» in {fresh_project.root}, in"
        " an environment of its own."
    )


@pytest.mark.skipif(os.name != "posix", reason="interrupts as POSIX does")
def test_ctrl_c_ends_with_one_line():
    code = "import cnn_practice, time; print('begun', flush=True); time.sleep(60)"
    child = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert child.stdout.readline() == "begun\n"
    child.send_signal(signal.SIGINT)
    _, printed = child.communicate(timeout=60)
    assert child.returncode == 130
    assert printed.strip() == "Stopped: nothing that existed was changed."
