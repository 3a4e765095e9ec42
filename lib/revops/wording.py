"""Numbers as people write them: money, multiples, shares, counts and dates, for pages, mails and messages."""

import datetime as dt
import math
import re
from collections.abc import Callable, Iterable, Sequence

__all__ = [
    "FEW",
    "PERSON",
    "between",
    "chance",
    "channel_label",
    "cost_of_one",
    "count",
    "day",
    "heading",
    "join",
    "join_few",
    "long_day",
    "missing",
    "money",
    "month_name",
    "months",
    "multiple",
    "odds",
    "one_line",
    "person",
    "plural",
    "printable",
    "ranges",
    "share",
    "told_share",
    "unaddressed",
    "value",
    "without_marks",
]

FEW = 3
"""Names that are told one by one, not counted."""
_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}
_ENDLESS = "no limit"
_LONGEST = 40
_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]")
_TURNED = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
PERSON = re.compile("\u2068([^\u2068\u2069]*)\u2069")
"""What stands between the marks of Unicode for an inserted text, which no reader sees: the name of a person."""
_ADDRESS = re.compile(r"[^\s@,;:()<>\"']+@[^\s@,;:()<>\"']+\.[^\s@,;:()<>\"']+")
_SHORT = re.compile(r"\b(cac|ltv|nrr|grr)\b", re.IGNORECASE)
_STEPS = ((1e9, "B"), (1e6, "M"), (1e3, "K"))


def money(amount: float | None, currency: str, *, exact: bool = False, signed: bool = False) -> str:
    """Return an amount as read aloud ($5.5M, -€120K), or to the unit with `exact` ($5,512,300); undefined as a dash,
    infinite as `no limit`."""
    if missing(amount):
        return "–"
    if math.isinf(amount):
        return _ENDLESS
    size = abs(float(amount))
    sign = "-" if amount < 0 and f"{size:.0f}" != "0" else "+" if signed and f"{size:.0f}" != "0" else ""
    symbol = _SYMBOLS.get(currency, f"{currency} ")
    return f"{sign}{symbol}{f'{size:,.0f}' if exact else _short(size)}"


def _short(size: float) -> str:
    for step, letter in _STEPS:
        scaled = size / step
        if scaled >= 0.9995:
            places = 0 if scaled >= 99.5 else 1 if scaled >= 9.95 or letter == "K" else 2
            if letter == "K" and scaled >= 9.95:
                places = 0
            written = f"{scaled:.{places}f}"
            return f"{written[:-1] if places == 2 and written.endswith('0') else written}{letter}"
    return f"{size:.0f}"


def cost_of_one(ratio: float | None, currency: str) -> str:
    """Return what one unit of a currency costs: $0.76, €1.41, <$0.01; undefined as a dash, infinite as `no limit`."""
    if missing(ratio):
        return "–"
    if math.isinf(ratio):
        return _ENDLESS
    symbol, size = _SYMBOLS.get(currency, f"{currency} "), abs(float(ratio))
    if 0 < size < 0.005:
        return f"<{symbol}0.01" if ratio > 0 else f"{symbol}0.00"
    sign = "-" if ratio < 0 and size else ""
    return f"{sign}{symbol}{size:,.2f}" if size < 99.995 else f"{sign}{symbol}{size:,.0f}"


def multiple(ratio: float | None) -> str:
    """Return a multiple such as 2.5x; undefined as a dash, infinite as `no limit`."""
    if missing(ratio):
        return "–"
    return _ENDLESS if math.isinf(ratio) else f"{round(ratio, 1) + 0.0:.1f}x"


def share(part: float | None) -> str:
    """Return a fraction as whole percent; small but real ones as <1%, nearly all as >99%; undefined as a dash."""
    if missing(part):
        return "–"
    if 0 < part < 0.005:
        return "<1%"
    if -0.005 < part < 0:
        return "0%"
    return ">99%" if 0.995 <= part < 1 else f"{part * 100:.0f}%"


def told_share(part: float | None) -> str:
    """Return a probability counted from draws as percent: never 0% nor 100%, however many draws agree."""
    return {0.0: "<1%", 1.0: ">99%"}.get(part) or share(part)


def between(low: float, high: float, write: Callable[[float], str]) -> str:
    """Return the ends of a range, as `write` writes them: `2.4x to 6.2x`; `2.4x or more` where it has no upper end."""
    return f"{write(low)} or more" if math.isinf(high) else f"{write(low)} to {write(high)}"


def ranges(lows: Iterable[float], highs: Iterable[float], write: Callable[[float], str] = share) -> list[str]:
    """Return ranges in words; a dash where there is none."""
    return ["–" if missing(low) else between(low, high, write) for low, high in zip(lows, highs, strict=True)]


def chance(probability: float | None) -> str:
    """Return a probability as people say it: `about one chance in three`, `about even chances`, `next to no chance`."""
    if missing(probability):
        return "an unknown chance"
    if probability < 0.03:
        return "next to no chance"
    if probability > 0.97:
        return "all but certain"
    return min(_CHANCES, key=lambda known: abs(known[0] - probability))[1]


def odds(level: float) -> str:
    """Return a share of cases as people count them: `8 in 10`, `95 in 100`."""
    whole = next((whole for whole in (10, 100) if round(level * whole, 9).is_integer()), 1000)
    return f"{level * whole:g} in {whole}"


_CHANCES = (
    (0.05, "about one chance in twenty"),
    (0.1, "about one chance in ten"),
    (0.2, "about one chance in five"),
    (0.25, "about one chance in four"),
    (1 / 3, "about one chance in three"),
    (0.4, "about two chances in five"),
    (0.5, "about even chances"),
    (0.6, "about three chances in five"),
    (2 / 3, "about two chances in three"),
    (0.75, "about three chances in four"),
    (0.8, "about four chances in five"),
    (0.9, "about nine chances in ten"),
    (0.95, "about nineteen chances in twenty"),
)


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


def months(number: float | None) -> str:
    """Return a number of months: one decimal below 10, whole from there on; undefined as a dash, infinite as
    `no limit`."""
    if missing(number):
        return "–"
    if math.isinf(number):
        return _ENDLESS
    return f"{number:.1f}" if abs(number) < 9.95 else f"{number:,.0f}"


def month_name(when: dt.date | None) -> str:
    """Return a month as `Jul 2025`; undefined as a dash."""
    return "–" if missing(when) else f"{when:%b %Y}"


def day(when: dt.date | None) -> str:
    """Return a date as `14 Jul`; undefined as a dash."""
    return "–" if missing(when) else f"{when.day} {when:%b}"


def long_day(when: dt.date | None) -> str:
    """Return a date as `Mon 14 Jul 2025`; undefined as a dash."""
    return "–" if missing(when) else f"{when:%a} {when.day} {when:%b %Y}"


def join(words: Sequence[str]) -> str:
    """Return `a`, `a and b`, `a, b and c`."""
    return ", ".join(words[:-1]) + (" and " if len(words) > 1 else "") + words[-1] if words else ""


def join_few(words: Sequence[str]) -> str:
    """Return words joined, of more than three the first two and how many more there are."""
    return join(words) if len(words) <= FEW else join([*words[: FEW - 1], f"{len(words) - FEW + 1} more"])


def value(number: object, unit: str | None, currency: str) -> str:
    """Return one value in the words of its unit (money, cost: of one of the currency, x, share, count, days, months,
    date); text as it is."""
    if missing(number):
        return "–"
    if unit == "money":
        return money(number, currency, exact=True)
    if unit == "cost":
        return cost_of_one(number, currency)
    written = {"x": multiple, "share": share, "count": count, "days": count, "months": months,
               "date": lambda d: f"{d.day} {d:%b %Y}"}  # fmt: skip
    return written[unit](number) if unit in written else str(number)


def channel_label(channel: object) -> str:
    """Return a channel as people write it: `paid_search` as `Paid search`; a name of their own as it is, on one line,
    cut to 40 letters, without marks that turn its direction; without a name `Unknown`."""
    name = _on_one_line(channel)
    if name == name.casefold():
        name = " ".join(name.replace("_", " ").split())
        name = name[:1].upper() + name[1:]
    return _cut(name) or "Unknown"


def one_line(name: object) -> str:
    """Return a name as it is written, on one line, cut to 40 letters, without marks that turn its direction; without
    one `Unknown`."""
    return _cut(_on_one_line(name)) or "Unknown"


def _on_one_line(name: object) -> str:
    return "" if missing(name) else " ".join(_TURNED.sub("", str(name)).split())


def _cut(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"


def heading(name: str) -> str:
    """Return the name of a column or report as a heading: `cac_payback` as `CAC payback`."""
    words = name.replace("_", " ").capitalize() if name == name.casefold() else name
    return _SHORT.sub(lambda found: found[0].upper(), words)


def missing(number: object) -> bool:
    """Return whether a value is undefined: None, NaN or NaT."""
    return number is None or (isinstance(number, float) and math.isnan(number)) or number != number


def person(name: object) -> str:
    """Return the name of a person for a message, cut to 40 letters, between marks by which a report can hide it."""
    return f"\u2068{without_marks(str(name))[:_LONGEST]}\u2069"


def printable(text: object) -> str:
    """Return a text without characters that control a terminal or turn the direction of what stands around it."""
    return _UNSEEN.sub("", str(text))


def unaddressed(text: str) -> str:
    """Return a text with words in place of each e-mail address."""
    return _ADDRESS.sub("(address left out)", text)


def without_marks(text: str) -> str:
    """Return a message without the marks around the names of people."""
    return re.sub("[\u2068\u2069]", "", text)
