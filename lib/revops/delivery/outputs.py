"""The outputs folder: one writer at a time, runs that never change once they stand, and `latest` switched in one move.

outputs/[company/]runs/<as_of>-<n>/    a run: built aside under a name that starts with a dot, renamed when whole
outputs/[company/]latest               a link to the newest run; a copy where the system allows no links
"""

import contextlib
import errno
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from revops.errors import RunError

__all__ = ["Outputs"]

MANIFEST = "manifest.json"


class Outputs:
    """The outputs folder of one company."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.runs = folder / "runs"
        self.latest = folder / "latest"

    @contextlib.contextmanager
    def building(self) -> Iterator[Path]:
        """Give an empty folder beside the runs to the only writer; what is left in it at the end is removed.

        Raises
            RunError: another run is at work in this outputs folder.
        """
        self.runs.mkdir(parents=True, exist_ok=True)
        with _locked(self.folder / ".lock"):
            for left_by_a_crash in self.runs.glob(".building-*"):
                shutil.rmtree(left_by_a_crash)
            folder = self.runs / f".building-{os.getpid()}"
            folder.mkdir()
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)

    def last(self) -> tuple[Path, Mapping[str, Any]] | None:
        """Return the folder and manifest of the run that `latest` shows, or None where there is none."""
        try:
            folder = self.latest.resolve(strict=True)
            return folder, json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None

    def next_name(self, as_of: str) -> str:
        """Return the name of the next run as of a day."""
        taken = [int(run.name.rpartition("-")[2]) for run in self.finished() if run.name.startswith(f"{as_of}-")]
        return f"{as_of}-{max(taken, default=0) + 1}"

    def finished(self) -> list[Path]:
        """Return the folders of all runs, oldest first by the time they were switched in."""
        runs = [run for run in self.runs.iterdir() if re.fullmatch(r"\d{4}-\d\d-\d\d-\d+", run.name)]
        return sorted(runs, key=lambda run: ((run / MANIFEST).stat().st_mtime_ns, run.name))

    def switch_in(self, building: Path, name: str) -> Path:
        """Make the built folder run `name` and let `latest` show it; return the run's folder."""
        run = self.runs / name
        building.rename(run)
        _point(self.latest, run)
        return run

    def prune(self, keep: int) -> list[str]:
        """Remove all runs but the newest `keep`, never the one `latest` shows; return the names of those removed."""
        shown = self.last()
        extra = self.finished()[:-keep] if keep else self.finished()
        extra = [run for run in extra if shown is None or run.name != shown[1]["run"]]
        for run in extra:
            shutil.rmtree(run)
        return [run.name for run in extra]


def _point(latest: Path, run: Path) -> None:
    """Let `latest` show a run: a link replaced in one move, or, where links are not allowed, a copy swapped in."""
    aside = latest.with_name(f".latest-{os.getpid()}")
    _remove(aside)
    try:
        aside.symlink_to(run.relative_to(latest.parent), target_is_directory=True)
    except (OSError, NotImplementedError):
        shutil.copytree(run, aside)
    if not (aside.is_symlink() and latest.is_symlink()):
        _remove(latest)
    aside.replace(latest)


def _remove(path: Path) -> None:
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the file's lock, which the system lets go of whatever way this process ends."""
    with open(path, "a+", encoding="utf-8") as file:
        try:
            _lock(file)
        except OSError as error:
            if error.errno not in (errno.EACCES, errno.EAGAIN, errno.EDEADLK):
                raise
            file.seek(0)
            other = file.read().strip() or "unknown"
            raise RunError(
                f"{path.parent.name}: one run at a time may write here; found process {other} at work. "
                "Wait until it has ended."
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _lock(file: IO[str]) -> None:
    try:
        import fcntl
    except ImportError:
        import msvcrt

        file.seek(1 << 20)  # past the text, which others may read while the lock is held
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
