"""A review as JSON and back: review.json of a run."""

import datetime as dt
import hashlib
import json
import math
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, asdict, fields, is_dataclass, replace
from typing import Any

from revops.delivery.review.shape import Line, Review

__all__ = ["SCHEMA", "from_json", "is_of_another_version", "named", "to_json"]

SCHEMA = 2


def to_json(review: Review) -> str:
    """Return a review as the text of review.json."""
    return json.dumps(asdict(review), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def from_json(text: str) -> Review | None:
    """Return the review in the text of a review.json; None where another version wrote one that this does not read, or
    where it was cut short or changed by hand."""
    found = _loaded(text)
    if found is None or found.get("schema") != SCHEMA or not _fits(Review, found) or not _is_day(found["as_of"]):
        return None
    return _read(Review, found)


def is_of_another_version(text: str) -> bool:
    """Return whether the text of a review.json is a review that another version wrote."""
    found = _loaded(text)
    return found is not None and type(found.get("schema")) is int and found["schema"] != SCHEMA


def named(review: Review) -> Review:
    """Return a review with its content as its name: the same for the same words, whatever the run's name and time.

    It is the same whether a report was made in it or taken over from one of the same day and exports, why one failed,
    and which parts of the company have reports beside the whole's: nobody gets the review again for these alone.
    """
    failed = {line.title for line in review.lines if line.outcome == "failed"}
    told = asdict(
        replace(
            review,
            lines=tuple(_said(line) for line in review.own_lines),
            missing=tuple(row for row in review.missing if row.what not in failed),
        )
    )
    said = {key: value for key, value in told.items() if key not in ("run", "history", "content")}
    text = json.dumps(said, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return replace(review, content=hashlib.sha256(text.encode()).hexdigest())


def _said(line: Line) -> Line:
    """Return a report's line without how it came about."""
    if line.outcome == "failed":
        return replace(line, reason=None, advice=None, evidence=None)
    return replace(line, outcome="made") if line.is_new else line


def _loaded(text: str) -> dict[str, Any] | None:
    """Return the object in a text; None where there is none: cut short by a full disk or a crash."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _is_day(text: str) -> bool:
    try:
        return dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _fits(kind: Any, found: Mapping[str, Any]) -> bool:
    """Return whether a mapping, and all in it, has the fields of a dataclass and no others, each of its type."""
    known = {field.name: field for field in fields(kind)}
    needed = {name for name, field in known.items() if field.default is MISSING}
    if not needed <= set(found) <= set(known):
        return False
    hints = typing.get_type_hints(kind)
    return all(_is_a(hints[name], value) for name, value in found.items())


def _is_a(hint: Any, value: Any) -> bool:
    """Return whether a value as JSON knows it is of a type: a whole number is a float too, true and false are none."""
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if is_dataclass(hint):
        return isinstance(value, dict) and _fits(hint, value)
    if isinstance(hint, types.UnionType):
        return any(_is_a(part, value) for part in parts)
    if origin is typing.Literal:
        return isinstance(value, str) and value in parts
    if origin is tuple:
        return isinstance(value, list) and all(_is_a(parts[0], row) for row in value)
    if origin is dict:
        return isinstance(value, dict) and all(_is_a(parts[1], row) for row in value.values())
    if hint is float:
        return type(value) in (int, float) and math.isfinite(value)
    return type(value) is hint


def _read(kind: Any, found: Mapping[str, Any]) -> Any:
    hints = typing.get_type_hints(kind)
    return kind(**{name: _value(hints[name], value) for name, value in found.items()})


def _value(hint: Any, value: Any) -> Any:
    part = _part(hint)
    if part is not None:
        return tuple(_read(part, row) for row in value)
    return tuple(value) if isinstance(value, list) else value


def _part(hint: Any) -> Any:
    """Return the dataclass in a type such as tuple[Task, ...]; None for any other type."""
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is not tuple:
        return None
    first = typing.get_args(hint)[0]
    return first if is_dataclass(first) else None
