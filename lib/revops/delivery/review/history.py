"""The reviews of earlier runs: which one this is held against, what was first told of the same day, and the list."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from revops.delivery.review.gathered import Report, gather
from revops.delivery.review.shape import History, Review, Task
from revops.delivery.review.stored import from_json, is_of_another_version

__all__ = [
    "REVIEW",
    "Past",
    "asked_before",
    "before",
    "first_of_day",
    "history",
    "is_older",
    "past_reviews",
    "read",
    "staying",
]

REVIEW = "review.json"


@dataclass(frozen=True)
class Past:
    """The review of an earlier run, and the run's folder."""

    folder: Path
    manifest: Mapping[str, Any]
    review: Review

    @cached_property
    def reports(self) -> tuple[Report, ...]:
        """Return what the reports of that run say."""
        return gather(self.folder, self.manifest)


def read(folder: Path) -> Review | None:
    """Return the review of a finished run; None where it has none that this version reads."""
    file = folder / REVIEW
    return from_json(file.read_text(encoding="utf-8", errors="replace")) if file.is_file() else None


def is_older(folder: Path) -> bool:
    """Return whether the review of a finished run was made by another version than this."""
    file = folder / REVIEW
    return file.is_file() and is_of_another_version(file.read_text(encoding="utf-8", errors="replace"))


def past_reviews(earlier: Sequence[Path], company: str) -> tuple[Past, ...]:
    """Return the reviews of a company's earlier runs, in their order; a run without one that can be read is left out,
    as those of older versions are, and so is one in which no report was made."""
    found = []
    for folder in earlier:
        review = read(folder)
        if review is not None and review.company == company and any(line.is_new for line in review.lines):
            manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
            found.append(Past(folder, manifest, review))
    return tuple(found)


def before(past: Sequence[Past], as_of: str) -> Past | None:
    """Return the review that one as of a day is held against: of the last day before it the newest."""
    days = [one.review.as_of for one in past if one.review.as_of < as_of]
    return next((one for one in reversed(past) if days and one.review.as_of == max(days)), None)


def asked_before(past: Sequence[Past], as_of: str) -> tuple[tuple[Task, bool], ...]:
    """Return each action that a report asked for when it was last made before a day, and whether it was shown.

    That is the review before, but for reports that were not made in it: then the one before that, and so on.
    """
    newest = {one.review.as_of: one.review for one in past if one.review.as_of < as_of}
    found: list[tuple[Task, bool]] = []
    known: set[str] = set()
    for day in sorted(newest, reverse=True):
        review = newest[day]
        made = {line.report for line in review.lines if line.is_new and not line.slice} - known
        told = [*((task, True) for task in review.tasks), *((task, False) for task in review.rest)]
        found += [(task, is_shown) for task, is_shown in told if task.report in made]
        known |= made
    return tuple(found)


def first_of_day(past: Sequence[Past], as_of: str) -> Past | None:
    """Return the first review as of the same day: what was told of it before."""
    return next((one for one in past if one.review.as_of == as_of), None)


def staying(past: Sequence[Past], earlier: Sequence[Path], as_of: str, keep: int | None) -> tuple[Past, ...]:
    """Return the reviews whose runs stay where a run as of a day removes all but the newest `keep`, itself the first
    of them, and the one that its review is held against (None: all stay)."""
    newest = earlier if keep is None else earlier[max(len(earlier) + 1 - keep, 0) :]
    was = before(past, as_of)
    return tuple(one for one in past if one.folder in newest or one is was)


def history(past: Sequence[Past], as_of: str, most: int) -> tuple[History, ...]:
    """Return the reviews of earlier days, the newest first, of each day the newest; links lead from one run's folder
    to another's."""
    newest = {one.review.as_of: one for one in past if one.review.as_of < as_of}
    days = sorted(newest, reverse=True)[:most]
    return tuple(
        History(
            newest[day].folder.name, day, newest[day].review.sentence, f"../runs/{newest[day].folder.name}/index.html"
        )
        for day in days
    )
