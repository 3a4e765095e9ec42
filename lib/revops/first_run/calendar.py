"""The company's calendar: in which month its fiscal year starts, and in which time zone its day ends."""

import re
from collections import Counter

import pandas as pd

from revops.first_run.seen import Seen, column
from revops.first_run.yaml_words import check
from revops.wording import count, join

__all__ = ["fiscal_lines", "zone_lines"]

MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December")  # fmt: skip
LABEL = re.compile(r"Q([1-4])\s*-\s*(20\d\d)|(20\d\d)\s+([1-4])", re.IGNORECASE)
QUARTER = re.compile(r"Q\s*([1-4])(?!\d)", re.IGNORECASE)
YEAR = re.compile(r"FY[ '-]?(20\d\d|\d\d)(?!\d)", re.IGNORECASE)
NEARLY_ALL = 0.99
MOST = 0.9  # a call may be for the next quarter
FEWEST = 3


def fiscal_lines(seen: Seen) -> tuple[list[str], list[str]]:
    """Return the month in which the fiscal year starts as lines of company.yml, and what was decided.

    Told by the fiscal quarters that the CRM writes beside close dates, else by those that quota sheets name beside
    first days, else by those of weekly calls; January, with a note to check it, where none tells.
    """
    reasons = []
    for rows, what in ((_quarters(seen), "deals"), (_of_sheets(seen, "quotas"), "quotas"),
                       (_of_sheets(seen, "forecasts"), "calls")):  # fmt: skip
        if found := _told(rows, what):
            return found
        reasons += [what] if len(rows) else []
    why = f"the fiscal quarters of {join(reasons)} do not" if reasons else "no fiscal quarters in the exports"
    text = f"{why} tell when the fiscal year starts; 1 is January"
    return [*check(text), "fiscal_year_starts: 1"], ["fiscal year: starts in January (nothing tells; check it)"]


def _told(rows: pd.DataFrame, what: str) -> tuple[list[str], list[str]] | None:
    """Return the lines and the decision where days and quarters fit one start of the year alone, else None."""
    fits = {start: int((_quarter(rows["close"].dt.month, start) == rows["quarter"]).sum()) for start in range(1, 13)}
    least = NEARLY_ALL if what == "deals" else MOST
    best = [start for start, n in fits.items() if len(rows) and n >= least * len(rows)]
    if len(best) > 1 and what == "quotas":
        best = [start for start in best if ((rows["close"].dt.month - start) % 3 == 0).all()]
    if len(best) != 1 or (what != "quotas" and rows["close"].dt.month.nunique() < FEWEST):
        return None
    start = best[0]
    said = (
        f"the fiscal quarter of {count(fits[start])} of {count(len(rows))} {what} fits a year from {MONTHS[start - 1]}"
    )
    ends = rows["close"].dt.year + ((start > 1) & (rows["close"].dt.month >= start)).astype(int)
    years = rows.dropna(subset=["year"])
    lines = [f"# Told by the exports: {said}."]
    if len(years) and (ends[years.index] == years["year"]).mean() < NEARLY_ALL:
        lines += check(
            f"the {'CRM' if what == 'deals' else 'sheet'} names fiscal years otherwise; "
            "here a year is named after the one it ends in"
        )
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


def _of_sheets(seen: Seen, table: str) -> pd.DataFrame:
    """Return the day of each row of sheets, the quarter it names and the fiscal year."""
    parts = [pd.DataFrame({"close": [], "label": []})]
    for frame in seen.of(table):
        day = column(frame, "period_start" if table == "quotas" else "snapshot_date")
        parts.append(pd.DataFrame({"close": day, "label": column(frame, "period_name")}).astype(object))
    rows = pd.concat(parts, ignore_index=True)
    label = rows["label"].astype("string")
    return (
        pd.DataFrame(
            {
                "close": pd.to_datetime(rows["close"], errors="coerce"),
                "quarter": pd.to_numeric(label.str.extract(QUARTER)[0], errors="coerce"),
                "year": pd.to_numeric(label.str.extract(YEAR)[0], errors="coerce") % 100 + 2000,
            }
        )
        .dropna(subset=["close", "quarter"])
        .reset_index(drop=True)
    )


def _quarter(months: "pd.Series[int]", start: int) -> "pd.Series[int]":
    return (months - start) % 12 // 3 + 1
