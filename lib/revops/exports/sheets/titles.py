"""What the titles above a sheet say of its cells: their unit, their currency, the year they are for."""

import re
from dataclasses import dataclass

import numpy as np

from revops.errors import examples
from revops.exports.recognising.labels import is_currency
from revops.wording import plural

__all__ = ["Titles", "mixed_units", "read_titles"]

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
    bare = {word.casefold().lstrip("$\u20ac\u00a3") for word in words}
    factors = {factor for factor, known in UNITS.items() if bare & set(known)}
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


def mixed_units(where: str, amounts: np.ndarray, scaled: int) -> str:
    """Return the sentence that refuses 200 beside 150K, which is 200 thousand to whoever wrote it; "" where none is.

    Parameters
        amounts : as read, letters applied
        scaled : how many of them are written with K, M or B
    """
    small = amounts[(np.abs(amounts) > 0) & (np.abs(amounts) < min(UNITS))]
    if not scaled or not len(small):
        return ""
    shown = examples(sorted({f"{amount:,.10g}" for amount in small.tolist()}))
    return (
        f"{where}: amounts must be in one unit; found {plural(scaled, 'cell')} with K, M or B beside {len(small):,} "
        f"below 1,000 without ({shown}). Write each with its letter, or none."
    )
