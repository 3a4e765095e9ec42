"""Headers folded and encoded so that every mail program reads back what was written.

EmailMessage folds by itself, but loses blanks between encoded words and leaves a first line empty.
"""

import textwrap
from collections.abc import Sequence
from email.header import Header
from email.utils import formataddr

__all__ = ["folded", "from_line", "to_line"]

_WIDTH = 76


def folded(name: str, text: str) -> str:
    """Return the value of a header that is free text, in lines of at most 76 characters."""
    lines = textwrap.wrap(text, _WIDTH, initial_indent=" " * (len(name) + 2), break_long_words=False,
                          break_on_hyphens=False)  # fmt: skip
    is_plain = text.isascii() and "=?" not in text and all(len(line) < _WIDTH for line in lines)
    return "\r\n ".join(lines).lstrip() if is_plain else _encoded(name, text)


def from_line(name: str, address: str) -> str:
    """Return the value of From: a name, which may be blank, and an address."""
    if not name:
        return address
    shown = formataddr((name, address))
    if name.isascii() and "=?" not in name and len(shown) < _WIDTH - len("From: "):
        return shown
    return f"{_encoded('From', name)}\r\n <{address}>"


def to_line(addresses: Sequence[str]) -> str:
    """Return the value of a header of addresses, one a line."""
    return ",\r\n ".join(addresses)


def _encoded(name: str, text: str) -> str:
    return Header(text, "utf-8", maxlinelen=_WIDTH, header_name=name).encode(linesep="\r\n")
