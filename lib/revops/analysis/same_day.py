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
        periods : quarters that are over and frozen on `as_of`, at least one
        days_left : days from the day to the quarter's end; 0 is the last day
        halving : as in `open_on_day`

    Limits
        A deal booked by the day and reopened later counts in booked_then but not in booked.
    """
    quarters = [_quarter(states, period, days_left, as_of, company, halving) for period in periods]
    opened, booked_then, final = (pd.concat(tables, ignore_index=True) for tables in zip(*quarters, strict=True))
    due, new = opened["place"].eq("due"), ~final["was_known"]
    sums = {
        "booked_then": _sums(booked_then, "amount", periods),
        "open_amount": _sums(opened[due], "amount", periods),
        "won_from_open": _sums(opened[due], "won_amount", periods),
        "won_from_other": _sums(opened[~due], "won_amount", periods),
        "won_from_new": _sums(final[new], "amount", periods),
        "booked": _sums(final, "amount", periods),
    }
    return SameDay(opened, pd.DataFrame(sums).reset_index())


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


def _quarter(
    states: pd.DataFrame, period: Period, days_left: int, as_of: dt.date, company: Company, halving: pd.Series | None
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return what was open on the day of a quarter, what was booked by then, and what was booked in the end."""
    day = max(period.end - dt.timedelta(days=days_left), period.start)
    opened, booked_then = open_on_day(states, period, day, company, halving), booked_on_day(states, period, day)
    final = booked_on_day(states, period, frozen_on(period, as_of, company.grace_days))
    at, id = pd.Index(final["opportunity_id"]).get_indexer(opened["opportunity_id"]), final["opportunity_id"]
    opened = opened.assign(is_won=at >= 0, won_amount=np.append(final["amount"].to_numpy(dtype=float), 0.0)[at])
    was_known = [pd.Index(known["opportunity_id"]).get_indexer(id) >= 0 for known in (opened, booked_then)]
    final = final.assign(was_known=was_known[0] | was_known[1])
    opened.insert(0, "period", period.name)
    return opened, booked_then.assign(period=period.name), final.assign(period=period.name)


def _sums(rows: pd.DataFrame, column: str, periods: Sequence[Period]) -> pd.Series:
    """Return the sum of a column by period and type, 0 where there is no row."""
    every = pd.MultiIndex.from_product([[p.name for p in periods], TYPES], names=["period", "type"])
    return rows.groupby(["period", "type"])[column].sum().reindex(every).fillna(0.0)
