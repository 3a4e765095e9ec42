"""Costs of any days, each laid evenly on the days it covers; whether they are earned; and the margin of the books."""

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pandas as pd

from revops.book import AsOf
from revops.ratios import safe_ratio

__all__ = ["EVEN", "cost_within", "earns", "gross_margin", "uncovered"]

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


def gross_margin(view: AsOf, since: dt.date, until: dt.date) -> float:
    """Return what is left of revenue after its cost of goods, in the whole months from one day to another.

    Parameters
        view : the company's tables as of a day; uses ledger: month, category, amount

    Returns
        A share of revenue, at most 1 (below 0 where the cost of goods is more). NaN where those months have no revenue
        above 0 or no cost of goods at all: books that do not set it apart tell no margin.

    Formula
        (revenue - cogs) / revenue, over months that lie in the days whole and were over on the day.
    """
    ledger = view.book.table("ledger")
    ends = ledger["month"] + pd.offsets.MonthEnd(0)
    inside = (ledger["month"] >= pd.Timestamp(since)) & (ends <= pd.Timestamp(min(until, view.day)))
    rows = ledger[inside].sort_values(["month", "parent", "account"])
    revenue, cogs = (rows.loc[rows["category"].eq(name), "amount"].sum() for name in ("revenue", "cogs"))
    if not rows["category"].eq("cogs").any() or not revenue > 0:
        return np.nan
    return float(safe_ratio(revenue - cogs, revenue))
