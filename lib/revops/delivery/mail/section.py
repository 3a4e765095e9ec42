"""A part of the digest, and the words that its parts share."""

import datetime as dt
import re
from dataclasses import dataclass

from revops import wording
from revops.delivery.mail.plain import shorten

__all__ = ["LONGEST_NAME", "Item", "Section", "capital", "day", "long_day", "short", "size"]

LONGEST_NAME = 60
_LONGEST = 280


@dataclass(frozen=True)
class Item:
    """One line of a section: what it says, a line below it in smaller type, and the figure that it is about."""

    text: str
    small: str = ""
    figure: str = ""
    is_strong: bool = False


@dataclass(frozen=True)
class Section:
    """A heading, its lines, and a note below them. kind: lines, numbered, or figures (each with one at its end)."""

    title: str
    items: tuple[Item, ...] = ()
    note: str = ""
    kind: str = "lines"


def size(n: int) -> str:
    """Return a number of bytes as people read it: 253 KB, 1.2 MB."""
    return f"{n / 1e6:.1f} MB" if n >= 999_500 else f"{max(round(n / 1e3), 1)} KB"


def day(text: str | None, as_of: str) -> str:
    """Return an ISO day as `9 Jun`, with its year where as_of is in another; other text as it is."""
    if text is None or not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return text or "an unknown day"
    when = dt.date.fromisoformat(text)
    return wording.day(when) + (f" {when.year}" if text[:4] != as_of[:4] else "")


def long_day(text: str) -> str:
    """Return an ISO day as `Tue 9 Jun 2026`."""
    return wording.long_day(dt.date.fromisoformat(text))


def short(text: str) -> str:
    """Return a text at the length of two or three lines at most."""
    return shorten(" ".join(text.split()), _LONGEST)


def capital(text: str) -> str:
    """Return a text that begins with a capital."""
    return text[:1].upper() + text[1:]
