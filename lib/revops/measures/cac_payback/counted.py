"""Which months count: those whose new customers, and whose cost moved by the lag, are known."""

import pandas as pd

from revops.measures.cac_payback.books import Books
from revops.measures.cac_payback.customers import Customers
from revops.measures.cac_payback.lag import Lag, lagged
from revops.measures.cac_payback.window import Window

__all__ = ["counted_months", "told_months"]


def told_months(window: Window, customers: Customers) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Return the first and the last month of which the new customers are known.

    Who pays in the first month of a billing export may have come earlier; after its last month nobody can come. Without
    one: from the month in which the first deal that the CRM holds was closed, won or lost.
    """
    if customers.months is None:
        deals, came = window.view.opportunities, customers.table["start_month"].min()
        closed = deals.loc[deals["outcome"].ne("open"), "close_date"].min()
        first = min((day for day in (closed, came) if pd.notna(day)), default=window.months[0])
        return first.replace(day=1), window.known_until
    months = customers.months.months
    reported = months[~months.isin(customers.months.missing)]
    return (reported[0] + pd.DateOffset(months=1), reported[-1]) if len(reported) else (pd.NaT, pd.NaT)


def counted_months(window: Window, books: Books, customers: Customers, lag: Lag) -> pd.DatetimeIndex:
    """Return the window's months whose lagged cost and whose new customers are both known; where no lagged cost is
    known at all, those whose new customers are, so that the rungs without a lag can be told."""
    first, last = told_months(window, customers)
    told = window.months[(window.months >= first) & (window.months <= last)].intersection(customers.known(window))
    moved = lagged(books.all_spend, lag.weights, window.knobs.least_known).reindex(told)
    return told[moved.notna().to_numpy()] if moved.notna().any() else told
