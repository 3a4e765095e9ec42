"""Why a published figure can be compared with our number, or not: of whom it is, of when, and how it was read."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import pandas as pd

from revops.analysis.peers.likes import Doubt
from revops.benchmarks import BANDS, GRADES, band_of
from revops.errors import MeasureError, SettingsError

__all__ = ["About", "Asked", "Reason", "reasons"]

Reason = tuple[pd.Series, int, pd.Series | str]
"""Where a reason holds, how much it weighs (a place in FLAGS), and its words."""
_AGED = 3
_TWICE = 2.0
_SIZE = {"arr_band": "recurring revenue", "revenue_band": "revenue", "acv_band": "contracts", "arpa_band": "accounts"}
_KIND = {"company_type": "on a stock exchange", "industry": "of another line of business"}
_OURS = "B2B"
_UNTOLD = ("median_or_mean", "central")


class Asked(Protocol):
    """What a report's knobs say of published figures: the grades that are shown, and the band that is our own."""

    @property
    def grades(self) -> tuple[str, ...]:
        """Return how a figure may have been read to be shown."""

    @property
    def arr_band(self) -> str:
        """Return auto, or the band of recurring revenue to compare with."""


@dataclass(frozen=True)
class About:
    """Whom the figures are held against: the day, our recurring revenue a year, the median new customer's amount a year
    [both in the company's currency; NaN where not known], and the currency."""

    day: dt.date
    arr_amount: float
    acv_amount: float
    currency: str


def reasons(rows: pd.DataFrame, asked: Asked, about: About, doubts: Sequence[Doubt] = ()) -> list[Reason]:
    """Return where each reason holds, how much it weighs (a place in FLAGS), and its words."""
    by, band, grade, statistic = (rows[name] for name in ("segment_dimension", "segment", "grade", "statistic"))
    alike = by.eq("industry") & band.str.startswith(_OURS)
    return [
        (rows["differs"].ne(""), rows["level"], rows["differs"]),
        *[(by.eq(kind) & ~alike, 2, f"companies {words}: " + band) for kind, words in _KIND.items()],
        *_of_size(rows, asked, about),
        *_of_time(rows, about.day),
        (by.eq("rating"), 1, "a rule of thumb, not a survey: " + band),
        (alike | ~by.isin(["all", "rating", *_KIND, *BANDS]), 1, "only companies of one kind: " + band),
        (grade.eq("D"), 2, GRADES["D"]),
        (grade.eq("C"), 1, GRADES["C"] + ", the original was not read"),
        (statistic.eq("best_in_class"), 1, "of the best, not of the middle"),
        (statistic.isin(_UNTOLD), 1, "the page does not say which average"),
        *[(_said(rows, doubt), doubt.level, doubt.why) for doubt in doubts],
        (grade.eq("B"), 0, "read in " + GRADES["B"]),
    ]  # fmt: skip


def _said(rows: pd.DataFrame, doubt: Doubt) -> pd.Series:
    """Return which rows a doubt is of: those of its metric whose column has its words."""
    of = rows["metric"].eq(doubt.metric)
    if not doubt.column:
        return of
    return of & rows[doubt.column].fillna("").str.contains(doubt.says, regex=False)


def _of_size(rows: pd.DataFrame, asked: Asked, about: About) -> list[Reason]:
    by, banded = rows["segment_dimension"], rows["segment_dimension"].isin(BANDS)
    least, most = _own_band(asked, about)
    year = about.acv_amount
    low_of = {"arr_band": least, "revenue_band": least, "acv_band": year, "arpa_band": year / 12}
    low = by.map(low_of).astype("float64")
    high = by.map(low_of | {"arr_band": most, "revenue_band": most}).astype("float64")
    alone = rows["band_low"].eq(rows["band_high"])
    first = rows["band_low"].where(~alone, rows["band_low"] / _TWICE)
    end = rows["band_high"].where(~alone, rows["band_high"] * _TWICE)
    inside = (low >= first) & ((high < end) | ((high > low) & (high <= end)))
    size = by.map(_SIZE)
    in_other = banded & low.notna() & (about.currency != "USD") & ~(by.isin(["arr_band", "revenue_band"])
                                                                   & (asked.arr_band != "auto"))  # fmt: skip
    return [
        (banded & low.isna(), 1, "our own size is not known: " + size + " of " + rows["segment"]),
        (banded & low.notna() & ~inside, 2, "companies of another size: " + size + " of " + rows["segment"]),
        (banded & inside, 0, "companies of our size: " + size + " of " + rows["segment"]),
        (in_other, 1, f"the band is in dollars, our amounts are in {about.currency}"),
    ]


def _own_band(asked: Asked, about: About) -> tuple[float, float]:
    """Return the ends of our own recurring revenue a year: of the band that is asked for, else one amount."""
    if asked.arr_band == "auto":
        return about.arr_amount, about.arr_amount
    try:
        return band_of(asked.arr_band)
    except SettingsError as error:
        raise MeasureError(
            f"arr_band={asked.arr_band}: must be auto or a band of amounts such as $5M-$50M; found no amount. Name the "
            "band that your recurring revenue a year lies in."
        ) from error


def _of_time(rows: pd.DataFrame, day: dt.date) -> list[Reason]:
    end, year = rows["year_end"], rows["year"].fillna("")
    oldest = pd.Timestamp(day) - pd.DateOffset(years=_AGED)
    begins = pd.to_datetime(year.str[:4], format="%Y", errors="coerce")
    begins = begins.where(year.str.len() != len("2026-02"), end - pd.offsets.MonthBegin(1))
    return [
        (end.isna(), 1, "no year is printed"),
        (end < oldest, 1, "old: data of " + year),
        (begins > pd.Timestamp(day), 1, "of a later time than the day of the report: " + year),
    ]
