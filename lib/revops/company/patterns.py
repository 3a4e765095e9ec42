"""Words held against patterns, case-blind, `*` standing for anything; and names of time zones."""

import fnmatch
from collections.abc import Iterable, Mapping
from zoneinfo import ZoneInfo

__all__ = ["first_fit", "fits", "folded", "known_zone"]


def first_fit(rules: Mapping[str, tuple[str, ...]], words: Iterable[str | None]) -> str | None:
    """Return the first name one of whose patterns fits one of the words; None where none does."""
    seen = [folded(word) for word in words if word]
    fitting = (name for name, patterns in rules.items() if any(fits(w, folded(p)) for p in patterns for w in seen))
    return next(fitting, None)


def folded(word: str) -> str:
    """Return a word as patterns see it: case-blind, one blank between words."""
    return " ".join(word.split()).casefold()


def fits(word: str, pattern: str) -> bool:
    """Return whether a word is what a pattern says, by the letter or by its `*` and `?`."""
    return word == pattern or fnmatch.fnmatchcase(word, pattern.replace("[", "[[]"))


def known_zone(value: str) -> str:
    """Return the name of a time zone that exists; ValueError otherwise."""
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"{value} is not an IANA time zone such as Europe/Berlin or America/New_York") from None
    return value
