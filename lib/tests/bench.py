"""How fast it is, as ratios of two things timed in the same run: `make bench`, or `make bench SIZE=full` for a million.

Nothing here is a test; what a figure ought to be stands beside it.
"""

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from importlib import metadata
from pathlib import Path

from benches import agreement, journeys, payback, peer, runs, works
from benches.alone import TURNS, Cost, Work, alone, fastest
from benches.tables import TABLES

SIZES = (10_000, 100_000)
FULL = 1_000_000
LEAST = 100_000  # rows of tables other than opportunities
GIGABYTE = 4_400_000  # so many members of campaigns fill one
TOUCHES = (10_000, 1_000_000)  # of journeys that credit is worked out on; SIZE=full adds ten million
MOST_TOUCHES = 10_000_000
RECORDED = (10_000, 100_000, 1_000_000)  # touches of a company that journeys are found in; SIZE=full adds ten million
CHANNELS = (12, 30)
ABSENT = "(it did not install)"
WIDTHS = (-28, 10, 7, 5, -29, 7, 5, 6, 6, 8, -14, 5)
HEADINGS = ("timed", "rows", "s", "GB", "held against", "s", "GB", "ratio", "of CPU", "per row", "aim", "turns")
PACKAGES = ("pandas", "pyarrow", "numpy", "papermill", "nbconvert")


def main(words: Sequence[str]) -> int:
    """Print the table, each line as soon as it is known."""
    if words not in ([], ["full"]):
        print(f"SIZE: must be full, or left away; found {' '.join(words)}.", file=sys.stderr)
        return 2
    sizes = (*SIZES, FULL) if words else SIZES
    print(_line(HEADINGS), _line(["-" * abs(width) for width in WIDTHS]), sep="\n", flush=True)
    with tempfile.TemporaryDirectory(prefix="revops-bench-") as name:
        for part in (_gates, _tables, _books, _payback, _journeys, _runs, _credit):
            for line in part(Path(name), sizes):
                print(line, flush=True)
    print(_notes())
    return 0


def _gates(folder: Path, sizes: Sequence[int]) -> Iterator[str]:
    """Time the gate beside pyarrow on the same bytes."""
    first = None
    for size in sizes:
        exports = folder / "exports" / str(size)
        alone(works.make_exports, exports)
        gate, plain = fastest(exports, works.gate, works.plain_csv)
        first = first or (gate, size)
        yield _row("gate", gate, "pyarrow.csv.read_csv", plain, "ratio ≤ 5", size, first)


def _tables(folder: Path, sizes: Sequence[int]) -> Iterator[str]:
    """Time the gate on a large file of each other table; the largest of touches has a gigabyte."""
    for name in TABLES:
        first = None
        largest = (GIGABYTE,) if name == "touches" and FULL in sizes else ()
        for size in (*(size for size in sizes if size >= LEAST), *largest):
            exports = folder / "tables of exports" / name / str(size)
            alone(works.make_table, exports)
            gate, plain = fastest(exports, works.gate, works.plain_csv)
            shutil.rmtree(exports)
            first = first or (gate, size)
            yield _row(f"gate: {name}", gate, "pyarrow.csv.read_csv", plain, "ratio ≤ 5", size, first)


def _books(folder: Path, sizes: Sequence[int]) -> Iterator[str]:
    """Time a past day and the measures of every report beside pandas reading the two tables that they start from.

    A report is among them once it has a notebook; one that reads touches (its READS) has those of `works.make_people`.
    """
    kinds: list[tuple[str, Work]] = [("state on a past day", works.state)]
    kinds += [(f"{stem} measures", partial(works.measure, stem=stem)) for stem in runs.stems()]
    firsts = {}
    for size in sizes:
        tables = folder / "tables" / str(size)
        alone(works.make_people, tables)
        for name, work in kinds:
            cost, plain = fastest(tables, work, works.plain_parquet)
            firsts.setdefault(name, (cost, size))
            yield _row(name, cost, "pandas.read_parquet", plain, "per row ≤ 2", size, firsts[name])


def _payback(folder: Path, sizes: Sequence[int]) -> Iterator[str]:
    """Time parts of the CAC payback report beside pandas reading the company's tables; rows are months that customers
    pay."""
    firsts = {}
    for size in sizes:
        bills = folder / "bills" / str(size)
        alone(payback.make_bills, bills)
        for name in payback.PARTS:
            cost, plain = fastest(bills, partial(payback.part, name=name), payback.plain_bills)
            firsts.setdefault(name, (cost, size))
            yield _row(name, cost, "pandas.read_parquet", plain, "per row ≤ 2", size, firsts[name])


def _journeys(folder: Path, sizes: Sequence[int]) -> Iterator[str]:
    """Time finding the journeys in a company's tables beside pandas reading them."""
    first = None
    for size in (*RECORDED, *([MOST_TOUCHES] if FULL in sizes else [])):
        tables = folder / "tables" / str(size // works.TOUCHES)
        if not tables.exists():
            alone(works.make_people, tables)
        cost, plain = fastest(tables, works.journeys, works.plain_people)
        first = first or (cost, size)
        yield _row("journeys of touches", cost, "pandas.read_parquet", plain, "per row ≤ 2", size, first)


def _credit(folder: Path, sizes: Sequence[int]) -> Iterator[str]:
    """Time credit on touches beside ChannelAttribution on the same journeys; then say whether both find the same."""
    python, verdicts = peer.install(folder / "peer"), []
    for n_channels in CHANNELS:
        firsts = {}
        for size in (*TOUCHES, *([MOST_TOUCHES] if FULL in sizes else [])):
            made = folder / "journeys" / str(n_channels) / str(size)
            alone(journeys.make_journeys, made)
            for name, work, model, aim in _kinds(n_channels, size):
                other = [partial(peer.call, python=python, model=model)] if python and model else []
                cost, *others = fastest(made, work, *other)
                beside = model and (f"{peer.NAME} {model}" if python else ABSENT)
                first = firsts.setdefault(name, (cost, size))
                yield _row(name, cost, beside, others[0] if others else None, aim, size, first)
            if python and size == max(TOUCHES):
                verdicts.append(f"{n_channels} channels: {agreement.verdict(made, python)}.")
            shutil.rmtree(made)
    if verdicts:
        yield from ["", f"Credit by both codes on the same {max(TOUCHES):,} touches:", *verdicts]


def _kinds(n_channels: int, size: int) -> list[tuple[str, Work, str, str]]:
    """Return what is timed on journeys: its name, the work, the other's model that it is held against, the aim."""
    kinds: list[tuple[str, Work, str, str]] = [
        (f"rules, Markov 1: {n_channels} channels", journeys.points, "markov_1", "ratio ≤ 1"),
        ("- paths made of tables too", journeys.built, "markov_1", ""),
        (f"- in {journeys.DRAWS} resamples", journeys.resampled, "", "≤ 20 s, 2 GB"),
    ]
    if n_channels == min(CHANNELS) and size == max(TOUCHES):
        kinds += [("all rules", partial(journeys.points, models=journeys.RULES), peer.HEURISTICS, "")]
        for order in (2, 3, 4):
            model = f"markov_{order}"
            kinds += [(f"Markov {order}", partial(journeys.points, models=(model,)), model, "")]
        kinds += [("Shapley", partial(journeys.points, models=("shapley",)), "", "")]
        kinds += [("game of rates", journeys.game, "", "")]
    return kinds


def _runs(folder: Path, sizes: Sequence[int]) -> Iterator[str]:
    """Time all reports on the sample company beside papermill and nbconvert, one notebook after the other."""
    project = folder / "project"
    runs.copy_project(project)
    first = alone(runs.first_run, project)
    run, again, serial = fastest(project, runs.run, runs.run_again, runs.serial, patience=30)
    beside = "papermill, nbconvert"
    yield _row("run, nothing prepared", first, beside, serial, "")
    yield _row("run, exports prepared", run, beside, serial, "ratio ≤ 0.5")
    yield _row("run, nothing changed", again, beside, serial, "≤ 2 s")


def _row(
    name: str, cost: Cost | None, beside: str, other: Cost | None, aim: str, size: int | None = None,
    first: tuple[Cost | None, int] | None = None,
) -> str:  # fmt: skip
    """Return a line; per row is the time for each row over that of the smallest size."""
    deals = "sample" if size is None else f"{size:,}"
    slope, ratios = "", ("", "")
    if cost and size is not None and first is not None and first[0] is not None:
        slope = f"{cost.seconds / size / (first[0].seconds / first[1]):.2f}"
    if cost and other:
        ratios = (f"{cost.seconds / other.seconds:.2f}", f"{cost.cpu / max(other.cpu, 0.01):.2f}")
    others = ("", "") if beside in ("", ABSENT) else _figures(other)
    turns = str(cost.turns) if cost else ""
    return _line([name, deals, *_figures(cost), beside, *others, *ratios, slope, aim, turns])


def _figures(cost: Cost | None) -> tuple[str, str]:
    """Return seconds and memory as text; nothing for what was not measured."""
    if cost is None:
        return "out of", "mem."
    return f"{cost.seconds:.2f}", "" if cost.peak is None else f"{cost.peak:.1f}"


def _line(cells: Sequence[str]) -> str:
    """Return a line of a Markdown table in columns of fixed width, to the left where the width is negative."""
    pairs = zip(cells, WIDTHS, strict=True)
    padded = (f"{cell:<{-width}}" if width < 0 else f"{cell:>{width}}" for cell, width in pairs)
    return f"| {' | '.join(padded)} |"


def _notes() -> str:
    """Return how to read the table, and what it was made on."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    load = f", {os.getloadavg()[0]:.1f} processes at work at the end" if hasattr(os, "getloadavg") else ""
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in PACKAGES)
    return f"""
Each the fastest of so many turns, at most {TURNS}, of both in turn; every turn in a fresh process. GB is the most
memory of that process, its imports included. per row: time for each row (of the gate, book and measures: for each
opportunity) over that at the smallest size; of journeys and credit rows are touches, of payback months that customers
pay. Of credit the call alone is timed:
ours on path sets in memory, ChannelAttribution's on its own paths as text in memory, by its defaults.
{platform.system()} {platform.machine()}, {cores} cores{load}; Python {platform.python_version()}, {versions}."""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
