"""Days and months as headings write them (`Jul 2025`, `30 Jun 2024`, `July 1 - July 31, 2025`): first and last."""

import calendar
import datetime as dt
import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["Span", "period_of", "span_of"]

MONTHS = {
    "jan january janv janvier januar ene enero": 1,
    "feb february fevr fevrier februar febrero": 2,
    "mar march mars marz marzo": 3,
    "apr april avr avril abr abril": 4,
    "may mai mayo": 5,
    "jun june juin juni junio": 6,
    "jul july juil juillet juli julio": 7,
    "aug august aout ago agosto": 8,
    "sep sept september septembre septiembre": 9,
    "oct october octobre okt oktober octubre": 10,
    "nov november novembre noviembre": 11,
    "dec december decembre dez dezember dic diciembre": 12,
}
NUMBER_OF = {name: number for names, number in MONTHS.items() for name in names.split()}
ISO = re.compile(r"^(\d{4})-(\d{2})(?:-(\d{2}))?(?:[ T]00:00(?::00)?)?$")
MONTH_YEAR = re.compile(r"^(\d{1,2})/(\d{4})$")
WORDS = re.compile(r"[^\W\d_]+|\d+")
RANGE = (re.compile(r"\s+(?:-|to|through|au|bis)\s+"), re.compile("-"))
ENDED = re.compile(r"^for the (month|year|(\d+) months) ended (.+)$")
TIME = re.compile(r",? \d{1,2}:\d{2}(:\d{2})?( ?[ap]\.?m\.?)?$", re.I)
Parts = tuple[int | None, int, int | None]


class Span(NamedTuple):
    """A stretch of days, both ends inclusive."""

    first: dt.date
    last: dt.date

    @property
    def is_in_one_month(self) -> bool:
        """Return whether all its days are of one calendar month."""
        return (self.first.year, self.first.month) == (self.last.year, self.last.month)

    @property
    def is_whole_month(self) -> bool:
        """Return whether it is exactly one calendar month."""
        return self == _month(self.first.year, self.first.month)


def span_of(text: str) -> Span | None:
    """Return the day, month, or stretch of days that a whole text means; None where it means none or is unsure."""
    text = _plain(text)
    if found := ISO.match(text):
        year, month, day = found.groups()
        return _span((int(year), int(month), int(day) if day else None))
    if found := MONTH_YEAR.match(text):
        return _span((int(found[2]), int(found[1]), None))
    if found := ENDED.match(text):
        return _ended(found)
    if parts := _parts(text):
        return _span(parts)
    cuts = [sign.split(text.removeprefix("for the period ").removeprefix("du ")) for sign in RANGE]
    return next((_between(*ends) for ends in cuts if len(ends) == 2), None)


def period_of(titles: Sequence[str]) -> Span | None:
    """Return the period that the titles above a table name: one that is a stretch, or a start and an end apart."""
    bodies = [(title.partition(":")[0].casefold(), TIME.sub("", title.partition(":")[2].strip())) for title in titles]
    found = [span for title in titles if (span := span_of(title)) and span.first < span.last]
    starts = [span for name, body in bodies if name.endswith("start") and (span := span_of(body))]
    ends = [span for name, body in bodies if name.endswith("end") and (span := span_of(body))]
    if len(starts) == len(ends) == 1 and starts[0].first <= ends[0].last:
        found.append(Span(starts[0].first, ends[0].last))
    return found[0] if len(set(found)) == 1 else None


def _plain(text: str) -> str:
    """Return a text without case, accents, odd dashes and spaces, and the points of shortened names."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    bare = re.sub("[\u2010-\u2015\u2212]", "-", bare).strip("\"' ")
    return " ".join(re.sub(r"(?<=[^\W\d_])\.|(?<=\d)\.(?= )", "", bare).split()).casefold()


def _parts(text: str) -> Parts | None:
    """Return year, month and day of `jul 2025`, `jul-25`, `1 july 2025`, `1-jul-25` or `july 1, 2025`, else None."""
    words = WORDS.findall(text)
    names = [place for place, word in enumerate(words) if word in NUMBER_OF]
    if len(names) != 1 or not all(word.isdigit() for place, word in enumerate(words) if place != names[0]):
        return None
    month = NUMBER_OF[words.pop(names[0])]
    if len(words) == 1 and names[0] == 0 and len(words[0]) in (2, 4):
        return int(words[0]) + (2000 if len(words[0]) == 2 else 0), month, None
    if len(words) == 2 and len(words[1]) == 4 and len(words[0]) <= 2:
        return int(words[1]), month, int(words[0])
    if len(words) == 2 and names[0] == 1 and len(words[1]) == 2 and len(words[0]) <= 2:
        return int(words[1]) + 2000, month, int(words[0])
    return None


def _span(parts: Parts) -> Span | None:
    year, month, day = parts
    if year is None or not (1900 <= year <= 2200 and 1 <= month <= 12):
        return None
    whole = _month(year, month)
    if day is None:
        return whole
    return Span(whole.first.replace(day=day), whole.first.replace(day=day)) if 1 <= day <= whole.last.day else None


def _month(year: int, month: int) -> Span:
    return Span(dt.date(year, month, 1), dt.date(year, month, calendar.monthrange(year, month)[1]))


def _ended(found: re.Match[str]) -> Span | None:
    """Return the months up to the end that a title such as `For the year ended 31 December 2024` names."""
    end = span_of(found[3])
    if end is None:
        return None
    back = {"month": 1, "year": 12}.get(found[1]) or int(found[2])
    months = end.last.year * 12 + end.last.month - back
    return Span(dt.date(months // 12, months % 12 + 1, 1), end.last)


def _between(left: str, right: str) -> Span | None:
    """Return the stretch between two ends, of which the left one may lack its year and the right one its month."""
    end = span_of(right)
    if end is None and (day := re.fullmatch(r"(\d{1,2}),? (\d{4})", right)):
        start, end = span_of(f"{left}, {day[2]}"), span_of(f"{left.split()[0]} {day[1]}, {day[2]}")
    else:
        start = (span_of(f"{left}, {end.last.year}") if end and right.endswith(str(end.last.year)) else None) or (
            span_of(left)
        )
    return Span(start.first, end.last) if start and end and start.first <= end.last else None
