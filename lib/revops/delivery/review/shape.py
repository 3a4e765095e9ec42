"""The Monday review: what all reports of a run say together, as plain values. `review.json` of a run holds one."""

from dataclasses import dataclass
from typing import Literal

__all__ = ["Change", "Export", "Followed", "History", "Line", "Missing", "Review", "Said", "Step", "Task"]

Audience = Literal["executive", "marketing_ops", "revops"]


@dataclass(frozen=True)
class Said:
    """One number in words, and what it is: of which report and metric, so that the page can lead there.

    before is what it was at the review before, on which day, and how to read the difference; blank where nothing can be
    held against it. is_beyond: whether it has moved beyond noise; None where that is not told.
    """

    figure: str
    text: str
    report: str
    id: str
    is_bad: bool = False
    before: str = ""
    is_beyond: bool | None = None


@dataclass(frozen=True)
class Line:
    """One report of the run. outcome: made, carried (an older one stands in), failed, not_run (nothing feeds it).

    as_of is the day of what is shown: older than the review's where is_old. status is the Answer's, None where there is
    no report to show. page and evidence are files of the run; reason says why a report was not made.
    """

    report: str
    title: str
    slice: dict[str, str]
    outcome: Literal["made", "carried", "failed", "not_run"]
    is_old: bool
    as_of: str | None
    period: str | None
    status: str | None
    sentence: str | None
    page: str | None
    reason: str | None
    advice: str | None
    evidence: str | None
    pictures: tuple[str, ...] = ()

    @property
    def is_new(self) -> bool:
        """Return whether there is a report to show, and it is of the review's day."""
        return self.page is not None and not self.is_old


@dataclass(frozen=True)
class Task:
    """A next-best action, ranked over all reports.

    key names it from one review to the next. worth is in words, with its range. href leads to the action in its report;
    also_in names other reports that ask for the same records. state says how it stands against the review before.
    is_first: it is the first action of a report that says Act, and is heard whatever money hangs on it.
    """

    key: str
    report: str
    slice: dict[str, str]
    rule: str
    text: str
    owner: str
    worth: str
    by: str
    because: str
    href: str
    amount: float
    worth_amount: float | None
    worth_low: float | None
    worth_high: float | None
    worth_is: str | None
    records: tuple[str, ...]
    since: str
    n_reviews: int
    state: Literal["new", "still_open", "improved", "grown"]
    also_in: tuple[str, ...] = ()
    is_first: bool = False


@dataclass(frozen=True)
class Followed:
    """What has become of an action of the review before: still open, improved, grown, gone, or not known, and why."""

    key: str
    text: str
    owner: str
    since: str
    n_reviews: int
    state: Literal["still_open", "improved", "grown", "gone", "not_known"]
    note: str
    href: str | None


@dataclass(frozen=True)
class Change:
    """What differs from the review before. kind: status (a report's), estimate (beyond noise: p_value), counted (a fact
    that has no noise), restated (the same day, told otherwise)."""

    kind: Literal["status", "estimate", "counted", "restated"]
    report: str
    id: str | None
    label: str
    before: str
    now: str
    p_value: float | None
    is_good: bool | None
    href: str | None


@dataclass(frozen=True)
class Missing:
    """A number or report that could not be made, and what it needs. id: of the number; None of a report."""

    report: str
    what: str
    needs: str
    id: str | None = None


@dataclass(frozen=True)
class Export:
    """How fresh one export is. last: the latest stamp in it up to as_of; age_days from there to it; state: fresh, old
    (older than allowed, or a table that usually grows and has not since the review before), undated."""

    table: str
    file: str
    rows: int
    last: str | None
    age_days: int | None
    state: Literal["fresh", "old", "undated"]
    note: str
    reports: tuple[str, ...]


@dataclass(frozen=True)
class Step:
    """One line of the bridge between the answers that marketing, sales and finance give: an answer, or a step."""

    label: str
    booked: float | None
    committed: float | None
    total: float | None
    n: int | None
    is_answer: bool
    records: str | None


@dataclass(frozen=True)
class History:
    """An earlier review: its run, day, what it said, and where its page is."""

    run: str
    as_of: str
    sentence: str
    href: str


@dataclass(frozen=True)
class Review:
    """All that the Monday review says. content names it: a hash of what it says, whatever the run's name and time.

    failed_first is the sentence that must come first where a report was not made or is old, else blank. before is the
    day of the review that this one is held against, None where there is none. no_change says how many estimates were
    held against it and how many of them are beyond noise, or why none was. rest are the actions below the first
    ones, as many as more_tasks says: they are followed too, and the views of one function show theirs.
    """

    company: str
    currency: str
    run: str
    as_of: str
    period: str
    status: str
    sentence: str
    failed_first: str
    numbers: tuple[Said, ...]
    lines: tuple[Line, ...]
    tasks: tuple[Task, ...]
    more_tasks: int
    followed: tuple[Followed, ...]
    before: str | None
    changes: tuple[Change, ...]
    no_change: str
    bridge: tuple[Step, ...]
    missing: tuple[Missing, ...]
    exports: tuple[Export, ...]
    history: tuple[History, ...]
    conflicts: tuple[str, ...]
    content: str
    schema: int = 2
    rest: tuple[Task, ...] = ()

    @property
    def own_lines(self) -> tuple[Line, ...]:
        """Return the lines that stand for themselves: parts of the company only of reports without one on the whole."""
        whole = {line.report for line in self.lines if not line.slice}
        return tuple(line for line in self.lines if not line.slice or line.report not in whole)
