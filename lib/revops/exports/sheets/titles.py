"""What the titles above a sheet say of its cells: their unit, their currency, the year they are for."""

import re
from dataclasses import dataclass

from revops.errors import examples
from revops.exports.labels import is_currency

__all__ = ["Titles", "read_titles"]

UNITS = {1e3: ("k", "thousand", "thousands", "000", "000s"), 1e6: ("m", "mm", "mn", "million", "millions")}
SIGNS = {"$": "", "€": "EUR", "£": "GBP", "us$": "USD"}
NOTE = r"\(([^)]*)\)|\bin ([^().]*)"
FISCAL_YEAR = r"\bFY[ '-]?(20\d{2}|\d{2})\b"
YEAR = r"\b(20\d{2})\b"


@dataclass(frozen=True)
class Titles:
    """What bare numbers are multiplied by, their currency where it is said, the year, and what contradicts."""

    factor: float = 1.0
    currency: str | None = None
    year: int | None = None
    problem: str = ""


def read_titles(above: tuple[str, ...], labels: tuple[str, ...]) -> Titles:
    """Return what titles and headers say; two units, two currencies or two years are a problem.

    Parameters
        above : the rows above the headers, a note such as (USD, k) or in thousands of EUR among them
        labels : the headers, of which FY25 says the year of the others
    """
    words = [
        word for text in above for note in re.findall(NOTE, text) for word in re.split(r"[\s,;/']+", "".join(note))
    ]
    factors = {factor for factor, known in UNITS.items() for word in words if word.casefold() in known}
    codes = {code for word in words if (code := _code(word))}
    years = {int(year) % 100 + 2000 for text in (*labels, *above) for year in re.findall(FISCAL_YEAR, text, re.I)}
    years = years or {int(year) for text in above for year in re.findall(YEAR, text)}
    for what, found in (("unit", factors), ("currency", codes)):
        if len(found) > 1:
            return Titles(problem=f"its titles must say one {what}; found {examples(sorted(found))}. Correct them.")
    year = years.pop() if len(years) == 1 else None
    return Titles(factors.pop() if factors else 1.0, codes.pop() if codes else None, year)


def _code(word: str) -> str | None:
    return word if is_currency(word) else SIGNS.get(word.casefold()) or None
