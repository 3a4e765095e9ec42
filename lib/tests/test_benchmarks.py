"""Published figures are read whole, checked against their columns, and never without a grade."""

import csv
import math
from pathlib import Path

import pandas as pd
import pytest

from revops.benchmarks import BANDS, BENCHMARKS, GRADES, band_of, published
from revops.errors import ExportError, SettingsError

ROOT = Path(__file__).parents[2]
FILE = ROOT / "data" / "benchmarks" / "benchmarks.csv"
ROW = {"metric": "nrr", "segment_dimension": "arr_band", "segment": "$5M-$50M", "statistic": "median", "value": "101",
       "unit": "percent", "year": "2024", "sample_size": "", "publisher": "A", "title": "B", "url": "https://a.example",
       "grade": "A", "read_date": "2026-11-21", "note": ""}  # fmt: skip


@pytest.fixture
def written(tmp_path):
    """Return the project folder in which a file of some rows stands, ROW but for what is given."""

    def write(*rows, name="own.csv", columns=tuple(ROW)):
        folder = tmp_path / "data" / "benchmarks"
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / name).open("w", newline="", encoding="utf-8") as file:
            out = csv.DictWriter(file, columns, extrasaction="ignore")
            out.writeheader()
            out.writerows({**ROW, **row} for row in rows)
        return tmp_path

    return write


def rows():
    with FILE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_row_of_the_file_is_read_as_it_is_printed():
    table, key = published(ROOT), list(BENCHMARKS.key)
    told = sorted((*(row[name] for name in key), float(row["value"]), row["grade"]) for row in rows())
    read = table[[*key, "value", "grade"]].fillna("").itertuples(index=False, name=None)
    assert sorted(read) == told and len(told) == 179


def test_no_row_is_without_a_grade_an_address_and_a_publisher():
    table = published(ROOT)
    assert table["grade"].isin(list(GRADES)).all() and table["grade"].value_counts().to_dict() == {
        "B": 69, "C": 55, "A": 46, "D": 9}  # fmt: skip
    assert table["url"].str.match(r"https?://[a-z0-9.-]+\.[a-z]+/").all()
    assert not table[list(BENCHMARKS.required)].isna().any(axis=None)


def test_addresses_stand_in_their_column_alone_and_none_is_of_a_mirror():
    text = FILE.read_text(encoding="utf-8")
    assert text.count("://") == len(rows())
    assert "salvatore" not in text


def test_every_band_has_two_ends_and_nothing_else_has():
    table = published(ROOT)
    banded = table["segment_dimension"].isin(BANDS)
    assert banded.sum() == 44  # by revenue 20, contract 19, account 4, and 1 more
    assert table.loc[banded, ["band_low", "band_high"]].notna().all(axis=None)
    assert (table.loc[banded, "band_low"] <= table.loc[banded, "band_high"]).all()
    assert table.loc[~banded, ["band_low", "band_high"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("segment", "ends"),
    [
        ("$1M-$5M", (1e6, 5e6)),
        ("$12k-$25k", (12e3, 25e3)),
        ("mid-market (ACV 15-100k)", (15e3, 100e3)),
        ("<$300k", (0, 300e3)),
        ("SMB (ACV <15k)", (0, 15e3)),
        (">$50M", (50e6, math.inf)),
        (">=$5M (2018 ending ARR)", (5e6, math.inf)),
        (">$1000", (1000, math.inf)),
        ("$100M", (100e6, 100e6)),
        ("about $150M revenue", (150e6, 150e6)),
        ("$1.5B-$2B", (1.5e9, 2e9)),
    ],
)
def test_a_band_is_read_from_its_words(segment, ends):
    assert band_of(segment) == ends


def test_a_band_without_an_amount_is_refused():
    with pytest.raises(SettingsError) as error:
        band_of("small companies")
    assert str(error.value) == (
        "'small companies': must be a band of amounts such as $5M-$50M, <$12k or >$250k; found no amount."
    )


@pytest.mark.parametrize(
    ("year", "end"),
    [("2024", "2024-12-31"), ("2024-02", "2024-02-29"), ("2005-2013", "2013-12-31"), ("", None)],
)
def test_the_end_of_a_year_is_its_last_day(written, year, end):
    found = published(written({"year": year}))["year_end"].iloc[0]
    assert pd.isna(found) if end is None else found == pd.Timestamp(end)


def test_own_figures_in_a_file_beside_ours_count_too_and_their_order_does_not(written):
    first, second = {"metric": "grr"}, {"metric": "nrr"}
    one = published(written(first, second))
    written(second, name="own.csv")
    assert published(written(first, name="another.csv")).equals(one)


def test_without_files_there_are_no_figures_but_every_column(tmp_path):
    table = published(tmp_path)
    assert table.empty and list(table) == [*BENCHMARKS.names, "year_end", "band_low", "band_high"]
    assert table["value"].dtype == "float64" and table["year_end"].dtype == "datetime64[us]"


def test_all_that_is_wrong_with_a_file_is_said_at_once(written):
    bad = [
        {"grade": "", "value": "many"},
        {"grade": "E", "year": "last", "read_date": "21/11/2026"},
        {"segment": "large", "metric": "grr", "value": "inf"},
    ]
    with pytest.raises(ExportError) as error:
        published(written(*bad))
    assert str(error.value).splitlines() == [
        "data/benchmarks/own.csv, column grade: must not be blank; found 1 of 3 rows otherwise (e.g. line 2). Correct "
        "them.",
        "data/benchmarks/own.csv, column value: must be a number; found 2 of 3 rows otherwise (e.g. line 2, line 4). "
        "Correct them.",
        "data/benchmarks/own.csv, column read_date: must be a day as 2026-11-21; found 1 of 3 rows otherwise (e.g. "
        "line 3). Correct them.",
        "data/benchmarks/own.csv, column grade: must be A, B, C, D; found 1 of 3 rows otherwise (e.g. line 3). Correct "
        "them.",
        "data/benchmarks/own.csv, column year: must be as 2024, 2024-06, 2005-2013, or blank; found 1 of 3 rows "
        "otherwise (e.g. line 3). Correct them.",
        "data/benchmarks/own.csv, column segment: must hold an amount as $5M; found 1 of 3 rows otherwise (e.g. line "
        "4). Correct them.",
    ]


def test_columns_missing_or_not_known_are_named(written):
    columns = ("accessed_note", *[name for name in ROW if name not in ("grade", "note")])
    with pytest.raises(ExportError) as error:
        published(written({"accessed_note": "grade A"}, columns=columns))
    assert str(error.value) == (
        "data/benchmarks/own.csv: must have the columns metric, segment_dimension, segment, statistic, value, unit, "
        "year, sample_size, publisher, title, url, grade, read_date, note; found it without grade, note; with "
        "accessed_note. Name them so."
    )


def test_a_figure_told_twice_is_refused(written):
    written({})
    with pytest.raises(ExportError) as error:
        published(written({"value": "102"}, name="again.csv"))
    assert str(error.value) == (
        "data/benchmarks: each figure must be there once (metric, segment_dimension, segment, statistic, year, "
        "publisher); found 1 of 2 again (e.g. nrr of $5M-$50M, A). Keep one of each."
    )


def test_the_codebook_tells_every_column_and_grade():
    section = (
        (ROOT / "data" / "README.md").read_text(encoding="utf-8").split("## Published figures")[1].split("\n## ")[0]
    )
    for name in BENCHMARKS.names:
        assert f"| `{name}` |" in section, name
    for grade, rows_of in published(ROOT)["grade"].value_counts().items():
        assert f"| {grade} | {rows_of} |" in section
