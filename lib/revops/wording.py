"""Numbers as people write them: money, multiples, shares, counts and dates, for pages, mails and messages."""

import datetime as dt
import math
from collections.abc import Sequence

__all__ = ["count", "day", "join", "long_day", "missing", "money", "multiple", "plural", "share", "value"]

_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}
_STEPS = ((1e9, "B"), (1e6, "M"), (1e3, "K"))


def money(amount: float | None, currency: str, *, exact: bool = False, signed: bool = False) -> str:
    """Return an amount as read aloud ($5.5M, -€120K), or to the unit with `exact` ($5,512,300); undefined as a dash."""
    if missing(amount):
        return "–"
    size = abs(float(amount))
    sign = "-" if amount < 0 and f"{size:.0f}" != "0" else "+" if signed and f"{size:.0f}" != "0" else ""
    symbol = _SYMBOLS.get(currency, f"{currency} ")
    return f"{sign}{symbol}{f'{size:,.0f}' if exact else _short(size)}"


def _short(size: float) -> str:
    for step, letter in _STEPS:
        scaled = size / step
        if scaled >= 0.9995:
            return f"{scaled:.0f}{letter}" if scaled >= (9.95 if letter == "K" else 99.95) else f"{scaled:.1f}{letter}"
    return f"{size:.0f}"


def multiple(ratio: float | None) -> str:
    """Return a multiple such as 2.5x; undefined as a dash."""
    return "–" if missing(ratio) else f"{round(ratio, 1) + 0.0:.1f}x"


def share(part: float | None) -> str:
    """Return a fraction as whole percent; small but real ones as <1%, nearly all as >99%; undefined as a dash."""
    if missing(part):
        return "–"
    if 0 < part < 0.005:
        return "<1%"
    return ">99%" if 0.995 <= part < 1 else f"{part * 100:.0f}%"


def count(n: float | None) -> str:
    """Return a count with thousands separators; a count of a kind that need not be whole gets one decimal."""
    if missing(n):
        return "–"
    return f"{n:,.0f}" if float(n).is_integer() else f"{n:,.1f}"


def plural(n: int, noun: str, many: str | None = None) -> str:
    """Return `1 opportunity`, `3 opportunities`, `no deals`."""
    if many is None:
        many = f"{noun[:-1]}ies" if noun.endswith("y") and noun[-2] not in "aeiou" else f"{noun}s"
    return f"{'no' if n == 0 else count(n)} {noun if n == 1 else many}"


def day(when: dt.date | None) -> str:
    """Return a date as `14 Jul`; undefined as a dash."""
    return "–" if missing(when) else f"{when.day} {when:%b}"


def long_day(when: dt.date | None) -> str:
    """Return a date as `Mon 14 Jul 2025`; undefined as a dash."""
    return "–" if missing(when) else f"{when:%a} {when.day} {when:%b %Y}"


def join(words: Sequence[str]) -> str:
    """Return `a`, `a and b`, `a, b and c`."""
    return ", ".join(words[:-1]) + (" and " if len(words) > 1 else "") + words[-1] if words else ""


def value(number: object, unit: str | None, currency: str) -> str:
    """Return one value in the words of its unit (money, x, share, count, days, date); text as it is."""
    if missing(number):
        return "–"
    if unit == "money":
        return money(number, currency, exact=True)
    written = {"x": multiple, "share": share, "count": count, "days": count, "date": lambda d: f"{d.day} {d:%b %Y}"}
    return written[unit](number) if unit in written else str(number)


def missing(number: object) -> bool:
    """Return whether a value is undefined: None, NaN or NaT."""
    return number is None or (isinstance(number, float) and math.isnan(number)) or number != number
