"""Wide quota sheets: units in titles, totals beside and below, words among numbers, names written last name first."""

import csv
import io
import random

import pytest
from gate import EXAMPLES, REPORT, balanced, file_audit, gate, left_out
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from revops.errors import ExportError
from revops.exports.sheets.titles import Titles, read_titles

SHEET = EXAMPLES / "targets" / "quota_wide.csv"
DEALS = {"deals.csv": REPORT}


def quotas(prepared):
    """Return member, first day and amount of every quota."""
    return [
        (r["member"], f"{r['period_start']:%Y-%m-%d}", r["quota_amount"]) for r in prepared.tables["quotas"].to_pylist()
    ]


def refused(folder, sheet, name="quotas.csv", **changes):
    """Return the message with which a sheet is refused."""
    with pytest.raises(ExportError) as caught:
        gate(folder, {**DEALS, name: sheet}, **changes)
    return str(caught.value)


def said(prepared):
    """Return the warnings about the sheet."""
    return [text for text in prepared.audit.warnings if text.startswith("quotas.csv")]


def test_the_example_is_read_whole(tmp_path):
    prepared = gate(tmp_path, {**DEALS, "quotas.csv": SHEET})
    found = quotas(prepared)
    assert {member for member, *_ in found} == {"Dana Whitfield", "Jörg Müller", "Priya Nair", "Sam O'Neil", "TBH #4"}
    days = ("2025-01-01", "2025-04-01", "2025-07-01", "2025-10-01")
    sums = [sum(amount for _, day, amount in found if day == wanted) for wanted in days]
    assert sums == [850_000.0, 745_000.0, 865_000.0, 725_000.0] and sum(sums) == 3_185_000.0
    assert [amount for member, _, amount in found if member == "Priya Nair"] == [250_000.0] * 4
    assert {r["metric"] for r in prepared.tables["quotas"].to_pylist()} == {"bookings"}
    assert [item[1:] for item in left_out(prepared) if item[0] == "quotas.csv"] == [
        ("blank cell", 5),
        ("footer or total row", 5),
        ("no number", 1),
        ("title row above the header", 2),
        ("total column", 5),
    ]
    audit = file_audit(prepared, "quotas.csv")
    assert (audit.header_row, audit.first, audit.last) == (4, "2025-01-01", "2025-10-01")
    assert audit.decisions == (
        "5 columns (Q1, Q2, Q3, Q4, …) of 6 rows: each cell read as a row",
        "5 cells too large for the unit of the title (1,000) read as written (e.g. $ 250,000, 1,000,000, 250,000)",
    )
    assert said(prepared) == [] and balanced(prepared)


def test_months_and_years_of_a_fiscal_calendar_are_found(tmp_path):
    sheet = "Targets FY26\nRep,Dec,Jan,Feb\nDana Whitfield,1,2,3\n"
    prepared = gate(tmp_path, {**DEALS, "a.csv": sheet}, fiscal_year_starts=12)
    assert [day for _, day, _ in quotas(prepared)] == ["2025-12-01", "2026-01-01", "2026-02-01"]
    sheet = "Rep,Quota type,2025-01,Feb 2025\nDana Whitfield,New ARR,1,2\nDACH,Pipeline created,7,8\n"
    prepared = gate(tmp_path / "months", {**DEALS, "a.csv": sheet.replace("Quota type", "Quota Type")})
    assert [(r["level"], r["metric"], r["quota_amount"]) for r in prepared.tables["quotas"].to_pylist()] == [
        ("owner", "bookings", 1.0),
        ("owner", "bookings", 2.0),
        ("region", "pipeline_created", 7.0),
        ("region", "pipeline_created", 8.0),
    ]


def test_a_year_alone_is_a_quota_of_the_year(tmp_path):
    prepared = gate(tmp_path, {**DEALS, "a.csv": "Rep,Quota,FY25\nDana Whitfield,,1000000\n"})
    row = prepared.tables["quotas"].to_pylist()[0]
    assert (f"{row['period_start']:%m-%d}", f"{row['period_end']:%m-%d}", row["quota_amount"]) == (
        "01-01",
        "12-31",
        1e6,
    )


def test_the_currency_of_a_title_or_a_cell_is_converted(tmp_path):
    sheet = 'Quotas in thousands of EUR\nRep,Q1 FY25,Q2 FY25\nDana Whitfield,100,"£1.5M"\n'
    prepared = gate(tmp_path, {**DEALS, "a.csv": sheet})
    assert [amount for *_, amount in quotas(prepared)] == [110_000.0, 1_875_000.0]


def test_a_total_that_does_not_add_up_is_warned_of(tmp_path):
    sheet = "Rep,Q1 FY25,Q2 FY25,FY25\nDana Whitfield,100000.5,2,100002.5\nPriya Nair,5,5,99\nTotal,100005.5,9,\n"
    assert said(gate(tmp_path, {**DEALS, "quotas.csv": sheet})) == [
        "quotas.csv: 2 printed totals that the rows do not add up to (e.g. Priya Nair FY25 $99 printed, $10 found, "
        "Q2 FY25 $9 printed, $7 found)"
    ]


def test_numbers_in_two_units_need_totals_that_tell(tmp_path):
    head = "(USD k)\nRep,Q1 FY25,Q2 FY25\n"
    assert refused(tmp_path, f"{head}Dana Whitfield,250,260\nPriya Nair,250000.0,260\n") == (
        "quotas.csv: numbers must be in one unit; found 1 of 4 too large for the unit of the title (1,000) (e.g. "
        "250000.0), and no totals that agree with one reading only. Write them in that unit, or with K or M."
    )
    assert refused(tmp_path / "all", f"{head}Priya Nair,250000.0,260000.0\nTotal,250000.0,260000.0\n") == (
        "quotas.csv: numbers must be in one unit; found 4 of 4 too large for the unit of the title (1,000) (e.g. "
        "250000.0, 260000.0), and no totals that agree with one reading only. Write them in that unit, or with K or M."
    )


def test_an_unknown_year_is_refused(tmp_path):
    assert refused(tmp_path, "Rep,Q1,Q2\nDana Whitfield,100,200\n") == (
        "quotas.csv: the year of every column must be known; found 2 of 2 without (e.g. Q1, Q2). Write it into the "
        "headers (Q1 FY25), or FY25 into a title."
    )


def test_titles_that_contradict_are_refused(tmp_path):
    sheet = "Quotas (k)\n(in millions)\nRep,Q1 FY25\nDana Whitfield,1\n"
    assert "quotas.csv: its titles must say one unit; found e.g. 1000.0, 1000000.0. Correct them." in refused(
        tmp_path, sheet
    )


def test_a_stranger_is_refused_and_open_headcount_is_not(tmp_path):
    assert refused(tmp_path, "Rep,Q1 FY25\nDana Whitfield,1\nNobody,2\nTBH - East,3\n") == (
        "quotas.csv: every row must be for an owner, a team, a region, a segment or the company; found 1 of 3 that are "
        "for none we know (e.g. Nobody). Add the name to owner_aliases, regions, segments or quotas.company_names in "
        "company.yml, or an owner_id to the sheet, or the User export to the folder."
    )


def test_contradicting_currencies_and_words_are_refused(tmp_path):
    assert refused(tmp_path, "Rep,Currency,Q1 FY25\nDana Whitfield,USD,€5\nPriya Nair,USD,x1\n") == (
        "quotas.csv, column Q1 FY25: the currency in a cell must be that of its row; found 1 of 2 rows where it is "
        "another (e.g. EUR beside USD). Correct the amounts or their currency column."
    )


def test_a_table_of_owners_by_quarter_is_no_quota_unless_it_says_so(tmp_path):
    prepared = gate(tmp_path, {**DEALS, "pivot.csv": "Rep,Q1 FY25,Q2 FY25\nDana Whitfield,100,200\n"})
    assert "quotas" not in prepared.tables
    assert prepared.audit.unrecognised == (
        ("pivot.csv", "row 1 comes nearest to quota sheet quotas (a column per period), but lacks a title, "
         "header or file name (quota or target or ziel or objectif or objetivo)"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("above", "labels", "titles"),
    [
        (("FY25 Quotas – AE", "(USD, k)"), ("Q1", "FY25"), Titles(1e3, "USD", 2025)),
        (("Quotas 2025 in $ thousands",), ("Q1",), Titles(1e3, None, 2025)),
        (("Targets (€ m)",), ("Q1 FY26",), Titles(1e6, "EUR", 2026)),
        (("All amounts in '000",), ("FY25", "FY26"), Titles(1e3, None, None)),
        ((), ("Q1",), Titles()),
    ],
)
def test_titles_say_unit_currency_and_year(above, labels, titles):
    assert read_titles(above, labels) == titles


@given(order=st.randoms(use_true_random=False), columns=st.permutations(range(7)))
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_order_of_rows_and_columns_does_not_matter(tmp_path_factory, order: random.Random, columns):
    lines = SHEET.read_text(encoding="utf-8").splitlines(keepends=True)
    table = list(csv.reader(io.StringIO("".join(lines[3:]))))
    body = table[1:]
    order.shuffle(body)
    out = io.StringIO()
    csv.writer(out).writerows([row[place] for place in columns] for row in [table[0], *body])
    shuffled = "".join(lines[:3]) + out.getvalue()
    one, two = (gate(tmp_path_factory.mktemp("q"), {**DEALS, "q.csv": each}) for each in (SHEET, shuffled))
    assert one.tables["quotas"].equals(two.tables["quotas"])
