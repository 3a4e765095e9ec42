"""How long before a customer's first bill its cost is spent: the measured time from lead to won."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.measures.cac_payback.books import Books
from revops.measures.cac_payback.customers import Customers
from revops.measures.cac_payback.window import Window

__all__ = ["Lag", "lag_of", "lagged"]


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
    """Return `acquisition_lag_months`."""
    raise NotImplementedError


def lagged(spend: pd.Series, weights: np.ndarray, least_known: float) -> pd.Series:
    """Return by month sum_k weights[k] x spend k months earlier; NaN where less than `least_known` of the weight falls
    on months that the books hold, else scaled up to the whole."""
    raise NotImplementedError


def known_months(books: Books, weights: np.ndarray, window: Window) -> pd.DatetimeIndex:
    """Return the window's months whose cost is known, once it is moved by the lag."""
    raise NotImplementedError
