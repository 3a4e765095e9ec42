"""Periods as sheets write them: Q2'25, FY25-Q2, 2025-05, May 2025, FY25; quarters and years are fiscal ones."""

import datetime as dt
import re
from functools import lru_cache

from revops.exports.spans import Span, span_of
from revops.periods import FiscalCalendar

__all__ = ["read_period"]

YEAR = r"(?P<year>20\d{2}|\d{2})"
QUARTER = (
    rf"Q(?P<q>[1-4])[-/ ']*(?:FY)?[-/ ']*{YEAR}|(?:FY[-/ ']*)?{YEAR.replace('year', 'first')}[-/ ']*Q(?P<q2>[1-4])"
)
MONTH = r"(?P<year>20\d{2})[-/.](?P<month>0?[1-9]|1[0-2])|(?P<m2>0?[1-9]|1[0-2])[-/.](?P<y2>20\d{2})"


@lru_cache(20_000)
def read_period(text: str, starts: int, on: dt.date | None = None) -> Span | None:
    """Return the first and last day of a period; None where the text names none.

    Parameters
        starts : month in which the fiscal year starts; a fiscal year is named after the year in which it ends
        on : a day by which a quarter without a year is found: the first of that number not over by then
    """
    word = " ".join(text.replace("\u2019", "'").replace("\u2018", "'").split())
    return _month(word) or _quarter(word, starts, on) or _year(word, starts)


def _month(word: str) -> Span | None:
    if found := re.fullmatch(MONTH, word):
        word = f"{found['year'] or found['y2']}-{int(found['month'] or found['m2']):02d}"
    span = span_of(word)
    return span if span and span.is_whole_month else None


def _quarter(word: str, starts: int, on: dt.date | None) -> Span | None:
    fiscal = FiscalCalendar(starts)
    if found := re.fullmatch(QUARTER, word, re.IGNORECASE):
        quarter = fiscal.named(f"FY{_full(found['year'] or found['first'])}-Q{found['q'] or found['q2']}")
        return Span(quarter.start, quarter.end)
    if on is not None and (found := re.fullmatch(r"Q([1-4])", word, re.IGNORECASE)):
        ahead = (fiscal.shift(fiscal.quarter_of(on), step) for step in range(4))
        return next(Span(q.start, q.end) for q in ahead if q.name.endswith(f"Q{found[1]}"))
    return None


def _year(word: str, starts: int) -> Span | None:
    found = re.fullmatch(rf"FY[-/ ']*{YEAR}", word, re.IGNORECASE)
    if not found:
        return None
    first, last = (FiscalCalendar(starts).named(f"FY{_full(found['year'])}-Q{q}") for q in (1, 4))
    return Span(first.start, last.end)


def _full(year: str) -> int:
    return int(year) + 2000 * (len(year) == 2)
