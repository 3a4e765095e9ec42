"""What goes through the parts of a company: this process, an executor that is given, or a Dask cluster's workers."""

import asyncio
import contextlib
import importlib.util
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, BrokenExecutor, CancelledError, Executor, Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from revops.errors import RunError, SettingsError
from revops.variables import SCHEDULER

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["PATIENCE", "find_worker", "gone_through", "on", "who_answers"]

PATIENCE = 15
"""Seconds that a scheduler may take to answer, and to have a worker."""
Part = TypeVar("Part")
Found = TypeVar("Found")
_given: ContextVar[Executor | None] = ContextVar("executor", default=None)


@contextlib.contextmanager
def on(executor: Executor) -> Iterator[None]:
    """Let an executor go through parts: a pool of processes, or a Dask client's (`client.get_executor()`)."""
    before = _given.set(executor)
    try:
        yield
    finally:
        _given.reset(before)


def gone_through(parts: Iterable[Part], function: Callable[[Part], Found]) -> list[Found]:
    """Return what a function finds in each part, in order.

    Raises
        SettingsError: no scheduler answers where REVOPS_SCHEDULER says, or Dask is not installed.
        RunError: the scheduler has no worker, or it, or a worker with a part, was lost.
    """
    executor, address = _given.get(), os.environ.get(SCHEDULER)
    if executor is not None:
        return _found_by([executor.submit(function, part) for part in parts])
    if not address:
        return [function(part) for part in parts]
    with _scheduler_at(address) as client:
        executor = client.get_executor(pure=False)
        sent = [executor.submit(function, part) for part in parts]
        return _found_by(sent, look=partial(find_worker, client, address))


def find_worker(client: "Client", address: str) -> None:
    """Wait until a scheduler has a worker.

    Raises
        RunError: it has none.
    """
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError:
        raise RunError(
            f"{address}: must have workers; found none within {PATIENCE} seconds. "
            f"Start some with `dask worker {address}`."
        ) from None


def who_answers(address: str, patience: float = PATIENCE) -> tuple[bool, str]:
    """Return whether a Dask scheduler answers at an address, and in words whose it is.

    Asked before a client of Dask is made, which would wait without end for one that takes the call and is silent.
    """
    from distributed.core import rpc
    from distributed.security import Security

    async def asked() -> str:
        async with rpc(address, connection_args=Security().get_connection_args("client")) as other:
            return str((await other.identity())["type"])

    async def waited_for() -> str:
        return await asyncio.wait_for(asked(), patience)

    try:
        with ThreadPoolExecutor(1) as thread:  # this one may have a loop that runs, as a notebook's has
            found = thread.submit(asyncio.run, waited_for()).result()
    except OSError:  # TimeoutError among them: Dask tries again until its time is up
        return False, f"none that answers within {patience:g} seconds"
    except Exception as error:  # an address that is none, or whatever comes of taking another's bytes for Dask's
        return False, f"none that can be asked ({' '.join(str(error).split())})"
    return found == "Scheduler", f"that of a {found}"


@contextlib.contextmanager
def _scheduler_at(address: str) -> Iterator["Client"]:
    """Give a client of the scheduler at an address."""
    if importlib.util.find_spec("distributed") is None:
        raise SettingsError(
            f"{SCHEDULER} needs the package distributed. Run `pip install 'revops[dask]'`, or unset it."
        )
    is_scheduler, found = who_answers(address, PATIENCE)
    if not is_scheduler:
        raise SettingsError(
            f"{SCHEDULER} ({address}): must be the address of a Dask scheduler; found {found}. "
            "Start one with `dask scheduler`, or unset it."
        )
    from distributed import Client  # the extra revops[dask], wanted only here

    with Client(address, timeout=PATIENCE, set_as_default=False) as client:
        yield client


def _found_by(sent: Sequence[Future[Found]], look: Callable[[], object] = lambda: None) -> list[Found]:
    """Return what was found once all is; `look` is asked now and then whether somebody is still there to find it."""
    waiting: set[Future[Found]] = set(sent)
    try:
        while waiting:
            look()
            waiting = wait_for(waiting, PATIENCE, FIRST_EXCEPTION).not_done
            for one in sent:
                if one.done():
                    one.result()
        return [one.result() for one in sent]
    except CancelledError as error:
        raise RunError(
            "The parts of the tables were given up before all were gone through: their scheduler was lost, or closed. "
            "Look at its log, then do the same again."
        ) from error
    except Exception as error:
        who = _lost(error)
        if who is None:
            raise
        raise RunError(
            f"{who} was lost while it went through a part of the tables: it was killed, or its machine was. "
            "Look at its log, and at the memory its machine had."
        ) from error


def _lost(error: Exception) -> str | None:
    """Return in words which worker was lost, None where an error tells of something else."""
    dask: Any = sys.modules.get("distributed")  # not imported: it is there where it runs anything
    if dask is not None and isinstance(error, dask.KilledWorker):
        return f"Worker {error.last_worker.address}"
    return "A process of the pool" if isinstance(error, BrokenExecutor) else None
