"""The memory of a process with all that it started, at its most."""

import contextlib
import sys
import threading
from collections.abc import Iterator

import psutil

__all__ = ["Most", "held", "watched"]

_EVERY = 0.5  # seconds; the system walks each process's pages for a look


class Most:
    """The most memory seen so far [GB]."""

    gigabytes = 0.0

    def look(self) -> None:
        """Look once more."""
        self.gigabytes = max(self.gigabytes, held())


@contextlib.contextmanager
def watched() -> Iterator[Most]:
    """Look twice a second at what this process and its descendants hold, and once more at the end."""
    most, done = Most(), threading.Event()

    def look() -> None:
        while not done.wait(_EVERY):
            most.look()

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield most
    finally:
        done.set()
        watcher.join()
        most.look()


def held() -> float:
    """Return what this process and its descendants hold now [GB].

    On Linux what several share counts once (proportional set size), as copies of one process share nearly all;
    elsewhere it counts in each.
    """
    own = psutil.Process()
    total = 0
    for member in [own, *own.children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            total += member.memory_full_info().pss if sys.platform == "linux" else member.memory_info().rss
    return total / 1e9
