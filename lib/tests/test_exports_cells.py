"""Dates, numbers, fractions and ids: what a column of text means, decided once for the column."""

import datetime as dt

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from revops.exports.reading.dates import DateRule, read_dates
from revops.exports.reading.ids import read_ids
from revops.exports.reading.numbers import read_numbers
from revops.exports.reading.rates import read_rates

NAN = None


def column(*cells):
    return pa.array(cells, pa.string())


def dates(*cells, kind="timestamp", **rule):
    read = read_dates(column(*cells), DateRule("f.csv, column Day", kind, **rule))
    assert read.problem == ""
    return [value and value.isoformat(" ", "seconds") for value in read.column.to_pylist()]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["2025-01-14", None], ["2025-01-14 00:00:00", None]),
        (["2025-01-14 20:47:49", "2025-01-14 20:47:49.000"], ["2025-01-14 20:47:49"] * 2),
        (["1/14/2025", "12/1/2025"], ["2025-01-14 00:00:00", "2025-12-01 00:00:00"]),
        (["14/1/2025", "12/1/2025"], ["2025-01-14 00:00:00", "2025-01-12 00:00:00"]),
        (["04.03.2025", "5.3.2025 07:15"], ["2025-03-04 00:00:00", "2025-03-05 07:15:00"]),
        (["15/01/2024, 10:00", "01/02/2024, 9:05"], ["2024-01-15 10:00:00", "2024-02-01 09:05:00"]),
        (["1/14/2025 12:05 AM", "1/2/2025 12:14 PM", "1/2/2025 1:14 p.m."],
         ["2025-01-14 00:05:00", "2025-01-02 12:14:00", "2025-01-02 13:14:00"]),
        (["2025/01/14", "14-01-2025"], ["2025-01-14 00:00:00"] * 2),
        (["1/14/25"], ["2025-01-14 00:00:00"]),
        (["5/5/2025"], ["2025-05-05 00:00:00"]),
        (["45000", "45001.5"], ["2023-03-15 00:00:00", "2023-03-16 12:00:00"]),
        ([None, None], [None, None]),
        ([], []),
    ],
)  # fmt: skip
def test_dates_are_read_as_they_are_written(cells, expected):
    assert dates(*cells) == expected


@pytest.mark.parametrize(
    "cells", [["2025-01-14 03:30:00"], ["2025-01-14T03:30:00.000Z"], ["2025-01-14T03:30:00.000+0000"],
              ["2025-01-14T04:30:00+01:00"], ["2025-01-14 03:30:00", "2025-01-14T03:30:00Z"]],
)  # fmt: skip
def test_utc_stamps_move_to_the_companys_clock_across_midnight(cells):
    assert set(dates(*cells, utc=True, company_zone="America/New_York")) == {"2025-01-13 22:30:00"}


def test_a_day_without_a_time_stays_that_day():
    assert dates("2025-01-14", "2025-01-14 03:30:00", utc=True, company_zone="America/New_York") == [
        "2025-01-14 00:00:00",
        "2025-01-13 22:30:00",
    ]
    assert dates("2025-04-30T00:00:00.000Z", kind="date", utc=True, company_zone="America/New_York") == [
        "2025-04-30 00:00:00"
    ]
    assert dates("2025-04-30 00:00:00", kind="date", utc=True) == ["2025-04-30 00:00:00"]


def test_label_stamps_move_from_the_users_zone():
    moved = dates("1/14/2025 3:30 AM", zone="Europe/Berlin", company_zone="America/New_York")
    assert moved == ["2025-01-13 21:30:00"]
    assert dates("1/14/2025", zone="Europe/Berlin", company_zone="America/New_York") == ["2025-01-14 00:00:00"]


def test_the_hour_that_does_not_exist_and_the_one_that_comes_twice_are_read():
    assert dates("2025-03-09 02:30:00", "2025-11-02 01:30:00", zone="America/New_York", company_zone="UTC") == [
        "2025-03-09 07:00:00",
        "2025-11-02 05:30:00",
    ]


def test_cells_that_are_no_date_are_counted():
    read = read_dates(column("2025-01-14", "TBD", "2025-02-30", "2025-01-15"), DateRule("f.csv, column Day", "date"))
    assert (read.unreadable, read.shown, read.problem) == (2, ("2025-02-30", "TBD"), "")
    assert read.column.null_count == 2


@given(st.lists(st.dates(dt.date(2001, 1, 1), dt.date(2049, 12, 31)), min_size=1))
def test_every_form_of_the_same_days_reads_the_same(days):
    forms = ("%Y-%m-%d", "%m/%d/%Y", "%d.%m.%Y", "%Y-%m-%d 00:00:00", "%d/%m/%Y")
    order = {"%m/%d/%Y": "month_first", "%d/%m/%Y": "day_first"}
    for form in forms:
        shown = dates(*(day.strftime(form) for day in days), kind="date", order=order.get(form, "auto"))
        assert shown == [f"{day} 00:00:00" for day in days]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1000", "1234.5", "-3"], [1000.0, 1234.5, -3.0]),
        (["1,234.50", "(3.00)", "4-", "\u22125", "$ 6.10", "+7"], [1234.5, -3.0, -4.0, -5.0, 6.1, 7.0]),
        (["1.234,50", "USD 3", "-4,1", "- 7", "9 €", "(€2)"], [1234.5, 3.0, -4.1, -7.0, 9.0, -2.0]),
        (["1'234.50", "1\u00a0234.5", "1\u202f234", "12 345"], [1234.5, 1234.5, 1234.0, 12345.0]),
        (["1,23,456", "1,000"], [123456.0, 1000.0]),
        (["1,234", "2,345,678"], [1234.0, 2345678.0]),
        (["1.234", "0.123"], [1.234, 0.123]),
        (["1.234", "12345.678"], [1.234, 12345.678]),
        (["$1,000", "x", "5"], [1000.0, NAN, 5.0]),
        (["12,5 %", "3,25%"], [12.5, 3.25]),
        ([None], [NAN]),
        ([], []),
    ],
)
def test_numbers_are_read_as_they_are_written(cells, expected):
    sign = "point" if cells == ["$1,000", "x", "5"] else "auto"
    read = read_numbers(column(*cells), "f.csv, column Amount", fallback=sign)
    assert read.problem == ""
    assert read.column.to_pylist() == expected


def test_systems_that_always_write_points_are_not_asked_about():
    read = read_numbers(column("1.234"), "f.csv, column Amount", "point")
    assert (read.column.to_pylist(), read.decision) == ([1.234], "")


@pytest.mark.parametrize("cells", [["nan", "1", "2"], ["inf", "1", "2"], ["1e400", "1", "2"], ["0x10", "1", "2"]])
def test_words_for_numbers_that_are_none_become_blank(cells):
    read = read_numbers(column(*cells), "f.csv, column Amount")
    assert (read.column.to_pylist(), read.unreadable) == ([None, 1.0, 2.0], 1)


@given(st.lists(st.decimals(-(10**9), 10**9, places=2), min_size=1))
def test_every_form_of_the_same_amounts_reads_the_same(amounts):
    expected = [float(amount) for amount in amounts]
    english = [f"{amount:,.2f}" for amount in amounts]
    german = [text.translate(str.maketrans(",.", ".,")) for text in english]
    swiss = [text.replace(",", "'") for text in english]
    brackets = [f"({text[1:]})" if text.startswith("-") else text for text in english]
    for form in (english, german, swiss, brackets, [str(amount) for amount in amounts]):
        assert read_numbers(column(*form), "f.csv, column Amount").column.to_pylist() == expected


@pytest.mark.parametrize(
    ("cells", "is_percent", "expected", "decision"),
    [
        (["75", "0"], False, [0.75, 0.0], "Chance: percent, divided by 100"),
        (["75%", "5%"], False, [0.75, 0.05], "Chance: percent, divided by 100"),
        (["0.75", "1"], True, [0.75, 1.0], "Chance: fractions, taken as they are"),
        (["1", "0"], True, [0.01, 0.0], "Chance: percent, divided by 100"),
        (["1", "0"], False, [1.0, 0.0], "Chance: fractions, taken as they are"),
    ],
)
def test_percent_or_fraction_is_decided_for_the_column(cells, is_percent, expected, decision):
    read = read_rates(column(*cells), "f.csv, column Chance", is_percent)
    assert (read.column.to_pylist(), read.decision, read.problem) == (expected, decision, "")


def test_salesforce_ids_keep_fifteen_characters_and_their_case():
    ids = read_ids(
        column("0068d00000AbCdEAAV", None, "'0068d00000AbcdE", " 0068d00000AbCdeAAF", ""), "f", "salesforce15"
    )
    assert ids.column.to_pylist() == ["0068d00000AbCdE", None, "0068d00000AbcdE", "0068d00000AbCde", None]
    sliced = column("x", "0068d00000AbCdEAAV", None, "0068d00000AbcdEAAR").slice(1)
    assert read_ids(sliced, "f", "salesforce15").column.to_pylist() == ["0068d00000AbCdE", None, "0068d00000AbcdE"]
    assert read_ids(column(None, None), "f", "salesforce15").column.to_pylist() == [None, None]
    pieces = pa.chunked_array([column("0068d00000AbCdEAAV"), column("0068d00000AbcdE"), column()])
    assert read_ids(pieces, "f", "salesforce15").column.to_pylist() == ["0068d00000AbCdE", "0068d00000AbcdE"]


@given(st.lists(st.text("ABCxyz019", min_size=15, max_size=15), min_size=1))
def test_the_checksum_of_every_id_is_told_from_its_case(stems):
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
    whole = [
        stem + "".join(letters[sum(stem[5 * k + j].isupper() << j for j in range(5))] for k in range(3))
        for stem in stems
    ]
    assert read_ids(column(*whole), "f", "salesforce15").column.to_pylist() == stems
    folded = [text.swapcase() if text.swapcase() != text else text for text in whole]
    spoilt = sum(a != b for a, b in zip(whole, folded, strict=True))
    assert bool(read_ids(column(*folded), "f", "salesforce15").problem) == bool(spoilt)


def test_plain_ids_stay_as_written_but_for_whole_numbers_with_a_point():
    ids = read_ids(column("7000.0", "7001", " x-1 ", "'007", None), "f.csv, column Key", "plain")
    assert ids.column.to_pylist() == ["7000", "7001", "x-1", "007", None]
    assert ids.decision == "Key: ids written 7000.0 are read as 7000"
    mangled = read_ids(column("1,2E+10", "5"), "f.csv, column Key", "plain")
    assert mangled.problem == (
        "f.csv, column Key: ids must be text; found 1 of 2 turned into numbers (e.g. 1,2E+10). The file went through "
        "Excel: export it again and do not open it there."
    )
