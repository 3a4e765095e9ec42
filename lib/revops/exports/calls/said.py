"""What titles of a sheet of calls, or its name in a workbook, say of all rows: the day, the period, the category."""

import datetime as dt
import re
from dataclasses import dataclass

import pyarrow as pa

from revops.exports.reading.dates import DateRule, read_dates
from revops.exports.reading.weeks import iso_week
from revops.exports.words import category_of

__all__ = ["Said", "read_said"]

DAY = (
    r"20\d{2}-\d{1,2}-\d{1,2}|\d{1,2}[/.-]\d{1,2}[/.-](?:20)?\d{2}|\d{1,2}\.? \w{3,9}\.?,? 20\d{2}"
    r"|[^\W\d_]{3,9}\.? \d{1,2},? 20\d{2}|(?:week|wk|kw|cw|w)[ .#-]*\d{1,2}[ ,/'-]*20\d{2}|20\d{2}[ ,/-]*w\d{1,2}"
)
KEYS = (
    r"as (?:of|at)|snapshot(?: date)?|week(?: (?:of|ending|starting|beginning|commencing))?|call date|date"
    r"|submitted(?: on)?"
)
KEYED = rf"\b(?:{KEYS})\b[ :,]*({DAY})"
NUMBERED = r"\b(w(?:k|eek)?[ .#-]*\d{1,2}[ ,/'-]*20\d{2}|20\d{2}[ ,/-]*w\d{1,2})\b"
PERIOD = r"\b(Q[1-4][-/ ']*(?:FY)?[-/ ']*(?:20)?\d\d|(?:FY[-/ ']*)?(?:20)?\d\d[-/ ']*Q[1-4]|Q[1-4])\b"
CALLS = r"\b(commit|best case|most likely)\b"


@dataclass(frozen=True)
class Said:
    """The day of the calls, the period and the category they are for; null where nothing or too much is said."""

    day: dt.date | None = None
    period: str | None = None
    category: str | None = None


def read_said(titles: tuple[str, ...], part: str, order: str) -> Said:
    """Return what titles (`Commit calls as of 6/16/2025`, `FY25 Q2`) and the name of a sheet say of its rows.

    Parameters
        part : the name of the sheet in its workbook, which may be a day or a week alone
        order : exports.date_order of company.yml, for days that read both ways
    """
    texts = [*titles, part]
    days = {day for text in texts for word in re.findall(KEYED, text, re.I) if (day := _day(word, order))}
    days |= {day for text in texts for word in re.findall(NUMBERED, text, re.I) if (day := iso_week(word))}
    days |= {day for word in re.findall(rf"(?<!\d)({DAY})(?!\d)", part, re.I) if (day := _day(word, order))}
    periods = {word for text in texts for word in re.findall(PERIOD, text, re.I)}
    calls = {category_of(word) for text in texts for word in re.findall(CALLS, text, re.I)}
    return Said(*(found.pop() if len(found) == 1 else None for found in (days, periods, calls)))


def _day(word: str, order: str) -> dt.date | None:
    """Return the day that a word names; None where it reads both ways or names none."""
    if (monday := iso_week(word)) is not None:
        return monday
    found = read_dates(pa.array([word]), DateRule("", "date", order))
    stamp = found.column[0].as_py() if not found.problem else None
    return stamp.date() if stamp else None
