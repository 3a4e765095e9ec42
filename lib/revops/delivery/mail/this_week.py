"""The first parts of the digest: the numbers, what to do, and what changed."""

from collections.abc import Sequence

from revops import wording
from revops.actions.words import FUNCTIONS
from revops.delivery.mail.plain import shorten
from revops.delivery.mail.section import LONGEST_NAME, Item, Section, capital, day, short
from revops.delivery.review.ranked import more_alike
from revops.delivery.review.shape import Change, Followed, Review, Task
from revops.delivery.review.tables import STATES, UNCHANGED

__all__ = ["changed", "numbers", "to_do"]

_MOST_NUMBERS = 4
_MOST_TASKS = 7
_MOST_CHANGES = 6
_MOST_DONE = 3


def numbers(review: Review) -> tuple[Item, ...]:
    """Return the numbers of the first screen, and what each was before; one that comes from an older report says so."""
    old = {line.report: line for line in review.lines if line.is_old and not line.slice}
    return tuple(
        Item(
            short(number.text)
            + (f" (as of {day(old[number.report].as_of, review.as_of)})" if number.report in old else ""),
            small=short(number.before),
            figure=shorten(number.figure, LONGEST_NAME),
            is_strong=number.is_bad,
        )
        for number in review.numbers[:_MOST_NUMBERS]
    )


def to_do(review: Review, names: Sequence[str], nothing: str) -> Section:
    """Return the actions: what, who, by when, worth what, new or not, and in which of the attached files; where there
    are none, what is said of that."""
    items = tuple(_task(task, review, names) for task in review.tasks[:_MOST_TASKS])
    left = review.more_tasks + len(review.tasks) - len(items)
    note = f"{wording.plural(left, 'more action')} in the review." if left else ""
    if not items:
        note = f"{nothing}."
    return Section("What to do this week", items, note, "numbered")


def _task(task: Task, review: Review, names: Sequence[str]) -> Item:
    line = next((line for line in review.lines if (line.report, line.slice) == (task.report, task.slice)), None)
    old = f"As of {day(line.as_of, review.as_of)}: " if line is not None and line.is_old else ""
    owner = FUNCTIONS.get(task.owner, task.owner)
    said = [f"{owner}, by {day(task.by, review.as_of)}" if task.by else owner]
    said += [capital(short(task.worth))] if task.worth not in ("", "–") else []
    said += ["Its report says Act"] if task.is_first else []
    more = more_alike(review, task)
    said += [f"{more} more of this kind in its report"] if more else []
    said += [_since(task.state, task.since, task.n_reviews, review)]
    page = task.href.partition("#")[0]
    said += [f"See {page}"] if page in names else []
    return Item(old + short(task.text.removesuffix(".")), ". ".join(said) + ".")


def _since(state: str, since: str, n: int, review: Review) -> str:
    """Return how an action stands against the review before."""
    if state == "new":
        return "New"
    return (
        f"{STATES[state].capitalize()}, first asked {day(since, review.as_of)} ({wording.plural(n, 'review')} so far)"
    )


def changed(review: Review) -> Section:
    """Return what differs from the review before, beyond noise, and what has become of its actions."""
    if review.before is None:
        return Section(
            "What changed", note=review.no_change or "This is the first review: nothing to compare with yet."
        )
    items = [_change(change) for change in review.changes[:_MOST_CHANGES]]
    left = len(review.changes) - len(items)
    note = [review.no_change] if review.no_change else []
    note += [f"{wording.plural(left, 'more change')} in the review."] if left else []
    shown = [task.text for task in review.tasks[:_MOST_TASKS]]
    done = [each for each in review.followed if each.state in ("gone", "improved") and each.text not in shown]
    items += [
        Item(f"{STATES[each.state].capitalize()}: {short(each.text)}", short(each.note)) for each in done[:_MOST_DONE]
    ]
    note += [_became(review.followed)] if review.followed else []
    if not items and not note:
        note = [UNCHANGED]
    return Section(f"What changed since {day(review.before, review.as_of)}", tuple(items), " ".join(note))


def _change(change: Change) -> Item:
    better = {True: "better", False: "worse", None: ""}[change.is_good]
    restated = "told otherwise for the same day" if change.kind == "restated" else ""
    told = ", ".join(part for part in (better, restated) if part)
    said = f"{short(change.label)}: {short(change.now)}, was {short(change.before)}"
    return Item(f"{said} ({told})" if told else said)


def _became(followed: Sequence[Followed]) -> str:
    """Return how many actions of the review before are in which state."""
    counts = {said: sum(each.state == state for each in followed) for state, said in STATES.items()}
    told = wording.join([f"{n} {said}" for said, n in counts.items() if n])
    return f"Of {wording.plural(len(followed), 'action')} asked before: {told}."
