"""What can go wrong, in words a reader can act on without opening the source.

Every message follows one template: `where: what must hold; found what, how many
(e.g. at most three). What to do.` All failures of one file are collected and raised once.
"""

import difflib
from collections.abc import Iterable, Sequence

__all__ = [
    "BookError",
    "ExportError",
    "MeasureError",
    "RevopsError",
    "RunError",
    "SettingsError",
    "examples",
    "nearest",
]


class RevopsError(Exception):
    """Anything a user can mend: shown as its text alone, without a traceback, by the command line."""


class SettingsError(RevopsError):
    """A company.yml, a params file or a parameter says something we cannot use."""


class ExportError(RevopsError):
    """A raw export cannot be read without guessing."""


class BookError(RevopsError):
    """The prepared tables cannot answer for the day or period asked."""


class MeasureError(RevopsError):
    """A table handed to a measure breaks what the measure relies on."""


class RunError(RevopsError):
    """A report did not finish, or finished in a state that must not be published."""


def examples(values: Iterable[object], limit: int = 3) -> str:
    """Return up to `limit` values as `e.g. a, b, c`, or an empty string where there are none."""
    shown = [str(value)[:60] for _, value in zip(range(limit), values, strict=False)]
    return f"e.g. {', '.join(shown)}" if shown else ""


def nearest(name: str, known: Sequence[str]) -> str:
    """Return the sentence that helps after a name nobody knows: the nearest known name, then all of them, whole."""
    close = difflib.get_close_matches(name.casefold(), [k.casefold() for k in known], n=1, cutoff=0.6)
    original = next((k for k in known if close and k.casefold() == close[0]), None)
    hint = f"Did you mean {original}? " if original else ""
    return f"{hint}Known: {', '.join(sorted(known))}."
