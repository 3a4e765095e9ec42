"""Work in a fresh process, timed there: wall and processor seconds, and the most memory it held."""

import contextlib
import ctypes
import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

__all__ = ["PATIENCE", "TURNS", "Cost", "Work", "alone", "cost_of", "fastest"]

TURNS = 3
PATIENCE = 300.0
"""Seconds that a turn of all that stands in a line may take; what takes longer is timed once."""
_SHARE_OF_MEMORY = 0.8
_PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True)
class Cost:
    """What one piece of work took: wall and processor seconds, the most memory of its process [GB; None unknown], and
    of how many turns this is the fastest. None stands for work that ran out of memory."""

    seconds: float
    cpu: float
    peak: float | None = None
    turns: int = 1


Work = Callable[[Path], Cost | None]


def fastest(folder: Path, *works: Work, patience: float = PATIENCE) -> list[Cost | None]:
    """Return the fastest of three turns of each work, the works taking turns; of one, where that took all of them
    together more than `patience` seconds.

    The fastest, since whatever else the machine does only ever adds.
    """
    began = time.perf_counter()
    turns = [[alone(work, folder) for work in works]]
    while len(turns) < TURNS and (len(turns) > 1 or time.perf_counter() - began <= patience):
        turns.append([alone(work, folder) for work in works])
    return [_least([turn[place] for turn in turns]) for place in range(len(works))]


def alone(work: Work, folder: Path) -> Cost | None:
    """Return what `work` says it took, in a fresh process: its cost with the peak memory, or None without enough."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        try:
            return pool.submit(_bounded, work, folder).result()
        except (BrokenProcessPool, MemoryError):
            return None


def cost_of(work: Callable[[], object]) -> Cost:
    """Return the wall and processor seconds of a call in this process and all programs that it starts."""
    _adopt_orphans()
    start, before = time.perf_counter(), os.times()
    work()
    seconds = time.perf_counter() - start
    _await_orphans()
    after = os.times()
    return Cost(seconds, sum(after[:4]) - sum(before[:4]), _peak())


def _adopt_orphans() -> None:
    """Let programs whose parent has ended count as ours, as the server of the runner's workers does: Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)


def _await_orphans() -> None:
    """Wait until every program is gone, so that the system counts the time it took."""
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)


def _bounded(work: Work, folder: Path) -> Cost | None:
    """Do the work under a bound, so that it ends with an error before the machine runs out of memory."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    resource.setrlimit(resource.RLIMIT_AS, (int(_SHARE_OF_MEMORY * memory), resource.RLIM_INFINITY))
    return work(folder)


def _peak() -> float:
    """Return the most memory this process has held so far [GB]; the system counts in bytes on macOS, else in KB.

    Linux tells it in a file too, and there without what the program that started it held.
    """
    with contextlib.suppress(OSError):
        told = Path("/proc/self/status").read_text(encoding="utf-8").partition("VmHWM:")[2].split()
        if told:
            return int(told[0]) * 1024 / 1e9
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return held / 1e9 if sys.platform == "darwin" else held * 1024 / 1e9


def _least(turns: list[Cost | None]) -> Cost | None:
    done = [cost for cost in turns if cost is not None]
    if len(done) < len(turns):
        return None
    best = min(done, key=lambda cost: cost.seconds)
    return Cost(best.seconds, best.cpu, best.peak, len(turns))
