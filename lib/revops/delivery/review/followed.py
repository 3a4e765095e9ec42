"""What has become of the actions of the review before: still open, improved, grown, gone, or not known."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Literal

from revops.delivery.review.gathered import Report, fresh, title_of
from revops.delivery.review.names import about
from revops.delivery.review.ranked import share_records
from revops.delivery.review.settings import ReviewKnobs
from revops.delivery.review.shape import Followed, Task
from revops.wording import money, plural

__all__ = ["follow", "with_past"]

State = Literal["still_open", "improved", "grown"]
Asked = Sequence[tuple[Task, bool]]
"""Actions of the reviews before, each with whether it was shown."""
_TINY = 1e-9
_SAME = "The same records as before."
_OF_GROUPS = frozenset(
    {
        "channel_above_target",
        "conversion_fell",
        "cut_by_test",
        "cut_under_all",
        "depends_on_model",
        "group_above_target",
        "step_makes_worse",
    }
)
"""Rules that a report tells of each channel, group or step: another name is another action. A report tells of any other
rule once, whatever names are in its text."""


def with_past(tasks: Sequence[Task], asked: Asked, knobs: ReviewKnobs) -> tuple[Task, ...]:
    """Return the tasks with what the reviews before knew of each: since when it is told, how often, how it stands."""
    past = {id(now): was for was, now in _pairs([was for was, _ in asked], tasks, knobs)}
    return tuple(
        replace(task, since=was.since, n_reviews=was.n_reviews + 1, state=_state(was, task, knobs))
        if (was := past.get(id(task))) is not None
        else task
        for task in tasks
    )


def follow(
    tasks: Sequence[Task], asked: Asked, reports: Iterable[Report], currency: str, knobs: ReviewKnobs
) -> tuple[Followed, ...]:
    """Return what has become of each action that was shown when its report was last made, in that order.

    gone: its report was made and does not tell it again; not_known: its report was not made.
    """
    pairs = _pairs([was for was, _ in asked], tasks, knobs)
    now = {id(was): task for was, task in pairs}
    made = {report.stem for report in fresh(reports)}
    told = []
    for was in [was for was, is_shown in asked if is_shown]:
        task = now.get(id(was))
        if task is not None:
            state, note = task.state, _note(was, task, currency)
        elif was.report in made:
            state, note = "gone", "The report no longer asks for it."
        else:
            state, note = "not_known", f"{title_of(was.report, was.slice)} was not made."
        shown = was if task is None else task
        told.append(
            Followed(
                was.key,
                shown.text,
                shown.owner,
                was.since,
                shown.n_reviews,
                state,
                note,
                None if task is None else task.href,
            )
        )
    return tuple(told)


def _pairs(before: Sequence[Task], now: Sequence[Task], knobs: ReviewKnobs) -> list[tuple[Task, Task]]:
    """Return each action of before with what it is now, each at most once, by the surest sign first: the same words
    without figures; the same records; the same rule, where a report tells it once; the same records in another report
    that now stands for both."""
    pairs: list[tuple[Task, Task]] = []
    left, open_now = list(before), list(now)
    for is_same in (_says_the_same, _has_records, _is_of_one_rule, _is_taken_in):
        for was in list(left):
            task = next((task for task in open_now if is_same(was, task, knobs.same_records)), None)
            if task is not None:
                pairs.append((was, task))
                left.remove(was)
                open_now.remove(task)
    return pairs


def _is_of(was: Task, task: Task) -> bool:
    return (was.report, was.slice, was.rule) == (task.report, task.slice, task.rule)


def _says_the_same(was: Task, task: Task, _: float) -> bool:
    return _is_of(was, task) and about(was.text) == about(task.text)


def _has_records(was: Task, task: Task, least: float) -> bool:
    return _is_of(was, task) and share_records(was.records, task.records, least)


def _is_of_one_rule(was: Task, task: Task, _: float) -> bool:
    return _is_of(was, task) and was.rule not in _OF_GROUPS


def _is_taken_in(was: Task, task: Task, least: float) -> bool:
    """Return whether two reports' actions that are one have changed which of them stands for both."""
    is_one = title_of(was.report, {}) in task.also_in or title_of(task.report, {}) in was.also_in
    return is_one and (was.rule == task.rule or share_records(was.records, task.records, least))


def _state(was: Task, task: Task, knobs: ReviewKnobs) -> State:
    """Return how an action stands.

    Formula
        improved where at least moved_share of its records, new ones in their place taken off, or of the money in them
        (its worth where there is none) is gone; grown where as much has come; still open where neither, or one has
        grown and the other shrunk.
    """
    sizes = [(float(len(set(was.records))), float(len(set(task.records))))] if was.records and task.records else []
    money = (was.amount, task.amount) if was.amount and task.amount else (was.worth_amount, task.worth_amount)
    moves = [(now - before) / before for before, now in (*sizes, money) if before and now is not None]
    fell = any(move <= -knobs.moved_share + _TINY for move in moves)
    rose = any(move >= knobs.moved_share - _TINY for move in moves)
    return "still_open" if fell == rose else "improved" if fell else "grown"


def _note(was: Task, task: Task, currency: str) -> str:
    """Return what has changed in an action, in words."""
    if was.records and task.records:
        gone, came = len({*was.records} - {*task.records}), len({*task.records} - {*was.records})
        parts = [f"{plural(n, 'record')} {verb}" for n, verb in ((gone, "gone"), (came, "new")) if n]
        return f"{', '.join(parts)}." if parts else _SAME
    before, now = money(was.amount, currency), money(task.amount, currency)
    return "Nothing has moved." if before == now else f"{before} before, {now} now."
