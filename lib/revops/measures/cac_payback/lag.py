"""How long before a customer's first bill its cost is spent: the measured time from lead to won."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.measures.cac_payback.customers import Customers
from revops.measures.cac_payback.window import Window
from revops.wording import plural

__all__ = ["Lag", "at_one_lag", "lag_of", "lagged"]

_ALL_BUT_A_FEW = 0.95
_EVEN = 1e-9


@dataclass(frozen=True)
class Lag:
    """weights: share of new customers that came k months after their lead, k = 0 to the longest seen; they add up to 1.
    n: customers behind them. median_months: the median. cycle_months: the age by which nineteen in twenty had come.
    share_from_lead: share of them whose lead is known (the others are counted from their deal). why: in words, where
    fewer than fewest_customers are known and the weights are all at 0; else None.
    """

    weights: np.ndarray
    n: int
    median_months: float
    cycle_months: int
    share_from_lead: float
    why: str | None


def lag_of(customers: Customers, window: Window) -> Lag:
    """Return `acquisition_lag_months`: how new customers spread over the months from their lead to their first bill.

    Question
        How long before a customer's first revenue was the money spent that won it?

    Parameters
        customers : new customers; uses start_month, lag_months, lag_from
        window : its months, and fewest_customers of its knobs

    Returns
        Lag, of the window's customers; of all time's where fewer than fewest_customers of the window's have a lag; all
        at 0 months where those of all time are fewer too. Median and cycle are whole months: the least by which half,
        and nineteen in twenty, had come. n is 0 and the median NaN where no lag is known.

    Limits
        Counted back from those who came. Where spending grows, short lags are among them more often than among leads;
        at 8 % a month and lags that spread by 2 months the mean is seen a third of a month too short.
    """
    fewest = window.knobs.fewest_customers
    told = customers.table[customers.table["lag_months"].notna()]
    own = told[told["start_month"].isin(window.months)]
    rows = own if len(own) >= fewest else told
    if len(rows) < fewest:
        why = (
            f"the time from lead to first bill is known of {plural(len(rows), 'new customer')}, fewer than {fewest}: "
            "cost is taken of the same month"
        )
        return Lag(np.ones(1), len(rows), _median(rows), 0, _from_lead(rows), why)
    months = rows["lag_months"].to_numpy().astype(int)
    weights = np.bincount(months) / len(months)
    cycle = int(np.searchsorted(np.cumsum(weights), _ALL_BUT_A_FEW - _EVEN))
    return Lag(weights, len(rows), _median(rows), cycle, _from_lead(rows), None)


def lagged(spend: pd.Series, weights: np.ndarray, least_known: float) -> pd.Series:
    """Return by month sum_k weights[k] x spend k months earlier; NaN where less than `least_known` of the weight falls
    on months that the books hold, else scaled up to the whole.

    Parameters
        spend : by month, first days of months; months between that are not there are not known
    """
    if spend.empty:
        return spend
    whole = spend.reindex(pd.date_range(spend.index[0], spend.index[-1], freq="MS"))
    n, known = len(whole), whole.notna().to_numpy()
    weight, sums = (np.convolve(values, weights)[:n] for values in (known, whole.fillna(0.0)))
    enough = (weight >= least_known - _EVEN) & (weight > 0)
    return pd.Series(np.divide(sums, weight, out=np.full(n, np.nan), where=enough), whole.index).reindex(spend.index)


def at_one_lag(months: float) -> np.ndarray:
    """Return the weights of one lag [whole months] for all."""
    return np.eye(1, int(months) + 1, int(months))[0]


def _median(rows: pd.DataFrame) -> float:
    """Return the least number of months by which half had come; NaN of none."""
    return float(rows["lag_months"].quantile(0.5, interpolation="lower")) if len(rows) else np.nan


def _from_lead(rows: pd.DataFrame) -> float:
    return float(rows["lag_from"].eq("lead").mean()) if len(rows) else np.nan
