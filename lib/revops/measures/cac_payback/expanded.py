"""How much more the customers pay than before, customer by customer: what expansion's cost is held against."""

import numpy as np
import pandas as pd

from revops.measures.cac_payback.customers import Customers
from revops.measures.cac_payback.window import Window

__all__ = ["expanded"]

Array = np.ndarray


def expanded(window: Window, customers: Customers, months: pd.DatetimeIndex) -> Array:
    """Return what each customer that expanded or came back pays more, in months of the window [currency a month].

    Returns
        One amount above 0 per customer, smallest first: an order that no name changes.

    Formula
        Sum over the months of what a customer pays more than in the month before, from its second month on; without
        bills, won expansion closed in them, by account, over months_in_amount.
    """
    found = _of_deals(window, months) if customers.months is None else _of_bills(customers, months)
    return np.sort(found[found > 0])


def _of_bills(customers: Customers, months: pd.DatetimeIndex) -> Array:
    paid = customers.months
    more = np.diff(paid.amount, axis=1, prepend=paid.amount[:, :1]).clip(min=0)
    place = np.arange(len(paid.months))
    more = more * (place[None, :] > paid.customers["start"].to_numpy()[:, None]) * paid.months.isin(months)
    of_slice = customers.in_slice is None or paid.customers["customer"].isin(customers.in_slice).to_numpy()[:, None]
    return (more * of_slice).sum(axis=1)


def _of_deals(window: Window, months: pd.DatetimeIndex) -> Array:
    state = window.view.opportunities
    won = (
        state["outcome"].eq("won")
        & state["type"].eq("expansion")
        & (state["close_date"] <= pd.Timestamp(window.view.day))
    )
    won &= state["close_date"].dt.to_period("M").dt.to_timestamp().isin(months)
    if window.only is not None:
        won &= state["opportunity_id"].isin(window.only)
    deals = state[won]
    customer = deals["account_id"].fillna(deals["opportunity_id"])
    return deals.groupby(customer)["amount"].sum().to_numpy() / window.knobs.months_in_amount
