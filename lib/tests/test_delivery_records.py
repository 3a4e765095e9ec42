"""The CSV files beside a page."""

import csv

import pytest

from revops.delivery.jobs.records import write_tables
from revops.errors import RunError


def rows_of(path):
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_table_is_written_as_it_was_shown(tmp_path):
    table = {
        "name": "deals",
        "columns": ["id", "amount", "is_new"],
        "rows": [["006a", 12.5, True], [None, None, False]],
    }
    assert write_tables([table], tmp_path / "report") == ("deals.csv",)
    assert rows_of(tmp_path / "report" / "deals.csv") == [
        ["id", "amount", "is_new"],
        ["006a", "12.5", "true"],
        ["", "", "false"],
    ]


def test_file_starts_with_a_byte_order_mark_so_that_excel_shows_accents(tmp_path):
    write_tables([{"name": "deals", "columns": ["name"], "rows": [["Zoë"]]}], tmp_path)
    assert (tmp_path / "deals.csv").read_bytes() == b"\xef\xbb\xbfname\r\nZo\xc3\xab\r\n"


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "\uff1d1", '=HYPERLINK("http://x","y")']
)
def test_text_that_a_spreadsheet_would_run_stays_text(tmp_path, text):
    write_tables([{"name": "deals", "columns": [text], "rows": [[text]]}], tmp_path)
    assert rows_of(tmp_path / "deals.csv") == [[f"'{text}"], [f"'{text}"]]


@pytest.mark.parametrize("text", ["a=1", "o'Brien", "", " a", "12", "006A"])
def test_other_text_is_not_touched(tmp_path, text):
    write_tables([{"name": "deals", "columns": ["name", "n"], "rows": [[text, 1]]}], tmp_path)
    assert rows_of(tmp_path / "deals.csv")[1] == [text, "1"]


def test_negative_number_stays_a_number(tmp_path):
    write_tables([{"name": "deals", "columns": ["amount"], "rows": [[-3], [-0.5]]}], tmp_path)
    assert rows_of(tmp_path / "deals.csv")[1:] == [["-3"], ["-0.5"]]


def test_name_that_is_no_file_name_is_refused(tmp_path):
    with pytest.raises(RunError) as refusal:
        write_tables([{"name": "../deals", "columns": [], "rows": []}], tmp_path)
    assert str(refusal.value) == (
        "table '../deals': a table's name must be lower-case letters, digits and underscores, because it names a file. "
        "Rename it in the notebook."
    )


def test_table_shown_twice_is_refused(tmp_path):
    table = {"name": "deals", "columns": ["id"], "rows": []}
    with pytest.raises(RunError) as refusal:
        write_tables([table, table], tmp_path)
    assert str(refusal.value) == (
        "table deals: each table may be shown once; found it twice. Give the second another name."
    )


def test_row_with_a_value_too_many_is_refused(tmp_path):
    with pytest.raises(RunError) as refusal:
        write_tables([{"name": "deals", "columns": ["id"], "rows": [["a"], ["b", 1]]}], tmp_path)
    assert str(refusal.value) == (
        "table deals: each row must have one value per column; found 1 of 2 rows with another number. "
        "Correct the function that makes it."
    )
