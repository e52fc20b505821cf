"""Edited scripts, each run in a copy of the project of its own, by Ray on one machine or many."""

import contextlib
import os
import platform
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from cnn_practice import files
from cnn_practice.errors import InputError

# What the copies do without. Data stay where they are; models/ begins empty.
LEFT_OUT = (
    ".git", ".venv", "__pycache__", "*.egg-info", "models", "sweeps", "images/figures",
    "images/readme", "tests", "data/kaggle", "data/cifar10.npz", "data/scenes.npz",
    "data/mnist_shape*.npz",
)  # fmt: skip

# Runs the script named first, as «python script» does, and ends it when this program's input is
# closed: so it never outlives the process that started it, even if that is killed.
_GUARD = """
import os, runpy, sys, threading
threading.Thread(target=lambda: (os.read(0, 1), os._exit(1)), daemon=True).start()
sys.argv = sys.argv[1:]
sys.path[0] = os.path.dirname(sys.argv[0])
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def start(script, environment, **options):
    """``python <script>`` as a ``subprocess.Popen`` that ends when this process does."""
    return subprocess.Popen(
        [sys.executable, "-c", _GUARD, str(script)],
        env=os.environ | {"PYTHONUNBUFFERED": "1"} | environment, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, text=True, encoding="utf-8", errors="replace", **options,
    )  # fmt: skip


def run(source, script, text, checkpoints, data, environment, others=None):
    """Run an edited script in a copy of the project, and tell what happens.

    Args:
        source: folder of the project on this machine.
        script: its path in the project.
        text: the edited script.
        checkpoints: dict of file name to bytes: what an earlier attempt had reached.
        data: ``data/`` of the machine that asks. If this one has it too, it is used; else what is
            fetched stays in ``~/.cache/cnn_practice``.
        environment: dict of environment variables.
        others: dict of path to text, of further files of the copy that are edited.

    Yields:
        ``("started", machine)``; ``("line", text)`` of what is printed, bars of a running epoch
        apart; ``("checkpoint", name, bytes)`` after an epoch of a script that keeps checkpoints;
        ``("end", exit code, {name: bytes})`` with the files of ``models/``.
    """
    for old in Path(tempfile.gettempdir()).glob("cnn_practice-*"):  # of killed machines
        if time.time() - old.stat().st_mtime > 86_400:
            shutil.rmtree(old, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="cnn_practice-", ignore_cleanup_errors=True) as folder:
        root = Path(folder) / "project"
        left_out = shutil.ignore_patterns(*(Path(each).name for each in LEFT_OUT))
        shutil.copytree(source, root, ignore=left_out)
        _give_data(root / "data", Path(data))
        for path, content in {script: text, **(others or {})}.items():
            (root / path).write_text(content, encoding="utf-8")
        kept = root / "models" / "checkpoints"
        kept.mkdir(parents=True)
        for name, content in checkpoints.items():
            (kept / name).write_bytes(content)
        seen = {path: path.stat().st_mtime_ns for path in kept.iterdir()}
        yield "started", platform.node()

        environment = environment | {"PYTHONPATH": str(root)}
        process = start(root / script, environment, cwd=root, stderr=subprocess.STDOUT)
        try:
            for line in process.stdout:
                bar = re.match(r"\s*(\d+)/(\d+) ", line)
                if not bar or bar[1] == bar[2]:
                    yield "line", line.rstrip()
                yield from _new_checkpoints(kept, seen)
            process.wait()
            yield from _new_checkpoints(kept, seen)
        finally:
            process.kill()
            process.wait()
        saved = [path for path in (root / "models").iterdir() if path.is_file()]
        yield "end", process.returncode, {path.name: path.read_bytes() for path in saved}


def _new_checkpoints(folder, seen):
    for path in folder.glob("[!.]*.npz"):
        with contextlib.suppress(FileNotFoundError):  # removed at the end of a training
            changed = path.stat().st_mtime_ns
            if seen.get(path) != changed:
                seen[path] = changed
                yield "checkpoint", path.name, path.read_bytes()


def _give_data(place, asked):
    """Let ``place``, the copy's ``data/``, be the folder ``asked`` or this machine's own."""
    if not asked.is_dir():
        own = Path.home() / ".cache" / "cnn_practice" / "data"
        own.mkdir(parents=True, exist_ok=True)
        for path in place.iterdir():
            if path.is_file() and not (own / path.name).exists():
                with files.written_beside(own / path.name) as temporary:
                    shutil.copy(path, temporary)
        asked = own
    shutil.rmtree(place)
    try:
        place.symlink_to(asked, target_is_directory=True)
    except OSError:  # Windows, without the right to make links
        shutil.copytree(asked, place)


def connect(address):
    """Start Ray on this machine, which it alone can reach, or join a cluster; returns Ray.

    Args:
        address: None, "auto" for the cluster of this machine, or "ray://<host>:<port>".

    Raises:
        InputError: Ray is not installed, or nobody answers.
    """
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ["RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO"] = "0"  # Tasks hides GPUs itself
    if address is None:
        os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"  # binds 127.0.0.1, on Linux too
    try:
        import ray
    except ImportError as error:
        raise InputError('Ray is not installed: run «pip install -e ".[cluster]"».') from error
    if found := re.fullmatch(r"ray://(.+):(\d+)", address or ""):
        require_answer(found[1], int(found[2]), "start the cluster, or correct ADDRESS")
    elif address not in (None, "auto"):
        raise InputError(
            f'ADDRESS is "{address}": write None, "auto" or "ray://<host>:<port>", whose port is'
            " 10001 unless another was chosen."
        )
    shipped = {"working_dir": str(files.ROOT), "excludes": [f"/{each}" for each in LEFT_OUT]}
    own = {} if address else {"include_dashboard": False, "object_store_memory": 500_000_000}
    try:
        ray.init(
            address, runtime_env=shipped, log_to_driver=False, logging_level="ERROR", **own
        )  # fmt: skip
    except ConnectionError as error:
        raise InputError(
            f'The Ray cluster "{address}" lets nobody in: start it with «ray start --head», give'
            " this machine its token and set RAY_AUTH_MODE=token, or write ADDRESS = None."
        ) from error
    # Workers need not have this module; what it defines is sent to them.
    ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])
    return ray


def require_answer(host, port, what_to_do, patience=5):
    """Raise an ``InputError`` unless something listens at a port within ``patience`` seconds."""
    end = time.monotonic() + patience
    while True:
        try:
            with socket.create_connection((host, port), timeout=3):
                return
        except OSError as error:
            if time.monotonic() >= end:
                raise InputError(f"Nobody answers at {host}:{port}: {what_to_do}.") from error
        time.sleep(0.3)


def needs(cores, memory, gpus):
    """What one task needs, as Ray names it; the memory in GB."""
    return {"CPU": cores, "memory": int(memory * 1e9)} | ({"GPU": gpus} if gpus else {})


def require_room(ray, tasks, need):
    """Raise an ``InputError`` if the cluster has no room for so many tasks at once.

    Args:
        ray: as ``connect`` returns it.
        tasks: number of tasks that must run at the same time.
        need: of each, as ``needs`` returns it.
    """
    machines = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    for name, key, unit in (("CORES", "CPU", 1), ("MEMORY", "memory", 1e9), ("GPUS", "GPU", 1)):
        asked, most = (need.get(key, 0), max(machine.get(key, 0) for machine in machines))
        if asked > most:
            raise InputError(
                f"{name} is {asked / unit:g}, and the largest machine of the cluster has"
                f" {most / unit:.3g}: write at most that."
            )
    room = sum(min(each.get(key, 0) // need[key] for key in need) for each in machines)
    if tasks > room:
        raise InputError(
            f"The cluster has room for {room:.0f} of the {tasks} processes at once: lower"
            " PROCESSES, or what each needs."
        )


def side_by_side(ray, number, need):
    """Reserve room for tasks that must run at the same time, on as many computers as there are.

    Returns:
        ``places, address``: of each task its ``scheduling_strategy``, and a free address
        "host:port" where the first will run.
    """
    from ray.util.placement_group import placement_group
    from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

    def free_address():
        host = ray.util.get_node_ip_address()
        with socket.socket() as listening:
            listening.bind((host, 0))
            return f"{host}:{listening.getsockname()[1]}"

    group = placement_group([need] * number, strategy="SPREAD")
    ray.get(group.ready())
    places = [PlacementGroupSchedulingStrategy(group, index) for index in range(number)]
    task = ray.remote(num_cpus=0)(free_address).options(scheduling_strategy=places[0])
    return places, ray.get(task.remote())


class Tasks:
    """Runs of scripts on Ray, each in a copy of the project, as many at once as there is room.

    Args:
        ray: as ``connect`` returns it.
        need: of each run, as ``needs`` returns it.
    """

    def __init__(self, ray, need):
        self.ray, self.keys = ray, {}
        self.mailbox = ray.remote(num_cpus=0)(_Mailbox).remote()

        def work(mailbox, key, *arguments):
            # Without waiting for each: Ray gives the cores of a task that waits to another one.
            sent = [mailbox.put.remote((key, event)) for event in run(os.getcwd(), *arguments)]
            ray.get(sent[-1])

        options = {"num_cpus": need["CPU"], "num_gpus": need.get("GPU", 0)}
        self.work = ray.remote(**options, memory=need["memory"], max_retries=0)(work)
        threads = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
        self.environment = {name: str(need["CPU"]) for name in threads}
        if "GPU" not in need:
            self.environment["CUDA_VISIBLE_DEVICES"] = ""

    def submit(self, key, script, text, checkpoints=None, environment=None, **options):
        """Queue one run; ``key`` names it in the events, ``options`` are of Ray's tasks."""
        environment = self.environment | (environment or {})
        arguments = (str(script), text, checkpoints or {}, str(files.DATA), environment)
        task = self.work.options(**options).remote(self.mailbox, key, *arguments)
        self.keys[task] = key

    def events(self):
        """Yield ``(key, event)`` until all runs have ended, those submitted meanwhile too.

        The events are those of ``run`` and, of a run that did not come to its end, ``("lost",
        reason)`` or, where another attempt would fail as well, ``("failed", reason)``.
        """
        while self.keys:
            ended, _ = self.ray.wait(list(self.keys), num_returns=len(self.keys), timeout=0.3)
            yield from self.ray.get(self.mailbox.take.remote())
            for task in ended:
                key = self.keys.pop(task)
                try:
                    self.ray.get(task)
                except self.ray.exceptions.RayTaskError as error:  # such as a full disk
                    yield key, ("failed", str(error.cause or error).splitlines()[-1])
                except self.ray.exceptions.RayError as error:
                    yield key, ("lost", str(error).splitlines()[0])


class _Mailbox:
    """Events, from when they are sent until they are fetched."""

    def __init__(self):
        self.events = []

    def put(self, event):
        self.events.append(event)

    def take(self):
        events, self.events = self.events, []
        return events
