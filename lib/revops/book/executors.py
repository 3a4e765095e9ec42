"""What goes through the parts of a company: this process, an executor that is given, or a Dask cluster's workers."""

import asyncio
import contextlib
import importlib.util
import os
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextvars import ContextVar

from revops.errors import SettingsError
from revops.variables import SCHEDULER

__all__ = ["PATIENCE", "THE_RIGHT_ONE", "executor_for_parts", "on", "who_answers"]

PATIENCE = 15
"""Seconds that a scheduler may take to answer."""
THE_RIGHT_ONE = "that of a Scheduler"
_given: ContextVar[Executor | None] = ContextVar("executor", default=None)


@contextlib.contextmanager
def on(executor: Executor) -> Iterator[None]:
    """Let an executor go through parts: a pool of processes, or a Dask client's (`client.get_executor()`)."""
    before = _given.set(executor)
    try:
        yield
    finally:
        _given.reset(before)


@contextlib.contextmanager
def executor_for_parts() -> Iterator[Executor | None]:
    """Give what goes through parts; None: this process.

    Raises
        SettingsError: no scheduler answers where REVOPS_SCHEDULER says, or Dask is not installed.
    """
    address = os.environ.get(SCHEDULER)
    if _given.get() is not None or not address:
        yield _given.get()
        return
    if importlib.util.find_spec("distributed") is None:
        raise SettingsError(
            f"{SCHEDULER} needs the package distributed. Run `pip install 'revops[dask]'`, or unset it."
        )
    if (found := who_answers(address, PATIENCE)) != THE_RIGHT_ONE:
        raise SettingsError(
            f"{SCHEDULER} ({address}): must be the address of a Dask scheduler; found {found}. "
            "Start one with `dask scheduler`, or unset it."
        )
    from distributed import Client  # the extra revops[dask], wanted only here

    with Client(address) as client:
        yield client.get_executor(pure=False)


def who_answers(address: str, patience: float = PATIENCE) -> str:
    """Return in words whose address it is: THE_RIGHT_ONE where a scheduler answers.

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
            return f"that of a {thread.submit(asyncio.run, waited_for()).result()}"
    except OSError:  # TimeoutError among them: Dask tries again until its time is up
        return f"none that answers within {patience:g} seconds"
    except Exception as error:  # an address that is none, or whatever comes of taking another's bytes for Dask's
        return f"none that can be asked ({' '.join(str(error).split())})"
