"""Published figures of other companies: what each says, of whom, of when, and how it was read."""

import re
from pathlib import Path

import pandas as pd

from revops.errors import ExportError, SettingsError, examples
from revops.schema.shape import Column, Table, described

__all__ = ["BANDS", "BENCHMARKS", "FOLDER", "GRADES", "band_of", "published"]

FOLDER = Path("data", "benchmarks")
GRADES = {
    "A": "the publisher's own page",
    "B": "a copy, or a partner's write-up",
    "C": "quoted by another page",
    "D": "method not disclosed",
}
"""How a figure was read."""
BANDS = ("arr_band", "acv_band", "arpa_band", "revenue_band")
"""The dimensions whose segments are amounts in US dollars: a year, but arpa_band a month."""

BENCHMARKS: Table = described(
    "benchmarks", "One row per published figure.", "metric segment_dimension segment statistic year publisher",
    Column("metric", "category", "what is told", True),
    Column("segment_dimension", "category", "by what companies are told apart; all where they are not", True),
    Column("segment", "text", "of which companies, as the publisher writes it", True),
    Column("statistic", "category", "median, mean, a quartile, an end of a range that the publisher prints", True),
    Column("value", "number", "as printed", True),
    Column("unit", "text", "of the value", True),
    Column("year", "text", "that the data describe, else of publication; null where none is printed"),
    Column("sample_size", "text", "as printed, often of the whole survey; null where none is printed"),
    Column("publisher", "text", "whose figure it is, and by whom it is quoted", True),
    Column("title", "text", "of the page", True),
    Column("url", "text", "where it was read", True),
    Column("grade", "category", "A, B, C or D: how it was read", True),
    Column("read_date", "date", "when it was read", True),
    Column("note", "text", "the publisher's own definition, and what to mind"),
)  # fmt: skip

_SIZES = {"k": 1e3, "m": 1e6, "b": 1e9, "": 1.0}
_NUMBER = r"\$?(\d+(?:\.\d+)?)\s*([kmb]?)(?![a-z\d])"
_RANGE = re.compile(_NUMBER + r"\s*-\s*" + _NUMBER, re.IGNORECASE)
_SIDE = re.compile(r"([<>])=?\s*" + _NUMBER, re.IGNORECASE)
_ABOUT = re.compile(_NUMBER, re.IGNORECASE)
_YEAR = re.compile(r"(?:\d{4}-)?(\d{4})(?:-(0[1-9]|1[0-2]))?")
_ADDED = ("year_end", "band_low", "band_high")


def published(root: Path) -> pd.DataFrame:
    """Return the published figures: every .csv of data/benchmarks, checked.

    Question
        What do others say is usual?

    Parameters
        root : the project's folder. Your own figures go into a file of their own beside ours, with the same columns.

    Returns
        BENCHMARKS in its order, sorted by its key; then year_end (last day of what `year` tells; NaT where no year is
        printed), band_low, band_high [US dollars; NaN where the segment is none of BANDS]. Empty without files.

    Raises
        ExportError: a column that is missing or not known; values that must be there, are no numbers, days, years,
        grades or bands; the same figure twice. All that is wrong with a file at once.
    """
    files = sorted((root / FOLDER).glob("*.csv"))
    tables = [_checked(_read(file), file.name) for file in files]
    whole = pd.concat([_typed(_blank()), *map(_typed, tables)], ignore_index=True)
    _once(whole, str(FOLDER))
    return whole.sort_values(list(BENCHMARKS.key), ignore_index=True)


def band_of(segment: str) -> tuple[float, float]:
    """Return the least amount of a band and the one that it ends before, in US dollars.

    $5M-$50M is 5 and 50 million, <$12k ends at 12 thousand, >$250k has no end (infinite); where one amount stands
    alone (about $150M) both are it. What stands in the text behind them is not looked at.

    Raises
        SettingsError: there is no amount in it.
    """
    if found := _RANGE.search(segment):
        return _amount(found[1], found[2] or found[4]), _amount(found[3], found[4])
    if found := _SIDE.search(segment):
        end = _amount(found[2], found[3])
        return (0.0, end) if found[1] == "<" else (end, float("inf"))
    if found := _ABOUT.search(segment):
        return (_amount(found[1], found[2]),) * 2
    raise SettingsError(f"{segment!r}: must be a band of amounts such as $5M-$50M, <$12k or >$250k; found no amount.")


def _amount(number: str, size: str) -> float:
    return float(number) * _SIZES[size.casefold()]


def _blank() -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype="str") for name in BENCHMARKS.names})


def _read(file: Path) -> pd.DataFrame:
    """Return the cells of a file as text; blank ones null."""
    try:
        cells = pd.read_csv(file, dtype="str", encoding="utf-8-sig", encoding_errors="replace", keep_default_na=False,
                            index_col=False)  # fmt: skip
    except ValueError as error:  # those of pandas are ValueErrors
        raise ExportError(f"{FOLDER / file.name}: must be a table of commas; found {error}. Save it as CSV.") from error
    missing = [name for name in BENCHMARKS.names if name not in cells]
    unknown = [name for name in cells if name not in BENCHMARKS.names]
    if missing or unknown:
        found = "; ".join(f"{word} {', '.join(names)}" for word, names in (("without", missing), ("with", unknown))
                          if names)  # fmt: skip
        raise ExportError(
            f"{FOLDER / file.name}: must have the columns {', '.join(BENCHMARKS.names)}; found it {found}. Name them "
            "so."
        )
    cells = cells[list(BENCHMARKS.names)].apply(lambda column: column.str.strip())
    return cells.mask(cells.eq(""))


def _checked(cells: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return the cells of a file that hold what they must.

    Raises
        ExportError: see `published`.
    """
    year, is_band = cells["year"], cells["segment_dimension"].isin(BANDS)
    wrong = [(column, cells[column].isna(), "must not be blank") for column in BENCHMARKS.required]
    wrong += [
        ("value", _given(cells["value"]) & ~_finite(cells["value"]), "must be a number"),
        ("read_date", _given(cells["read_date"]) & _days(cells["read_date"]).isna(), "must be a day as 2026-11-21"),
        ("grade", _given(cells["grade"]) & ~cells["grade"].isin(list(GRADES)), f"must be {', '.join(GRADES)}"),
        ("year", _given(year) & ~year.fillna("").str.fullmatch(_YEAR), "must be as 2024, 2024-06, 2005-2013, or blank"),
        ("segment", is_band & ~_has_amount(cells["segment"]), "must hold an amount as $5M"),
    ]
    lines = [f"{FOLDER / name}, column {column}: {must}; found {bad.sum()} of {len(cells)} rows otherwise "
             f"({examples(f'line {row + 2}' for row in cells.index[bad])}). Correct them."
             for column, bad, must in wrong if bad.any()]  # fmt: skip
    if lines:
        raise ExportError("\n".join(lines))
    return cells


def _once(table: pd.DataFrame, where: str) -> None:
    twice = table[table.duplicated(list(BENCHMARKS.key))]
    if not twice.empty:
        some = examples(f"{row.metric} of {row.segment}, {row.publisher}" for row in twice.itertuples())
        raise ExportError(
            f"{where}: each figure must be there once ({', '.join(BENCHMARKS.key)}); found {len(twice)} of "
            f"{len(table)} again ({some}). Keep one of each."
        )


def _typed(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the columns in their kinds, with the end of the year and the ends of the band."""
    ends = [band_of(segment) if of in BANDS else (float("nan"),) * 2
            for of, segment in zip(cells["segment_dimension"], cells["segment"], strict=True)]  # fmt: skip
    bands = pd.DataFrame(ends, columns=["band_low", "band_high"], index=cells.index, dtype="float64")
    typed = cells.astype("str").assign(
        value=cells["value"].astype("float64"), read_date=_days(cells["read_date"]), year_end=_year_end(cells["year"])
    )
    return typed.assign(band_low=bands["band_low"], band_high=bands["band_high"])[[*BENCHMARKS.names, *_ADDED]]


def _year_end(year: pd.Series) -> pd.Series:
    parts = year.str.extract(rf"^{_YEAR.pattern}$")
    first = pd.to_datetime(parts[0] + "-" + parts[1].fillna("12") + "-01", errors="coerce")
    return (first + pd.offsets.MonthEnd(0)).astype("datetime64[us]")


def _days(cells: pd.Series) -> pd.Series:
    return pd.to_datetime(cells, format="%Y-%m-%d", errors="coerce").astype("datetime64[us]")


def _given(cells: pd.Series) -> pd.Series:
    return cells.notna()


def _finite(cells: pd.Series) -> pd.Series:
    return pd.to_numeric(cells, errors="coerce").abs().lt(float("inf"))


def _has_amount(segments: pd.Series) -> pd.Series:
    return segments.fillna("").map(lambda segment: bool(_ABOUT.search(segment))).astype(bool)
