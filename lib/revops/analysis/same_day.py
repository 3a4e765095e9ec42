"""Past quarters on the same day: what was open then, and what became of it by the quarter's end."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

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
    """deals: one row per period x opportunity open on that day: period, opportunity_id, place (PLACES), stage_name,
    pushes, type, amount, is_won (won in the quarter), won_amount. totals: one row per period x type: booked_then,
    open_amount (due and qualified), won_from_open, won_from_other (open but not so), won_from_new (not there yet), booked
    (frozen)."""

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
    states: pd.DataFrame, periods: Sequence[Period], *, days_left: int, as_of: dt.date, company: Company
) -> SameDay:
    """Return what was open in each past quarter when `days_left` days remained, and what it brought.

    Parameters
        states : spans of days (analysis.spans.spans)
        periods : quarters that are over and frozen on `as_of`
        days_left : days from the day to the quarter's end; 0 is the last day

    Limits
        A deal booked by the day and reopened later counts in booked_then but not in booked.
    """
    deals, totals = [], []
    for period in periods:
        day = max(period.end - dt.timedelta(days=days_left), period.start)
        opened, booked_then = open_on_day(states, period, day, company), booked_on_day(states, period, day)
        final = booked_on_day(states, period, frozen_on(period, as_of, company.grace_days))
        won = opened["opportunity_id"].map(final.set_index("opportunity_id")["amount"]).astype("float64")
        opened = opened.assign(period=period.name, is_won=won.notna(), won_amount=won.fillna(0.0))
        deals.append(opened)
        totals.append(_totals(opened, booked_then, final).assign(period=period.name))
    columns = ["period", "opportunity_id", "place", "stage_name", "pushes", "type", "amount", "is_won", "won_amount"]
    table = pd.concat(deals, ignore_index=True)[columns] if deals else pd.DataFrame(columns=columns)
    return SameDay(table, pd.concat(totals, ignore_index=True) if totals else pd.DataFrame(columns=_TOTALS))


def open_on_day(states: pd.DataFrame, period: Period, day: dt.date, company: Company) -> pd.DataFrame:
    """Return the opportunities open at the end of a day, with their place towards the quarter: one row each.

    Columns: opportunity_id, stage_name, pushes (0, 1 or 2 for more), type, amount, place (PLACES).
    """
    opened = on_day(states, day)
    opened = opened[opened["outcome"].eq("open")]
    place = pd.Series("due", index=opened.index, dtype="str")
    place = place.mask(opened["stage_order"] < company.qualifying_order, "early")
    place = place.mask(opened["close_date"] > pd.Timestamp(period.end), "later")
    place = place.mask(opened["close_date"] < pd.Timestamp(day), "overdue")
    columns = ["opportunity_id", "stage_name", "pushes", "type", "amount"]
    return _by_content(opened[columns].assign(place=place, pushes=opened["pushes"].clip(upper=2)))


_TOTALS = [
    "period", "type", "booked_then", "open_amount", "won_from_open", "won_from_other", "won_from_new", "booked",
]  # fmt: skip


def _totals(opened: pd.DataFrame, booked_then: pd.DataFrame, final: pd.DataFrame) -> pd.DataFrame:
    """Return one period's totals, one row per type, all types."""
    due = opened["place"].eq("due")
    known = set(opened["opportunity_id"]) | set(booked_then["opportunity_id"])
    new = final[~final["opportunity_id"].isin(known)]
    sums = {
        "booked_then": booked_then.groupby("type")["amount"].sum(),
        "open_amount": opened[due].groupby("type")["amount"].sum(),
        "won_from_open": opened[due].groupby("type")["won_amount"].sum(),
        "won_from_other": opened[~due].groupby("type")["won_amount"].sum(),
        "won_from_new": new.groupby("type")["amount"].sum(),
        "booked": final.groupby("type")["amount"].sum(),
    }
    return pd.DataFrame(sums).reindex(list(TYPES)).fillna(0.0).rename_axis("type").reset_index()


def _by_content(deals: pd.DataFrame) -> pd.DataFrame:
    """Return deals in an order that does not depend on their ids, so that no draw of chance does either."""
    return deals.sort_values(["type", "place", "stage_name", "pushes", "amount"], kind="stable", ignore_index=True)


def booked_on_day(states: pd.DataFrame, period: Period, day: dt.date) -> pd.DataFrame:
    """Return what counted as booked in the quarter at the end of a day."""
    won = on_day(states, day)
    until = min(day, period.end)
    return won[won["outcome"].eq("won") & won["close_date"].between(pd.Timestamp(period.start), pd.Timestamp(until))]
