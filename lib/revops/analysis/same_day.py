"""Past quarters on the same day: what was open then, and what became of it by the quarter's end."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.analysis.pace import frozen_on
from revops.company import TYPES, Company
from revops.periods import Period

__all__ = ["PLACES", "SameDay", "booked_on_day", "booked_on_days", "open_on_day", "open_on_days", "same_day"]

PLACES = ("due", "early", "overdue", "later")
"""Where an open opportunity stands towards a quarter: due in it and qualified, due but before the qualifying stage,
with a date that has passed, or due after it."""


@dataclass(frozen=True)
class SameDay:
    """deals: one row per period x opportunity open on that day: period, the columns of `open_on_day`, is_won (won in
    the quarter), won_amount. totals: one row per period x type: booked_then, open_amount (due and qualified),
    won_from_open, won_from_other (open but not so), won_from_new (not there yet), booked (frozen)."""

    deals: pd.DataFrame
    totals: pd.DataFrame

    def of(self, periods: Collection[str]) -> "SameDay":
        """Return the same for some of the periods."""
        return SameDay(*(t[t["period"].isin(periods)].reset_index(drop=True) for t in (self.deals, self.totals)))

    def sums(self, types: Collection[str]) -> pd.DataFrame:
        """Return the totals of some types, one row per period, in the order of the periods."""
        rows = self.totals[self.totals["type"].isin(types)].drop(columns="type")
        return rows.groupby("period", sort=False).sum().reset_index()


def same_day(
    states: pd.DataFrame, periods: Sequence[Period], *, days_left: int, as_of: dt.date, company: Company,
    halving: pd.Series | None = None, also: Sequence[str] = (),
) -> SameDay:  # fmt: skip
    """Return what was open in each past quarter when `days_left` days remained, and what it brought.

    Parameters
        states : spans of days (analysis.spans.spans); those of a slice give the slice
        periods : quarters that are over and frozen on `as_of`, at least one
        days_left : days from the day to the quarter's end; 0 is the last day
        halving, also : as in `open_on_day`

    Limits
        A deal booked by the day and reopened later counts in booked_then but not in booked.
    """
    days = [max(period.end - dt.timedelta(days=days_left), period.start) for period in periods]
    froze = [frozen_on(period, as_of, company.grace_days) for period in periods]
    opened = _open_rows(states, days)
    then, final = (_booked_rows(states, list(zip(periods, on, strict=True))) for on in (days, froze))
    id, amount = pd.factorize(states["opportunity_id"])[0], states["amount"].to_numpy(dtype=float)
    was_open, was_booked, came = (quarter * len(id) + id[rows] for quarter, rows in (opened, then, final))
    at, quarter = pd.Index(came).get_indexer(was_open), opened[0]
    ends = [period.end for period in periods]
    deals = _described(states.iloc[opened[1]], _stamps(days)[quarter], _stamps(ends)[quarter], company, halving, also)
    deals = deals.assign(is_won=at >= 0, won_amount=np.append(amount[final[1]], 0.0)[at])
    deals.insert(0, "period", pd.array([period.name for period in periods], dtype="str")[quarter])
    is_new = ~np.isin(came, np.concatenate([was_open, was_booked]))
    return SameDay(deals, _totals(states, periods, deals, opened, then, final, is_new))


def open_on_day(
    states: pd.DataFrame, period: Period, day: dt.date, company: Company, halving: pd.Series | None = None,
    also: Sequence[str] = (),
) -> pd.DataFrame:  # fmt: skip
    """Return the opportunities open at the end of a day, with their place towards the quarter: one row each.

    Parameters
        halving : stage_name -> days after which a deal counts as stalled (aging.halving_ages); none by default
        also : more columns of the states to keep (spans.spans)

    Columns: opportunity_id, stage_name, pushes (count), type, amount, place (PLACES), days_in_stage, is_stalled
    (False where its stage has no halving age).
    """
    (_, rows), (day_stamp, end_stamp) = _open_rows(states, [day]), _stamps([day, period.end])
    return _described(states.iloc[rows], day_stamp, end_stamp, company, halving, also)


def open_on_days(
    states: pd.DataFrame, on: Sequence[tuple[Period, dt.date]], company: Company, also: Sequence[str] = ()
) -> pd.DataFrame:
    """Return `open_on_day` of several quarters' days below one another: at is the place of each day in `on`."""
    at, rows = _open_rows(states, [day for _, day in on])
    day, end = _stamps([day for _, day in on])[at], _stamps([period.end for period, _ in on])[at]
    return _described(states.iloc[rows], day, end, company, None, also).assign(at=at)


def booked_on_day(states: pd.DataFrame, period: Period, day: dt.date) -> pd.DataFrame:
    """Return what counted as booked in the quarter at the end of a day."""
    return states.iloc[_booked_rows(states, [(period, day)])[1]]


def booked_on_days(states: pd.DataFrame, on: Sequence[tuple[Period, dt.date]]) -> pd.DataFrame:
    """Return `booked_on_day` of several quarters' days below one another: at is the place of each day in `on`."""
    at, rows = _booked_rows(states, on)
    return states.iloc[rows].assign(at=at)


Array = np.ndarray
Rows = tuple[Array, Array]
"""Numbers of quarters, and the rows of states that belong to them."""


def _open_rows(states: pd.DataFrame, days: Sequence[dt.date]) -> Rows:
    rows, (first, last) = _of_outcome(states, "open", "first", "last")
    return _stacked([rows[(first <= day) & (last >= day)] for day in _stamps(days)])


def _booked_rows(states: pd.DataFrame, on: Sequence[tuple[Period, dt.date]]) -> Rows:
    rows, (first, last, close) = _of_outcome(states, "won", "first", "last", "close_date")
    starts, days = _stamps([period.start for period, _ in on]), _stamps([day for _, day in on])
    until = np.minimum(days, _stamps([period.end for period, _ in on]))
    return _stacked([
        rows[(first <= day) & (last >= day) & (close >= start) & (close <= end)]
        for start, day, end in zip(starts, days, until, strict=True)
    ])  # fmt: skip


def _of_outcome(states: pd.DataFrame, outcome: str, *names: str) -> tuple[Array, list[Array]]:
    """Return the rows of an outcome, and their dates in some columns."""
    rows = np.flatnonzero(states["outcome"].eq(outcome))
    return rows, [states[name].to_numpy()[rows] for name in names]


def _stacked(rows: list[Array]) -> Rows:
    return np.repeat(np.arange(len(rows)), [len(part) for part in rows]), np.concatenate(rows)


def _stamps(days: Sequence[dt.date]) -> Array:
    return np.array(days, dtype="datetime64[us]")


def _described(
    opened: pd.DataFrame, day: Array, end: Array, company: Company, halving: pd.Series | None, also: Sequence[str]
) -> pd.DataFrame:
    """Return open states with their place on a day towards a quarter's end, and how long they are in their stage."""
    close, limit = opened["close_date"], opened["stage_name"].map({} if halving is None else halving).astype("float64")
    rules = [close < day, close > end, opened["stage_order"] < company.qualifying_order]
    place = np.select(rules, ["overdue", "later", "early"], "due")
    days_in_stage = (day - opened["entered"]).dt.days
    columns = ["opportunity_id", "stage_name", "pushes", "type", "amount", *also]
    place = pd.Series(place, index=opened.index, dtype="str")
    found = opened[columns].assign(place=place, days_in_stage=days_in_stage, is_stalled=days_in_stage > limit)
    return found.reset_index(drop=True)


def _totals(
    states: pd.DataFrame, periods: Sequence[Period], deals: pd.DataFrame, opened: Rows, then: Rows, final: Rows,
    is_new: Array,
) -> pd.DataFrame:  # fmt: skip
    """Return sums by period and type, all types."""
    type, amount = pd.Index(TYPES).get_indexer(states["type"]), states["amount"].to_numpy(dtype=float)
    due, won = deals["place"].eq("due").to_numpy(), deals["won_amount"].to_numpy()

    def sums(rows: Rows, values: Array) -> Array:
        return np.bincount(rows[0] * len(TYPES) + type[rows[1]], values, len(periods) * len(TYPES))

    return pd.DataFrame({
        "period": np.repeat([period.name for period in periods], len(TYPES)),
        "type": np.tile(TYPES, len(periods)),
        "booked_then": sums(then, amount[then[1]]),
        "open_amount": sums(opened, amount[opened[1]] * due),
        "won_from_open": sums(opened, won * due),
        "won_from_other": sums(opened, won * ~due),
        "won_from_new": sums(final, amount[final[1]] * is_new),
        "booked": sums(final, amount[final[1]]),
    }).astype({"period": "str", "type": "str"})  # fmt: skip
