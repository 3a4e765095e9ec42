"""Costs of any days, each laid evenly on the days it covers."""

import datetime as dt
from collections.abc import Sequence

import pandas as pd

__all__ = ["cost_within"]

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
