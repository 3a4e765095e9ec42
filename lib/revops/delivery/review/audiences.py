"""What each function sees of the review: the executives all of it, the others what is theirs."""

from dataclasses import replace

from revops import metrics
from revops.actions.words import FUNCTIONS
from revops.delivery.review.ranked import chosen, in_rank
from revops.delivery.review.shape import Audience, Change, Line, Missing, Review, Said
from revops.metrics import METRICS

__all__ = ["nothing_to_do", "seen_by"]

_OWNERS: dict[str, frozenset[str]] = {
    "marketing_ops": frozenset({"marketing_ops"}),
    "revops": frozenset({"sales_ops", "cs_ops", "revops"}),
}
_METRICS: dict[str, frozenset[str]] = {
    "marketing_ops": frozenset({"marketing_ops", "both"}),
    "revops": frozenset({"revops", "both"}),
}


def seen_by(review: Review, audience: Audience) -> Review:
    """Return the review as one audience sees it.

    The executives see all of it. The others see the actions of their functions, the first of them out of all reports
    and as many as the review shows, and the reports, numbers, changes and gaps of metrics that they own; the state of
    the quarter, the bridge between the three answers, what was not made or is old, and the exports stay for all.
    """
    if audience == "executive":
        return review
    most = len(review.tasks)
    theirs = in_rank((*review.tasks, *review.rest), _OWNERS[audience])
    shown, rest = chosen(theirs, most, most)
    return replace(
        review,
        lines=tuple(line for line in review.lines if _is_shown(line, audience)),
        numbers=tuple(said for said in review.numbers if _is_theirs(said, audience)),
        tasks=shown,
        rest=rest,
        more_tasks=len(rest),
        followed=tuple(one for one in review.followed if one.owner in _OWNERS[audience]),
        changes=tuple(change for change in review.changes if _is_theirs(change, audience)),
        missing=tuple(row for row in review.missing if _is_theirs(row, audience)),
    )


def nothing_to_do(review: Review, reader: str) -> str:
    """Return the sentence that stands where a reader of a whole review has no action, and says why there is none."""
    new = [line for line in review.lines if line.is_new]
    in_part = [line for line in new if line.slice]
    if not new:
        return "What to do is not known: no report of this day was made"
    if len(in_part) == len(new):
        return "What to do stands in each report on a part of the company"
    whose = f" for {FUNCTIONS[reader]}" if reader in FUNCTIONS else ""
    which = "made on the whole company" if in_part else "that were made"
    return f"Nothing{whose} to act on this week by the rules of the reports {which}"


def _is_shown(line: Line, audience: str) -> bool:
    """Return whether a report holds a number of theirs; what went wrong is shown to all."""
    owners = {metric.owner for metric in getattr(metrics, line.report.upper(), ())}
    return line.outcome == "failed" or line.is_old or not owners or bool(owners & _METRICS[audience])


def _is_theirs(told: Said | Change | Missing, audience: str) -> bool:
    return told.id is None or told.id not in METRICS or METRICS[told.id].owner in _METRICS[audience]
