"""What a kernel finds in its environment, and whether and with what a process starts from which kernels are copied.

Light: the process that a run is asked in loads it, long before any kernel is there.
"""

import multiprocessing
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from revops.errors import SettingsError

__all__ = [
    "FIXED",
    "LOADED",
    "ONE_THREAD",
    "as_for_kernels",
    "check_engine",
    "is_kept_from_kernels",
    "use_temporary_in",
]

FIXED = {"PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "JUPYTER_PLATFORM_DIRS": "1"}
"""Read when Python or a library is loaded, so that a kernel's bytes are the same wherever it runs."""
LOADED = "REVOPS_LOADED"
"""The reports, with blanks between, whose code copied kernels have loaded: read by revops.delivery.jobs.loaded."""

ONE_THREAD = {"JE_ARROW_MALLOC_CONF": "background_thread:false"}
"""Keeps pyarrow from starting a thread as it is loaded, of an allocator that it does not use."""
_LONGEST_PLACE = 70
"""Bytes: the path of a socket may have 103 on some systems, and takes 32 below a place."""


def is_kept_from_kernels(name: str) -> bool:
    """Return whether kernels must not see a variable: how to log in to the mail server, how charts are shown."""
    return name == "MPLBACKEND" or name.startswith("REVOPS_SMTP_")


def check_engine(engine: str) -> None:
    """Refuse an engine that this system lacks.

    Raises
        SettingsError: kernels cannot be copied here. (macOS can fork, but not after its own libraries have started.)
    """
    has_it = hasattr(os, "fork") and "forkserver" in multiprocessing.get_all_start_methods()
    if engine == "fork" and not (has_it and sys.platform != "darwin"):
        raise SettingsError(
            f"engine: must be ordinary on this system ({sys.platform}), which cannot copy kernels; found fork. "
            "Leave out --engine, or write engine: ordinary in params/run.yml."
        )


@contextmanager
def as_for_kernels(engine: str, stems: Iterable[str]) -> Iterator[None]:
    """Have the environment of kernels inside the block, for a process that starts there and is copied from later."""
    kept = dict(os.environ)
    if engine == "fork":
        for name in filter(is_kept_from_kernels, kept):
            del os.environ[name]
        os.environ |= FIXED | ONE_THREAD | {LOADED: " ".join(stems)}
    try:
        yield
    finally:
        for name in os.environ.keys() - kept.keys():
            del os.environ[name]
        os.environ |= kept


def use_temporary_in(place: Path) -> None:
    """Let the sockets of this process lie in a folder below a place, if they can, which goes when the place does.

    Python would remove a folder of its own making when the process ends, and complain where the place went before.
    """
    known = multiprocessing.current_process()._config  # type: ignore[attr-defined]  # where it keeps its own
    if known.get("tempdir") is None and len(os.fsencode(place)) <= _LONGEST_PLACE:
        known["tempdir"] = tempfile.mkdtemp(prefix="pymp-", dir=place)
