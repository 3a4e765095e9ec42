"""Quota sheets as strangers keep them: the amounts that count are read, sums are not, and doubts are refused."""

import pytest
from gate import balanced, file_audit, gate, left_out, rows

from revops.errors import ExportError

DEAL = rows({}, {"Opportunity Owner": "Priya Nair"})
USERS = "User ID,Full Name,Role\n0058d00000Aq1Ab,Dana Whitfield,AE West\n0058d00000Aq1Ac,Priya Nair,AE West\n"
NAMES = {"0058d00000Aq1Ab": "Dana", "0058d00000Aq1Ac": "Priya"}


def read(folder, sheet, **changes):
    """Return what the gate makes of one quota sheet beside deals and users."""
    return gate(folder, {"deals.csv": DEAL, "users.csv": USERS, "quotas.csv": sheet}, **changes)


def quotas(prepared):
    """Return the quotas as (member, first day, last day, amount)."""
    return [
        (NAMES.get(r["member"], r["member"]), f"{r['period_start']:%m-%d}", f"{r['period_end']:%m-%d}",
         r["quota_amount"])
        for r in prepared.tables["quotas"].to_pylist()
    ]  # fmt: skip


def refused(folder, sheet, **changes):
    """Return the message with which a quota sheet is refused."""
    with pytest.raises(ExportError) as caught:
        read(folder, sheet, **changes)
    return str(caught.value)


def test_quarters_beside_their_months_are_sums_and_never_added(tmp_path):
    sheet = "Quota FY25\nRep,Jan,Feb,Mar,Q1,Q2,FY25\nDana Whitfield,10,10,15,35,60,95\nTotal,10,10,15,35,60,95\n"
    prepared = read(tmp_path, sheet)
    assert quotas(prepared) == [
        ("Dana", "01-01", "01-31", 10.0),
        ("Dana", "02-01", "02-28", 10.0),
        ("Dana", "03-01", "03-31", 15.0),
        ("Dana", "04-01", "06-30", 60.0),
    ]
    assert left_out(prepared) == [
        ("quotas.csv", "footer or total row", 6),
        ("quotas.csv", "title row above the header", 1),
        ("quotas.csv", "total column", 2),
    ]
    assert prepared.audit.warnings == () and balanced(prepared)
    off = read(tmp_path / "off", sheet.replace("15,35", "15,40"))
    assert [text for text in off.audit.warnings if text.startswith("quotas.csv")] == [
        "quotas.csv: 1 printed total that the rows do not add up to (e.g. Dana Whitfield Q1 $40 printed, $35 found)"
    ]
    part = "Quota FY25\nRep,Jan,Feb,Q1\nDana Whitfield,10,10,35\n"
    assert "periods of one member and metric must not overlap" in refused(tmp_path / "part", part)


def test_notes_beside_amounts_and_names_are_no_part_of_them(tmp_path):
    sheet = (
        "Quotas\nRep,Q1 FY25,Q2 FY25\nDana Whitfield (EMEA lead),125K (ramping),250000*\nPriya Nair,(ramping),1.5M\n"
    )
    prepared = read(tmp_path, sheet)
    assert quotas(prepared) == [
        ("Dana", "01-01", "03-31", 125e3),
        ("Dana", "04-01", "06-30", 250e3),
        ("Priya", "04-01", "06-30", 1.5e6),
    ]
    assert ("quotas.csv", "no number", 1) in left_out(prepared)


@pytest.mark.parametrize("cell", ["50%", "(ramp) 50%", "see row 7"])
def test_a_cell_with_digits_that_is_no_amount_is_refused(tmp_path, cell):
    assert refused(tmp_path, f"Quotas\nRep,Q1 FY25\nDana Whitfield,100\nPriya Nair,{cell}\n") == (
        "quotas.csv, column Q1 FY25: every cell must be an amount, words or blank; found 1 of 2 that is none (e.g. "
        f"{cell}). Write the amount."
    )


def test_rows_of_groups_stand_beside_those_of_owners_and_totals_may_be_of_either(tmp_path):
    sheet = "Quotas\nName,Q1 FY25\nDACH,300\nDana Whitfield,100\nPriya Nair,200\nDACH total,300\nTotal,300\n"
    prepared = read(tmp_path, sheet)
    assert [(r["level"], r["quota_amount"]) for r in prepared.tables["quotas"].to_pylist()] == [
        ("owner", 100.0),
        ("owner", 200.0),
        ("region", 300.0),
    ]
    assert prepared.audit.warnings == ()
    assert left_out(prepared)[0] == ("quotas.csv", "footer or total row", 2)
    wrong = read(tmp_path / "wrong", sheet.replace("Total,300", "Total,400"))
    assert wrong.audit.warnings == (
        "quotas.csv: 1 printed total that the rows do not add up to (e.g. Q1 FY25 $400 printed, $600 found)",
    )


def test_a_team_column_names_the_rows_without_a_rep(tmp_path):
    sheet = "Quotas\nTeam,Rep,Q1 FY25\nAE West,,300\n,Dana Whitfield,100\n,Priya Nair,200\nAE West Total,,300\n"
    prepared = read(tmp_path, sheet)
    assert [(r["level"], r["member"]) for r in prepared.tables["quotas"].to_pylist()] == [
        ("owner", "0058d00000Aq1Ab"),
        ("owner", "0058d00000Aq1Ac"),
        ("team", "AE West"),
    ]


@pytest.mark.parametrize(
    ("head", "row", "first", "last"),
    [
        ("Rep,Quarter,Quota", "Dana Whitfield,Q2 FY25,$250K", "04-01", "06-30"),
        ("Seller,Month,Target", "Dana Whitfield,May 2025,250000", "05-01", "05-31"),
        ("AE,Year,Quarter,Quota", "Dana Whitfield,2025,Q2,250000", "04-01", "06-30"),
        ("Rep,Fiscal Year,Quota", "Dana Whitfield,FY25,250000", "01-01", "12-31"),
        ("Rep,Year,Quota", "Dana Whitfield,2025,250000", "01-01", "12-31"),
    ],
)
def test_long_sheets_may_name_their_periods(tmp_path, head, row, first, last):
    prepared = read(tmp_path, f"{head}\n{row}\n")
    assert quotas(prepared) == [("Dana", first, last, 250e3)] and balanced(prepared)


def test_a_named_period_that_is_none_is_refused(tmp_path):
    assert refused(tmp_path, "Rep,Quarter,Quota\nDana Whitfield,Q1,1\nPriya Nair,Spring,2\n") == (
        "quotas.csv: every period must be one we know; found 2 of 2 that are none (e.g. Q1, Spring). Write it as Q2 "
        "FY25, FY25 or 2025-05."
    )
    fiscal = refused(tmp_path / "fiscal", "Rep,Year,Quota\nDana Whitfield,2025,1\n", fiscal_year_starts=2)
    assert fiscal == (
        "quotas.csv: every period must be one we know; found 1 of 1 that are none (e.g. 2025). Write it as Q2 FY25, "
        "FY25 or 2025-05."
    )


def test_the_unit_in_the_title_of_a_long_sheet_counts(tmp_path):
    sheet = "Quotas (in thousands)\nRep,Quarter,Quota\nDana Whitfield,Q2 FY25,{}\n"
    prepared = read(tmp_path, sheet.format(250))
    assert quotas(prepared) == [("Dana", "04-01", "06-30", 250e3)]
    assert "amounts in units of 1,000, as a title says" in file_audit(prepared, "quotas.csv").decisions
    assert refused(tmp_path / "letters", sheet.format("250K")) == (
        "quotas.csv: amounts must be in one unit; found 1 cell with K, M or B, and a title says units of 1,000. Take "
        "the letters out, or the title."
    )


@pytest.mark.parametrize(
    "sheet",
    [
        "Quotas\nRep,Q1 FY25,Q2 FY25\nDana Whitfield,$250K,300\n",
        "Rep,Quarter,Quota\nDana Whitfield,Q1 FY25,$250K\nDana Whitfield,Q2 FY25,300\n",
    ],
)
def test_small_numbers_beside_thousands_are_refused(tmp_path, sheet):
    assert refused(tmp_path, sheet) == (
        "quotas.csv: amounts must be in one unit; found 1 cell with K, M or B beside 1 below 1,000 without (e.g. 300). "
        "Write each with its letter, or none."
    )
