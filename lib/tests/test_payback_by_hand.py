"""The CAC payback report of ten made customers, from their exports, against every figure that why.md works out."""

import datetime as dt
import re
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from measured_payback import parts

from revops import schema
from revops.book import Book
from revops.company import load_company
from revops.exports import prepare
from revops.measures.cac_payback import Knobs

HERE = Path(__file__).parent / "payback_by_hand"
KNOBS = Knobs(also_acquisition={"customer_success": 0.2}, fewest_customers=2, top=1, horizon_months=11, draws=100)
ACCOUNT = "001A0000000000"
ROW = re.compile(r"\| ([a-z]+ [^|]+) \|[^|]*\| (-?[\d.]+) \|")
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
def told():
    """The parts of the report, by name."""
    measured = parts(book().as_of(dt.date(2026, 6, 30), now=dt.datetime(2026, 7, 1)), KNOBS)
    months = measured["customers"].months
    amount = pd.DataFrame(months.amount, index=months.customers["customer"], columns=months.months)
    return measured | {"months": SimpleNamespace(settled=months.settled, amount=amount)}


def figure(name):
    """Return what the report says: part, table, then a row by `column=value`, month, customer or place, a column."""
    part, *steps = name.split()
    found = told()[part]
    for step in steps:
        found = stepped(found, step)
    while isinstance(found, (pd.Series, pd.DataFrame)):
        assert len(found) == 1, (name, found)
        found = found.iloc[0]
    return float(found)


def stepped(found, step):
    if part := re.fullmatch(r"(\w+)=(.+)", step):
        column, value = part[1], part[2].replace("_", " ") if part[1] == "account" else part[2]
        value = ACCOUNT + value if column == "customer" else value
        return found[found[column].astype(str) == value]
    if re.fullmatch(r"\d{4}-\d\d", step):
        return found.loc[[pd.Timestamp(step)]]
    if re.fullmatch(r"[A-Z]", step):
        return found.loc[ACCOUNT + step]
    if step.isdigit():
        return found[int(step)]
    return found[step] if isinstance(found, pd.DataFrame) else getattr(found, step)


def test_every_line_below_a_head_of_figures_is_read():
    parts = (HERE / "why.md").read_text().split("| figure | by hand | value |\n| --- | --- | --- |\n")[1:]
    lines = [line for part in parts for line in part.split("\n\n")[0].splitlines()]
    assert len(FIGURES) == len({name for name, _ in FIGURES}) == len(lines) > 130


@pytest.mark.parametrize(("name", "value"), FIGURES, ids=[name for name, _ in FIGURES])
def test_the_report_says_what_was_worked_out_by_hand(name, value):
    assert figure(name) == pytest.approx(value, rel=1e-9, abs=1e-7)


def test_whose_first_customer_months_have_no_cost_is_not_in_the_realised_payback():
    table = told()["realised"].table
    assert set(table["customer"].str[-1]) == set("CDEFGHI")


def test_each_customer_has_the_outcome_that_why_tells():
    table = told()["realised"].table.set_index(told()["realised"].table["customer"].str[-1])
    assert dict(table["outcome"]) == {"C": "paid_back", "D": "left", "E": "paid_back", "F": "open", "G": "open",
                                      "H": "open", "I": "open"}  # fmt: skip


def test_half_is_not_told_where_one_customer_alone_is_at_risk():
    rows = told()["realised"].by_cohort.set_index(["version", "cohort"])
    assert pd.isna(rows.loc[("recognised", "all"), "median_age"])


def test_magic_and_bridge_of_each_quarter_add_up():
    bridge = told()["retention"].bridge.set_index("period")
    moves = bridge[["new", "expansion", "contraction", "churn", "reactivation"]].sum(axis=1)
    assert (bridge["opening"] + moves - bridge["closing"]).abs().max() < 0.005
