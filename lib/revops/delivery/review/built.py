"""The whole review of a run, from what lies in its folder and in those of earlier runs."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from revops import wording
from revops.delivery.review.changed import Compared, Held, changed, restated
from revops.delivery.review.earlier import with_before
from revops.delivery.review.followed import follow, with_past
from revops.delivery.review.freshness import exports
from revops.delivery.review.gathered import Report, bridge_of, currency_of, fresh, gather, line_of, missing_of
from revops.delivery.review.history import Past, asked_before, before, first_of_day, history, past_reviews, staying
from revops.delivery.review.numbers import failed_first, numbers, sentence, status
from revops.delivery.review.ranked import chosen, ranked
from revops.delivery.review.reconciled import conflicts
from revops.delivery.review.settings import ReviewSettings
from revops.delivery.review.shape import Change, Review, Said
from revops.delivery.review.stored import named

__all__ = ["build"]


def build(
    building: Path,
    manifest: Mapping[str, Any],
    earlier: Sequence[Path],
    settings: ReviewSettings,
    keep: int | None = None,
) -> Review:
    """Return the review of a run.

    Parameters
        building : the run's folder, with the files that the manifest names
        manifest : its manifest
        earlier : folders of finished runs, oldest first by the time they were made
        settings : the review's knobs
        keep : how many of the newest runs stay, this one among them; it leads to no other but the one that it is held
            against. None: all stay

    It is held against the newest review of the last day before this run's, of the same company; what the same day was
    told at first and is told otherwise now is said too. The same inputs give the same review.
    """
    reports, knobs = gather(building, manifest), settings.knobs
    past, day = past_reviews(earlier, manifest["company"]), manifest["as_of"]
    was, asked = before(past, day), asked_before(past, day)
    reports_were = was.reports if was else ()
    currency = currency_of(reports) or settings.currency
    tasks = with_past(ranked(reports, currency, knobs.same_records), asked, knobs)
    shown, rest = chosen(tasks, knobs.most_actions, knobs.fewest_actions)
    compared = changed(reports_were, reports, currency, knobs.sure)
    again = _restated(first_of_day(past, day), reports, currency)
    return named(
        Review(
            **{name: manifest[name] for name in ("company", "run", "as_of")},
            **_now(reports, currency, day),
            numbers=_numbers(reports, was, compared, currency, day),
            currency=currency,
            tasks=shown,
            more_tasks=len(rest),
            rest=rest,
            followed=follow(tasks, asked, reports, currency, knobs),
            before=was.review.as_of if was else None,
            changes=(*compared.changes, *again),
            no_change=_no_change(compared, is_first=was is None),
            exports=exports(reports, reports_were, day, settings.stale_days, knobs.late_book_days),
            history=history(staying(past, earlier, day, keep), day, knobs.most_history),
            content="",
        )
    )


def _now(reports: Sequence[Report], currency: str, as_of: str) -> dict[str, Any]:
    """Return what the reports of this run say by themselves, as parts of a review."""
    return {
        "period": next((str(report.entry["period"]) for report in fresh(reports)), ""),
        "status": status(reports),
        "sentence": sentence(reports, currency),
        "failed_first": failed_first(reports, as_of),
        "lines": tuple(line_of(report) for report in reports),
        "bridge": bridge_of(reports),
        "missing": tuple(row for report in reports if not report.slice for row in missing_of(report)),
        "conflicts": conflicts(reports),
    }


def _numbers(
    reports: Sequence[Report], was: Past | None, compared: Compared, currency: str, day: str
) -> tuple[Said, ...]:
    told = numbers(reports, currency)
    return told if was is None else with_before(told, was.reports, reports, compared, was.review.as_of, day)


def _restated(first: Past | None, reports: Sequence[Report], currency: str) -> tuple[Change, ...]:
    return () if first is None else restated(first.reports, reports, currency)


def _no_change(compared: Compared, *, is_first: bool) -> str:
    """Return how many estimates were held against the review before, and how many of them are beyond noise."""
    if is_first:
        return "This is the first review: there is none to hold it against."
    anew = ""
    if compared.new_periods:
        anew = f"{wording.join(compared.new_periods)} is new: its numbers start anew"
        if not compared.held:
            return f"{anew}, and are held against none before."
        anew += "; only what looks back from the day can be held against the review before. "
    if not compared.held:
        return "No estimate could be held against the review before."
    return anew + _counted(compared.held)


def _counted(held: Sequence[Held]) -> str:
    families = [("the whole company", [one for one in held if one.is_whole]),
                ("parts of it", [one for one in held if not one.is_whole])]  # fmt: skip
    families = [(of, rows) for of, rows in families if rows]
    if not any(one.is_beyond for one in held):
        told = [f"{wording.plural(len(rows), 'estimate') if n == 0 else wording.count(len(rows))} on {of}"
                for n, (of, rows) in enumerate(families)]  # fmt: skip
        return f"No change beyond noise in {wording.join(told)}, held against the review before."
    told = [f"{sum(one.is_beyond for one in rows) or 'none'} of {wording.plural(len(rows), 'estimate')} on {of}"
            for of, rows in families]  # fmt: skip
    return f"Beyond noise: {wording.join(told)}."
