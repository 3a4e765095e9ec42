"""Weeks as sheets of calls name them: W23 2025, 2025-W23, Week of 6/2/2025; a week without its year is refused."""

import datetime as dt
import re

import pyarrow as pa

from revops.errors import examples
from revops.exports.audit import Ledger, Source
from revops.exports.opening.text import Cells
from revops.exports.reading.columns import TEXT, coded, distinct
from revops.exports.recognising.recognise import Match

__all__ = ["iso_week", "with_named_weeks"]

NAMED = r"(?:calendar week|week|wk|kw|cw|w)[ .#-]*(\d{1,2})"
YEAR = r"(20\d{2})"
ISO_WEEK = re.compile(rf"{NAMED}[ ,/'of-]*{YEAR}|{YEAR}[ ,/-]*{NAMED}", re.IGNORECASE)
NO_YEAR = re.compile(rf"{NAMED}(?:[ ,/'-]*(?:fy|q[1-4]).*)?", re.IGNORECASE)
PREFIX = re.compile(r"(?:(?:week|wk)[ .]*(?:of|ending|starting|beginning|commencing)|w/[cbeo])\b[ :.]*", re.IGNORECASE)


def iso_week(text: str) -> dt.date | None:
    """Return the Monday of a week named by number and year, as ISO 8601 counts weeks; None where it names none."""
    found = ISO_WEEK.fullmatch(text.strip())
    if not found:
        return None
    week, year = (found[1], found[2]) if found[1] else (found[4], found[3])
    try:
        return dt.date.fromisocalendar(int(year), int(week), 1)
    except ValueError:
        return None


def with_named_weeks(cells: Cells, match: Match, source: Source, ledger: Ledger) -> None:
    """Write the weeks of snapshot_date as the days on which they start, in place, where each cell names one."""
    for place in match.places.get("snapshot_date", ())[:1]:
        codes = distinct(cells.columns[place].cast(TEXT))
        words = [PREFIX.sub("", word.strip(), count=1) for word in codes.dictionary.to_pylist()]
        days = [iso_week(word) for word in words]
        nameless = [word for word in words if NO_YEAR.fullmatch(word)]
        if nameless:
            ledger.problems.append(
                f"{source.name}, column {match.labels[place].strip()}: a week must be a day or have its year; found "
                f"{len(nameless):,} of {len(words):,} weeks that do not ({examples(sorted(nameless))}). Write the day "
                "on which each starts, or W23 2025."
            )
            words = [None if NO_YEAR.fullmatch(word) else word for word in words]
        elif words and all(days):
            shown = f"{codes.dictionary[0].as_py().strip()} as {days[0]:%Y-%m-%d}"
            source.decisions.append(f"{match.labels[place].strip()}: ISO weeks read as their Mondays ({shown})")
            words = [f"{day:%Y-%m-%d}" for day in days if day]
        cells.columns[place] = pa.chunked_array([coded(codes, words).cast(TEXT)])
