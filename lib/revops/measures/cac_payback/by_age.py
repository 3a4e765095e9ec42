"""New customers by age: how long each has been seen, what it paid in each month of its life, and resamples of them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import betaincinv

from revops.analysis.resampling import customer_counts
from revops.measures.cac_payback.customers import Customers
from revops.measures.cac_payback.knobs import Knobs

__all__ = ["ByAge", "at_first_price", "by_age", "cac_scale", "most_of_none", "weights_of"]

Array = np.ndarray


@dataclass(frozen=True)
class ByAge:
    """One row per new customer, by start, amount and what it paid since: an order that no renaming changes.

    table: Customers.table. start: place of its first month in CustomerMonths.months. age: settled months of revenue
        that are over, 0 where the first is not settled. left: whether it left at that age; else it was still there.
    oldest: the age that it would have, had it not left. amount: what it paid in its month k + 1 [customers x ages k
        from 0; currency]; 0 in months that are not settled.
    """

    table: pd.DataFrame
    start: Array
    age: Array
    left: Array
    oldest: Array
    amount: Array


def by_age(customers: Customers) -> ByAge:
    """Return the new customers by age, as far as settled months tell.

    Formula
        age = min(end, settled) - start, left = end < settled, by places of CustomerMonths
    """
    months, table = customers.months, customers.table
    place = pd.Index(months.customers["customer"]).get_indexer(table["customer"])
    start, end = (months.customers[name].to_numpy(dtype="int64")[place] for name in ("start", "end"))
    age = np.maximum(np.minimum(end, months.settled) - start, 0)
    ages = np.arange(max(months.settled - start.min(), 0) if len(start) else 0)
    at = start[:, None] + ages
    amount = months.amount[place[:, None], np.minimum(at, len(months.months) - 1)] * (ages < age[:, None])
    order = np.lexsort((table["segment"], age, amount.sum(axis=1), table["new_amount"], table["start_month"]))
    oldest = np.maximum(months.settled - start, 0)
    return ByAge(
        table.iloc[order].reset_index(drop=True), start[order], age[order], (end < months.settled)[order],
        oldest[order], amount[order],
    )  # fmt: skip


def at_first_price(seen: ByAge) -> Array:
    """Return what each paid in each month of its life, no more than in its first [customers x ages; currency]."""
    return np.minimum(seen.amount, seen.amount[:, :1])


def weights_of(seen: ByAge, knobs: Knobs) -> Array:
    """Return how often each customer is taken in each resample [customers x draws]."""
    return customer_counts(len(seen.table), knobs.seed, knobs.draws)


def cac_scale(seen: ByAge, weights: Array, cac_months: int) -> Array:
    """Return by customer and resample the CAC of its start month over the one measured [customers x draws].

    Fewer customers in a resample bear the same cost: customers of the cac_months up to the start over theirs in the
    resample; infinite where it holds none of them.
    """
    months = seen.start - (seen.start.min() if len(seen.start) else 0)
    n_months = int(months.max()) + 1 if len(months) else 0
    sums = np.zeros((n_months + 1, weights.shape[1] + 1))
    np.add.at(sums, months + 1, np.column_stack([np.ones(len(weights)), weights]))
    until = np.cumsum(sums, axis=0)
    before = np.maximum(np.arange(1, n_months + 1) - cac_months, 0)
    n = until[1:] - until[before]
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = n[:, :1] / n[:, 1:]
    return scale[months]


def most_of_none(n: Array, level: float) -> Array:
    """Return the upper end of a Jeffreys interval of a share that none of n has shown."""
    return betaincinv(0.5, np.asarray(n, dtype=float) + 0.5, (1 + level) / 2)
