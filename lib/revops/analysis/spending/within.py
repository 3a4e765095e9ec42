"""Costs of any days, each laid evenly on the days it covers; whether credit is worth them."""

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pandas as pd

__all__ = ["EVEN", "cost_by_month", "cost_within", "earns", "uncovered"]

Array = np.ndarray
EVEN = 1e-9
"""Amounts that differ by no more than this share are equal: what is left is rounding."""
_SYSTEM = ["system", "first", "last", "n_days"]
_DAY = pd.Timedelta(days=1)


def cost_within(lines: pd.DataFrame, since: dt.date, until: dt.date, by: Sequence[str] = ("channel",)) -> pd.DataFrame:
    """Return what was spent from one day to another, inclusive, each line laid evenly on its days.

    Parameters
        lines : Costs.lines; uses first, last, amount [company currency] and `by`

    Returns
        One row per group with a line on these days, sorted: *by, amount [company currency]. A null is a group too.

    Formula
        amount x (days of the line from since to until) / (days of the line). Days next to each other add up to the
        days together.
    """
    first, last = lines["first"].clip(lower=pd.Timestamp(since)), lines["last"].clip(upper=pd.Timestamp(until))
    days = (last - first) / _DAY + 1
    there = days > 0
    part = lines["amount"] * days / ((lines["last"] - lines["first"]) / _DAY + 1)
    rows = lines.loc[there, list(by)].assign(amount=part[there])
    return rows.groupby(list(by), dropna=False)["amount"].sum().reset_index()[[*by, "amount"]]


def cost_by_month(lines: pd.DataFrame, months: pd.DatetimeIndex) -> Array:
    """Return what was spent in each month, each line laid evenly on its days [array, company currency].

    Parameters
        lines : Costs.lines; uses first, last, amount
        months : first days of months
    """
    first, last = (lines[name].to_numpy()[:, None] for name in ("first", "last"))
    starts, ends = months.to_numpy(), (months + pd.offsets.MonthEnd(0)).to_numpy()
    days = (np.minimum(last, ends) - np.maximum(first, starts)) / _DAY + 1
    return lines["amount"].to_numpy() @ (np.maximum(days, 0) / ((last - first) / _DAY + 1))


def earns(spend: Array, credited: Array, most_cost: float) -> Array:
    """Return whether credit is worth its spend: spend <= most_cost x credited; never where the spend is not known."""
    return most_cost * credited - spend >= -EVEN * abs(spend)


def uncovered(lines: pd.DataFrame, since: dt.date, until: dt.date) -> pd.DataFrame:
    """Return the ad systems whose rows begin after some days do, or end before: spend of the rest is not known.

    Parameters
        lines : Costs.lines; uses system, first, last

    Returns
        One row per such system, sorted: system, first, last (of its rows), n_days (before the first and after the last)
    """
    ads = lines[lines["system"].ne("crm")]
    spans = ads.groupby("system").agg(first=("first", "min"), last=("last", "max")).reset_index()
    start, end = pd.Timestamp(since), pd.Timestamp(until)
    first, last = spans["first"].clip(start, end + _DAY), spans["last"].clip(start - _DAY, end)
    inside = ((last - first) / _DAY + 1).clip(lower=0)
    spans["n_days"] = ((end - start) / _DAY + 1 - inside).astype("int64")
    return spans.loc[spans["n_days"] > 0, _SYSTEM].reset_index(drop=True)
