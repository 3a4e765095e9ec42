"""The tables of the review's page: plain rows and cells, which the template escapes."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from revops import wording
from revops.actions.words import FUNCTIONS, STATUS
from revops.delivery.review.ranked import more_alike
from revops.delivery.review.shape import Change, Export, Followed, Line, Missing, Review, Step, Task

__all__ = [
    "STATES",
    "UNCHANGED",
    "Cell",
    "Table",
    "bridge",
    "changes",
    "exports",
    "followed",
    "missing",
    "reports",
    "short_day",
    "tasks",
]

UNCHANGED = "Nothing has changed in what is shown here."
STATES = {
    "still_open": "still open",
    "improved": "improved",
    "grown": "grown",
    "gone": "gone",
    "not_known": "not known",
}
_AGE = {"fresh": "Fresh", "old": "OLD", "undated": "Undated"}


@dataclass(frozen=True)
class Cell:
    """What one cell says: its text, which may be a link, a smaller line below it, and further links.

    kind: n for a number, d for what must not break; any other cell is text.
    """

    text: str
    href: str | None = None
    below: str = ""
    links: tuple[tuple[str, str], ...] = ()
    kind: str = ""
    is_bad: bool = False


@dataclass(frozen=True)
class Table:
    """A table with its caption; the first cell of each row names it."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def short_day(written: str | None) -> str:
    """Return an ISO date as `9 Jun`; none as a dash."""
    return wording.day(dt.date.fromisoformat(written) if written else None)


def tasks(review: Review, titles: Mapping[str, str]) -> Table:
    """Return what to do this week: action, worth with its range, who acts, until when."""
    rows = tuple(
        (
            Cell(task.text, task.href, _whereabouts(task, titles, more_alike(review, task))),
            Cell(task.worth),
            Cell(FUNCTIONS[task.owner], kind="d"),
            Cell(short_day(task.by), kind="d"),
        )
        for task in review.tasks
    )
    return Table(_caption(review), ("Action", "Worth", "Owner", "Due"), rows)


def _caption(review: Review) -> str:
    """Return how the actions are ranked, with what comes before money where such are shown."""
    old = any(task.rule == "exports_are_old" for task in review.tasks)
    first = any(task.is_first for task in review.tasks)
    before = ["exports that are old"] * old + ["the first action of each report that says Act"] * first
    start = f": {', '.join(before)}, then" if before else ""
    return (
        f"Ranked over all reports{start} by the money that hangs on each; what only corrects a forecast, then what "
        "only stands in the records, comes after. Each leads to its report"
    )


def _whereabouts(task: Task, titles: Mapping[str, str], more: int) -> str:
    """Return where an action comes from, how long it has been open, and how many of its kind are not shown."""
    others = wording.join([titles.get(stem, wording.heading(stem)) for stem in task.also_in])
    source = titles.get(task.report, wording.heading(task.report))
    source += ", which says Act" if task.is_first else ""
    said = [f"{source}, also in {others}" if others else source]
    said += [f"{more} more of this kind there"] if more else []
    if task.state != "new":
        grown = {"improved": ", improved", "grown": ", grown"}.get(task.state, "")
        said.append(f"open since {short_day(task.since)}, {_asked(task.n_reviews)}{grown}")
    return "; ".join(said)


def _asked(n: int) -> str:
    return "asked once" if n == 1 else f"asked {n} times"


def reports(review: Review) -> Table:
    """Return what each report says, in words that tell an old one and a failed one from one made now.

    Parts of the company stand in the row of the whole company's report; where that was never made, in their own rows.
    """
    rows = []
    for line in review.own_lines:
        parts = tuple(
            (_part(part), href)
            for part in review.lines
            if part.slice and not line.slice and part.report == line.report and (href := part.page or part.evidence)
        )
        links = tuple([("See why", line.evidence)] if line.evidence else []) + parts
        is_bad = line.is_old or line.outcome == "failed"
        said = Cell(line.sentence or "Nothing to show.", below=_standing(line), links=links)
        rows.append((Cell(line.title, line.page), Cell(_status(line), is_bad=is_bad), said))
    return Table("Each report leads to its page", ("Report", "Status", "What it says"), tuple(rows))


def _part(line: Line) -> str:
    """Return what the link to a part of the company says."""
    standing = "failed" if line.outcome == "failed" else f"old, {short_day(line.as_of)}" if line.is_old else ""
    return ", ".join(line.slice.values()) + (f" ({standing})" if standing else "")


def _status(line: Line) -> str:
    if line.status is None:
        return {"failed": "Failed", "not_run": "Not run"}.get(line.outcome, "Nothing to show")
    told = STATUS.get(line.status, wording.heading(line.status))
    if line.outcome == "failed":
        return f"Failed; {short_day(line.as_of)}: {told}"
    return f"Old, {short_day(line.as_of)}: {told}" if line.is_old else told


def _standing(line: Line) -> str:
    """Return why a report was not made or is old; blank where it was made and is new."""
    older = f"What is said here is of {short_day(line.as_of)}, not new." if line.is_old and line.as_of else ""
    if line.outcome in ("failed", "not_run"):
        return " ".join(part for part in ("Not made in this run:", line.reason, line.advice, older) if part)
    if line.is_old:
        return f"Not made again in this run. {older}".strip()
    return "Not made again in this run; its exports are the same." if line.outcome == "carried" else ""


def changes(review: Review, titles: Mapping[str, str]) -> Table:
    """Return what differs from the review before, and how sure that is."""
    rows = tuple(
        (
            Cell(change.label, change.href, titles.get(change.report, wording.heading(change.report))),
            Cell(change.before, kind="n"),
            Cell(change.now, kind="n"),
            Cell(_certainty(change)),
        )
        for change in review.changes
    )
    return Table(
        "Statuses, facts as recorded, and estimates whose change is larger than their noise",
        ("What", "Before", "Now", "How to read it"),
        rows,
    )


def _certainty(change: Change) -> str:
    good = {True: "Better", False: "Worse", None: ""}[change.is_good]
    how = {
        "status": "" if good else "status",
        "counted": "counted",
        "restated": "the same day, told otherwise now",
    }.get(change.kind)
    if how is None:
        chance = "" if change.p_value is None else f": this number alone would by chance in {_rarely(change.p_value)}"
        how = f"beyond noise{chance}"
    said = "; ".join(part for part in (good, how) if part)
    return said[:1].upper() + said[1:]


def _rarely(p_value: float) -> str:
    """Return how rarely chance alone would bring a change, in words."""
    return f"1 of {wording.count(int(1 / p_value))} weeks" if p_value >= 0.001 else "less than 1 of 1,000 weeks"


def bridge(steps: Sequence[Step], currency: str) -> Table:
    """Return the answers of marketing, sales and finance, and the steps from one to the next, to the unit."""

    def money(amount: float | None, is_answer: bool) -> Cell:
        return Cell(wording.money(amount, currency, exact=True, signed=not is_answer), kind="n")

    rows = tuple(
        (
            Cell(step.label),
            *(money(amount, step.is_answer) for amount in (step.booked, step.committed, step.total)),
            Cell(wording.count(step.n), kind="n"),
        )
        for step in steps
    )
    caption = f"An answer, then what leads to the next one; it adds up to the cent, and is rounded here. In {currency}"
    return Table(caption, ("Answer or step", "Booked", "Committed", "Together", "Records"), rows)


def followed(rows: Sequence[Followed]) -> Table:
    """Return what has become of the actions of the review before."""
    shown = tuple(
        (
            Cell(row.text, row.href, row.note),
            Cell(STATES[row.state].capitalize()),
            Cell(short_day(row.since), below=_asked(row.n_reviews), kind="d"),
            Cell(FUNCTIONS[row.owner], kind="d"),
        )
        for row in rows
    )
    return Table("Actions of the review before", ("Action", "Now", "Open since", "Owner"), shown)


def missing(rows: Sequence[Missing], titles: Mapping[str, str]) -> Table:
    """Return what could not be computed, and what it needs."""
    merged: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        merged.setdefault((row.report, row.needs), []).append(row.what)
    shown = tuple(
        (Cell(titles.get(report, wording.heading(report))), Cell("; ".join(dict.fromkeys(what))), Cell(needs))
        for (report, needs), what in merged.items()
    )
    return Table("Nothing stands in for these: they are left blank", ("Report", "What", "Why, or what it needs"), shown)


def exports(rows: Sequence[Export]) -> Table:
    """Return how fresh each export is."""
    shown = tuple(
        (
            Cell(row.file, below=row.table.replace("_", " ")),
            Cell(_AGE[row.state], below=row.note, is_bad=row.state == "old"),
            Cell(short_day(row.last), kind="d"),
            Cell(_age(row.age_days), kind="n"),
            Cell(wording.count(row.rows), kind="n"),
        )
        for row in rows
    )
    return Table(
        "Latest stamp in each file, and its age on this day", ("Export", "State", "Latest", "Age", "Rows"), shown
    )


def _age(days: int | None) -> str:
    if days is None:
        return "–"
    return wording.plural(days, "day") if days else "same day"
