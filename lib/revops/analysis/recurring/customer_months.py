"""Recurring revenue as one table of customers by months, late payments filled in."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.book import AsOf

__all__ = ["CustomerMonths", "customer_months"]

Array = np.ndarray


@dataclass(frozen=True)
class CustomerMonths:
    """customers: one row per customer, sorted by customer: customer (its account, else the billing system's id),
        account_id (null where unknown), start (place in months of its first month with an amount), is_start_known (not
        there in the first month that is reported), end (place of the first month from which it pays nothing; the number
        of months where it paid in the last), n_ids (of the billing system), was_free (free or on trial before).
        Customers that never paid are not in it.
    months: first day of each month, without gaps, from the first reported to the last that was over on the day.
    amount: recurring revenue [customers x months; currency], late months filled with the amount before.
    late: true where the amount is such a filled one [customers x months].
    settled: how many of the months are settled: in later ones, who is missing may be late and come back.
    missing: months that no report holds (filled for everybody). basis: reported, present_price or mixed.
    left_out: reason, n, amount, examples.
    """

    customers: pd.DataFrame
    months: pd.DatetimeIndex
    amount: Array
    late: Array
    settled: int
    missing: pd.DatetimeIndex
    basis: str
    left_out: pd.DataFrame


def customer_months(view: AsOf, *, late_months: int = 2) -> CustomerMonths:
    """Return recurring revenue by customer and month, as known on the day."""
    raise NotImplementedError
