"""What processes of jobs begin with: loaded once, in the process that they are copied from.

With --engine fork that is all that kernels need too. Nothing here may start a thread, which no copy would have, nor
choose how charts are shown, which is for the kernel to say: a copy of such a choice shows none.
"""

import contextlib
import gc
import importlib
import os
import sys

import psutil

from revops.delivery.jobs.surroundings import LOADED, ONE_THREAD

__all__ = ["CAN_BE_COPIED"]

_OF_REPORTS = ("revops.measures", "revops.charts", "revops.actions")
_OF_ALL = ("ipykernel.kernelapp", "ipykernel.ipkernel", "revops.book", "revops.params", "revops.report")
_GRAMMAR = "rfc3987_syntax"


def _load(stems: list[str]) -> None:
    """Load what every notebook needs, and what those of some reports do."""
    for name in (*_OF_ALL, *(f"{room}.{stem}" for room in _OF_REPORTS for stem in stems)):
        with contextlib.suppress(Exception):  # a report whose code cannot be loaded says so itself, in its own kernel
            importlib.import_module(name)
    gc.freeze()  # what is here stays: looking through it would copy every page of it


sys.modules[_GRAMMAR] = None  # type: ignore[assignment]  # jsonschema would build it, 1.5 s, for a check no notebook has
importlib.import_module("revops.delivery.jobs.execute")
del sys.modules[_GRAMMAR]

if LOADED in os.environ:
    _load(os.environ.pop(LOADED).split())
    for name in ONE_THREAD:
        del os.environ[name]
    CAN_BE_COPIED = psutil.Process().num_threads() == 1
else:
    CAN_BE_COPIED = False
