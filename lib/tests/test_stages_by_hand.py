"""Twelve made leads and ten deals, from their exports, against every figure that why.md works out."""

import datetime as dt
import re
from functools import cache
from pathlib import Path

import pytest

from revops import schema
from revops.book import Book
from revops.company import load_company
from revops.exports import prepare
from revops.measures.stage_benchmarking.funnel import funnel_of
from revops.measures.stage_benchmarking.hand_off import hand_off_of
from revops.measures.stage_benchmarking.knobs import Knobs
from revops.measures.stage_benchmarking.pipeline import pipeline_of
from revops.measures.stage_benchmarking.remarks import remarks
from revops.measures.stage_benchmarking.window import window_of

HERE = Path(__file__).parent / "stages_by_hand"
KNOBS = Knobs(weeks=26, fewest_followed=2, fewest=2, draws=100)
ROW = re.compile(r"\| ([a-z_]+ [^|]+) \|[^|]*\| (-?[\d.]+) \|")
FIGURES = [(name.strip(), float(value)) for name, value in ROW.findall((HERE / "why.md").read_text())]


@cache
def book():
    """The company's exports, through the gate."""
    company = load_company(HERE)
    found = prepare(HERE / "exports", company)
    kinds = {name: {column.name: column.dtype for column in schema.table(name).columns} for name in found.tables}
    return Book(
        company, {name: table.to_pandas().astype(kinds[name]) for name, table in found.tables.items()}, found.audit
    )


@cache
def window():
    """The twenty-six weeks up to the day of the report."""
    return window_of(book().as_of(dt.date(2026, 6, 30), now=dt.datetime(2026, 7, 1)), KNOBS)


@cache
def funnel():
    return funnel_of(window())


@cache
def pipeline():
    return pipeline_of(window())


def figure(name):
    """Return what the report says: a part, then a step or a weight and an age, or a column of the hand-off."""
    of, *steps = name.split()
    if of == "hand_off":
        rows = hand_off_of(window(), funnel()).table
        return rows.loc[rows["window"].eq("now"), steps[0]].item()
    if of == "win":
        rows = pipeline().win
        rows = rows[rows["when"].eq("now") & rows["weight"].eq(steps[0])]
    else:
        rows = (funnel() if of == "funnel" else pipeline()).converted
        rows = rows[rows["step"].eq(steps[0])]
    return rows.loc[rows["horizon_days"].eq(int(steps[1])), "share"].item()


@pytest.mark.parametrize(("name", "value"), FIGURES)
def test_the_report_says_what_the_hand_says(name, value):
    assert figure(name) == pytest.approx(value, abs=5e-7), name


def test_every_line_of_why_is_read():
    lines = [line for line in (HERE / "why.md").read_text().splitlines() if line.startswith("| ")]
    assert len(FIGURES) == len(lines) - 1 == 21


def test_the_exports_are_read_whole_and_nothing_is_left_unexplained():
    tables = {name: len(table) for name, table in book().tables.items() if len(table)}
    assert tables == {"accounts": 10, "lead_history": 29, "leads": 12, "opportunities": 10,
                      "opportunity_history": 25, "owners": 1}  # fmt: skip
    assert book().audit.left_out == () and book().audit.warnings == () and remarks(book()) == ()
    leads = book().table("leads").set_index("lead_id")
    assert leads["reject_reason"].dropna().to_dict() == {"00QA00000000006": "Too small", "00QA00000000007": "No budget"}
    assert (leads["mql_at"].notna().sum(), leads["sql_at"].notna().sum(), leads["is_converted"].sum()) == (8, 5, 4)
