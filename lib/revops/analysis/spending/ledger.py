"""The books as known on a day, each amount in the sense of its category; and the margin that they tell."""

import datetime as dt

import numpy as np
import pandas as pd

from revops.book import AsOf
from revops.ratios import safe_ratio

__all__ = ["booked", "gross_margin", "margins"]

_INCOME, _COST = ("income", "other_income"), ("cogs", "expenses", "other_expenses")


def booked(view: AsOf) -> pd.DataFrame:
    """Return the rows of the ledger whose months were over at the end of the day, sorted, each in its category's sense.

    Returns
        schema.ledger, and: booked: revenue and cost both positive, so that a cost account under revenue takes from it,
        and income under a category of cost takes from the cost; to_result: what the row adds to the net result.
    """
    ledger = view.book.table("ledger")
    known = ledger["month"] + pd.offsets.MonthEnd(0) <= pd.Timestamp(view.day)
    rows = ledger[known].sort_values(["month", "parent", "account"], ignore_index=True)
    is_revenue = rows["category"].eq("revenue")
    other_side = rows["section"].isin(_COST).where(is_revenue, rows["section"].isin(_INCOME))
    amount = rows["amount"].mask(other_side, -rows["amount"])
    return rows.assign(booked=amount, to_result=amount.where(is_revenue, -amount))


def margins(rows: pd.DataFrame, by: pd.Series) -> pd.Series:
    """Return (revenue - cogs) / revenue of each group of rows of `booked`, sorted; NaN where a group has no revenue
    above 0, or no cost of goods at all: books that do not set it apart tell no margin."""
    revenue, cogs = (rows.loc[rows["category"].eq(name), "booked"].groupby(by).sum() for name in ("revenue", "cogs"))
    revenue, cogs = (sums.reindex(sorted(by.unique())) for sums in (revenue, cogs))
    return safe_ratio(revenue - cogs, revenue.where(revenue > 0))


def gross_margin(view: AsOf, since: dt.date, until: dt.date) -> float:
    """Return what is left of revenue after its cost of goods, in the whole months from one day to another.

    Parameters
        view : the company's tables as of a day; uses ledger: month, section, category, amount

    Returns
        A share of revenue, at most 1 (below 0 where the cost of goods is more). NaN where those months have no revenue
        above 0 or no cost of goods at all: books that do not set it apart tell no margin.

    Formula
        (revenue - cogs) / revenue, over months that lie in the days whole and were over on the day.
    """
    rows = booked(view)
    ends = rows["month"] + pd.offsets.MonthEnd(0)
    rows = rows[(rows["month"] >= pd.Timestamp(since)) & (ends <= pd.Timestamp(until))]
    found = margins(rows, pd.Series(0, rows.index))
    return float(found.iloc[0]) if len(found) else np.nan
