"""What a new customer cost, month by month: what those who began then are held against."""

import pandas as pd

from revops.measures.cac_payback.books import Books
from revops.measures.cac_payback.counted import told_months
from revops.measures.cac_payback.customers import Customers
from revops.measures.cac_payback.effort import Effort
from revops.measures.cac_payback.lag import Lag, lagged
from revops.measures.cac_payback.window import Window
from revops.ratios import safe_ratio

__all__ = ["cac_by_month"]

_FEWEST_MONTHS = 3


def cac_by_month(
    window: Window, books: Books, customers: Customers, lag: Lag, effort: Effort
) -> tuple[pd.Series, pd.DataFrame]:
    """Return cost of a new customer of the cac_months up to each month of the books; and new_share and is_own by month.

    Question
        What did customers that began in a month cost, by what was spent and worked on in that time?

    Formula
        Lagged cost of the cac_months up to the month x the share of it that new business bears, by effort in the
        months in which it was spent, over their new customers. NaN where fewer than three of these months are known,
        or nobody came. is_own: False where too few deals tell the share, and it is the window's.

    Limits
        Effort is of whole calendar months, also where the cost of some of them is not known. A slice bears the same
        part of new business's cost at all times.
    """
    knobs, months = window.knobs, books.months
    first, last = told_months(window, customers)
    cost = lagged(books.all_spend, lag.weights, knobs.least_known) * effort.slice_share
    cost = cost.where((months >= first) & (months <= last))
    n = customers.table.groupby("start_month").size().reindex(months).fillna(0.0).where(cost.notna())
    fewest = min(_FEWEST_MONTHS, knobs.cac_months)
    spent, came = (values.rolling(knobs.cac_months, min_periods=fewest).sum() for values in (cost, n))
    shares = effort.shares_up_to(months, knobs.cac_months)
    return safe_ratio(spent * shares["new_share"], came).rename("cac_amount"), shares
