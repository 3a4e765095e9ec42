"""The whole CAC payback report, measured and read back: rows, tables and every word of them, for its tests."""

import re
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from frames import as_of, with_tables
from revops.actions import cac_payback as act
from revops.benchmarks import published
from revops.book import Book
from revops.company import load_company
from revops.exports import prepare
from revops.measures import cac_payback as report
from revops.measures.cac_payback import CacResult, Knobs
from revops.metrics import metric

__all__ = ["BY_HAND", "HAND_DAY", "HERE", "PROMISED", "QUICK", "by_hand", "cell", "hand_book", "lines", "measured",
           "rows", "same_rows", "same_tables", "value", "words"]  # fmt: skip

HERE = Path(__file__).parent / "payback_by_hand"
ROOT = Path(__file__).parents[2]
HAND_DAY = "2026-06-30"
BY_HAND = {"also_acquisition": {"customer_success": 0.2}, "fewest_customers": 2, "top": 1, "horizon_months": 11,
           "draws": 100}  # fmt: skip
QUICK = {"draws": 100, "models": ("first_touch", "linear", "shapley", "markov_1")}
PROMISED = ("acquisition_spend_amount", "new_customers", "cac_amount", "payback_months", "paid_back_share",
            "lost_before_payback_share", "ltv_amount", "ltv_to_cac", "nrr", "grr", "logo_churn_rate", "magic_number",
            "burn_multiple")  # fmt: skip


@cache
def figures_of_others() -> pd.DataFrame:
    """Return the published figures."""
    return published(ROOT)


def measured(book: Book, day: str, **knobs: object) -> CacResult:
    """Return the report of a company as of a day."""
    return report.measure(as_of(book, day), Knobs(**knobs), figures_of_others())


@cache
def hand_book() -> Book:
    """Return the company that payback_by_hand/why.md works out."""
    company = load_company(HERE)
    found = prepare(HERE / "exports", company)
    return Book(company, {name: table.to_pandas() for name, table in found.tables.items()}, found.audit)


def by_hand(*, knobs: dict | None = None, company: dict | None = None, **tables: pd.DataFrame) -> CacResult:
    """Return the report of that company with some tables (or words of company.yml) changed."""
    book = with_tables(hand_book(), **tables)
    book = Book(book.company.model_copy(update=company or {}), book.tables, book.audit)
    return measured(book, HAND_DAY, **(BY_HAND | (knobs or {})))


def rows(result: CacResult) -> dict[tuple, dict]:
    """Return the rows of the Answer by id and the values of their keys; each key once."""
    told = report.measure_rows(result)
    found = {(row["id"], *row["by"].items()): row for row in told}
    assert len(found) == len(told)
    return found


def value(result: CacResult, id: str, **by: object) -> float:
    """Return one number of the Answer."""
    return rows(result)[(id, *by.items())]["value"]


def cell(result: CacResult, name: str, at: str, column: str) -> object:
    """Return a cell of a table of the page, the row by the text of its first column."""
    table = report.display_tables(result)[name][1]
    found = table.loc[table.iloc[:, 0].astype(str).eq(at), column]
    assert len(found) == 1, (name, at, table.iloc[:, 0].tolist())
    return found.iloc[0]


def lines(result: CacResult, name: str) -> set[tuple]:
    """Return the rows of a table of the page; none where it is not there."""
    tables = report.display_tables(result)
    return set(tables[name][1].itertuples(index=False, name=None)) if name in tables else set()


def words(result: CacResult) -> str:
    """Return every word that the page says: headline, numbers, actions, captions, cells, notes, what is not there."""
    said = act.headline(result)
    parts = [said.sentence, said.below, *(f"{number.figure} {number.text}" for number in said.numbers)]
    parts += [f"{one.text} {one.because}" for one in act.actions(result)]
    for caption, table, units in report.display_tables(result).values():
        assert len(units) == table.shape[1]
        cells = table.select_dtypes(exclude="number").astype(object).fillna("–")
        parts += [caption, *map(str, cells.to_numpy().ravel())]
    parts += [str(row["note"]) for row in report.measure_rows(result) if row["note"]]
    assert not re.search(r"\b(nan|inf|None|NaT)\b", " ".join(parts)), parts
    return "\n".join([*parts, *result.unavailable.values()])


def same_rows(one: CacResult, other: CacResult, *, times: float = 1.0, ranges: bool = True) -> None:
    """Check that two reports have the same rows; money of the other `times` as much."""
    first, second = rows(one), rows(other)
    assert list(first) == list(second)
    columns = ("value", "low", "high") if ranges else ("value",)
    for key, row in first.items():
        scale = times if metric(key[0]).unit == "money" else 1.0
        assert (row["n"], row["note"]) == (second[key]["n"], second[key]["note"]), key
        for name in columns:
            expected = None if row[name] is None else pytest.approx(row[name] * scale, rel=1e-9, abs=1e-6, nan_ok=True)
            assert second[key][name] == expected, (key, name)


def same_tables(one: CacResult, other: CacResult) -> None:
    """Check that two reports have the same tables, on the page and beside it."""
    first, second = (report.display_tables(result) for result in (one, other))
    assert list(first) == list(second)
    for name in first:
        assert first[name][0] == second[name][0], name
        _same(first[name][1], second[name][1])
    for table in (report.customers_table, report.books_table, report.channels_table):
        _same(table(one), table(other))


def _same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(one, other, rtol=1e-9, atol=1e-6)
    assert np.array_equal(one.columns, other.columns)
