"""The company's calendar: in which month its fiscal year starts, and in which time zone its day ends."""

import re
from collections import Counter

import pandas as pd

from revops.first_run.seen import Seen, column
from revops.first_run.yaml_words import check
from revops.wording import count

__all__ = ["fiscal_lines", "zone_lines"]

MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December")  # fmt: skip
LABEL = re.compile(r"Q([1-4])\s*-\s*(20\d\d)|(20\d\d)\s+([1-4])", re.IGNORECASE)
NEARLY_ALL = 0.99
FEWEST = 3


def fiscal_lines(seen: Seen) -> tuple[list[str], list[str]]:
    """Return the month in which the fiscal year starts as lines of company.yml, and what was decided.

    Told by the fiscal quarters that the CRM writes beside close dates; January, with a note, where it writes none.
    """
    rows = _quarters(seen)
    fits = {start: int((_quarter(rows["close"].dt.month, start) == rows["quarter"]).sum()) for start in range(1, 13)}
    best = [start for start, n in fits.items() if len(rows) and n >= NEARLY_ALL * len(rows)]
    if len(best) != 1 or rows["close"].dt.month.nunique() < FEWEST:
        text = "no fiscal quarters in the exports tell when the fiscal year starts; 1 is January"
        return [*check(text), "fiscal_year_starts: 1"], ["fiscal year: starts in January (nothing tells; check it)"]
    start = best[0]
    said = (
        f"the fiscal quarter of {count(fits[start])} of {count(len(rows))} deals fits a year from {MONTHS[start - 1]}"
    )
    ends = rows["close"].dt.year + ((start > 1) & (rows["close"].dt.month >= start)).astype(int)
    years = rows.dropna(subset=["year"])
    lines = [f"# Told by the exports: {said}."]
    if len(years) and (ends[years.index] == years["year"]).mean() < NEARLY_ALL:
        lines += check("the CRM names fiscal years otherwise; here a year is named after the one it ends in")
    return [*lines, f"fiscal_year_starts: {start}"], [f"fiscal year: starts in {MONTHS[start - 1]} ({said})"]


def zone_lines(seen: Seen) -> tuple[list[str], list[str]]:
    """Return the time zone as lines of company.yml, and what was decided: that of most users, else UTC with a note."""
    zones: Counter[str] = Counter()
    for frame in seen.of("owners"):
        zones.update(column(frame, "_time_zone").dropna())
    known = {zone: n for zone, n in zones.items() if re.fullmatch(r"[A-Za-z]+/[A-Za-z_/+-]+", zone)}
    if known:
        zone = min(known, key=lambda name: (-known[name], name))
        said = f"of {count(known[zone])} of {count(sum(zones.values()))} users"
        return [f"time_zone: {zone}  # {said}"], [f"time zone: {zone}, {said}"]
    text = "the exports do not tell where the company's day ends; an IANA name such as America/New_York"
    return [*check(text), "time_zone: UTC"], ["time zone: UTC (nothing tells; check it)"]


def _quarters(seen: Seen) -> pd.DataFrame:
    """Return close date, fiscal quarter and fiscal year of the deals that have them."""
    parts = []
    for frame in seen.of("opportunities"):
        part = pd.DataFrame({"close": column(frame, "close_date")})
        label = column(frame, "_fiscal_period").astype("string").str.extract(LABEL)
        quarter, year = label[0].fillna(label[3]), label[1].fillna(label[2])
        part["quarter"] = pd.to_numeric(
            quarter.fillna(column(frame, "_fiscal_quarter").astype("string")), errors="coerce"
        )
        part["year"] = pd.to_numeric(year.fillna(column(frame, "_fiscal_year").astype("string")), errors="coerce")
        part["close"] = pd.to_datetime(part["close"], errors="coerce")
        parts.append(part)
    return pd.concat(parts, ignore_index=True).dropna(subset=["close", "quarter"]).reset_index(drop=True)


def _quarter(months: "pd.Series[int]", start: int) -> "pd.Series[int]":
    return (months - start) % 12 // 3 + 1
