"""Past quarters on the same day: what was open then, and what became of it by the quarter's end."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.analysis.pace import frozen_on
from revops.analysis.spans import on_day
from revops.company import TYPES, Company
from revops.periods import Period

__all__ = ["PLACES", "SameDay", "booked_on_day", "open_on_day", "same_day"]

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
    halving: pd.Series | None = None,
) -> SameDay:  # fmt: skip
    """Return what was open in each past quarter when `days_left` days remained, and what it brought.

    Parameters
        states : spans of days (analysis.spans.spans); those of a slice give the slice
        periods : quarters that are over and frozen on `as_of`
        days_left : days from the day to the quarter's end; 0 is the last day
        halving : as in `open_on_day`

    Limits
        A deal booked by the day and reopened later counts in booked_then but not in booked.
    """
    deals, totals = [pd.DataFrame(columns=_DEALS)], [pd.DataFrame(columns=_TOTALS)]
    for period in periods:
        day = max(period.end - dt.timedelta(days=days_left), period.start)
        opened, booked_then = open_on_day(states, period, day, company, halving), booked_on_day(states, period, day)
        final = booked_on_day(states, period, frozen_on(period, as_of, company.grace_days))
        opened = _with_outcome(opened, final).assign(period=period.name)
        deals.append(opened[_DEALS])
        totals.append(_totals(opened, booked_then, final).assign(period=period.name))
    return SameDay(*(pd.concat(found[1:] or found, ignore_index=True) for found in (deals, totals)))


def open_on_day(
    states: pd.DataFrame, period: Period, day: dt.date, company: Company, halving: pd.Series | None = None
) -> pd.DataFrame:
    """Return the opportunities open at the end of a day, with their place towards the quarter: one row each.

    Parameters
        halving : stage_name -> days after which a deal counts as stalled (aging.halving_ages); none by default

    Columns: opportunity_id, stage_name, pushes (count), type, amount, place (PLACES), days_in_stage, is_stalled
    (False where its stage has no halving age).
    """
    opened = on_day(states, day)
    opened = opened[opened["outcome"].eq("open")].reset_index(drop=True)
    close, stamp = opened["close_date"], pd.Timestamp(day)
    rules = [close < stamp, close > pd.Timestamp(period.end), opened["stage_order"] < company.qualifying_order]
    place = pd.Series(np.select(rules, ["overdue", "later", "early"], "due"), dtype="str")
    age = (stamp - opened["entered"]).dt.days
    limit = opened["stage_name"].map({} if halving is None else halving).astype("float64")
    columns = ["opportunity_id", "stage_name", "pushes", "type", "amount"]
    return opened[columns].assign(place=place, days_in_stage=age, is_stalled=age > limit)


def booked_on_day(states: pd.DataFrame, period: Period, day: dt.date) -> pd.DataFrame:
    """Return what counted as booked in the quarter at the end of a day."""
    stood = on_day(states, day)
    stood = stood[stood["close_date"].between(pd.Timestamp(period.start), pd.Timestamp(min(day, period.end)))]
    return stood[stood["outcome"].eq("won")]


_DEALS = ["period", "opportunity_id", "place", "stage_name", "pushes", "type", "amount", "days_in_stage", "is_stalled",
          "is_won", "won_amount"]  # fmt: skip
_TOTALS = ["period", "type", "booked_then", "open_amount", "won_from_open", "won_from_other", "won_from_new", "booked"]


def _with_outcome(opened: pd.DataFrame, final: pd.DataFrame) -> pd.DataFrame:
    """Return open deals with whether the quarter booked them, and for how much."""
    found = pd.Index(final["opportunity_id"]).get_indexer(opened["opportunity_id"])
    amounts = np.append(final["amount"].to_numpy(dtype=float), 0.0)[found]
    return opened.assign(is_won=found >= 0, won_amount=amounts)


def _totals(opened: pd.DataFrame, booked_then: pd.DataFrame, final: pd.DataFrame) -> pd.DataFrame:
    """Return one period's totals, one row per type, all types."""
    due, id = opened["place"].eq("due"), pd.Index(final["opportunity_id"])
    is_known = (pd.Index(opened["opportunity_id"]).get_indexer(id) >= 0) | (
        pd.Index(booked_then["opportunity_id"]).get_indexer(id) >= 0
    )
    sums = {
        "booked_then": _by_type(booked_then, "amount"),
        "open_amount": _by_type(opened[due], "amount"),
        "won_from_open": _by_type(opened[due], "won_amount"),
        "won_from_other": _by_type(opened[~due], "won_amount"),
        "won_from_new": _by_type(final[~is_known], "amount"),
        "booked": _by_type(final, "amount"),
    }
    return pd.DataFrame(sums).rename_axis("type").reset_index()


def _by_type(rows: pd.DataFrame, column: str) -> pd.Series:
    return rows.groupby("type")[column].sum().reindex(list(TYPES)).fillna(0.0)
