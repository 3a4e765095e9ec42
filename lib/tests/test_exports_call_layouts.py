"""Layouts of commit sheets that strangers keep: what is read without guessing, and what is refused by name."""

import io

import openpyxl
import pytest
from gate import balanced, file_audit, gate, left_out, rows, said

from revops.errors import ExportError

DEAL = rows(
    {"Stage": "Closed Won", "Amount": "150000", "Close Date": "2025-06-15"},
    {"Opportunity Owner": "Priya Nair", "Close Date": "2025-06-20"},
)
DANA, PRIYA = "Dana Whitfield", "Priya Nair"


def calls(prepared):
    """Return the calls as (day, member, category, amount)."""
    return [
        (f"{r['snapshot_date']:%Y-%m-%d}", r["member"], r["category"], r["forecast_amount"])
        for r in prepared.tables["forecasts"].to_pylist()
    ]


def read(folder, sheet, name="calls.csv", **changes):
    """Return what the gate makes of one sheet beside the deals."""
    return gate(folder, {"deals.csv": DEAL, name: sheet}, **changes)


def refused(folder, sheet, name="calls.csv", **changes):
    """Return the message with which one sheet is refused."""
    with pytest.raises(ExportError) as caught:
        read(folder, sheet, name, **changes)
    return str(caught.value)


def workbook(**sheets):
    """Return the bytes of a workbook of sheets, each a list of rows; the last two underscores of a name are dashes."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, table in sheets.items():
        sheet = book.create_sheet(name.replace("__", "-").replace("_", " "))
        for row in table:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_column_per_week_is_read_by_its_day(tmp_path):
    sheet = "FY25 Q2 Commit calls (USD k)\n\nSeller,4/7/2025,4/14/2025,4/21/2025\nDana Whitfield,100,110,\n"
    sheet += "Priya Nair,50,60,70\n"
    prepared = read(tmp_path, sheet)
    assert calls(prepared) == [
        ("2025-04-07", DANA, "Forecast", 100_000.0),
        ("2025-04-07", PRIYA, "Forecast", 50_000.0),
        ("2025-04-14", DANA, "Forecast", 110_000.0),
        ("2025-04-14", PRIYA, "Forecast", 60_000.0),
        ("2025-04-21", PRIYA, "Forecast", 70_000.0),
    ]
    assert {str(r["period_end"])[:10] for r in prepared.tables["forecasts"].to_pylist()} == {"2025-06-30"}
    assert balanced(prepared)


@pytest.mark.parametrize(
    ("heads", "days"),
    [
        (("W15 2025", "W16 2025"), ("2025-04-07", "2025-04-14")),
        (("2025-W15", "2025-W16"), ("2025-04-07", "2025-04-14")),
        (("Week of 4/7/25", "Week of 4/14/25"), ("2025-04-07", "2025-04-14")),
        (("Apr 7 2025", "Apr 14 2025"), ("2025-04-07", "2025-04-14")),
        (("7-Apr-2025", "14-Apr-2025"), ("2025-04-07", "2025-04-14")),
        (("2025-04-11", "2025-04-18"), ("2025-04-11", "2025-04-18")),
    ],
)
def test_weeks_are_read_as_people_write_them(tmp_path, heads, days):
    wide = f"Rep,Quarter,Call,{heads[0]},{heads[1]}\nDana Whitfield,Q2 2025,Commit,1,2\n"
    long = f"Week,Rep,Quarter,Commit\n{heads[0]},Dana Whitfield,Q2 2025,1\n{heads[1]},Dana Whitfield,Q2 2025,2\n"
    expected = [(days[0], DANA, "Forecast", 1.0), (days[1], DANA, "Forecast", 2.0)]
    assert calls(read(tmp_path / "wide", wide)) == expected
    assert calls(read(tmp_path / "long", long)) == expected


def test_a_week_without_its_year_is_refused(tmp_path):
    sheet = "Week,Rep,Quarter,Commit\nWeek 3,Dana Whitfield,FY25 Q2,1\nWeek 4,Dana Whitfield,FY25 Q2,2\n"
    assert refused(tmp_path, sheet) == (
        "calls.csv, column Week: a week must be a day or have its year; found 2 of 2 weeks that do not (e.g. Week 3, "
        "Week 4). Write the day on which each starts, or W23 2025."
    )


@pytest.mark.parametrize("title", ["Forecast call as of 6/16/2025", "As of: June 16, 2025", "Snapshot date,2025-06-16",
                                   "Calls - week of 2025-06-16 (USD)", "Forecast call W25 2025"])  # fmt: skip
def test_a_title_says_the_day(tmp_path, title):
    sheet = f"{title}\nAE,Period,Commit,Best Case\nDana Whitfield,Q2 FY25,$150K,$200K\n"
    prepared = read(tmp_path, sheet)
    assert calls(prepared) == [("2025-06-16", DANA, "BestCase", 200e3), ("2025-06-16", DANA, "Forecast", 150e3)]
    assert (
        file_audit(prepared, "calls.csv").decisions[-1]
        == "calls of 2025-06-16: the day in a title or the name of the sheet"
    )


def test_a_sheet_of_no_day_is_refused_and_its_name_says_none(tmp_path):
    sheet = "Rep,Period,Commit\nDana Whitfield,Q2 FY25,150\n"
    assert refused(tmp_path, sheet, "forecast_2025-06-16.csv") == (
        "forecast_2025-06-16.csv: calls must be of a day; found no column such as Week of or Snapshot Date, no title "
        "such as As of 2025-06-16, and no folder of a day. Add one of them."
    )


def test_a_dated_folder_is_the_day_of_a_sheet_without_one(tmp_path):
    sheet = "Rep,Period,Commit\nDana Whitfield,Q1 FY25,{}\nDana Whitfield,Q2 FY25,{}\n"
    files = {
        "deals.csv": DEAL,
        "2025-06-09/calls.csv": sheet.format(99, 150),
        "2025-06-16/calls.csv": sheet.format(99, 140),
        "calls.csv": sheet.format(99, 140),
    }
    prepared = gate(tmp_path, files)
    assert calls(prepared) == [("2025-06-09", DANA, "Forecast", 150.0), ("2025-06-16", DANA, "Forecast", 140.0)]
    assert left_out(prepared) == [
        ("2025-06-09/calls.csv", "a period that was over on the day of the file", 1),
        ("2025-06-16/calls.csv", "a period that was over on the day of the file", 1),
        ("calls.csv", "same file given twice", 2),
    ]
    assert balanced(prepared)


def test_what_was_called_first_counts_and_later_rewriting_is_told(tmp_path):
    head = "Week of,Rep,Period,Commit\n"
    old, new = "2025-06-02,Dana Whitfield,Q2 FY25,{}\n", "2025-06-09,Dana Whitfield,Q2 FY25,150\n"
    files = {
        "deals.csv": DEAL,
        "2025-06-04/calls.csv": head + old.format(200),
        "2025-06-11/calls.csv": head + old.format(160) + new,
        "calls.csv": head + old.format(160) + new + "2025-06-16,Dana Whitfield,Q2 FY25,151\n",
    }
    prepared = gate(tmp_path, files)
    assert calls(prepared) == [
        ("2025-06-02", DANA, "Forecast", 200.0),
        ("2025-06-09", DANA, "Forecast", 150.0),
        ("2025-06-16", DANA, "Forecast", 151.0),
    ]
    assert left_out(prepared) == [
        ("2025-06-11/calls.csv", "a call rewritten after its first copy", 1),
        ("calls.csv", "a call rewritten after its first copy", 1),
        ("calls.csv", "same record in another file", 1),
    ]
    assert [text for text in said(prepared) if "rewritten" in text] == [
        f"{name}: 1 call rewritten after the first copy (e.g. Dana Whitfield 2025-06-02 Forecast 200 became 160); what "
        "was called first counts, since a forecast must be frozen"
        for name in ("2025-06-11/calls.csv", "calls.csv")
    ]
    assert balanced(prepared)


def test_a_call_written_down_before_its_week_is_left_out(tmp_path):
    sheet = "Week of,Rep,Period,Commit\n2025-06-02,Dana Whitfield,Q2 FY25,200\n2025-06-16,Dana Whitfield,Q2 FY25,200\n"
    prepared = gate(tmp_path, {"deals.csv": DEAL, "2025-06-04/calls.csv": sheet})
    assert calls(prepared) == [("2025-06-02", DANA, "Forecast", 200.0)]
    assert left_out(prepared) == [("2025-06-04/calls.csv", "a call dated after its copy", 1)]


def test_a_workbook_with_a_sheet_per_week_is_read_by_their_names(tmp_path):
    head = ["Rep", "Quarter", "Commit", "Closed QTD"]
    book = workbook(**{
        "2025__04__07": [head, [DANA, "Q2 FY25", 100_000, 0]],
        "W16_2025": [["FY25 commit"], head, [DANA, "Q2 FY25", 120_000, 5_000], ["Total", "Q2 FY25", 120_000, 5_000]],
    })  # fmt: skip
    prepared = read(tmp_path, book, "calls.xlsx")
    assert calls(prepared) == [
        ("2025-04-07", DANA, "Closed", 0.0),
        ("2025-04-07", DANA, "Forecast", 100_000.0),
        ("2025-04-14", DANA, "Closed", 5_000.0),
        ("2025-04-14", DANA, "Forecast", 120_000.0),
    ]
    assert left_out(prepared) == [
        ("calls.xlsx/W16 2025", "footer or total row", 2),
        ("calls.xlsx/W16 2025", "title row above the header", 1),
    ]
    alone = read(tmp_path / "alone", workbook(**{"2025__04__07": [head, [DANA, "Q2 FY25", 1, 0]]}), "calls.xlsx")
    assert calls(alone)[1] == ("2025-04-07", DANA, "Forecast", 1.0)


def test_totals_are_no_calls_unless_they_say_something_else(tmp_path):
    head = "Week of,Rep,Period,Commit\n"
    sheet = (
        head + "2025-06-02,Dana Whitfield,Q2 FY25,100\n2025-06-02,Priya Nair,Q2 FY25,50\n2025-06-02,Total,Q2 FY25,{}\n"
    )
    prepared = read(tmp_path / "sum", sheet.format(150))
    assert [member for _, member, *_ in calls(prepared)] == [DANA, PRIYA]
    assert left_out(prepared) == [("calls.csv", "footer or total row", 1)]
    prepared = read(tmp_path / "own", sheet.format(130))
    assert calls(prepared)[0] == ("2025-06-02", "company", "Forecast", 130.0)
    assert [text for text in prepared.audit.warnings if "totals" in text] == [
        "calls.csv: 1 of 1 totals are not the sum of the calls (e.g. 2025-06-02 Forecast 130 printed, 150 found); all "
        "its totals are taken as calls of the company"
    ]
    prepared = read(tmp_path / "alone", head + "2025-06-02,Total,Q2 FY25,130\n")
    assert calls(prepared) == [("2025-06-02", "company", "Forecast", 130.0)]


def test_calls_of_regions_teams_and_the_company(tmp_path):
    sheet = (
        "Week of,Region,Rep,Quarter,Commit\n2025-06-02,DACH,,FY25 Q2,70\n2025-06-02,DACH,Dana Whitfield,FY25 Q2,100\n"
    )
    prepared = read(tmp_path / "regions", sheet)
    assert [(r["level"], r["member"]) for r in prepared.tables["forecasts"].to_pylist()] == [
        ("owner", DANA),
        ("region", "DACH"),
    ]
    prepared = read(tmp_path / "company", "Week of,Quarter,Commit,Best Case\n2025-06-02,FY25 Q2,100,120\n")
    assert calls(prepared) == [
        ("2025-06-02", "company", "BestCase", 120.0),
        ("2025-06-02", "company", "Forecast", 100.0),
    ]
    assert file_audit(prepared, "calls.csv").warnings == (
        "no column says whose calls these are: taken as the company's",
    )


def test_a_week_written_only_once_per_block_is_refused(tmp_path):
    sheet = "Week of,Rep,Period,Commit\n2025-06-02,Dana Whitfield,Q2 FY25,1\n,Priya Nair,Q2 FY25,2\n,DACH,Q2 FY25,3\n"
    assert refused(tmp_path, sheet) == (
        "calls.csv, column Week of: every call must have its day; found 2 of 3 rows without. Write the day into each "
        "row, not only into the first of a block."
    )


def test_a_sheet_of_no_period_or_no_category_is_refused(tmp_path):
    assert refused(tmp_path / "period", "Week of,Rep,Commit\n2025-06-02,Dana Whitfield,1\n") == (
        "calls.csv: every call must have a period; found no column and no title that says one, such as Q2 FY25. Add "
        "one of them."
    )
    sheet = "Forecast calls\nRep,Quarter,2025-06-02,2025-06-09\nDana Whitfield,Q2 FY25,1,2\n"
    assert refused(tmp_path / "category", sheet) == (
        "calls.csv: every call must have a category; found no column and no title that says one, such as Commit. Add "
        "one of them."
    )


def test_the_unit_of_a_title_counts_and_letters_beside_it_are_refused(tmp_path):
    sheet = "Calls (in thousands)\nWeek of,Rep,Period,Commit\n2025-06-02,Dana Whitfield,Q2 FY25,{}\n"
    prepared = read(tmp_path / "bare", sheet.format("150"))
    assert calls(prepared) == [("2025-06-02", DANA, "Forecast", 150e3)]
    assert "amounts in units of 1,000, as a title says" in file_audit(prepared, "calls.csv").decisions
    assert refused(tmp_path / "letter", sheet.format("150K")) == (
        "calls.csv: amounts must be in one unit; found 1 cell with K, M or B, and a title says another unit. Take the "
        "letters out, or set forecasts.unit to units."
    )


def test_tables_of_other_things_are_no_calls(tmp_path):
    others = {
        "pivot.csv": "Owner,Stage,Commit,Pipeline\nDana Whitfield,Proposal,1,2\n",
        "marketing.csv": "Week,Leads,Pipeline\n2025-06-02,10,2000\n",
        "months.csv": "Month,Owner,Pipeline\n2025-06,Dana Whitfield,2000\n",
    }
    prepared = gate(tmp_path, {"deals.csv": DEAL, **others})
    assert "forecasts" not in prepared.tables
    assert [name for name, _ in prepared.audit.unrecognised] == sorted(others)


def test_a_unit_in_the_headers_counts(tmp_path):
    sheet = "Week of,Rep,Quarter,Commit ($K),Best Case ($K)\n2025-06-02,Dana Whitfield,Q2 FY25,100,120\n"
    prepared = read(tmp_path, sheet)
    assert calls(prepared) == [("2025-06-02", DANA, "BestCase", 120e3), ("2025-06-02", DANA, "Forecast", 100e3)]


def test_one_forecast_a_week_is_the_commit(tmp_path):
    prepared = read(tmp_path, "Week,Rep,Quarter,Forecast\n2025-06-02,Dana Whitfield,Q2 FY25,5\n")
    assert calls(prepared) == [("2025-06-02", DANA, "Forecast", 5.0)]
    assert file_audit(prepared, "calls.csv").decisions == (
        "category of all calls: Commit, of a sheet with one forecast a week",
    )
