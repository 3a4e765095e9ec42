"""Words of the exports as YAML and as comments: whatever a cell holds, it stays one word on one line."""

import re
from collections.abc import Iterable
from textwrap import wrap

import yaml

from revops.exports.reading.addresses import CUT

__all__ = ["check", "listed", "note", "quoted", "shown"]

PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9 _.&/+-]*[A-Za-z0-9]|\(blank\)")
WIDTH = 116


def quoted(word: str) -> str:
    """Return a word as YAML reads it back, plain where that is safe, else in double quotes with everything escaped."""
    if PLAIN.fullmatch(word) and word != "TODO" and yaml.safe_load(word) == word:
        return word
    return yaml.dump(word, default_style='"', allow_unicode=True, width=float("inf")).rstrip("\n")


def listed(words: Iterable[str]) -> str:
    """Return words as a YAML list on one line; e-mail addresses in them are patterns that match any."""
    return f"[{', '.join(quoted(word) for word in dict.fromkeys(map(_without_addresses, words)))}]"


def shown(word: str) -> str:
    """Return a word as a comment can hold it: one line, no control signs, no addresses, 60 characters at most."""
    bare = " ".join("".join(sign if sign.isprintable() else " " for sign in _without_addresses(word)).split())
    return bare if len(bare) <= 60 else f"{bare[:59]}\u2026"


def note(text: str, indent: int = 0) -> list[str]:
    """Return a text as lines of comment."""
    lead = " " * indent + "# "
    return [lead + line for line in wrap(text, WIDTH - indent, break_long_words=False, break_on_hyphens=False)]


def check(text: str, indent: int = 0) -> list[str]:
    """Return a line of comment that asks to look at a guess."""
    return [f"{' ' * indent}# CHECK: {text}"]


def _without_addresses(word: str) -> str:
    return CUT.sub(lambda found: "*@*" if "@" in found[0] else "*", word)
