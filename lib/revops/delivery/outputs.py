"""The outputs folder: one writer at a time, runs that never change once they stand, and `latest` switched in one move.

outputs/[company/]runs/<as_of>-<n>/    a run: built aside under a name that starts with a dot, renamed when whole
outputs/[company/]runs/runs            a link to runs itself: ../runs/<run> is right from latest and from a run's folder
outputs/[company/]latest               a link to the newest run; a copy where the system allows no links

A process may be killed between any two steps. What it had begun is kept under names that start with a dot; the next
writer ends a switch whose run stands, undoes one whose run does not, and removes the rest.
"""

import contextlib
import json
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from revops.delivery.lock import locked
from revops.delivery.settle import settle, settle_names
from revops.errors import RunError, is_of_machine, naming, refused_by_machine

__all__ = ["Outputs"]

MANIFEST = "manifest.json"
_RUN = re.compile(r"(\d{4}-\d\d-\d\d)-(\d+)")
_TICK_NS = 2 * 10**9  # no file system in use keeps time more coarsely


class Outputs:
    """The outputs folder of one company."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.runs = folder / "runs"
        self.latest = folder / "latest"
        self.next = folder / ".latest-next"
        self.mended: list[str] = []
        self._notes = (folder / ".scratch", folder / ".scratch-others")

    @contextlib.contextmanager
    def building(self) -> Iterator[Path]:
        """Give an empty folder beside the runs to the only writer; what is left in it at the end is removed.

        What a killed run left is mended first; `mended` says what was.

        Raises
            RunError: another run is at work in this outputs folder, or the disk is full or shut.
        """
        try:
            self._make_runs()
            with naming(self.folder), locked(self.folder / ".lock"):
                self.mended = self._mend()
                folder = self.runs / f".building-{os.getpid()}"
                folder.mkdir()
                try:
                    yield folder
                finally:
                    self._mend()
        except OSError as error:
            if not is_of_machine(error):
                raise
            raise RunError(f"{refused_by_machine(error)} The last good reports stand.") from error

    @contextlib.contextmanager
    def scratch(self) -> Iterator[Path]:
        """Give a folder in the system's place for temporary files, where paths are short; removed at the end.

        Only for the writer. Its place is noted, so that the run after a kill may remove it.
        """
        for note in self._notes:
            if note.exists():
                _remove_scratch(note.read_text(encoding="utf-8").splitlines())
        folder = Path(tempfile.gettempdir(), f"revops-{secrets.token_hex(4)}")
        try:
            with naming(self._notes[0]):
                self._notes[0].write_text(str(folder), encoding="utf-8")
            folder.mkdir(mode=0o700)
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            for note in self._notes:
                note.unlink(missing_ok=True)

    def note_scratch(self, *folders: Path) -> None:
        """Note other temporary folders, while `scratch` is given, that the run after a kill may remove too."""
        if folders:
            with naming(self._notes[1]):
                self._notes[1].write_text("\n".join(map(str, folders)), encoding="utf-8")

    def last(self) -> tuple[Path, Mapping[str, Any]] | None:
        """Return the folder and manifest of the run that `latest` shows, or None where there is none.

        Where `latest` is missing or not whole, it is the newest run that is.
        """
        manifest = _manifest_in(self.latest)
        if manifest is not None:
            return self.latest.resolve(), manifest
        for run in reversed(self.finished()):
            manifest = _manifest_in(run)
            if manifest is not None:
                return run, manifest
        return None

    def next_name(self, as_of: str) -> str:
        """Return the name of the next run as of a day: one more than the highest of that day, whole or not."""
        taken = [number for _, day, number in self._named() if day == as_of]
        return f"{as_of}-{max(taken, default=0) + 1}"

    def finished(self) -> list[Path]:
        """Return the folders of all whole runs, oldest first by the time they were switched in."""
        found = [(_stamp(run), day, number, run) for run, day, number in self._named()]
        return [run for stamp, _, _, run in sorted(found) if stamp >= 0 and _manifest_in(run) is not None]

    def switch_in(self, building: Path, name: str) -> Path:
        """Make the built folder run `name` and let `latest` show it; return the run's folder.

        Everything is on the disk before it is shown, and `latest` is promised before the run stands, so that whoever
        comes after a kill knows what was meant.
        """
        run = self.runs / name
        earlier = self.finished()
        if earlier and not os.path.lexists(self.runs / self.runs.name):
            _link(self.runs / self.runs.name, Path())
        newest = max(map(_stamp, earlier), default=-1)
        if _stamp(building) <= newest:  # the clock went back: the order of runs does not
            os.utime(building / MANIFEST, ns=(newest + _TICK_NS, newest + _TICK_NS))
        settle(building)
        self._promise(run, building)
        building.rename(run)
        settle_names(self.runs)
        self._show_next()
        return run

    def prune(self, keep: int, before: str | None) -> list[str]:
        """Remove all runs but the newest `keep`; return the names of those removed.

        Never removed are the one that `latest` shows and the one that its review is held against, `before`: made again,
        it must say the same.
        """
        runs, shown = self.finished(), self.last()
        held = {before, shown[1]["run"] if shown else None}
        extra = [run for run in (runs[:-keep] if keep else runs) if run.name not in held]
        for run in extra:
            aside = run.with_name(f".removed-{run.name}")
            run.rename(aside)
            shutil.rmtree(aside)
        return [run.name for run in extra]

    def _make_runs(self) -> None:
        """Make the folder of all runs; RunError in a place, such as /proc, where none can be."""
        try:
            self.runs.mkdir(parents=True, exist_ok=True)
        except FileNotFoundError as error:
            must = "must be a place where a folder can be made; found: no such file or directory"
            raise RunError(f"{error.filename}: {must}. Name another folder.") from error

    def _named(self) -> list[tuple[Path, str, int]]:
        """Return every folder that is named as a run, with its day and number."""
        entries = self.runs.iterdir() if self.runs.is_dir() else ()
        named = [(run, _RUN.fullmatch(run.name)) for run in entries]
        return [(run, match[1], int(match[2])) for run, match in named if match]

    def _promise(self, run: Path, building: Path) -> None:
        """Leave in `.latest-next` what `latest` becomes: a link to the run, or, where links are not allowed, a copy."""
        _remove(self.next)
        if not _link(self.next, run.relative_to(self.folder)):
            copy = self.folder / ".latest-copy"
            _remove(copy)
            _copy(building, copy)
            settle(copy)
            copy.rename(self.next)

    def _show_next(self) -> None:
        """Let `latest` be what was promised: in one move where both are links, else as fast as two moves are."""
        if self.next.is_symlink() and (self.latest.is_symlink() or not self.latest.exists()):
            self.next.replace(self.latest)
        else:
            before = self.folder / ".latest-before"
            _remove(before)
            if self.latest.is_symlink() or self.latest.exists():
                self.latest.rename(before)
            self.next.rename(self.latest)
            _remove(before)
        settle_names(self.folder)

    def _mend(self) -> list[str]:
        """End or undo what a killed run had begun; return what was mended, in words."""
        said = []
        promised = _promised_by(self.next)
        if promised and _manifest_in(self.runs / promised) is not None:
            self._show_next()
            said.append(f"latest shows run {promised}: it was whole when its process was ended")
        for left in [*self.runs.glob(".building-*"), *self.runs.glob(".removed-*"), *self.folder.glob(".latest-*")]:
            _remove(left)
        if _manifest_in(self.latest) is None and (last := self.last()):
            self._promise(last[0], last[0])
            self._show_next()
            said.append(f"latest shows run {last[0].name}: what it showed before was missing or not whole")
        return said


def _stamp(run: Path) -> int:
    """Return when a run's manifest was written, in nanoseconds; -1 where it has none."""
    try:
        return (run / MANIFEST).stat().st_mtime_ns
    except (FileNotFoundError, NotADirectoryError):
        return -1


def _manifest_in(run: Path) -> dict[str, Any] | None:
    """Return a run's manifest, or None where there is none or it is not whole."""
    try:
        manifest = json.loads((run / MANIFEST).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    return manifest if isinstance(manifest, dict) and {"run", "reports"} <= manifest.keys() else None


def _promised_by(path: Path) -> str | None:
    """Return the name of the run that a link leads to, there or not, or that a copy is of."""
    if path.is_symlink():
        return Path(os.readlink(path)).name
    manifest = _manifest_in(path)
    return None if manifest is None else str(manifest["run"])


def _link(place: Path, target: Path) -> bool:
    """Make a link to a folder; return whether links are allowed here."""
    try:
        place.symlink_to(target, target_is_directory=True)
    except (OSError, NotImplementedError) as error:
        if isinstance(error, OSError) and is_of_machine(error) and not isinstance(error, PermissionError):
            raise
        return False
    return True


def _remove(path: Path) -> None:
    """Remove a file, a link or a folder; one that a process just killed still writes to is left to the next run."""
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path, ignore_errors=True)


def _copy(folder: Path, target: Path) -> None:
    target.mkdir()
    for place in sorted(folder.rglob("*")):
        other = target / place.relative_to(folder)
        if place.is_dir():
            other.mkdir()
        else:
            with naming(other):
                shutil.copy2(place, other)


def _remove_scratch(places: Iterable[str]) -> None:
    """Remove the temporary folders of a killed run, if their names are such as we and multiprocessing give."""
    for folder in map(Path, places):
        if re.fullmatch(r"(revops|pymp)-\w{8}", folder.name) and folder.is_dir() and not folder.is_symlink():
            shutil.rmtree(folder, ignore_errors=True)
