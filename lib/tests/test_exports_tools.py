"""The sheet of tools: costs and dates written in several ways in one column, each read or left out by name."""

import csv
import io
import random

import pytest
from gate import EXAMPLES, balanced, file_audit, gate, left_out, rows
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from revops.errors import ExportError
from revops.schema import TABLES

SHEET = EXAMPLES / "targets" / "headcount_and_tools.csv"
DEALS = {"deals.csv": rows({})}
HEAD = "Tool,Seats purchased,Annual cost,Renewal date\n"


def tools(prepared):
    """Return name, seats, cost and renewal of every tool."""
    table = prepared.tables["tools"].to_pylist()
    day = [r["renewal_date"] and f"{r['renewal_date']:%Y-%m-%d}" for r in table]
    return [(r["tool_name"], r["n_seats"], r["annual_cost_amount"], d) for r, d in zip(table, day, strict=True)]


def test_the_example_is_read_whole(tmp_path):
    prepared = gate(tmp_path, {**DEALS, "tools.csv": SHEET})
    assert tools(prepared) == [
        ("Gong", 25.0, 36_000.0, "2026-03-15"),
        ("Outreach", 25.0, 30_000.0, "2025-12-31"),
        ("ZoomInfo", 5.0, 20_350.0, "2025-12-31"),
    ]
    table = prepared.tables["tools"].to_pylist()
    assert [(r["amount_original"], r["currency"]) for r in table][2] == (18_500.0, "EUR")
    assert [(r["n_seats_assigned"], r["n_seats_active"]) for r in table] == [(25, 24), (22, 13), (5, 5)]
    assert prepared.tables["tools"].column_names == list(TABLES["tools"].names)
    audit = file_audit(prepared, "tools.csv")
    assert audit.decisions == (
        "Renewal date: written in several ways, read cell by cell",
        "Annual cost: written in several ways, read cell by cell",
    )
    assert audit.warnings == ("1 amount without a currency: taken as USD",)
    assert (audit.rows_kept, audit.unknown_columns) == (3, ()) and balanced(prepared)


def test_a_cell_that_reads_both_ways_costs_its_row(tmp_path):
    sheet = (
        f'{HEAD}Outreach,25,"$30,000.00",12/31/2025\nZoomInfo,5,"€18.500,00",31/12/2025\n'
        'Gong,1,"1,200",2026-03-15\nClari,1,900,03/04/2026\nBoth,1,"1,300",05/06/2026\n'
    )
    prepared = gate(tmp_path, {**DEALS, "t.csv": sheet})
    assert [row[0] for row in tools(prepared)] == ["Outreach", "ZoomInfo"]
    assert left_out(prepared) == [
        ("t.csv", "Annual cost reads both ways", 1),
        ("t.csv", "Renewal date reads both ways", 2),
    ]
    assert file_audit(prepared, "t.csv").warnings[:2] == (
        "2 rows left out whose Renewal date reads both ways (e.g. 03/04/2026, 05/06/2026): write it so that it cannot, "
        "or set exports.decimal_sign or exports.date_order in company.yml",
        "1 row left out whose Annual cost reads both ways (e.g. 1,200): write it so that it cannot, or set "
        "exports.decimal_sign or exports.date_order in company.yml",
    )
    assert balanced(prepared)


def test_company_yml_tells_what_a_cell_does_not(tmp_path):
    sheet = (
        f'{HEAD}Outreach,25,"$30,000.00",12/31/2025\nZoomInfo,5,"€18.500,00",31/12/2025\nGong,1,"1,200",03/04/2026\n'
    )
    told = {"date_order": "day_first", "decimal_sign": "point"}
    prepared = gate(tmp_path, {**DEALS, "t.csv": sheet}, exports=told)
    assert tools(prepared)[0] == ("Gong", 1.0, 1200.0, "2026-04-03")


def test_a_column_written_in_one_way_is_read_as_one(tmp_path):
    sheet = f'{HEAD}Outreach,25,"30,000.00",12/31/2025\nGong,1,"1,200",03/04/2026\n'
    prepared = gate(tmp_path, {**DEALS, "t.csv": sheet})
    assert tools(prepared)[0] == ("Gong", 1.0, 1200.0, "2026-03-04")
    assert "Annual cost: decimal point (1 of 2 rows show it)" in file_audit(prepared, "t.csv").decisions


def test_words_among_costs_and_dates_are_blank_and_counted(tmp_path):
    sheet = f'{HEAD}Outreach,25,"$30,000.00",12/31/2025\nZoomInfo,5,"€18.500,00",31/12/2025\nGong,1,free,TBD\n'
    prepared = gate(tmp_path, {**DEALS, "t.csv": sheet})
    assert left_out(prepared) == [("t.csv", "no cost", 1)] and balanced(prepared)
    assert (
        file_audit(prepared, "t.csv").warnings
        == (
            "1 cell with no date: taken as blank (e.g. TBD)",
            "1 cell with no number: taken as blank (e.g. free)",
            "1 amount without a currency: taken as USD",
        )[:2]
    )


def test_totals_and_copies_are_counted_and_never_added(tmp_path):
    sheet = f"{HEAD}Gong,25,36000,2026-03-15\nTotal Expert,5,100,2026-03-15\nTotal,30,36100,\n"
    other = f"{HEAD}Gong,25,36000,2026-03-15\nGong,25,36000,2026-03-15\nGong,9,50,2027-03-15\n,1,5,\n"
    prepared = gate(tmp_path, {**DEALS, "a.csv": sheet, "b.csv": other})
    assert [row[2] for row in tools(prepared)] == [36_000.0, 50.0, 100.0]
    assert left_out(prepared) == [
        ("a.csv", "footer or total row", 1),
        ("b.csv", "no tool", 1),
        ("b.csv", "same record in another file", 2),
    ]
    assert balanced(prepared)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            "Gong,25,37000,2026-03-15",
            "t.csv: a tool must have one row per renewal date; found 2 of 2 that contradict each other (e.g. Gong). "
            "Remove those that are out of date, or name them apart.",
        ),
        (
            "Clari,1,CHF 50,2026-03-15",
            "tools: every amount must be convertible to USD; found 1 of 2 that are not (CHF in 1 row). Add what one "
            "unit is worth in USD to company.yml:\n  rates:\n    CHF: TODO",
        ),
    ],
)
def test_tools_that_cannot_be_read_are_refused(tmp_path, row, message):
    with pytest.raises(ExportError) as caught:
        gate(tmp_path, {**DEALS, "t.csv": f"{HEAD}Gong,25,36000,2026-03-15\n{row}\n"})
    assert str(caught.value) == message


@given(order=st.randoms(use_true_random=False), columns=st.permutations(range(6)))
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_order_of_rows_and_columns_does_not_matter(tmp_path_factory, order: random.Random, columns):
    table = list(csv.reader(io.StringIO(SHEET.read_text(encoding="utf-8"))))
    body = table[1:]
    order.shuffle(body)
    out = io.StringIO()
    csv.writer(out).writerows([row[place] for place in columns] for row in [table[0], *body])
    one, two = (gate(tmp_path_factory.mktemp("t"), {**DEALS, "t.csv": each}) for each in (SHEET, out.getvalue()))
    assert one.tables["tools"].equals(two.tables["tools"])
