"""What can go wrong, in words a reader can act on without opening the source.

Every message follows one template: `where: what must hold; found what, how many
(e.g. at most three). What to do.` All failures of one file are collected and raised once.
"""

import contextlib
import difflib
import errno
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

__all__ = [
    "BookError",
    "ExportError",
    "MeasureError",
    "RevopsError",
    "RunError",
    "SettingsError",
    "examples",
    "is_full",
    "is_of_machine",
    "is_shut",
    "listed",
    "naming",
    "nearest",
    "refused_by_machine",
]


_FULL = (errno.ENOSPC, errno.EDQUOT)
_SHUT = (errno.EACCES, errno.EPERM, errno.EROFS)
_IN_THE_WAY = (errno.ENOTDIR, errno.EEXIST)
_WORN = (errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ESTALE)


class RevopsError(Exception):
    """Anything a user can mend: shown as its text alone, without a traceback, by the command line."""


class SettingsError(RevopsError):
    """A company.yml, a params file or a parameter says something we cannot use."""


class ExportError(RevopsError):
    """A raw export cannot be read without guessing."""


class BookError(RevopsError):
    """The prepared tables cannot answer for the day or period asked."""


class MeasureError(RevopsError):
    """A table handed to a measure breaks what the measure relies on."""


class RunError(RevopsError):
    """A report did not finish, or finished in a state that must not be published."""


def examples(values: Iterable[object], limit: int = 3) -> str:
    """Return up to `limit` values as `e.g. a, b, c`, or an empty string where there are none."""
    shown = [str(value)[:60] for _, value in zip(range(limit), values, strict=False)]
    return f"e.g. {', '.join(shown)}" if shown else ""


def nearest(name: str, known: Sequence[str]) -> str:
    """Return the sentence that helps after a name nobody knows: the nearest known name, then all of them, whole."""
    close = difflib.get_close_matches(name.casefold(), [k.casefold() for k in known], n=1, cutoff=0.6)
    original = next((k for k in known if close and k.casefold() == close[0]), None)
    hint = f"Did you mean {original}? " if original else ""
    return f"{hint}Known: {', '.join(sorted(known))}."


def listed(names: Iterable[str]) -> str:
    """Return names as `--slice` takes them, as CSV: `AMER, "North, America"`."""
    doubled = ((name, name.replace('"', '""')) for name in names)
    return ", ".join(f'"{quoted}"' if re.search(r'^"|,', name) else name for name, quoted in doubled)


def is_full(error: OSError) -> bool:
    """Return whether a disk, or what one user may have of it, is full."""
    return error.errno in _FULL


def is_shut(error: OSError) -> bool:
    """Return whether this user may not read or write a place, or nobody may write it."""
    return error.errno in _SHUT


def is_of_machine(error: OSError) -> bool:
    """Return whether a full, shut or worn disk is to blame, not a fault of ours."""
    return error.errno in (*_FULL, *_SHUT, *_IN_THE_WAY, *_WORN)


def refused_by_machine(error: OSError) -> str:
    """Return what the system refused, where, and what to do."""
    place = error.filename2 or error.filename
    where = os.fsdecode(place) if isinstance(place, str | bytes | os.PathLike) else "the disk"
    found = os.strerror(error.errno).lower() if error.errno else str(error)
    for group, must, advice in (
        (_FULL, "have room for what is written there", "Free some space, then do the same again."),
        (_SHUT, "be open to this user", "Give this user leave to read and write there, or name another folder."),
        (_IN_THE_WAY, "be a folder", "Move away what stands there, or name another folder."),
        (_WORN, "be readable and writable", "Look at the disk, then do the same again."),
        ((errno.ENOENT,), "be there", "Put it back, then do the same again."),
    ):
        if error.errno in group:
            return f"{where}: must {must}; found: {found}. {advice}"
    return f"{where}: {found}." if place else f"{found}."


@contextlib.contextmanager
def naming(place: Path) -> Iterator[None]:
    """Let an error of the system that names no file, as that of a disk full while writing, name this one."""
    try:
        yield
    except OSError as error:
        if error.filename is None and is_of_machine(error):
            error.filename = str(place)
        raise
