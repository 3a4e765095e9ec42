"""Which Dask cluster makes the reports, where run.yml or the command line asks for one, and a line to it."""

import importlib.util
import logging
import os
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing import resource_tracker
from pathlib import Path
from typing import TYPE_CHECKING

from revops.company.yaml_files import shown
from revops.delivery.jobs.job import Job, Result
from revops.delivery.jobs.running import Running, cores
from revops.delivery.jobs.tries import Heard
from revops.errors import RunError, SettingsError

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["Cluster", "cluster_of", "run_jobs_on"]

ADDRESS = "DASK_SCHEDULER_ADDRESS"
_NEEDED = ("distributed", "fsspec")
_LOGGERS = ("distributed", "distributed.client")


@dataclass(frozen=True)
class Cluster:
    """A cluster by its scheduler's address, None for one that is made on this machine for one run; `shared` is where
    its machines find the prepared tables, None where they see this machine's disk; `source` is what names the address.
    """

    address: str | None
    shared: str | None
    source: str = ""


def cluster_of(running: Running, file: Path) -> Cluster | None:
    """Return the cluster to make reports on, None where they are made here; nothing is connected to yet.

    `file` is that of run_file, for what is told of it.

    Raises
        SettingsError: a package is missing, or the machines of the cluster would not find the prepared tables.
    """
    if running.where == "local":
        return None
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise SettingsError(
            f"where: dask (--on dask) needs the packages {', '.join(_NEEDED)}; found no {', '.join(missing)}. "
            "Run `pip install 'revops[dask]'`, or say --on local."
        )
    address = running.scheduler or os.environ.get(ADDRESS) or None
    if address is None:
        return Cluster(None, None)
    if running.shared is None or not ("://" in running.shared or os.path.isabs(running.shared)):
        raise SettingsError(
            f"{shown(file)}, shared: must be a whole path that all machines of the cluster at {address} have, or a "
            f"store such as s3://bucket/folder; found {running.shared or 'none'}. Name one."
        )
    return Cluster(address, running.shared, f"scheduler in {shown(file)}" if running.scheduler else ADDRESS)


def run_jobs_on(
    cluster: Cluster, jobs: Iterable[Job], scratch: Path, say: Callable[[str], None], heard: Heard
) -> Iterator[tuple[Job, Result]]:
    """Yield each job with its result as it comes back; `say` is told on which cluster, `heard` as in run_jobs.

    `scratch` is for what a cluster on this machine keeps while it lives. Whatever way this is left, that cluster ends,
    and another one ends what it runs for us.

    Raises
        RunError: no scheduler or no worker answers.
    """
    jobs = list(jobs)
    if not jobs:
        return
    from revops.delivery.jobs.sending import sent_and_back  # here, not above: Dask may not be installed
    from revops.delivery.jobs.shared import share

    with _connected(cluster, scratch) as client:
        say(_told(cluster, len(client.nthreads())))
        if cluster.shared is not None:
            for home in {job.prepared for job in jobs if job.prepared is not None}:
                share(home, cluster.shared)
        yield from sent_and_back(client, jobs, cluster.shared, say, heard)


def _told(cluster: Cluster, workers: int) -> str:
    many = f"{workers} {'worker' if workers == 1 else 'workers'}"
    if cluster.address is None:
        return f"reports are made on a Dask cluster of this machine, with {many}"
    return f"reports are made on the Dask cluster at {cluster.address}, with {many}"


@contextmanager
def _connected(cluster: Cluster, scratch: Path) -> Iterator["Client"]:
    """Give a client of the cluster once it has a worker."""
    import dask
    from distributed import Client

    from revops.book.executors import PATIENCE, find_worker  # as heavy as Dask

    with ExitStack() as stack:
        stack.enter_context(_quiet())
        known = {"distributed.comm.timeouts.connect": f"{PATIENCE}s", "temporary-directory": str(scratch)}
        stack.enter_context(dask.config.set(known))
        place = cluster.address or stack.enter_context(_made_here())
        if cluster.address is not None:
            _find_scheduler(cluster.address, cluster.source)
        client = stack.enter_context(Client(place, timeout=PATIENCE, set_as_default=False))
        find_worker(client, client.scheduler.address)
        yield client


def _find_scheduler(address: str, source: str) -> None:
    """Ask who is at an address that a source names.

    Raises
        RunError: no scheduler answers.
    """
    from revops.book.executors import PATIENCE, who_answers

    is_scheduler, found = who_answers(address, PATIENCE)
    if not is_scheduler:
        raise RunError(
            f"{address}: must be the address of a Dask scheduler; found {found}. "
            f"Start one with `dask scheduler`, or correct {source}."
        )


@contextmanager
def _made_here() -> Iterator[object]:
    """Give a cluster of processes, as many as there are cores, that only this machine can reach."""
    from distributed import LocalCluster

    with ExitStack() as stack:
        with _keeping_interrupts():
            made = LocalCluster(
                n_workers=cores(),
                threads_per_worker=1,
                processes=True,
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",  # its web server, of which nobody need know
                scheduler_kwargs={"dashboard": False},
                memory_limit=0,  # Dask would count the worker alone; each job's own limit counts the kernel too
                silence_logs=logging.CRITICAL,
            )
            stack.enter_context(made)
        yield made


@contextmanager
def _keeping_interrupts() -> Iterator[None]:
    """Let threads and processes that are started inside the block, and theirs, never hear Ctrl-C, as a terminal tells
    it to all: this thread ends them. It hears it itself when the block ends.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # started later, it would undo this
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Dask's own log off the screen: what matters in it is told in words of ours."""
    import distributed  # noqa: F401  (sets its levels when it is first imported)

    before = {name: logging.getLogger(name).level for name in _LOGGERS}
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)
