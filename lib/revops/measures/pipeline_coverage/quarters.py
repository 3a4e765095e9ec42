"""The subject's quarters as they went: coverage day by day, earlier quarters, and what moved of late."""

import datetime as dt

import pandas as pd

from revops.analysis.movement import movement
from revops.analysis.outlook import Subject
from revops.analysis.pace import daily_pipeline, frozen_bookings, frozen_on
from revops.analysis.spans import spans
from revops.analysis.standing import OPEN_PIPELINE, standing
from revops.ratios import safe_ratio

__all__ = ["coverage_by_day", "earlier_quarters", "moved_since", "on_same_day", "settled_state", "start_coverage"]

_ALL_DAYS = 366


def coverage_by_day(subject: Subject) -> pd.DataFrame | None:
    """Return coverage on every day of the period and of those before it, as far back as history knows.

    Returns
        None without history; else one row per period x day, as in analysis.pace.daily_pipeline, with quota_amount (NaN
        where none), coverage = open / (quota - booked) and start_coverage = open / quota, both [x]; NaN where
        undefined.
    """
    view, period = subject.view, subject.period
    if not view.book.has_history:
        return None
    periods = [p for p in [*view.calendar.before(period, subject.knobs.past_quarters), period] if view.knows(p.start)]
    table = daily_pipeline(subject.states, periods, as_of=view.day, company=view.company)
    quota = table["period"].map({p.name: subject.quota(p).amount for p in periods}).astype("float64")
    table = table.assign(quota_amount=quota)
    remaining = (table["quota_amount"] - table["booked_amount"]).clip(lower=0)
    table["coverage"] = safe_ratio(table["open_pipeline_amount"], remaining)
    table["start_coverage"] = safe_ratio(table["open_pipeline_amount"], table["quota_amount"])
    return table


def start_coverage(subject: Subject, by_day: pd.DataFrame | None) -> float:
    """Return `start_coverage`: open pipeline at the end of the period's first day over its full quota [x]."""
    if by_day is None:
        return float("nan")
    first = by_day[by_day["period"].eq(subject.period.name) & by_day["day"].eq(1)]
    return float(first["start_coverage"].iloc[0]) if len(first) else float("nan")


def earlier_quarters(subject: Subject, by_day: pd.DataFrame | None) -> pd.DataFrame:
    """Return one row per past quarter: what was asked, booked, and how covered it was on day 1 and on this day.

    Returns
        period, quota_amount, booked_amount [company currency], n_booked, attainment (booked / quota, NaN without
        quota), start_coverage and coverage_on_day [x, NaN where unknown], both from coverage_by_day; this day is the
        one on which as many days of the quarter were left.

    Limits
        Without history the bookings are those that the records show today.
    """
    view, period = subject.view, subject.period
    past = [p for p in view.calendar.before(period, subject.knobs.past_quarters) if p.end < view.day]
    if view.book.has_history:
        past = [p for p in past if view.knows(p.start)]
    table = frozen_bookings(_states(subject), past, as_of=view.day, company=view.company)
    quota = [subject.quota(p).amount for p in past]
    table = table.assign(quota_amount=pd.Series(quota, index=table.index, dtype="float64"))
    table["attainment"] = safe_ratio(table["booked_amount"], table["quota_amount"])
    left = period.days_left(period.clip(view.day))
    for name, column, days_left in (
        ("start_coverage", "start_coverage", _ALL_DAYS),
        ("coverage_on_day", "coverage", left),
    ):
        known = (
            pd.Series(dtype="float64") if by_day is None else on_same_day(by_day, days_left).set_index("period")[column]
        )
        table[name] = table["period"].map(known).astype("float64")
    order = ["period", "quota_amount", "booked_amount", "n_booked", "attainment", "start_coverage", "coverage_on_day"]
    return table[order]


def on_same_day(by_day: pd.DataFrame, days_left: int) -> pd.DataFrame:
    """Return the row of each period on the day on which that many days were left; its first day where it has fewer."""
    first = by_day.groupby("period")["days_left"].transform("max")
    return by_day[by_day["days_left"].eq(first.clip(upper=days_left))].reset_index(drop=True)


def moved_since(subject: Subject, start: dt.date) -> tuple[pd.DataFrame | None, float]:
    """Return what moved since `start` (analysis.movement) and the open pipeline of that day [company currency]; None
    and NaN where that day cannot be rebuilt."""
    view, period = subject.view, subject.period
    if not view.book.has_history or not view.knows(start):
        return None, float("nan")
    before = subject.part_of(view.state(start))
    where = standing(before, period=period, day=start, company=view.company)
    moved = movement(before, subject.state, period=period, start=start, end=view.day, company=view.company)
    return moved, float(before.loc[where.eq(OPEN_PIPELINE), "amount"].sum())


def settled_state(subject: Subject) -> pd.DataFrame | None:
    """Return the opportunities on the day a past period's bookings were frozen; None where that is the as-of day."""
    view = subject.view
    day = frozen_on(subject.period, view.day, view.company.grace_days)
    if day == view.day or not view.knows(day):
        return None
    return subject.part_of(view.state(day))


def _states(subject: Subject) -> pd.DataFrame:
    """Return the states of days; without history each record as if it had always stood as it does today."""
    view = subject.view
    if view.book.has_history:
        return subject.states
    timeline = view.timeline.assign(changed_at=view.timeline["close_date"])
    return subject.part_of(spans(timeline, view.book.table("opportunities"), as_of=view.day, company=view.company))
