"""How much of the effort of each time went to new business: what past customers' cost is shared by."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

__all__ = ["ByMonth", "by_month", "spent_months"]

Array = np.ndarray
_DAY = pd.Timedelta(days=1)
_MONTH = ["effort", "new_effort", "n_begun", "n_ended"]


@dataclass(frozen=True)
class ByMonth:
    """table: by month (first days, without gaps): effort, new_effort (of new business), in the driver's unit; n_begun,
    n_ended: deals whose effort begins, and ends, in it. back: whole months that cost is spent before the first bill.
    fewest: of fewer deals no share is told.
    """

    table: pd.DataFrame
    back: int
    fewest: int

    def over(self, months: pd.DatetimeIndex) -> float:
        """Return the share of new business in the cost of some months; NaN where fewer than `fewest` deals lie between
        the first and the last month in which it was spent, or no effort went to new business."""
        spent = spent_months(months, self.back)
        if spent.empty:
            return np.nan
        sums = self.table[_MONTH[:2]].reindex(spent).sum()
        begun = self.table.loc[self.table.index <= spent[-1], "n_begun"].sum()
        ended = self.table.loc[self.table.index < spent[0], "n_ended"].sum()
        is_told = begun - ended >= self.fewest and sums["new_effort"] > 0
        return float(sums["new_effort"] / sums["effort"]) if is_told else np.nan

    def up_to(self, months: pd.DatetimeIndex, span: int) -> pd.Series:
        """Return by month the share of new business in the cost of `span` months up to it; NaN as in `over`."""
        if months.empty or self.table.empty:
            return pd.Series(np.nan, months, dtype=float)
        ends = min(months[0], self.table.index[0]), max(months[-1], self.table.index[-1])
        table = self.table.reindex(pd.date_range(*ends, freq="MS", unit="us"), fill_value=0.0)
        reach = span + self.back
        sums = table[_MONTH[:2]].rolling(reach, min_periods=1).sum()
        n = table["n_begun"].cumsum() - table["n_ended"].cumsum().shift(reach, fill_value=0.0)
        is_told = (n >= self.fewest) & (sums["new_effort"] > 0)
        return (sums["new_effort"] / sums["effort"]).where(is_told).reindex(months)


def by_month(deals: pd.DataFrame, driver: str, back: int, fewest: int) -> ByMonth:
    """Return the effort of every month from the first deal's to the last one's.

    Parameters
        deals : type, made, closed (days, closed no earlier than made), won (amount; 0 unless won)
        driver : deal_days, deals or amount, as in effort_of
        back, fewest : as in ByMonth
    """
    deals = deals if driver != "amount" else deals[deals["won"] > 0]
    if deals.empty:
        return ByMonth(pd.DataFrame(columns=_MONTH, index=pd.DatetimeIndex([]), dtype=float), back, fewest)
    first, last = (_month(deals[name]) for name in _ENDS[driver])
    months = pd.date_range(first.min(), last.max(), freq="MS", unit="us")
    is_new = deals["type"].eq("new").to_numpy()
    effort = [_effort(deals[rows], driver, first[rows], months) for rows in (np.ones(len(deals), dtype=bool), is_new)]
    n = [ends.value_counts().reindex(months, fill_value=0).to_numpy(dtype=float) for ends in (first, last)]
    return ByMonth(pd.DataFrame(dict(zip(_MONTH, [*effort, *n], strict=True)), months), back, fewest)


_ENDS = {"deal_days": ("made", "closed"), "deals": ("made", "made"), "amount": ("closed", "closed")}
"""Where the effort of a deal begins and ends."""


def _effort(deals: pd.DataFrame, driver: str, first: pd.Series, months: pd.DatetimeIndex) -> Array:
    """Return the effort of deals in each month."""
    if driver == "deal_days":
        edges = months.append(months[-1:] + pd.DateOffset(months=1))
        return np.diff(_days_before(edges, deals["made"]) - _days_before(edges, deals["closed"] + _DAY))
    each = deals["won"] if driver == "amount" else pd.Series(1.0, deals.index)
    return each.groupby(first).sum().reindex(months, fill_value=0.0).to_numpy(dtype=float)


def _days_before(edges: pd.DatetimeIndex, starts: pd.Series) -> Array:
    """Return for each edge the days from all earlier starts to it, together."""
    origin = edges[0]
    edge = ((edges - origin) / _DAY).to_numpy()
    start = np.sort(((starts - origin) / _DAY).to_numpy(dtype=float))
    n = np.searchsorted(start, edge)
    return n * edge - np.append(0.0, np.cumsum(start))[n]


def spent_months(months: pd.DatetimeIndex, back: int) -> pd.DatetimeIndex:
    """Return the months in which the cost of some months was spent: they, and so many before each."""
    places = months.year.to_numpy() * 12 + months.month.to_numpy() - 1
    places = np.unique(places[:, None] - np.arange(back + 1))
    return pd.DatetimeIndex((places - 1970 * 12).astype("datetime64[M]")).as_unit("us")


def _month(days: pd.Series) -> pd.Series:
    """Return the first day of each day's month."""
    return days.dt.to_period("M").dt.to_timestamp().astype("datetime64[us]")
