"""How fast it is, as ratios of two things timed in the same run: `make bench`; see `--help` for its parts and sizes.

Nothing here is a test; what a figure ought to be stands beside it.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from benches import agreement, journeys, payback, peer, runs, slices, survival, works
from benches.alone import PATIENCE, Cost, Work, fastest
from benches.table import HEAD, Table, notes
from benches.tables import TABLES

FULL = 10_000_000
USUAL = 100_000
SOME = 1_000_000
CHANNELS = (12, 30)
READ = "pandas.read_parquet"
PAPERMILL = "papermill, nbconvert"


def main(words: Sequence[str] | None = None) -> int:
    """Print the table, each line as soon as it is known."""
    asked = _parser().parse_args(words)
    print(HEAD, flush=True)
    with tempfile.TemporaryDirectory(prefix="revops-bench-") as name:
        table = Table(Path(name), asked.size, asked.patience, asked.slices)
        for part in asked.parts or PARTS:
            for line in PARTS[part](table):
                print(line, flush=True)
    print(notes(table))
    return 0


def _gate(table: Table) -> Iterator[str]:
    """the gate on opportunities and their history, beside plain readers of the same bytes (rows: of both files)"""
    for n in table.sizes():
        exports = table.made(works.make_exports, "exports", n)
        beside = {"pyarrow.csv.read_csv": works.plain_csv, "pandas.read_csv": works.pandas_csv}
        yield from table.lines("gate", (n, "deals and history"), exports, works.gate, beside, "ratio ≤ 5")
        shutil.rmtree(exports)


def _tables(table: Table) -> Iterator[str]:
    """the gate on a large file of each other table (to a million rows; touches to ten)"""
    for name in TABLES:
        for n in table.sizes(FULL if name == "touches" else SOME, USUAL if name != "touches" else 10_000):
            exports = table.made(works.make_table, "tables of exports", name, n)
            beside = {"pyarrow.csv.read_csv": works.plain_csv}
            yield from table.lines(f"gate: {name}", (n, name), exports, works.gate, beside, "ratio ≤ 5")
            shutil.rmtree(exports)


def _books(table: Table) -> Iterator[str]:
    """the state on a past day beside plain pandas doing the same, and how long deals stood in each stage: from tables
    in memory, then from prepared ones, in parts where they are large (rows: states in the history)"""
    for n in table.sizes():
        company = table.made(works.make_tables, "companies", n // works.STATES)
        table.made(works.make_parts, "companies", n // works.STATES, works.STORED)
        rows, read = (works.states_of(company), "states of deals"), {READ: works.plain_parquet}
        beside = {"plain pandas": works.plain_state, **read}
        yield from table.lines("state on a past day", rows, company, works.state, beside, "growth ≤ 2")
        yield from table.lines("- state from stored tables", rows, company, works.state_of_parts, read, "growth ≤ 2")
        yield from table.lines("stays in stages", rows, company, works.spells, read, "growth ≤ 2")
        yield from table.lines("- stays from stored tables", rows, company, works.spells_of_parts, read, "growth ≤ 2")


def _measures(table: Table) -> Iterator[str]:
    """all measures of each report, beside reading the tables they start from (rows: opportunities; ten touches each)"""
    for n in table.sizes(SOME):
        company = table.made(works.make_people, "companies", n)
        for stem in runs.stems():
            work = partial(works.measure, stem=stem)
            beside = {READ: works.plain_parquet}
            yield from table.lines(f"{stem} measures", (n, "opportunities"), company, work, beside, "growth ≤ 2")


def _payback(table: Table) -> Iterator[str]:
    """parts of the CAC payback report, beside reading the company's tables (rows: months that customers pay)"""
    for n in table.sizes():
        bills = table.made(payback.make_bills, "bills", n)
        table.made(works.make_parts, "bills", n, works.STORED)
        rows, beside = (n, "customer months"), {READ: payback.plain_bills}
        for name in payback.PARTS if n <= SOME else ():
            work = partial(payback.part, name=name)
            yield from table.lines(name, rows, bills, work, beside, "growth ≤ 2")
        yield from table.lines("- customers from stored tables", rows, bills, payback.customers, beside, "growth ≤ 2")


def _survival(table: Table) -> Iterator[str]:
    """Kaplan-Meier and the incidence of two events, beside lifelines and statsmodels (rows: subjects)"""
    python, told = peer.install(table.folder / "lifelines", "lifelines", survival.LIFELINES), ""
    for n in table.sizes():
        subjects = table.made(survival.make_subjects, "subjects", n)
        for name, other in zip(survival.OURS, survival.THEIRS, strict=True):
            beside: dict[str, Work | None] = {f"statsmodels {other}": partial(survival.theirs, name=other)}
            if name == "kaplan_meier":
                beside |= {"lifelines": partial(survival.by_lifelines, python=python) if python else None}
            work = partial(survival.ours, name=name)
            yield from table.lines(name.replace("_", " "), (n, "subjects"), subjects, work, beside, "growth ≤ 2")
        told = f"Survival by all codes on the same {n:,} subjects: {survival.verdict(subjects)}."
    yield from ["", told, ""]


def _journeys(table: Table) -> Iterator[str]:
    """finding the journeys in prepared tables, then all credit of them end to end (rows: touches)"""
    for n in table.sizes():
        company = table.made(works.make_people, "companies", n // works.TOUCHES)
        table.made(works.make_parts, "companies", n // works.TOUCHES, works.STORED)
        rows, beside = (n, "touches"), {READ: works.plain_people}
        yield from table.lines("journeys of touches", rows, company, works.journeys, beside, "growth ≤ 2")
        yield from table.lines("- read, found, credited, resampled", rows, company, works.credited, beside, "≤ 3 GB")


def _credit(table: Table) -> Iterator[str]:
    """models of credit on journeys at hand, beside ChannelAttribution on the same ones (rows: touches)"""
    python, verdicts = peer.install(table.folder / "peer", peer.NAME, *peer.WANTED), []
    largest = max(table.sizes(SOME))
    for n_channels in CHANNELS:
        for n in table.sizes(FULL if n_channels == min(CHANNELS) else SOME):
            made = table.made(journeys.make_journeys, "journeys", n_channels, n)
            for name, work, model, aim in _kinds(n_channels, n == largest):
                other = partial(peer.call, python=python, model=model) if python else None
                beside = {f"{peer.NAME} {model}": other} if model else {}
                yield from table.lines(f"{name}, {n_channels} channels", (n, "touches"), made, work, beside, aim)
            if python and n == largest:
                verdicts.append(f"{n_channels} channels: {agreement.verdict(made, python)}.")
            shutil.rmtree(made)
    if verdicts:
        yield from ["", f"Credit by both codes on the same {largest:,} touches:", *verdicts, ""]


def _kinds(n_channels: int, is_largest: bool) -> list[tuple[str, Work, str, str]]:
    """Return what is timed on journeys: its name, the work, the other's model that it is held against, the aim."""
    kinds: list[tuple[str, Work, str, str]] = [
        ("rules, Markov 1", journeys.points, "markov_1", "ratio ≤ 1"),
        ("- paths made too", journeys.built, "markov_1", ""),
        (f"- in {journeys.DRAWS} resamples", journeys.resampled, "", "1M: 20 s, 2 GB"),
    ]
    if n_channels == min(CHANNELS) and is_largest:
        kinds += [("all rules", partial(journeys.points, models=journeys.RULES), peer.HEURISTICS, "")]
        for order in (2, 3, 4):
            model = f"markov_{order}"
            kinds += [(f"Markov {order}", partial(journeys.points, models=(model,)), model, "")]
        kinds += [("Shapley", partial(journeys.points, models=("shapley",)), "", "")]
        kinds += [("game of rates", journeys.game, "", "")]
    return kinds


def _runs(table: Table) -> Iterator[str]:
    """all reports on the sample company, beside papermill and nbconvert one notebook after the other"""
    project = table.made(runs.copy_project, "project")
    kinds = [(engine, cache) for engine in runs.ENGINES for cache in ("cold", "warm")]
    timed: list[Work] = [
        partial(runs.first_run if cache == "cold" else runs.run, engine=engine) for engine, cache in kinds
    ]
    *costs, serial = fastest(project, *timed, runs.serial, patience=table.patience)
    rows, beside = (len(runs.stems()), "reports"), [(PAPERMILL, serial)]
    for (engine, cache), cost in zip(kinds, costs, strict=True):
        aim = "ratio ≤ 0.5" if engine == "ordinary" else "ratio ≤ 0.33"
        yield from table.told(f"run, {cache}, {engine} engine", rows, cost, beside, aim)
    for name, work, aim in (("one export changed", runs.run_changed, ""), ("unchanged", runs.run_again, "≤ 1 s")):
        (cost,) = fastest(project, work, patience=table.patience)
        yield from table.told(f"run, {name}", rows, cost, beside, aim)
    ordinary = costs[kinds.index(("ordinary", "warm"))]
    if serial is not None and ordinary is not None:
        yield from ["", _outside(runs.cells_seconds(project), serial, ordinary), ""]


def _outside(own: float, serial: Cost, ordinary: Cost) -> str:
    """Return the processor seconds that two ways of running take beyond the seconds of the reports' own cells."""
    theirs, ours = serial.cpu - own, ordinary.cpu - own
    return (
        f"The reports' own cells take {own:.1f} s by the clock. CPU seconds beyond them: {PAPERMILL} {theirs:.1f}, "
        f"warm run on ordinary kernels {ours:.1f}: {ours / theirs:.2f} of that (aim: ≤ 0.33)."
    )


def _slices(table: Table) -> Iterator[str]:
    """one report for each of 100 regions: here, and on a Dask worker for each core, beside papermill and nbconvert on
    ten of them"""
    project, n = table.made(slices.make_company, "regions"), table.slices
    few = min(n, slices.BY_HAND)
    timed: list[Work] = [partial(slices.run, n=n, how=how) for how in slices.WAYS.values()]
    *costs, serial = fastest(project, *timed, partial(slices.serial, n=few), patience=table.patience)
    beside = [(f"{PAPERMILL}, {few} of {n}", serial)]
    for way, cost in zip(slices.WAYS, costs, strict=True):
        yield from table.told(way, (n, "slices"), cost, beside, "", part=few / n)


def _parser() -> argparse.ArgumentParser:
    told = "\n".join(f"  {name:<9} {' '.join((part.__doc__ or '').split())}" for name, part in PARTS.items())
    parser = argparse.ArgumentParser(
        prog="make bench", description=f"Time what the project does, part by part:\n{told}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("parts", nargs="*", choices=PARTS, metavar="PART", help="by default all")
    parser.add_argument("--size", type=_size, default=USUAL, metavar="ROWS", help="most rows, or full: ten million")
    parser.add_argument(
        "--patience", type=float, default=PATIENCE, metavar="SECONDS", help="what takes longer: one turn"
    )
    parser.add_argument("--slices", type=_slice_count, default=100, metavar="N", help="in the part slices: 1 to 100")
    return parser


def _size(text: str) -> int:
    n = FULL if text == "full" else int(text)
    if n < 10_000:
        raise ValueError
    return n


def _slice_count(text: str) -> int:
    if not 1 <= int(text) <= len(slices.REGIONS):
        raise ValueError
    return int(text)


PARTS: dict[str, Callable[[Table], Iterator[str]]] = {
    "gate": _gate, "tables": _tables, "books": _books, "measures": _measures, "payback": _payback,
    "survival": _survival, "journeys": _journeys, "credit": _credit, "runs": _runs, "slices": _slices,
}  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
