"""The quarters whose forecasts are judged, the day of each week on which they are, and what came of them."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import pandas as pd

from revops.analysis.outlook import Subject
from revops.analysis.pace import frozen_on
from revops.analysis.same_day import booked_on_day
from revops.analysis.spans import spans
from revops.book import UNASSIGNED
from revops.company import TYPES
from revops.periods import Period

__all__ = ["ALSO", "WEEKS", "Quarters", "quarters_of", "states_of", "week_days"]

WEEKS = range(1, 14)
ALSO = ("owner_id", "win_probability", "forecast_category")
_MOST = 40


@dataclass(frozen=True)
class Quarters:
    """Past quarters whose bookings are frozen, oldest first, from the first that booked anything.

    actuals: one row per period x type x owner_id: actual_amount (frozen some grace days after the end) and now_amount
    (as recorded on the as-of day) [company currency]. is_frozen: False where no history tells what stood then; both
    amounts are then those recorded now. judged: how many of the last ones are judged. unfrozen: names of the quarters
    between them and the subject's, whose bookings are not frozen yet.
    """

    periods: tuple[Period, ...]
    actuals: pd.DataFrame
    is_frozen: bool
    judged: int
    unfrozen: tuple[str, ...] = ()

    @property
    def last(self) -> tuple[Period, ...]:
        """Return the quarters that are judged."""
        return self.periods[-self.judged :]

    def booked(self, types: Collection[str], column: str = "actual_amount") -> pd.Series:
        """Return what each quarter booked of some types: period -> amount [company currency]."""
        rows = self.actuals[self.actuals["type"].isin(types)]
        names = [period.name for period in self.periods]
        return rows.groupby("period")[column].sum().reindex(names, fill_value=0.0)

    def by_owner(self, types: Collection[str]) -> pd.DataFrame:
        """Return what each owner booked of some types: period, owner_id, actual_amount."""
        rows = self.actuals[self.actuals["type"].isin(types)]
        return rows.groupby(["period", "owner_id"], as_index=False)["actual_amount"].sum()


def states_of(subject: Subject) -> pd.DataFrame:
    """Return the states of all the company's opportunities as spans of days, with owner, category and the CRM's chance.

    A field without history is unknown in the past, but for the owner, which is the record's.
    """
    view = subject.view
    records, company, tracked = view.book.table("opportunities"), view.company, view.book.audit.tracked
    states = spans(view.timeline, records, as_of=view.day, company=company, types=TYPES, also=ALSO)
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
    unfrozen = tuple(period.name for period in before[:-1] if not kept or period.start > kept[-1].end)
    return Quarters(tuple(kept), actuals, view.book.has_history, judged, unfrozen if kept else ())


def _is_over(subject: Subject, period: Period) -> bool:
    """Return whether a quarter's bookings are frozen, and known from its first day where there is history."""
    view = subject.view
    frozen = period.end + dt.timedelta(days=view.company.grace_days) <= view.day
    return frozen and (not view.book.has_history or view.knows(period.start))


def _actuals(subject: Subject, states: pd.DataFrame, periods: Sequence[Period]) -> pd.DataFrame:
    view, parts = subject.view, []
    for period in periods:
        now = booked_on_day(states, period, view.day)
        frozen = frozen_on(period, view.day, view.company.grace_days) if view.book.has_history else view.day
        sums = [
            rows.groupby(["type", "owner_id"])["amount"].sum().rename(name)
            for name, rows in (("actual_amount", booked_on_day(states, period, frozen)), ("now_amount", now))
        ]
        parts.append(pd.concat(sums, axis=1).fillna(0.0).reset_index().assign(period=period.name))
    columns = ["period", "type", "owner_id", "actual_amount", "now_amount"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


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
