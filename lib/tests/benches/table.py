"""The lines of the table: what is timed, how many rows, what it took, beside what, and how it grows."""

import os
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib import metadata
from pathlib import Path

from benches.alone import PATIENCE, TURNS, Cost, Work, alone, fastest

__all__ = ["ABSENT", "HEAD", "Table", "cells_of", "notes"]

ABSENT = "(it did not install)"
_COLUMNS = {"timed": -34, "rows": 10, "of": -20, "s": 7, "GB": 5, "held against": -31, "its s": 7, "its GB": 6,
            "ratio": 6, "of CPU": 6, "growth": 6, "aim": -14, "turns": 5}  # fmt: skip
"""Each column's width, to the left where it is negative."""
_LEAST = 0.1  # processor seconds, which the system counts in hundredths
_PACKAGES = ("pandas", "pyarrow", "numpy", "statsmodels", "papermill", "nbconvert", "distributed")


@dataclass
class Table:
    """Times works and tells the lines; remembers which were timed `once`, and the first size of each thing, against
    which growth is told."""

    folder: Path
    most: int
    patience: float = PATIENCE
    slices: int = 100
    once: list[str] = field(default_factory=list)
    _first: dict[str, float] = field(default_factory=dict)

    def sizes(self, most: int = 10_000_000, least: int = 10_000) -> list[int]:
        """Return the powers of ten between two numbers that are asked for."""
        return [10**power for power in range(4, 8) if least <= 10**power <= min(most, self.most)]

    def made(self, make: Callable[[Path], None], *names: object) -> Path:
        """Return a folder below the bench's own, made by a process of its own where it is not there yet."""
        folder = self.folder.joinpath(*map(str, names))
        if not folder.exists():
            alone(make, folder)
        return folder

    def lines(
        self, timed: str, rows: tuple[int, str], folder: Path, work: Work, beside: Mapping[str, Work | None], aim: str
    ) -> Iterator[str]:  # fmt: skip
        """Time a work beside others on the same folder, and yield a line for each of the others.

        Parameters
            timed : what it is; its smallest size comes first
            rows : how many rows, and of what
            beside : what it is held against; None where that could not be installed
        """
        others = {name: other for name, other in beside.items() if other is not None}
        cost, *costs = fastest(folder, work, *others.values(), patience=self.patience)
        found = dict(zip(others, costs, strict=True))
        names = {name: name if name in found else f"{name} {ABSENT}" for name in beside}
        yield from self.told(timed, rows, cost, [(names[name], found.get(name)) for name in beside], aim)

    def told(
        self, timed: str, rows: tuple[int, str], cost: Cost | None, beside: Sequence[tuple[str, Cost | None]], aim: str,
        part: float = 1.0,
    ) -> Iterator[str]:  # fmt: skip
        """Yield the lines of what was timed, its own figures in the first; None ran out of memory.

        The others did that part of the rows: ratios are of as many rows.
        """
        if cost is not None and cost.turns == 1:
            self.once.append(f"{timed.removeprefix('- ')} of {rows[0]:,}")
        own = [timed, f"{rows[0]:,}", rows[1], *_figures(cost)]
        grown = "" if cost is None else self._grown(timed, cost.seconds / rows[0])
        last = [grown, aim, "" if cost is None else str(cost.turns)]
        for name, other in beside or [("", None)]:
            figures = _figures(other) if name and not name.endswith(ABSENT) else ("", "")
            yield _line([*own, name, *figures, *_ratios(cost, other, part), *last])
            own, last = [""] * len(own), [""] * len(last)

    def _grown(self, timed: str, each: float) -> str:
        """Return the time for each row over that at the smallest size."""
        return f"{each / self._first.setdefault(timed, each):.2f}"


def _figures(cost: Cost | None) -> tuple[str, str]:
    if cost is None:
        return "out of", "mem."
    return f"{cost.seconds:.{3 if cost.seconds < 0.1 else 2}f}", "" if cost.peak is None else f"{cost.peak:.1f}"


def _ratios(cost: Cost | None, other: Cost | None, part: float) -> tuple[str, str]:
    if cost is None or other is None:
        return "", ""
    of_cpu = f"{cost.cpu * part / other.cpu:.2f}" if other.cpu >= _LEAST else ""
    return f"{cost.seconds * part / other.seconds:.2f}", of_cpu


def _line(cells: Sequence[str]) -> str:
    """Return a row of a Markdown table, its cells padded."""
    pairs = zip(cells, _COLUMNS.values(), strict=True)
    padded = (f"{cell:<{-width}}" if width < 0 else f"{cell:>{width}}" for cell, width in pairs)
    return f"| {' | '.join(padded)} |"


_RULES = [f"{'-' * (abs(width) - 1)}{':' if width > 0 else '-'}" for width in _COLUMNS.values()]
HEAD = f"{_line(list(_COLUMNS))}\n{_line(_RULES)}"
"""The first two rows."""


def cells_of(line: str) -> list[str]:
    """Return the cells of a row."""
    return [cell.strip() for cell in line.strip("|").split("|")]


def notes(table: Table) -> str:
    """Return how to read the table, and what it was made on."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    load = f", {os.getloadavg()[0]:.1f} processes at work at the end" if hasattr(os, "getloadavg") else ""
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in _PACKAGES)
    return f"""
Each the fastest of {TURNS} turns, taken in turn with what it is held against. Timed once, since a turn of all in the
line took more than {table.patience:g} seconds: {"; ".join(table.once) or "nothing"}.
Every turn in a fresh process. GB: the most memory of that process, imports
included; of runs that of all their processes together, looked at twice a second, what they share counted once.
ratio: its seconds over the other's (for each report, where those were fewer); of CPU: the same of processor seconds;
growth: seconds for each row over those at the smallest size.
{date.today()}, {platform.system()} {platform.machine()}, {cores} cores{load}; Python {platform.python_version()},
{versions}."""
