"""What each function sees of the review: the executives all of it, the others what is theirs."""

from dataclasses import replace

from revops import metrics
from revops.delivery.review.ranked import chosen, in_rank
from revops.delivery.review.shape import Audience, Change, Line, Missing, Review, Said
from revops.metrics import METRICS

__all__ = ["seen_by"]

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


def _is_shown(line: Line, audience: str) -> bool:
    """Return whether a report holds a number of theirs; what went wrong is shown to all."""
    owners = {metric.owner for metric in getattr(metrics, line.report.upper(), ())}
    return line.outcome == "failed" or line.is_old or not owners or bool(owners & _METRICS[audience])


def _is_theirs(told: Said | Change | Missing, audience: str) -> bool:
    return told.id is None or told.id not in METRICS or METRICS[told.id].owner in _METRICS[audience]
