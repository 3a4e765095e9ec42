"""Sheets of weekly calls: every layout lands in one table, every doubt is said or refused."""

import csv
import datetime as dt
import io
import random

import pytest
from gate import EXAMPLES, REPORT, balanced, file_audit, gate, left_out, rows, said
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from revops.errors import ExportError
from revops.exports.reading.period_names import read_period
from revops.schema import TABLES

SHEET = EXAMPLES / "targets" / "weekly_commit_calls.csv"
IN_THOUSANDS = {"forecasts": {"unit": "thousands"}}
HEAD = "Week of,Rep,Period,Commit,Closed QTD\n"
DEAL = rows({"Stage": "Closed Won", "Amount": "150000", "Close Date": "2025-06-15"})


def calls(prepared, category=None):
    """Return the calls as (day, member, category, amount), of one category where asked."""
    table = prepared.tables["forecasts"].to_pylist()
    found = [(f"{r['snapshot_date']:%m-%d}", r["member"], r["category"], r["forecast_amount"]) for r in table]
    return [row for row in found if category in (None, row[2])]


def refused(folder, sheet, **changes):
    """Return the message with which a sheet of calls is refused."""
    with pytest.raises(ExportError) as caught:
        gate(folder, {"deals.csv": DEAL, "calls.csv": sheet}, **changes)
    return str(caught.value)


def test_the_example_is_read_whole(tmp_path):
    prepared = gate(tmp_path, {"deals.csv": REPORT, "calls.csv": SHEET}, **IN_THOUSANDS)
    assert len(calls(prepared)) == 100 == file_audit(prepared, "calls.csv").rows_kept
    assert len(calls(prepared, "Forecast")) == 25
    assert calls(prepared, "Closed")[-2:] == [
        ("06-23", "Dana Whitfield", "Closed", 147_800.0),
        ("06-23", "Jörg Müller", "Closed", 0.0),
    ]
    assert [row for row in calls(prepared) if row[:2] == ("04-21", "Jörg Müller")] == []
    assert {(r["period_start"], r["period_end"]) for r in prepared.tables["forecasts"].to_pylist()} == {
        (dt.datetime(2025, 4, 1), dt.datetime(2025, 6, 30))
    }
    assert file_audit(prepared, "calls.csv").unknown_columns == ("Call notes",)
    assert [text for text in said(prepared) if text.startswith("calls.csv")] == [
        "calls.csv: 1 of 26 weekly calls for Q2'25 is missing (e.g. Jörg Müller 2025-04-21); left missing, not 0"
    ]
    assert balanced(prepared)


def test_a_unit_that_nobody_wrote_down_is_warned_of(tmp_path):
    prepared = gate(tmp_path, {"deals.csv": REPORT, "calls.csv": SHEET})
    assert calls(prepared, "Closed")[-2] == ("06-23", "Dana Whitfield", "Closed", 147.8)
    assert [text for text in said(prepared) if "forecasts.unit" in text] == [
        "calls.csv: the calls of Dana Whitfield are 1/1,000 of what Dana Whitfield has won (Closed for Q2'25 $148, "
        "won $147,800); amounts were taken in units. If they are in another unit, set forecasts.unit in company.yml "
        "to units, thousands or millions."
    ]


def test_a_unit_that_is_wrong_is_warned_of_too(tmp_path):
    sheet = f"{HEAD}2025-06-23,Dana Whitfield,Q2'25,160000,150000\n"
    prepared = gate(tmp_path, {"deals.csv": DEAL, "calls.csv": sheet}, **IN_THOUSANDS)
    assert [text for text in said(prepared) if "forecasts.unit" in text] == [
        "calls.csv: the calls of Dana Whitfield are 1,000 times what Dana Whitfield has won (Closed for Q2'25 "
        "$150,000,000, won $150,000); amounts were taken in thousands. If they are in another unit, set "
        "forecasts.unit in company.yml to units, thousands or millions."
    ]


def test_a_quarter_that_has_only_begun_is_no_other_unit(tmp_path):
    sheet = f"{HEAD}2025-04-07,Dana Whitfield,Q2'25,6000000,\n"
    prepared = gate(tmp_path, {"deals.csv": DEAL, "calls.csv": sheet})
    assert [text for text in said(prepared) if "forecasts.unit" in text] == []
    assert ("calls.csv", "blank cell", 1) in left_out(prepared)


def test_long_and_wide_sheets_give_one_table(tmp_path):
    wide = f'{HEAD}2025-04-07,Dana W.,Q2\'25,160,13\n2025-04-14,"Whitfield, Dana",FY25-Q2,158,26\n'
    long = (
        "Snapshot Date,Owner,Quarter,Forecast Category,Amount,Currency\n"
        "2025-04-07,Dana Whitfield,2025-Q2,Commit,160,USD\n2025-04-07,Dana Whitfield,2025-Q2,Closed,13,USD\n"
        "2025-04-14,Dana Whitfield,2025-Q2,Commit,158,USD\n2025-04-14,Dana Whitfield,2025-Q2,Closed Won,26,USD\n"
    )
    one = gate(tmp_path / "wide", {"deals.csv": DEAL, "calls.csv": wide})
    two = gate(tmp_path / "long", {"deals.csv": DEAL, "calls.csv": long})
    assert one.tables["forecasts"].equals(two.tables["forecasts"])
    assert one.tables["forecasts"].column_names == list(TABLES["forecasts"].names)


def test_other_currencies_are_converted_and_kept_as_written(tmp_path):
    sheet = "Week of,Rep,Period,Currency,Commit\n2025-04-07,Dana Whitfield,Q2'25,EUR,80\n"
    row = gate(tmp_path, {"deals.csv": DEAL, "c.csv": sheet}, **IN_THOUSANDS).tables["forecasts"].to_pylist()[0]
    assert (row["forecast_amount"], row["amount_original"], row["currency"]) == (88_000.0, 80.0, "EUR")


def test_sheets_that_overlap_are_counted_and_never_added(tmp_path):
    first, second = "2025-04-07,Dana Whitfield,Q2'25,160,0\n", "2025-04-14,Dana Whitfield,Q2'25,158,13\n"
    files = {"deals.csv": DEAL, "a.csv": HEAD + first, "b.csv": HEAD + first + second, "c.csv": HEAD + second + second}
    prepared = gate(tmp_path, files)
    assert len(calls(prepared)) == 4 and balanced(prepared)
    assert left_out(prepared) == [
        ("b.csv", "same record in another file", 2),
        ("c.csv", "same record in another file", 4),
    ]


def test_rows_that_say_nothing_are_counted(tmp_path):
    sheet = (
        "Week,Rep,Period,Category,Amount\n,Dana W.,Q2'25,Commit,1\n2025-04-07,Dana W.,,Commit,1\n"
        "2025-04-07,Dana W.,Q2'25,Commit,\n2025-04-07,Dana W.,Q2'25,Gut feel,1\n2025-04-07,Dana W.,Q2'25,Commit,1\n"
    )
    prepared = gate(tmp_path, {"deals.csv": DEAL, "c.csv": sheet})
    assert calls(prepared) == [("04-07", "Dana Whitfield", "Forecast", 1.0)]
    assert left_out(prepared) == [
        ("c.csv", "a category that we do not know", 1),
        ("c.csv", "no amount", 1),
        ("c.csv", "no date", 1),
        ("c.csv", "no period", 1),
    ]
    assert prepared.audit.left_out[0].examples == ("Gut feel",)


def test_contradicting_calls_are_refused(tmp_path):
    sheet = f"{HEAD}2025-04-07,Dana Whitfield,Q2'25,160,13\n2025-04-07,Dana Whitfield,Q2'25,165,13\n"
    assert refused(tmp_path, sheet) == (
        "calls.csv: a member must have one call per week, period and category; found 2 of 3 rows that contradict each "
        "other (e.g. Dana Whitfield 2025-04-07 Forecast). Remove those that are out of date."
    )


def test_a_period_that_is_none_is_refused(tmp_path):
    assert refused(tmp_path, f"{HEAD}2025-04-07,Dana Whitfield,Spring,160,13\n") == (
        "calls.csv: every period must be one we know; found 2 of 2 that are none (e.g. Spring). Write it as Q2'25, "
        "FY25-Q2 or 2025-05."
    )


def test_a_call_after_its_period_is_refused(tmp_path):
    assert refused(tmp_path, f"{HEAD}2025-08-04,Dana Whitfield,Q2'25,160,13\n") == (
        "calls.csv: a call must be made before its period is over; found 2 of 2 more than 14 days after it (e.g. "
        "Q2'25 on 2025-08-04). Correct the period or the date, or fiscal_year_starts in company.yml."
    )


def test_a_stranger_is_refused(tmp_path):
    assert refused(tmp_path, f"{HEAD}2025-04-07,Nobody,Q2'25,160,13\n") == (
        "calls.csv: every row must be for an owner, a team, a region, a segment or the company; found 2 of 2 that are "
        "for none we know (e.g. Nobody). Add the name to owner_aliases, regions, segments or quotas.company_names in "
        "company.yml, or an owner_id to the sheet, or the User export to the folder."
    )


def test_a_team_is_a_stranger_until_an_export_names_the_teams(tmp_path):
    users = "Id,Username,Name,IsActive,UserRoleId\n0055e0000430010,d@halyard.example,Dana Whitfield,1,00E5e000004300A\n"
    files = {"deals.csv": DEAL, "calls.csv": f"{HEAD}2025-04-07,AMER Commercial,Q2'25,160,13\n", "users.csv": users}
    with pytest.raises(ExportError, match=r"none we know \(e\.g\. AMER Commercial\)") as caught:
        gate(tmp_path / "one", files)
    assert str(caught.value).endswith(
        "in company.yml, or an owner_id to the sheet, or the export of teams (UserRole) to the folder."
    )
    roles = "Id,Name,ParentRoleId\n00E5e000004300A,AMER Commercial,\n"
    gate(tmp_path / "two", files | {"roles.csv": roles}, **IN_THOUSANDS)


def test_letters_beside_a_unit_are_refused(tmp_path):
    sheet = f"{HEAD}2025-04-07,Dana Whitfield,Q2'25,160K,0\n"
    assert refused(tmp_path, sheet, **IN_THOUSANDS) == (
        "calls.csv: amounts must be in one unit; found 1 cell with K, M or B, and forecasts.unit in company.yml says "
        "thousands. Take the letters out, or set forecasts.unit to units."
    )
    assert calls(gate(tmp_path / "units", {"deals.csv": DEAL, "calls.csv": sheet}), "Forecast")[0][3] == 160_000.0


def test_words_among_amounts_and_headers_that_repeat_are_refused(tmp_path):
    sheet = "Week of,Rep,Period,Commit,Commit,Pipeline\n2025-04-07,Dana Whitfield,Q2'25,160,n/a,13\n"
    assert refused(tmp_path, sheet) == (
        "calls.csv: each header must stand once; found one twice among Commit, Commit, Pipeline. Remove or rename it.\n"
        "calls.csv, column Commit, Commit, Pipeline: must hold numbers; found 1 of 3 cells that are none (e.g. n/a). "
        "Correct the export."
    )


def test_a_currency_without_a_rate_is_refused(tmp_path):
    sheet = "Week of,Rep,Period,Currency,Commit\n2025-04-07,Dana Whitfield,Q2'25,CHF,80\n"
    assert refused(tmp_path, sheet) == (
        "forecasts: every amount must be convertible to USD; found 1 of 1 that are not (CHF in 1 row). Add what one "
        "unit is worth in USD to company.yml:\n  rates:\n    CHF: TODO"
    )


@given(order=st.randoms(use_true_random=False), columns=st.permutations(range(8)))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_order_of_rows_and_columns_does_not_matter(tmp_path_factory, order: random.Random, columns):
    table = list(csv.reader(io.StringIO(SHEET.read_text(encoding="utf-8"))))
    body = table[1:]
    order.shuffle(body)
    out = io.StringIO()
    csv.writer(out).writerows([row[place] for place in columns] for row in [table[0], *body])
    folders = [tmp_path_factory.mktemp("calls") for _ in range(2)]
    one, two = (
        gate(folder, {"deals.csv": REPORT, "calls.csv": sheet})
        for folder, sheet in zip(folders, (SHEET, out.getvalue()), strict=True)
    )
    assert one.tables["forecasts"].equals(two.tables["forecasts"])
    assert one.audit.warnings == two.audit.warnings


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("Q2'25", "2024-05-01", "2024-07-31"),
        ("Q2’25", "2024-05-01", "2024-07-31"),
        ("Q2 FY25", "2024-05-01", "2024-07-31"),
        ("FY2025 Q4", "2024-11-01", "2025-01-31"),
        ("2025-Q1", "2024-02-01", "2024-04-30"),
        ("25Q1", "2024-02-01", "2024-04-30"),
        ("q3", "2026-08-01", "2026-10-31"),
        ("Q4", "2025-11-01", "2026-01-31"),
        ("FY25", "2024-02-01", "2025-01-31"),
        ("2025-05", "2025-05-01", "2025-05-31"),
        ("02/2024", "2024-02-01", "2024-02-29"),
        ("May 2025", "2025-05-01", "2025-05-31"),
        ("Sept-25", "2025-09-01", "2025-09-30"),
        ("december '25", "2025-12-01", "2025-12-31"),
    ],
)
def test_periods_are_read_as_people_write_them(text, first, last):
    """The fiscal year starts in February and is named after the year in which it ends; the day is 1 December 2025."""
    begin, end = (dt.date.fromisoformat(day) for day in (first, last))
    assert read_period(text, 2, dt.date(2025, 12, 1)) == (begin, end)


@pytest.mark.parametrize("text", ["", "Spring", "Q5'25", "2025-13", "Mayhem 2025", "Q2", "2025", "Total"])
def test_what_names_no_period_is_none(text):
    assert read_period(text, 2) is None


def test_calls_missing_in_the_first_and_last_week_in_which_most_others_called_are_told(tmp_path):
    made = {"Dana Whitfield": (7, 14, 21), "Jörg Müller": (7, 14, 21), "Sam O'Neil": (14,)}
    lines = "".join(f"2025-04-{day:02d},{who},Q2'25,160,13\n" for who, days in made.items() for day in days)
    prepared = gate(tmp_path, {"deals.csv": REPORT, "calls.csv": HEAD + lines}, **IN_THOUSANDS)
    assert (
        "calls.csv: 2 of 9 weekly calls for Q2'25 are missing (e.g. Sam O'Neil 2025-04-07, Sam O'Neil 2025-04-21); "
        "left missing, not 0"
    ) in said(prepared)
