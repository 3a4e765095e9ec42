"""The gate, the book, the journeys and the measures on made data, and the plain reading that each is held against."""

import datetime as dt
import importlib
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from inspect import signature
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
from pyarrow import csv, dataset

from benches import people
from benches.alone import Cost, cost_of
from benches.exports import COMPANY, write_exports
from benches.journeys import AT_ONCE, DRAWS
from benches.tables import write_table
from revops.analysis.credit import Paths, credit_by_model, credit_draws
from revops.analysis.journeys import journeys_of
from revops.analysis.passages import stays
from revops.analysis.spans import spans, spans_of
from revops.benchmarks import published
from revops.book import Book
from revops.book.parts import cut
from revops.book.stored import stored_in
from revops.company import load_company
from revops.exports import Audit, prepare

__all__ = ["STATES", "STORED", "TOUCHES", "credited", "gate", "journeys", "make_exports", "make_parts",
           "make_people", "make_table", "make_tables", "measure", "pandas_csv", "plain_csv", "plain_parquet",
           "plain_people", "plain_state", "spells", "spells_of_parts", "state", "state_by_hand", "state_of_parts",
           "states_of"]  # fmt: skip

STATES = 5
"""So many states in time to an opportunity, in made exports and in made tables."""
HISTORY = dict.fromkeys(("stage_name", "close_date", "amount", "forecast_category", "win_probability", "owner_id"), "")
TOUCHES = people.TOUCHES
STORED = "parts"
"""The folder of a company's tables as they are prepared."""
PARAMS = Path(__file__).parents[3] / "params"
FAR = dt.datetime(2099, 1, 1)


def make_exports(folder: Path) -> None:
    """Write exports of as many rows as the folder's name says: opportunities, and four times as many of history."""
    folder.mkdir(parents=True)
    write_exports(folder, int(folder.name) // STATES)


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


def make_parts(folder: Path) -> None:
    """Write the tables of the company around the folder again, the large ones in parts, as they are prepared."""
    folder.mkdir()
    files = [*folder.parent.glob("*.parquet"), *(folder.parent / people.FOLDER).glob("*.parquet")]
    tables = {file.stem: dataset.dataset(file) for file in files}
    for name in cut(tables, folder, load_company(PARAMS).exports.rows_per_part):
        pq.write_table(tables[name].to_table(), folder / f"{name}.parquet", compression="zstd")


def plain_csv(folder: Path) -> Cost:
    """Read every file as pyarrow does when left to itself."""
    return cost_of(lambda: [csv.read_csv(path) for path in sorted(folder.glob("*.csv"))])


def pandas_csv(folder: Path) -> Cost:
    """Read every file as pandas does when left to itself."""
    return cost_of(lambda: [pd.read_csv(path) for path in sorted(folder.glob("*.csv"))])


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
    day = _past(book)
    return cost_of(lambda: book.as_of(day, now=FAR).state(day))


def state_of_parts(folder: Path) -> Cost:
    """Rebuild the same end to end: from the prepared tables, one part after another."""

    def work() -> None:
        book = _book_of(folder, stored_in(folder / STORED))
        day = _past(book)
        book.as_of(day, now=FAR).state(day)

    return cost_of(work)


def plain_state(folder: Path) -> Cost:
    """Rebuild the same by hand, as an analyst would in pandas, from the same tables in memory."""
    book = _book(folder)
    tables, day = book.tables, _past(book)
    return cost_of(lambda: state_by_hand(tables, day))


def state_by_hand(tables: Mapping[str, pd.DataFrame], day: dt.date) -> pd.DataFrame:
    """Return the opportunities that existed at the end of a day with the stage, amount and so on of that day, their
    segments, regions and owners' names: opportunities, history, accounts and owners sorted and merged."""
    end = pd.Timestamp(day) + pd.Timedelta(days=1)
    deals, history = tables["opportunities"], tables["opportunity_history"]
    past = history[history["changed_at"] < end].sort_values(["opportunity_id", "changed_at", "sequence"])
    past = past.drop_duplicates("opportunity_id", keep="last")
    past = past[~past["is_deleted"]][["opportunity_id", "outcome", *HISTORY]]
    state = deals[deals["created_at"] < end].drop(columns=["outcome", *HISTORY])
    state = state.merge(past, on="opportunity_id", validate="1:1")
    for name, key in (("accounts", "account_id"), ("owners", "owner_id")):
        columns = [column for column in ("segment", "region", "owner_name") if column in tables[name]]
        state = state.merge(tables[name][[key, *columns]], on=key, how="left", suffixes=("", "_of"), validate="m:1")
        for column in columns:
            state[column] = state[column].fillna(state.pop(f"{column}_of"))
    return state.fillna({"segment": "Unknown", "region": "Unknown", "owner_name": "Unassigned"})


def spells(folder: Path) -> Cost:
    """Find how long every opportunity stood in each stage, from its states in memory."""
    view = _book(folder).as_of("auto", now=FAR)
    timeline, records = view.timeline, view.opportunities
    return cost_of(lambda: stays(spans(timeline, records, as_of=view.day, company=view.company)))


def spells_of_parts(folder: Path) -> Cost:
    """Find the same end to end: from the prepared tables, one part after another."""
    return cost_of(lambda: stays(spans_of(_book_of(folder, stored_in(folder / STORED)).as_of("auto", now=FAR))))


def states_of(folder: Path) -> int:
    """Return how many states of opportunities a company's tables hold."""
    return pq.read_metadata(folder / "opportunity_history.parquet").num_rows


def journeys(folder: Path) -> Cost:
    """Find the journeys of all opportunities and people, from the state of the last day and tables in memory."""
    view = _book(folder, with_people=True).as_of("auto", now=FAR)
    _ = view.opportunities
    return cost_of(lambda: journeys_of(view))


def credited(folder: Path) -> Cost:
    """Credit all touches end to end: read the prepared tables, find the journeys, all rules and Markov of order 1, and
    both in resamples of accounts."""

    def work() -> None:
        found = journeys_of(_book_of(folder, stored_in(folder / STORED)).as_of("auto", now=FAR))
        paths = Paths(found.journeys, found.touches, found.channels)
        credit_by_model(paths, AT_ONCE)
        credit_draws(paths, AT_ONCE, seed=7, n_draws=DRAWS)

    return cost_of(work)


def measure(folder: Path, stem: str) -> Cost:
    """Compute all that one report shows, from the state of the last day; those that read touches have ten to a deal."""
    import statsmodels.api  # noqa: F401  a second that every report pays, whatever its size

    measures = importlib.import_module(f"revops.measures.{stem}")
    asks = "published" in signature(measures.measure).parameters
    figures = (published(PARAMS.parent),) if asks else ()
    view = _book(folder, with_people="touches" in measures.READS).as_of("auto", now=FAR)
    _ = view.opportunities, view.timeline
    return cost_of(lambda: measures.measure(view, measures.Knobs(), *figures))


def _past(book: Book) -> dt.date:
    """Return the day a quarter before the last."""
    return book.as_of("auto", now=FAR).day - dt.timedelta(days=91)


def _book(folder: Path, with_people: bool = False) -> Book:
    folders = [folder, folder / people.FOLDER] if with_people else [folder]
    return _book_of(folder, {file.stem: pd.read_parquet(file) for home in folders for file in home.glob("*.parquet")})


def _book_of(folder: Path, tables: Mapping[str, pd.DataFrame]) -> Book:
    made = pd.read_parquet(folder / "opportunities.parquet", columns=["created_at"])["created_at"]
    return Book(load_company(PARAMS), tables, Audit((), (), (), (), HISTORY, made.min().date().isoformat()))
