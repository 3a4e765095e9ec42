"""The next-best actions of all reports in one order: what reports that say Act ask first, then by money."""

import datetime as dt
import math
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from revops.actions import Action
from revops.actions.words import worth_in_words
from revops.delivery.review.gathered import OLD_EXPORTS, Report, fresh, title_of
from revops.delivery.review.names import key_of
from revops.delivery.review.shape import Review, Task

__all__ = ["chosen", "in_rank", "more_alike", "ranked", "share_records"]

_MOST_ALIKE = 2
"""Actions of one rule of a report at most, as long as others wait."""
_OF_LAST_WEEKS = frozenset({"conversion_fell"})
"""What the last weeks seem to show where their records are missing."""


@dataclass(frozen=True)
class _Asked:
    """An action of a report, its place in the report's own list, from 1, and whether it is the first one of a report
    that says Act."""

    report: Report
    action: Action
    number: int
    is_first: bool


def ranked(reports: Iterable[Report], currency: str, same_records: float) -> tuple[Task, ...]:
    """Return the actions on the whole company, each once, the first to do in front; all of them new.

    Formula
        What makes all else old comes first (exports_are_old); then the first action of each report whose status is
        act, whatever money hangs on it; then worth, added or at stake, largest first; then worth that corrects a
        number; then the money in the records, where nothing tells a worth, or one without an end. Where exports are
        old, what fell in the last weeks comes last: it may have fallen only because records are missing.
        Actions of two reports are one where the same function acts and at least `same_records` of the smaller one's
        records are in both: the higher stays and names the other.
    Limits
        Worths of two actions may hang on the same money: they do not add up.
    """
    asked = [one for report in fresh(reports) for one in _asked(report)]
    are_old = any(one.action.rule == OLD_EXPORTS for one in asked)
    kept: list[tuple[_Asked, list[str]]] = []
    for one in sorted(asked, key=lambda one: _place(one, are_old)):
        higher = next((row for row in kept if _are_one(row[0], one, same_records)), None)
        if higher is None:
            kept.append((one, []))
        elif (title := title_of(one.report.stem, {})) not in higher[1]:
            higher[1].append(title)
    return _with_own_keys([_task(one, also, currency) for one, also in kept])


def chosen(tasks: Sequence[Task], most: int, fewest: int) -> tuple[tuple[Task, ...], tuple[Task, ...]]:
    """Return the ranked actions that are shown, and the rest, each in their order.

    Shown are those that money hangs on and those that come before it, at most `most`, and at most two of one rule of a
    report as long as others wait; where they are fewer than `fewest`, as many of the others as are needed.
    """
    weighty = [task for task in tasks if task.worth_amount or task.amount or task.is_first or task.rule == OLD_EXPORTS]
    alike: Counter[tuple[Any, ...]] = Counter()
    in_turn, held = [], []
    for task in weighty:
        alike[_kind(task)] += 1
        (held if alike[_kind(task)] > _MOST_ALIKE else in_turn).append(task)
    others = [task for task in tasks if task not in weighty]
    keys = {task.key for task in (*in_turn, *held)[:most]}
    keys |= {task.key for task in others[: max(min(most, fewest) - len(keys), 0)]}
    shown = [task for task in tasks if task.key in keys]
    return tuple(shown), tuple(task for task in tasks if task.key not in keys)


def in_rank(tasks: Sequence[Task], owners: Container[str]) -> list[Task]:
    """Return the actions of some functions out of all of a review, shown or not, in the order of all of them."""
    are_old = any(task.rule == OLD_EXPORTS for task in tasks)
    return sorted((task for task in tasks if task.owner in owners), key=lambda task: _place_of(task, are_old))


def _place_of(task: Task, are_old: bool) -> tuple[Any, ...]:
    return _standing(task.rule, task.worth_amount, task.worth_is, task.amount, task.is_first, are_old)


def more_alike(review: Review, task: Task) -> int:
    """Return how many actions of the same rule and report wait below those shown; told of the last one shown."""
    last = [shown for shown in review.tasks if _kind(shown) == _kind(task)][-1:]
    return sum(_kind(below) == _kind(task) for below in review.rest) if last == [task] else 0


def _kind(task: Task) -> tuple[Any, ...]:
    return task.report, tuple(sorted(task.slice.items())), task.rule


def _asked(report: Report) -> list[_Asked]:
    """Return the actions of a report, in its order."""
    actions = [_action(row) for row in report.rows("actions")]
    own = [number for number, action in enumerate(actions, 1) if action.rule != OLD_EXPORTS]
    first = own[0] if own and report.entry["status"] == "act" else None
    return [_Asked(report, action, number, number == first) for number, action in enumerate(actions, 1)]


def share_records(one: Sequence[str], other: Sequence[str], least: float) -> bool:
    """Return whether two actions are about the same records: of the smaller one's, at least that part is in both."""
    smaller = min(len(set(one)), len(set(other)))
    return smaller > 0 and len({*one} & {*other}) >= least * smaller


def _action(row: Mapping[str, Any]) -> Action:
    """Return an action as its report gave it: JSON has no word for a range without an upper end."""
    low, high = row.get("worth_low"), row.get("worth_high")
    return Action(
        rule=row["rule"],
        text=row["text"],
        owner=row["owner"],
        amount=row.get("amount") or 0.0,
        by=dt.date.fromisoformat(row["by"]),
        because=row["because"],
        records=tuple(row.get("records") or ()),
        worth=row.get("worth"),
        worth_low=low,
        worth_high=math.inf if low is not None and high is None else high,
        worth_is=row.get("worth_is"),
    )


def _place(one: _Asked, are_old: bool) -> tuple[Any, ...]:
    action = one.action
    standing = _standing(action.rule, action.worth, action.worth_is, action.amount, one.is_first, are_old)
    return *standing, one.report.stem, one.number


def _standing(
    rule: str, worth: float | None, worth_is: str | None, amount: float, is_first: bool, are_old: bool
) -> tuple[Any, ...]:
    if rule == OLD_EXPORTS:
        kind, money = 0, 0.0
    elif worth is None:
        kind, money = 3, amount
    else:
        kind, money = (2 if worth_is == "corrected" else 1), worth
    return are_old and rule in _OF_LAST_WEEKS, not (kind == 0 or is_first), kind, -money, -amount


def _are_one(one: _Asked, other: _Asked, least: float) -> bool:
    if one.report.stem == other.report.stem:
        return False
    if OLD_EXPORTS in (one.action.rule, other.action.rule):
        return one.action.rule == other.action.rule
    is_theirs = one.action.owner == other.action.owner
    return is_theirs and share_records(one.action.records, other.action.records, least)


def _task(one: _Asked, also_in: Sequence[str], currency: str) -> Task:
    action, report = one.action, one.report
    return Task(
        key=key_of(report.stem, report.slice, action.rule, action.text),
        report=report.stem,
        slice=report.slice,
        rule=action.rule,
        text=action.text,
        owner=action.owner,
        worth=worth_in_words(action, currency),
        by=action.by.isoformat(),
        because=action.because,
        href=f"{report.page}#action-{one.number}",
        amount=action.amount,
        worth_amount=action.worth,
        worth_low=action.worth_low,
        worth_high=None if action.worth_high == math.inf else action.worth_high,
        worth_is=action.worth_is,
        records=action.records,
        since=str(report.as_of),
        n_reviews=1,
        state="new",
        also_in=tuple(also_in),
        is_first=one.is_first,
    )


def _with_own_keys(tasks: Sequence[Task]) -> tuple[Task, ...]:
    """Return the tasks, each with a key of its own: a second of the same text gets a number behind it."""
    seen: dict[str, int] = {}
    named = []
    for task in tasks:
        seen[task.key] = seen.get(task.key, 0) + 1
        number = seen[task.key]
        named.append(task if number == 1 else replace(task, key=f"{task.key}-{number}"))
    return tuple(named)
