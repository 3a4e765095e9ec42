"""Prepared tables where every machine of a cluster finds them: put there once, fetched once by each machine."""

import os
import posixpath
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

from revops.book.kept import WHOLE, aside_in, is_sound, is_whole, keep_newest, listed, move_in, used
from revops.errors import RunError, SettingsError, is_full

__all__ = ["fetched", "share"]


def share(home: Path, shared: str) -> None:
    """Put a folder of prepared tables into a path or store, under its own name, unless it is there whole.

    The steps in it stay here: no report reads them. What is put into a path has its mode, but that only the owner
    may write.

    Raises
        SettingsError: nothing here can open such a store.
        RunError: a path of this machine that is no folder, or the store refuses.
    """
    with _refusals(shared, "take the prepared tables"), ExitStack() as stack:
        store, folder = _opened(shared, home.name)
        if isinstance(store, LocalFileSystem):
            stack.enter_context(_readable_as(Path(folder).parent, shared))
        last = posixpath.join(folder, WHOLE)
        if store.exists(last):
            return
        for name in [*listed(home), WHOLE]:  # the list last: what has it is whole
            place = posixpath.join(folder, name)
            store.makedirs(posixpath.dirname(place), exist_ok=True)
            store.put_file(str(home / name), place)


def fetched(key: str, shared: str, cache: Path) -> Path:
    """Return the folder below `cache` that holds the prepared tables of a path or store, fetched where it does not.

    Raises
        RunError: they are not there, not whole, or the store refuses.
    """
    home = cache / key
    if is_whole(home):
        return used(home)
    with aside_in(cache) as aside, _refusals(shared, "give the prepared tables"):
        store, folder = _opened(shared, key)
        if not store.exists(posixpath.join(folder, WHOLE)):
            raise RunError(
                f"{shared}: must hold the prepared tables that the run put there; found none from here. "
                "Name in run.yml, under shared, a place that all machines of the cluster read."
            )
        for place in store.find(folder):
            file = aside / posixpath.relpath(place, folder)
            file.parent.mkdir(parents=True, exist_ok=True)
            store.get_file(place, str(file))
        if not is_sound(aside):
            raise RunError(
                f"{shared}: must hold the prepared tables whole; found other files than it lists. "
                f"Remove {key} there; the next run puts it there again."
            )
        (aside / WHOLE).unlink()  # it is written anew as the folder is moved in
        move_in(aside, home)
    keep_newest(cache)
    return home


@contextmanager
def _readable_as(path: Path, shared: str) -> Iterator[None]:
    """Let what is made meanwhile be read by whoever may read a path, and be written by its owner alone.

    Raises
        RunError: it is no folder.
    """
    if not path.is_dir():
        raise RunError(
            f"{shared}: must be a folder that all machines of the cluster have; found none here. "
            "Mount or create it, or correct shared in run.yml."
        )
    before = os.umask(0o022 | (0o077 & ~path.stat().st_mode))
    try:
        yield
    finally:
        os.umask(before)


def _opened(shared: str, key: str) -> tuple[Any, str]:
    try:
        store, folder = url_to_fs(shared)
    except (ImportError, ValueError) as error:
        raise SettingsError(
            f"{shared}: must be a path or a store that can be opened; found none here ({error}). "
            "Install what it needs, on all machines of the cluster, or name another in run.yml, under shared."
        ) from None
    return store, posixpath.join(folder.rstrip("/"), key)


@contextmanager
def _refusals(shared: str, must: str) -> Iterator[None]:
    """Tell what a store refuses, each in errors of its own, as one of ours; a full disk, which may be that of this
    machine, as the system does."""
    try:
        yield
    except (RunError, SettingsError):
        raise
    except Exception as error:
        if isinstance(error, OSError) and is_full(error):
            raise
        raise RunError(
            f"{shared}: must {must}; found {type(error).__name__}: {error}. "
            "Correct it, or name another place in run.yml, under shared."
        ) from error
