"""New customers: who began to pay when, how much, after how long, and which deal brought them."""

from dataclasses import dataclass

import pandas as pd

from revops.analysis.recurring import CustomerMonths
from revops.measures.cac_payback.window import Window

__all__ = ["COLUMNS", "Customers", "customers_of"]

COLUMNS = ["customer", "account_id", "opportunity_id", "segment", "region", "source", "start_month", "new_amount",
           "lead_month", "lag_months", "lag_from"]  # fmt: skip


@dataclass(frozen=True)
class Customers:
    """New customers whose first month is known, of the company or of the slice, all time up to the day.

    source: subscriptions (first month with recurring revenue), or deals (the month in which an account's first new
        business was won, at amount / months_in_amount), where no billing export tells.
    table: COLUMNS, sorted by start_month and customer. customer: the account, else the billing system's customer.
        opportunity_id: its first won deal of new business, null where none is found; segment, region and source are of
        that deal, else of the account, else Unknown. new_amount: recurring a month, in its first [currency].
        lead_month: first day of the month in which its lead was made (lag_from lead), else its deal (opportunity); NaT
        where no deal is found. lag_months: months from there to start_month, at least 0, at most most_lag_months.
    months: the whole company's recurring revenue (analysis.recurring), None where source is deals. in_slice: customers
        (names in months.customers) of the slice; None for the whole company.
    left_out: reason, n, amount, examples: customers that are none, such as those whose first month is not known.
    """

    source: str
    table: pd.DataFrame
    months: CustomerMonths | None
    in_slice: pd.Index | None
    left_out: pd.DataFrame

    def within(self, window: Window) -> pd.DataFrame:
        """Return the new customers of the window's months."""
        return self.table[self.table["start_month"].isin(window.months)].reset_index(drop=True)


def customers_of(window: Window) -> Customers:
    """Return the new customers as known on the day."""
    raise NotImplementedError
