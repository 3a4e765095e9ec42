"""The quarters whose forecasts are judged, the day of each week on which they are, and what came of them."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.analysis.outlook import Subject
from revops.analysis.pace import frozen_on
from revops.analysis.same_day import booked_on_days
from revops.analysis.spans import spans_of
from revops.book import UNASSIGNED
from revops.company import TYPES
from revops.periods import Period

__all__ = ["ALSO", "WEEKS", "Quarters", "early_bookings", "quarters_of", "states_of", "week_days"]

WEEKS = range(1, 14)
ALSO = ("owner_id", "win_probability", "forecast_category")
_MOST = 40


@dataclass(frozen=True)
class Quarters:
    """Past quarters whose bookings are frozen, oldest first, from the first that booked anything.

    actuals: one row per period x type x owner_id: actual_amount (frozen some grace days after the end) and now_amount
    (as recorded on the as-of day) [company currency]. is_frozen: False where no history tells what stood then; both
    amounts are then those recorded now. judged: how many of the last ones are judged. unfrozen: the quarters between
    them and the subject's, whose bookings are not frozen yet. grace_days: after which a quarter's bookings are.
    """

    periods: tuple[Period, ...]
    actuals: pd.DataFrame
    is_frozen: bool
    judged: int
    unfrozen: tuple[Period, ...] = ()
    grace_days: int = 0

    @property
    def last(self) -> tuple[Period, ...]:
        """Return the quarters that are judged."""
        return self.periods[-self.judged :]

    def booked(self, types: Collection[str], column: str = "actual_amount") -> pd.Series:
        """Return what each quarter booked of some types: period -> amount [company currency]."""
        rows = self.actuals[self.actuals["type"].isin(types)]
        names = [period.name for period in self.periods]
        return rows.groupby("period")[column].sum().reindex(names, fill_value=0.0)

    def before(self, period: Period, day: dt.date) -> tuple[Period, ...]:
        """Return the quarters before one that were frozen by a day: what is told on that day may rest on them."""
        ends = period.start - dt.timedelta(days=1)
        known = [p for p in self.periods if p.end <= ends]
        grace = dt.timedelta(days=self.grace_days if self.is_frozen else 0)
        return tuple(p for p in known if p.end + grace <= day)

    def by_owner(self, types: Collection[str]) -> pd.DataFrame:
        """Return what each owner booked of some types: period, owner_id, actual_amount."""
        rows = self.actuals[self.actuals["type"].isin(types)]
        return rows.groupby(["period", "owner_id"], as_index=False)["actual_amount"].sum()


def states_of(subject: Subject) -> pd.DataFrame:
    """Return the states of all the company's opportunities as spans of days, with owner, category and the CRM's chance.

    A field without history is unknown in the past, but for the owner, which is the record's.
    """
    tracked, states = subject.view.book.audit.tracked, spans_of(subject.view, types=TYPES, also=ALSO)
    states["owner_id"] = states["owner_id"].fillna(UNASSIGNED)
    unknown = [name for name in ("win_probability", "forecast_category") if name not in tracked]
    return states.assign(**{name: pd.Series(None, states.index, states[name].dtype) for name in unknown})


def quarters_of(subject: Subject, states: pd.DataFrame, judged: int) -> Quarters:
    """Return the past quarters of the subject, up to the period asked for, and what they booked.

    Parameters
        states : states_of, of the subject alone
        judged : how many quarters to judge, at most
    """
    view = subject.view
    before = [*view.calendar.before(subject.period, _MOST), subject.period]
    known = [period for period in before if _is_over(subject, period)]
    actuals = _actuals(subject, states, known)
    covered = actuals[actuals["type"].isin(subject.covers or TYPES)]
    sold = covered.loc[covered["actual_amount"].ne(0), "period"]
    names = [period.name for period in known]
    first = min((names.index(name) for name in sold.unique()), default=len(known))
    kept = known[first:]
    actuals = actuals[actuals["period"].isin([period.name for period in kept])].reset_index(drop=True)
    unfrozen = tuple(period for period in before[:-1] if kept and period.start > kept[-1].end)
    return Quarters(tuple(kept), actuals, view.book.has_history, judged, unfrozen, view.company.grace_days)


def _is_over(subject: Subject, period: Period) -> bool:
    """Return whether a quarter's bookings are frozen, the exports reach so far, and history its first day."""
    view = subject.view
    reached = view.last_stamp.date() + dt.timedelta(days=subject.knobs.stale_after_days)
    frozen = period.end + dt.timedelta(days=view.company.grace_days) <= min(view.day, reached)
    return frozen and (not view.book.has_history or view.knows(period.start))


def _actuals(subject: Subject, states: pd.DataFrame, periods: Sequence[Period]) -> pd.DataFrame:
    view, columns = subject.view, ["period", "type", "owner_id", "actual_amount", "now_amount"]
    if not periods:
        return pd.DataFrame(columns=columns)
    now = [view.day] * len(periods)
    grace = view.company.grace_days
    frozen = [frozen_on(period, view.day, grace) for period in periods] if view.book.has_history else now
    sums = []
    for name, days in (("actual_amount", frozen), ("now_amount", now)):
        rows = booked_on_days(states, list(zip(periods, days, strict=True)))
        sums.append(rows.groupby(["at", "type", "owner_id"])["amount"].sum().rename(name))
    table = pd.concat(sums, axis=1).sort_index().fillna(0.0).reset_index()
    names = np.array([period.name for period in periods])
    return table.assign(period=pd.array(names[table["at"]], dtype="str"))[columns]


def early_bookings(
    states: pd.DataFrame, quarters: Quarters, days: Mapping[Period, Mapping[int, dt.date]]
) -> pd.DataFrame:
    """Return what the quarter right before another had booked as recorded on a day, where it was not frozen by then.

    Returns
        One row per period x horizon_weeks x type: amount [company currency].
    """
    ended = [*quarters.periods, *quarters.unfrozen]
    before = dict(zip(ended[1:], ended, strict=False))
    before |= {period: ended[-1] for period in days if ended and period not in ended}
    at = [
        (period, week, before[period], day)
        for period, weeks in days.items()
        for week, day in weeks.items()
        if quarters.is_frozen and period in before and before[period].end < day
        and before[period].end + dt.timedelta(days=quarters.grace_days) > day
    ]  # fmt: skip
    rows = booked_on_days(states, [(last, day) for _, _, last, day in at]) if at else states.iloc[:0].assign(at=0)
    sums = rows.groupby(["at", "type"])["amount"].sum()
    whole = sums.reindex(pd.MultiIndex.from_product([range(len(at)), TYPES], names=["at", "type"]), fill_value=0.0)
    table = whole.reset_index()
    return table.assign(
        period=table["at"].map(dict(enumerate(period.name for period, *_ in at))),
        horizon_weeks=table["at"].map(dict(enumerate(week for _, week, *_ in at))),
    ).drop(columns="at")


def week_days(period: Period, called: Collection[dt.date] = ()) -> dict[int, dt.date]:
    """Return the day of each week of a quarter on which forecasts are taken: horizon_weeks -> day.

    Parameters
        called : days on which calls for the quarter were made

    Week 1 is days 1 to 7; the odd days after day 91 belong to week 13. The day is the last one with a call in the week;
    in a week without a call the same weekday as in the others; without any calls the first day of the week.
    """
    inside = [day for day in called if period.start <= day <= period.end]
    usual = _usual_offset([(period.day_of(day) - 1) % 7 for day in inside])
    days = {}
    for week in WEEKS:
        own = [day for day in inside if period.week_of(day) == week]
        days[week] = max(own) if own else min(period.start + dt.timedelta(days=7 * (week - 1) + usual), period.end)
    return days


def _usual_offset(offsets: list[int]) -> int:
    """Return the most frequent of some days of the week; the earliest of several, 0 of none."""
    return min(set(offsets), key=lambda offset: (-offsets.count(offset), offset), default=0)
