"""Processes for jobs: as many at once as there are cores, each watched, and killed with all it started."""

import contextlib
import multiprocessing
import multiprocessing.forkserver
import multiprocessing.util
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from revops.delivery.jobs.job import GIGABYTE, Failure, Job, Result
from revops.delivery.jobs.surroundings import as_for_kernels, check_engine, use_temporary_in
from revops.delivery.jobs.tries import Heard, Tries

if TYPE_CHECKING:
    from revops.delivery.jobs.forked import KernelCopy

__all__ = ["prepare_workers", "run_jobs", "run_once"]

_TICK = 0.2
_LOOKS = 5
_METHOD = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
_CONTEXT = multiprocessing.get_context(_METHOD)


def prepare_workers(engine: str = "ordinary", stems: Iterable[str] = (), place: Path | None = None) -> tuple[Path, ...]:
    """Start loading what every job needs, in the background, where processes can be forked from such a start.

    Engine fork: also what the kernels of some reports need. Return the temporary folders that it needs, which stay
    behind if this process is killed: they lie in `place`, whose owner removes it, where one is given and a socket's
    path in it is not too long, else in the system's.

    Raises
        SettingsError: this system lacks the engine.
    """
    check_engine(engine)
    if _METHOD != "forkserver":
        return ()
    _CONTEXT.set_forkserver_preload(["revops.delivery.jobs.loaded"])
    if place is not None:
        use_temporary_in(place)
    with as_for_kernels(engine, stems):
        multiprocessing.forkserver.ensure_running()
    return (Path(multiprocessing.util.get_temp_dir()),)


def run_jobs(jobs: Iterable[Job], at_once: int, heard: Heard) -> Iterator[tuple[Job, Result]]:
    """Yield each job with its result as it ends; one that dies is tried once more.

    `heard` is told ("started", job, 0), ("cell", job, number) and ("again", job, 0, why). Whatever way this is left, no
    process stays behind.
    """
    waiting, running, tries = list(jobs), [], Tries(heard)
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                running.append(_Running(waiting.pop(0)))
                heard("started", running[-1].job, 0)
            wait([work.pipe for work in running], timeout=_TICK)
            for work in running[:]:
                ended = work.look(heard)
                if ended is None:
                    continue
                running.remove(work)
                result = tries.told(work.job, ended)
                if result is None:
                    _empty(work.job.scratch)
                    waiting.insert(0, work.job)
                else:
                    yield work.job, result
    finally:
        for work in running:
            work.kill()


def run_once(job: Job, heard: Heard, is_wanted: Callable[[], bool]) -> Result | None:
    """Return what comes of one try of a job; None where it was ended because nobody wants it any more.

    No process stays behind.
    """
    work = _Running(job)
    try:
        while is_wanted():
            wait([work.pipe], timeout=_TICK)
            result = work.look(heard)
            if result is not None:
                return result
        return None
    finally:
        work.kill()


def _empty(scratch: Path) -> None:
    """Leave nothing of a dead kernel to the next: its sockets bear the same names."""
    shutil.rmtree(scratch)
    scratch.mkdir()


class _Running:
    """A job at work: its process, everything that process started, and the pipe it talks through."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.pipe, theirs = _CONTEXT.Pipe(duplex=False)
        self.log = job.scratch / "log.txt"
        self.process = _CONTEXT.Process(target=_work, args=(job, theirs, self.log), name=job.title, daemon=True)
        self.family: set[psutil.Process] = set()
        self.peak = 0
        self.cell = 0
        self.process.start()
        self.started = time.monotonic()
        theirs.close()

    def look(self, heard: Heard) -> Result | None:
        """Return the result if the job ended or had to be ended by now, else None."""
        held = self._survey()  # before the pipe is read: the cell told is then never earlier than the one that held it
        result = self._read(heard) or self._overstepped(held)
        if result is None and not self.process.is_alive():
            result = self._read(heard) or Result(failure=self._vanished())
        if result is None:
            return None
        self.kill()
        seconds = time.monotonic() - self.started
        log = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
        return Result(result.answer, result.files, result.failure, seconds, self.peak, log)

    def kill(self) -> None:
        """End the process and everything it ever started; waits until they are gone."""
        until = time.monotonic() + 5
        while time.monotonic() < until:
            self._survey()
            alive = [member for member in self.family if _is_alive(member)]
            for member in alive:
                with contextlib.suppress(psutil.NoSuchProcess):
                    member.kill()
            if not alive:
                break
            time.sleep(0.01)
        self.pipe.close()

    def _read(self, heard: Heard) -> Result | None:
        with contextlib.suppress(EOFError, OSError):
            while self.pipe.poll():
                message = self.pipe.recv()
                if isinstance(message, Result):
                    return message
                self.cell = message
                heard("cell", self.job, message)
        return None

    def _survey(self) -> int:
        """Note every process of the family and return the memory they hold, in bytes."""
        held = 0
        with contextlib.suppress(psutil.NoSuchProcess):
            head = psutil.Process(self.process.pid)
            self.family |= {head, *head.children(recursive=True)}
        for member in self.family:
            with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                held += member.memory_info().rss
        return held

    def _overstepped(self, held: int) -> Result | None:
        """Return a failure if the job takes more time, or holds more memory in bytes, than it may."""
        limits = self.job.limits
        self.peak = max(self.peak, held)
        if time.monotonic() - self.started > limits.deadline_seconds:
            reason = f"The report was ended after its deadline of {limits.deadline_seconds:g} seconds{self._where()}."
            return self._ended(reason, "Allow more with --deadline SECONDS, or find what it waits for.")
        if held > limits.memory_bytes:
            allowed = f"{limits.memory_bytes / GIGABYTE:.1f} GB are allowed"
            reason = f"The report was ended at {held / GIGABYTE:.1f} GB of memory{self._where()}; {allowed}."
            return self._ended(reason, "Allow more with --memory GIGABYTES, or give it less data.")
        return None

    def _ended(self, reason: str, advice: str) -> Result:
        return Result(failure=Failure(reason, advice, self.cell or None))

    def _where(self) -> str:
        return f", in code cell {self.cell}" if self.cell else ""

    def _vanished(self) -> Failure:
        reason = f"The report's process ended without a word{self._where()} (exit code {self.process.exitcode})."
        advice = "Look at run.log and at the machine's log for the time of this run."
        return Failure(reason, advice, self.cell or None, is_death=True)


def _is_alive(member: psutil.Process) -> bool:
    """Return whether a process still runs; one that only waits for its parent to take note does not."""
    try:
        return bool(member.is_running() and member.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _work(job: Job, pipe: Connection, log: Path) -> None:
    """The child: run one job, tell the parent, and never outlive it."""
    signal.signal(signal.SIGINT, lambda *_: None)  # Ctrl-C is for the parent, which ends the whole family
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # kernels are interrupted by it
    try:
        _write_to(log)
    except FileNotFoundError:  # the run was stopped while this process was about to start: its place is gone
        return
    copy = _copied(job, pipe)  # while this process has one thread
    threading.Thread(target=_end_with_parent, daemon=True).start()
    from revops.delivery.jobs.execute import execute  # here, not above: it takes a second that the parent need not pay

    pipe.send(execute(job, pipe.send, copy))


def _copied(job: Job, pipe: Connection) -> "KernelCopy | None":
    """Return what waits to be the job's kernel, where kernels are copied."""
    if job.engine != "fork":
        return None
    from revops.delivery.jobs.forked import copy_for_kernel  # here, not above: as below

    return copy_for_kernel(pipe)


def _write_to(log: Path) -> None:
    """Send all that the child prints, its own descendants' words included, to one file."""
    with open(log, "ab", buffering=0) as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    wait([parent.sentinel])
    for _ in range(_LOOKS):  # more than one: a kernel may be about to start
        for member in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                member.kill()
        time.sleep(_TICK / _LOOKS)
    os._exit(1)
