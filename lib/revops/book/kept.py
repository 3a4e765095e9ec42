"""Folders of the cache: made aside, moved in when whole, not believed when not, removed when nobody uses them.

Nothing here is waited for to reach the disk: after a power cut a folder that is not whole, or that holds other bytes
than were written, is made again. Of the steps in it nothing is asked: each is looked at when it is taken.
"""

import contextlib
import json
import os
import platform
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import psutil

from revops.errors import is_shut
from revops.exports.keeping.steps import FOLDER as STEPS
from revops.exports.keeping.store import digest_of_file

__all__ = ["AUDIT", "WHOLE", "aside_in", "is_sound", "is_whole", "keep_newest", "listed", "move_in", "newest", "used"]

AUDIT = "audit.json"
WHOLE = "whole.json"
"""The list of a folder's files but for its steps, each with its size and the hash of its contents."""
_DAY = 24 * 60 * 60.0
_KEPT = 5


def listed(home: Path) -> dict[str, list[int | str]]:
    """Return the files that were moved in by name, each with size and hash; none where the list is not whole."""
    try:
        found = json.loads((home / WHOLE).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return {}
    return found if isinstance(found, dict) and AUDIT in found else {}


def is_whole(home: Path) -> bool:
    """Return whether every file that was moved in is there, at its size."""
    return _all(home, listed(home), lambda file, known: file.stat().st_size == known[0])


def is_sound(home: Path, below: str = "") -> bool:
    """Return whether every file that was moved in, or each below a folder in it, holds what it held: all are read."""
    files = {name: known for name, known in listed(home).items() if name.startswith(below)}
    return _all(home, files, lambda file, known: _known_by(file) == known)


def used(home: Path) -> Path:
    """Note that a folder is in use, and return it; in a cache that this user may not write it counts as older."""
    try:
        os.utime(home)
    except OSError as error:
        if not is_shut(error):
            raise
    return home


def newest(cache: Path) -> list[Path]:
    """Return the folders that `keep_newest` would keep for being used last, the latest first."""
    with contextlib.suppress(FileNotFoundError):
        return [home for _, home in reversed(_by_use(cache)[-_KEPT:])]
    return []


def keep_newest(cache: Path) -> None:
    """Remove all folders but the five that were used last, and none that was used within the last day."""
    with contextlib.suppress(FileNotFoundError):  # another company's run removes the same
        for when, home in _by_use(cache)[:-_KEPT]:
            if time.time() - when > _DAY:
                with aside_in(cache) as aside:
                    os.rename(home, aside / home.name)


def _by_use(cache: Path) -> list[tuple[float, Path]]:
    """Return the folders with the time of their last use, in its order."""
    homes = [home for home in cache.iterdir() if home.is_dir() and home.name[0] != "."]
    return sorted((home.stat().st_mtime, home) for home in homes)


@contextlib.contextmanager
def aside_in(cache: Path) -> Iterator[Path]:
    """Give an empty folder in the cache, removed at the end unless it was moved in; those of killed processes go."""
    cache.mkdir(parents=True, exist_ok=True, mode=0o700)
    for left in cache.glob(".aside-*"):
        if _is_left(left):
            shutil.rmtree(left, ignore_errors=True)
    aside = Path(tempfile.mkdtemp(dir=cache, prefix=f".aside-{_machine()}-{os.getpid()}-"))
    try:
        yield aside
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def move_in(aside: Path, home: Path) -> None:
    """Make a finished folder `home`, unless another process made the same one first; a broken one gives way."""
    files = {file.relative_to(aside).as_posix(): file for file in sorted(aside.rglob("*")) if file.is_file()}
    known = {name: _known_by(file) for name, file in files.items() if not name.startswith(f"{STEPS}/")}
    (aside / WHOLE).write_text(json.dumps(known), encoding="utf-8")
    try:
        os.rename(aside, home)
    except OSError:
        if is_sound(home):
            return
        if not home.exists():
            raise
        broken = aside.with_name(f"{aside.name}.broken")
        os.rename(home, broken)
        os.rename(aside, home)
        shutil.rmtree(broken, ignore_errors=True)


def _known_by(file: Path) -> list[int | str]:
    return [file.stat().st_size, digest_of_file(file)]


def _all(home: Path, files: Mapping[str, list[int | str]], holds: Callable[[Path, list[int | str]], bool]) -> bool:
    """Return whether something holds of each of the files, and of one at least, by what is listed of it."""
    try:
        return bool(files) and all(holds(home / name, known) for name, known in files.items())
    except (FileNotFoundError, NotADirectoryError, TypeError, LookupError):  # the last two: a list of other contents
        return False


def _is_left(aside: Path) -> bool:
    """Return whether the process that made a folder is gone: it ran on this machine, or a day ago on another."""
    name = re.fullmatch(rf"\.aside-{re.escape(_machine())}-(\d+)-\w+(\.broken)?", aside.name)
    if name is not None and not psutil.pid_exists(int(name[1])):
        return True
    try:
        return time.time() - aside.stat().st_mtime > _DAY
    except FileNotFoundError:
        return False


def _machine() -> str:
    return re.sub(r"\W+", "_", platform.node()) or "machine"
