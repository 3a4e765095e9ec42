"""The gate, the book, the journeys and the measures on made data, and the plain reading that each is held against."""

import datetime as dt
import importlib
import tempfile
from dataclasses import replace
from inspect import signature
from pathlib import Path

import pandas as pd
from pyarrow import csv

from benches import people
from benches.alone import Cost, cost_of
from benches.exports import COMPANY, write_exports
from benches.tables import write_table
from revops.analysis.journeys import journeys_of
from revops.benchmarks import published
from revops.book import Book
from revops.company import load_company
from revops.exports import Audit, prepare

__all__ = ["TOUCHES", "gate", "journeys", "make_exports", "make_people", "make_table", "make_tables", "measure",
           "plain_csv", "plain_parquet", "plain_people", "state"]  # fmt: skip

HISTORY = dict.fromkeys(("stage_name", "close_date", "amount", "forecast_category", "win_probability", "owner_id"), "")
TOUCHES = people.TOUCHES
PARAMS = Path(__file__).parents[3] / "params"
FAR = dt.datetime(2099, 1, 1)


def make_exports(folder: Path) -> None:
    """Write exports of as many opportunities as the folder's name says, and four times as many history rows."""
    folder.mkdir(parents=True)
    write_exports(folder, int(folder.name))


def make_tables(folder: Path) -> None:
    """Write the canonical tables of a simulated company of about as many opportunities as the folder's name says."""
    from revops.simulate import Plan, canonical_tables, simulate

    folder.mkdir(parents=True)
    size = int(folder.name) * Plan().new_per_quarter / 2600  # so many opportunities has a company of the plan's size
    for name, table in canonical_tables(simulate(replace(Plan(), new_per_quarter=size), seed=7)).items():
        table.to_parquet(folder / f"{name}.parquet")


def make_people(folder: Path) -> None:
    """Write the same with the tables of people, touches, campaigns and spend around it."""
    if not folder.exists():
        make_tables(folder)
    people.write_people(folder)


def plain_csv(folder: Path) -> Cost:
    """Read every file as pyarrow does when left to itself."""
    return cost_of(lambda: [csv.read_csv(path) for path in sorted(folder.glob("*.csv"))])


def make_table(folder: Path) -> None:
    """Write a file of one table, whose name and number of rows are the last two parts of the folder's."""
    write_table(folder, folder.parent.name, int(folder.name))


def gate(folder: Path) -> Cost:
    """Prepare every file: recognised, typed, checked, every row accounted for."""
    with tempfile.TemporaryDirectory(dir=folder.parent) as aside:
        return cost_of(lambda: prepare(folder, COMPANY, None, Path(aside)))


def plain_parquet(folder: Path) -> Cost:
    """Read opportunities and their history as pandas does."""
    files = [folder / f"{name}.parquet" for name in ("opportunities", "opportunity_history")]
    return cost_of(lambda: [pd.read_parquet(file) for file in files])


def plain_people(folder: Path) -> Cost:
    """Read what journeys are made of as pandas does."""
    files = [folder / "opportunities.parquet", *(folder / people.FOLDER).glob("*.parquet")]
    return cost_of(lambda: [pd.read_parquet(file) for file in files])


def state(folder: Path) -> Cost:
    """Rebuild the state of every opportunity a quarter before the last day, from tables in memory."""
    book = _book(folder)
    day = book.as_of("auto", now=FAR).day - dt.timedelta(days=91)
    return cost_of(lambda: book.as_of(day, now=FAR).state(day))


def journeys(folder: Path) -> Cost:
    """Find the journeys of all opportunities and people, from the state of the last day and tables in memory."""
    view = _book(folder, with_people=True).as_of("auto", now=FAR)
    _ = view.opportunities
    return cost_of(lambda: journeys_of(view))


def measure(folder: Path, stem: str) -> Cost:
    """Compute all that one report shows, from the state of the last day; those that read touches have ten to a deal."""
    import statsmodels.api  # noqa: F401  a second that every report pays, whatever its size

    measures = importlib.import_module(f"revops.measures.{stem}")
    asks = "published" in signature(measures.measure).parameters
    figures = (published(PARAMS.parent),) if asks else ()
    view = _book(folder, with_people="touches" in measures.READS).as_of("auto", now=FAR)
    _ = view.opportunities, view.timeline
    return cost_of(lambda: measures.measure(view, measures.Knobs(), *figures))


def _book(folder: Path, with_people: bool = False) -> Book:
    folders = [folder, folder / people.FOLDER] if with_people else [folder]
    tables = {file.stem: pd.read_parquet(file) for home in folders for file in home.glob("*.parquet")}
    first = tables["opportunities"]["created_at"].min().date().isoformat()
    return Book(load_company(PARAMS), tables, Audit((), (), (), (), HISTORY, first))
