"""Text from the data made fit for a mail: one line, nothing hidden or turned around, no links, no addresses."""

import dataclasses
import re
import unicodedata
from typing import Any

from revops.wording import unaddressed

__all__ = ["clean", "cleaned", "shorten"]

_JOINERS = "\u200c\u200d"
_LINK = re.compile(r"(?:\b[a-z][a-z0-9+.-]{0,20}://|\bwww\.|\bmailto:)\S*", re.IGNORECASE)
_CLAUSE = re.compile(r"[;.:](?= )")


def clean(text: object) -> str:
    """Return a text as one line of what can be seen: control and direction marks are gone, and so are links and e-mail
    addresses that a mail program would make live."""
    seen = "".join(_seen(char) for char in str(text))
    return " ".join(unaddressed(_LINK.sub("(link left out)", seen)).split())


def cleaned(value: Any) -> Any:
    """Return a value of plain dataclasses, dicts, tuples and texts with every text in it clean."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(key): cleaned(inner) for key, inner in value.items()}
    if isinstance(value, tuple):
        return tuple(cleaned(inner) for inner in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: cleaned(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return dataclasses.replace(value, **fields)
    return value


def shorten(text: str, limit: int, *, at_clause: bool = False) -> str:
    """Return a text of at most `limit` characters, cut after a word and ended by an ellipsis; with `at_clause`, after
    a clause that is at least half as long, without one."""
    if len(text) <= limit:
        return text
    clauses = [mark.start() for mark in _CLAUSE.finditer(text, 0, limit + 1) if limit // 2 <= mark.start() <= limit]
    if at_clause and clauses:
        return text[: clauses[-1]]
    end = text.rfind(" ", 0, limit)
    if end < limit // 2:
        end = limit - 1
        while end > 1 and _belongs_before(text[end]):
            end -= 1
        end -= text[end - 1] in _JOINERS
    return f"{text[:end].rstrip(' ,;:.–-')}…"


def _seen(char: str) -> str:
    """Return a character, a blank for one that ends or spaces lines, nothing for one that shows nothing."""
    kind = unicodedata.category(char)
    if kind in ("Cc", "Zl", "Zp"):
        return " "
    return "" if kind in ("Cf", "Cs") and char not in _JOINERS else char


def _belongs_before(char: str) -> bool:
    """Return whether a character is drawn together with the one before it."""
    is_skin = "\U0001f3fb" <= char <= "\U0001f3ff"
    return char in _JOINERS or is_skin or unicodedata.category(char).startswith("M")
