"""What the tests of clusters share: a cluster of real processes on loopback, reports that wait, and runs to look at."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psutil
from distributed import Client, LocalCluster

from revops.delivery.jobs.cluster import ADDRESS
from revops.delivery.jobs.job import Limits
from revops.delivery.plan import Request
from revops.delivery.progress import Progress
from revops.delivery.run import run_reports

LIMITS = Limits(deadline_seconds=120, cell_seconds=100, memory_bytes=900_000_000)
LONG = 240


@contextmanager
def made_cluster(workers, place):
    """Give the address and a client of a cluster of worker processes that are started again when they are killed."""
    place.mkdir(exist_ok=True)
    with (
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            scheduler_kwargs={"dashboard": False},
            memory_limit=0,
            local_directory=str(place),
            silence_logs=50,
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield cluster.scheduler_address, client


@contextmanager
def started(*command, **named):
    """Give a process that is killed with all its children at the end."""
    process = psutil.Popen(
        [sys.executable, *command],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # tests in the background are deaf to it
        **named,
    )
    try:
        yield process
    finally:
        family = [process, *(process.children(recursive=True) if process.is_running() else ())]
        for member in filter(alive, family):
            member.kill()
        process.communicate()


@contextmanager
def made_apart(place, **named):
    """Give a scheduler and one worker that nobody starts again, and the scheduler's address; the worker connects."""
    at = place / "scheduler.json"
    alone = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(at))
    joined = ("--scheduler-file", str(at), "--no-nanny", "--nthreads", "1", "--no-dashboard", "--host", "127.0.0.1")
    with started("-m", "distributed.cli.dask_scheduler", *alone, **named) as scheduler:
        wait_for(lambda: _address_in(at))
        address = _address_in(at)
        with started("-m", "distributed.cli.dask_worker", *joined, "--local-directory", str(place), **named) as worker:
            yield scheduler, worker, address


@contextmanager
def joined_by_worker(address, place, **named):
    """Give the process of a worker that connects to a scheduler and that nobody starts again."""
    joined = ("--no-nanny", "--nthreads", "1", "--no-dashboard", "--host", "127.0.0.1")
    apart = ("--local-directory", str(place))
    with started("-m", "distributed.cli.dask_worker", address, *joined, *apart, cwd=place, **named) as worker:
        yield worker


@contextmanager
def in_background(act, *arguments, **named):
    """Give the future of a call made in another thread, waited for at the end."""
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(act, *arguments, **named)


class Told(Progress):
    """Notes what a run is told of its jobs, with their stems and code cells."""

    def __init__(self):
        self.screen, self.words = io.StringIO(), []
        super().__init__(self.screen)

    def hear(self, what, job, cell, why=""):
        super().hear(what, job, cell, why)
        self.words.append((what, job.stem, cell))

    def wait_for_cell(self, stem, cell, times):
        """Wait until it was told so often that a job came to a code cell, which is later than that its kernel did."""
        wait_for(lambda: self.words.count(("cell", stem, cell)) >= times)


def run_in(root, told=None, **asked):
    """Run reports of a project; return the run's folder, its entries by report (and slice), and what it said."""
    told = told or Told()
    request = Request(params=str(root / "params"), **{"limits": LIMITS, "on": "dask", "again": True, **asked})
    folder, manifest = run_reports(request, told)
    entries = {" ".join([e["report"], *e["slice"].values()]): e for e in manifest["reports"]}
    return folder, entries, told.screen.getvalue()


def share_of(root, monkeypatch, address, shared):
    """Let a project's runs go to a scheduler, its tables through a path or store."""
    monkeypatch.setenv(ADDRESS, address)
    (root / "params" / "run.yml").write_text(f"shared: {shared}\n", encoding="utf-8")
    if "://" not in str(shared):
        Path(shared).mkdir(exist_ok=True)


def let_wait(root, gate, stem):
    """Let a report's second code cell note its process in a folder, and wait until there is a file `open` in it."""
    gate.mkdir(exist_ok=True)
    file = root / "notebooks" / f"{stem}.ipynb"
    notebook = json.loads(file.read_text(encoding="utf-8"))
    cell = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"][1]
    waiting = [
        "import os, pathlib, time\n",
        f"gate = pathlib.Path({str(gate)!r})\n",
        "(gate / str(os.getpid())).touch()\n",
        "while not (gate / 'open').exists():\n",
        "    time.sleep(0.02)\n",
    ]
    cell["source"] = [*waiting, *cell["source"]]
    file.write_text(json.dumps(notebook), encoding="utf-8")


def kernels_at(gate, count=1):
    """Return the processes of kernels that have come to the gate, the newest last, once there are so many."""
    wait_for(lambda: len(_noted(gate)) >= count)
    return _noted(gate)


def worker_of(kernel, client):
    """Return the process of the worker that a kernel descends from."""
    workers = set(client.run(os.getpid).values())
    return next(parent for parent in kernel.parents() if parent.pid in workers)


def alive(process):
    """Return whether a process still runs."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_for(condition, seconds=LONG):
    """Wait until a condition holds; fail where it does not for long."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def _address_in(file):
    """Return the address that a scheduler writes to a file, None before it has written it to the end."""
    try:
        return json.loads(file.read_text(encoding="utf-8"))["address"]
    except (FileNotFoundError, ValueError):
        return None


def _noted(gate):
    known = _KNOWN.setdefault(gate, {})
    for file in gate.iterdir():
        if file.name.isdigit() and file.name not in known:
            known[file.name] = psutil.Process(int(file.name))
    return list(known.values())


_KNOWN: dict[Path, dict[str, psutil.Process]] = {}
