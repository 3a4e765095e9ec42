"""Published figures beside ours: only what means the same, with grade, year and what to mind."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.benchmarks import BANDS, GRADES, band_of
from revops.errors import MeasureError, SettingsError
from revops.measures.cac_payback.knobs import Knobs
from revops.measures.cac_payback.likeness import LIKE

__all__ = ["COLUMNS", "FLAGS", "About", "Peers", "peers"]

COLUMNS = ["id", "basis", "ours", "definition", "statistic", "value", "unit", "band", "year", "n", "grade", "publisher",
           "flag", "why", "url", "note"]  # fmt: skip
FLAGS = ("comparable", "caution", "not comparable")
_AGED = 3
_TWICE = 2.0
_SIZE = {"arr_band": "recurring revenue", "revenue_band": "revenue", "acv_band": "contracts", "arpa_band": "accounts"}
_KIND = {"company_type": "on a stock exchange", "industry": "of another line of business"}


@dataclass(frozen=True)
class About:
    """Whom the figures are held against: the day, our recurring revenue a year, the median new customer's amount a year
    [both in the company's currency; NaN where not known], and the currency."""

    day: dt.date
    arr_amount: float
    acv_amount: float
    currency: str


@dataclass(frozen=True)
class Peers:
    """table: one row per published figure that answers a number of ours: COLUMNS; id and basis as in our_numbers, value
    and ours in the same unit (months, x, share), band (of which companies), year and n as printed (null where none is),
    flag, why (what differs, or what is the same); comparable ones first, then by year, newest first.
    why: id -> why no figure that may be compared is shown.
    """

    table: pd.DataFrame
    why: dict[str, str]


def peers(published: pd.DataFrame, ours: pd.DataFrame, knobs: Knobs, about: About) -> Peers:
    """Return published figures beside our numbers, each with how far it can be compared.

    Question
        How do we stand beside others, and may we say so?

    Parameters
        published : revops.benchmarks.published
        ours : id, basis, ours (our_numbers); those not known are compared with nothing
        knobs : Uses grades (others are not shown), arr_band.

    Formula
        The definitions are those of LIKE. not comparable: another definition, companies on a stock exchange, of another
        line of business or another size, no method disclosed. caution: definitions that differ in part, quoted, no year
        printed, data that ended more than three years before the day or begin after it, a band in dollars held against
        another currency, a best case or an unnamed average, a rule of thumb, a size that is not known. A band is ours
        where it holds our amount (or, of `arr_band`, all of that band); one amount stands for half to twice of it.

    Limits
        Whether the publisher counted as we do is known only as far as the page told. A survey is of those who answered.

    Raises
        MeasureError: arr_band is neither auto nor a band.
    """
    rows = _in_our_units(_answering(published[published["grade"].isin(knobs.grades)], ours))
    level, why = _judged(_reasons(rows, knobs, about), rows.index)
    rows = rows.assign(flag=level.map(dict(enumerate(FLAGS))).astype("str"), why=why, level=level)
    table = _ordered(rows).rename(columns={"segment": "band", "sample_size": "n"})[COLUMNS]
    return Peers(table, _without(table, ours))


def _answering(rows: pd.DataFrame, ours: pd.DataFrame) -> pd.DataFrame:
    """Return the figures that answer a number of ours that is known, one row for each definition of LIKE."""
    likes = pd.DataFrame(LIKE).rename(columns={"unit": "begins", "why": "differs"})
    found = rows.merge(likes.assign(place=likes.index), on="metric", validate="many_to_many")
    meant = [unit.startswith(begins) for unit, begins in zip(found["unit"], found["begins"], strict=True)]
    found = found[np.array(meant, dtype=bool)]
    return found.merge(ours[ours["ours"].notna()], on=["id", "basis"], validate="many_to_one")


def _in_our_units(rows: pd.DataFrame) -> pd.DataFrame:
    is_percent, is_months = rows["unit"].str.startswith("percent"), rows["unit"].str.startswith("months")
    unit = pd.Series("x", rows.index, dtype="str").mask(is_percent, "share").mask(is_months, "months")
    return rows.assign(value=rows["value"].where(~is_percent, rows["value"] / 100), unit=unit)


def _reasons(rows: pd.DataFrame, knobs: Knobs, about: About) -> list[tuple[pd.Series, int, pd.Series | str]]:
    """Return where each reason holds, how much it weighs (a place in FLAGS), and its words."""
    by, band, grade, statistic = (rows[name] for name in ("segment_dimension", "segment", "grade", "statistic"))
    said = rows["note"].fillna("")
    reasons = [(rows["differs"].ne(""), rows["level"], rows["differs"])]
    reasons += [(by.eq(kind), 2, f"companies {words}: " + band) for kind, words in _KIND.items()]
    reasons += _of_size(rows, knobs, about) + _of_time(rows, about.day)
    return [
        *reasons,
        (by.eq("rating"), 1, "a rule of thumb, not a survey: " + band),
        (~by.isin(["all", "rating", *_KIND, *BANDS]), 1, "only companies of one kind: " + band),
        (grade.eq("D"), 2, GRADES["D"]),
        (grade.eq("C"), 1, GRADES["C"] + ", the original was not read"),
        (statistic.eq("best_in_class"), 1, "of the best, not of the middle"),
        (statistic.eq("median_or_mean"), 1, "the page does not say which average"),
        (rows["metric"].eq("cac_payback_months") & said.str.contains("basis not stated"), 1,
         "the page does not say whether of revenue or of gross margin"),
        (grade.eq("B"), 0, "read in " + GRADES["B"]),
    ]  # fmt: skip


def _of_size(rows: pd.DataFrame, knobs: Knobs, about: About) -> list[tuple[pd.Series, int, pd.Series | str]]:
    by, banded = rows["segment_dimension"], rows["segment_dimension"].isin(BANDS)
    least, most = _own_band(knobs, about)
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
                                                                   & (knobs.arr_band != "auto"))  # fmt: skip
    return [
        (banded & low.isna(), 1, "our own size is not known: " + size + " of " + rows["segment"]),
        (banded & low.notna() & ~inside, 2, "companies of another size: " + size + " of " + rows["segment"]),
        (banded & inside, 0, "companies of our size: " + size + " of " + rows["segment"]),
        (in_other, 1, f"the band is in dollars, our amounts are in {about.currency}"),
    ]


def _own_band(knobs: Knobs, about: About) -> tuple[float, float]:
    """Return the ends of our own recurring revenue a year: of the band that is asked for, else one amount."""
    if knobs.arr_band == "auto":
        return about.arr_amount, about.arr_amount
    try:
        return band_of(knobs.arr_band)
    except SettingsError as error:
        raise MeasureError(
            f"arr_band={knobs.arr_band}: must be auto or a band of amounts such as $5M-$50M; found no amount. Name the "
            "band that your recurring revenue a year lies in."
        ) from error


def _of_time(rows: pd.DataFrame, day: dt.date) -> list[tuple[pd.Series, int, pd.Series | str]]:
    end, year = rows["year_end"], rows["year"].fillna("")
    oldest = pd.Timestamp(day) - pd.DateOffset(years=_AGED)
    begins = pd.to_datetime(year.str[:4], format="%Y", errors="coerce")
    begins = begins.where(year.str.len() != len("2026-02"), end - pd.offsets.MonthBegin(1))
    return [
        (end.isna(), 1, "no year is printed"),
        (end < oldest, 1, "old: data of " + year),
        (begins > pd.Timestamp(day), 1, "of a later time than the day of the report: " + year),
    ]


def _judged(
    reasons: list[tuple[pd.Series, int, pd.Series | str]], index: pd.Index
) -> tuple[pd.Series, pd.Series]:  # fmt: skip
    """Return the heaviest reason's place in FLAGS, and all reasons in words, the heaviest first."""
    level = pd.Series(0, index=index)
    words = {weight: pd.Series("", index=index, dtype="str") for weight in (2, 1, 0)}
    for holds, weight, reason in reasons:
        weights = pd.Series(weight, index=index)
        level = level.where(~holds, np.maximum(level, weights))
        for of, told in words.items():
            words[of] = told.where(~(holds & weights.eq(of)), told + "; " + reason)
    same = pd.Series("same definition, as far as it is told", index=index, dtype="str").where(level.eq(0), "")
    whole = same + words[2] + words[1] + words[0]
    return level, whole.str.removeprefix("; ")


def _ordered(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows by our number, those that can be compared first, then the newest."""
    age = -rows["year_end"].fillna(pd.Timestamp(0)).astype("int64")
    keys = ["place", "level", "age", "publisher", "segment_dimension", "band_low", "segment", "value", "statistic"]
    return rows.assign(age=age).sort_values(keys, ignore_index=True)


def _without(table: pd.DataFrame, ours: pd.DataFrame) -> dict[str, str]:
    """Return why a number of ours has no figure that may be compared with it."""
    sound = set(table.loc[table["flag"].ne(FLAGS[2]), "id"])
    shown, known = table["id"].value_counts(), set(ours.loc[ours["ours"].notna(), "id"])
    reasons = {id: "our own number is not known" for id in ours["id"] if id not in known}
    for id in ours.loc[ours["id"].isin(known - sound), "id"]:
        n = int(shown.get(id, 0))
        told = {0: "no published figure of this definition was found", 1: "the one published figure is not comparable"}
        reasons[id] = told.get(n, f"none of the {n} published figures is comparable")
    return reasons
