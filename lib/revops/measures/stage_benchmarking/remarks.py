"""What a check of the exports says for this report: words of leads and owners that company.yml does not explain."""

import datetime as dt
import re

import pandas as pd

from revops.book import Book
from revops.periods import end_of_day
from revops.wording import count, plural

__all__ = ["remarks", "unexplained"]

_MOST = 8
_QUALIFIED = re.compile(r"\b[ms]ql\b|(?<!dis)(?<!un)(?<!not )qualified", re.IGNORECASE)


def remarks(book: Book, day: dt.date | None = None) -> tuple[str, ...]:
    """Return what company.yml leaves open of what this report counts, each as a sentence; nothing where all is told.

    Parameters
        day : leads and their changes up to its end count; None = all
    """
    return tuple(line for line in (unexplained(book, day)[0], _zones(book)) if line)


def unexplained(book: Book, day: dt.date | None = None) -> tuple[str | None, float]:
    """Return the statuses that leads were moved to and that no pattern explains, with how many leads ever had each, and
    the share of leads that had one.

    Not told are those that a lead begins with, those of converted leads alone, and those whose name says qualified.
    """
    leads, moves = book.table("leads"), book.table("lead_history")
    if day is not None:
        leads, moves = leads[leads["created_at"] <= end_of_day(day)], moves[moves["changed_at"] <= end_of_day(day)]
    moves = moves.loc[moves["field"].eq("status"), ["lead_id", "new_value"]]
    had = leads[["lead_id", "status"]] if moves.empty else moves.rename(columns={"new_value": "status"})
    became = leads["is_converted"].fillna(False).astype(bool)
    if day is not None:
        became &= ~(leads["converted_date"] > pd.Timestamp(day))
    converted = leads.loc[became, "lead_id"]
    rows = had.astype("str").dropna().drop_duplicates()
    rows = rows.assign(is_open=~rows["lead_id"].isin(converted.astype("str")))
    counted = rows.groupby("status")["is_open"].agg(["size", "any"])
    open_ = counted.loc[counted["any"].to_numpy(bool), "size"]
    open_ = open_[[word for word in open_.index if not _explained(book, word)]]
    if open_.empty:
        return None, 0.0
    told = _told(open_)
    part = float(rows["status"].isin(list(open_.index)).sum()) / rows["lead_id"].nunique()
    return (
        f"lead statuses that company.yml does not explain: {told}. Where one means that somebody works on a lead, that "
        "sales turned it down or that marketing has it back, name it under lead_statuses"
    ), part


def _explained(book: Book, word: str) -> bool:
    company = book.company
    is_step = bool(_QUALIFIED.search(word)) or any(company.exports.lifecycle.reached(word))
    return is_step or company.lead_statuses.meaning(word) is not None


def _zones(book: Book) -> str | None:
    """Return the regions of owners without a time zone, where company.yml names some."""
    zones, owners = book.company.office_hours.time_zones, book.table("owners")
    regions = owners.loc[owners["is_active"].fillna(True).astype(bool), "region"].dropna().astype("str").value_counts()
    regions = regions[~regions.index.isin(list(zones))]
    if not zones or regions.empty:
        return None
    return (
        f"regions of owners without a time zone: {_told(regions)}. Their office hours are those of "
        f"{book.company.time_zone}; name the zone under office_hours"
    )


def _told(numbers: pd.Series) -> str:
    """Return words with their numbers, the most frequent first."""
    pairs = sorted(numbers.items(), key=lambda pair: (-pair[1], str(pair[0])))
    some = ", ".join(f"{word} ({count(n)})" for word, n in pairs[:_MOST])
    return some + (f" and {plural(len(pairs) - _MOST, 'other')}" if len(pairs) > _MOST else "")
