"""Headers and titles as they are compared: without case and odd signs, and with the currency that stands in them."""

import re
import unicodedata
from functools import lru_cache

__all__ = ["currency_in", "field_name", "is_currency", "normalised", "titles_of"]

CODES = frozenset([
    "AED", "ARS", "AUD", "AZN", "BAM", "BDT", "BGN", "BHD", "BOB", "BRL", "CAD", "CHF", "CLP", "CNY", "COP", "CRC",
    "CZK", "DKK", "DOP", "EGP", "EUR", "GBP", "GHS", "GTQ", "HKD", "HUF", "IDR", "ILS", "INR", "ISK", "JOD", "JPY",
    "KES", "KRW", "KWD", "KZT", "LKR", "MAD", "MUR", "MXN", "MYR", "NGN", "NOK", "NZD", "OMR", "PEN", "PHP", "PKR",
    "PLN", "PYG", "QAR", "RON", "RSD", "SAR", "SEK", "SGD", "THB", "TND", "TRY", "TWD", "TZS", "UAH", "UGX", "USD",
    "UYU", "VND", "XAF", "XOF", "ZAR",
])  # fmt: skip
UNSAID = dict.fromkeys(map(ord, "\ufeff\"'\u2018\u2019\u201a\u201c\u201d\u201e"))
CODE = re.compile(r"\(([A-Za-z]{3})\)\s*$|\b(?:[Ii]n|[Cc]urrency:?)\s+([A-Z]{3})\b|\s([A-Z]{3})$")


@lru_cache(maxsize=65_536)
def normalised(label: str) -> str:
    """Return a header without BOM, quotes of any kind, case and repeated or odd spaces."""
    plain = unicodedata.normalize("NFKC", label).translate(UNSAID).strip(" \t\r\n\u2191\u2193\u2195\u25b2\u25bc")
    return " ".join(plain.split()).casefold()


@lru_cache(maxsize=65_536)
def field_name(label: str) -> str:
    """Return what StageName and stage_name, Account.Name and account_name have in common."""
    return re.sub(r"[_.]", "", normalised(label))


def is_currency(word: str) -> bool:
    """Return whether a word is the code of a currency; any three capitals (ARR, SMB) are not."""
    return word in CODES


def currency_in(label: str) -> tuple[str, str | None]:
    """Return a label without the currency that it names (`Cost (EUR)`, `Jan 2024 EUR`, `in EUR`), and its code."""
    bare = label.translate(UNSAID).strip()
    found = CODE.search(bare)
    code = next(filter(None, found.groups()), "").upper() if found else ""
    if found is None or not is_currency(code):
        return label.strip(), None
    return bare[: found.start()].strip(), code


def titles_of(rows: list[list[str]]) -> tuple[str, ...]:
    """Return the rows above a header as text, without the blank ones; a date that a comma cut in two is whole again."""
    found = (", ".join(cell.strip() for cell in row if cell.strip()) for row in rows)
    return tuple(title for title in found if title)
