"""The parts of the CAC payback report measured together, for tests that plant the truth of whole companies."""

import pandas as pd

from revops.analysis import recurring
from revops.book import AsOf
from revops.measures.cac_payback.books import books_of
from revops.measures.cac_payback.by_group import by_group
from revops.measures.cac_payback.channels import channels
from revops.measures.cac_payback.counted import counted_months
from revops.measures.cac_payback.customers import Customers, customers_of
from revops.measures.cac_payback.efficiency import efficiency
from revops.measures.cac_payback.effort import effort_of
from revops.measures.cac_payback.knobs import Knobs
from revops.measures.cac_payback.ladder import ladder, won_expansion
from revops.measures.cac_payback.lag import lag_of
from revops.measures.cac_payback.lifetime import lifetime
from revops.measures.cac_payback.realised import realised
from revops.measures.cac_payback.retention import retention
from revops.measures.cac_payback.window import Window, window_of

__all__ = ["parts"]


def parts(view: AsOf, knobs: Knobs) -> dict[str, object]:
    """Return the parts of the report by name, each made from those before it."""
    window = window_of(view, knobs)
    books, customers = books_of(window), customers_of(window)
    lag = lag_of(customers, window)
    effort = effort_of(window, customers, lag, months=counted_months(window, books, customers, lag))
    steps = ladder(window, books, customers, lag, effort, expansion=added(window, customers))
    moved = None if customers.months is None else recurring.movements(customers.months)
    groups = by_group(window, books, customers, lag, effort, steps)
    return {
        "window": window, "books": books, "customers": customers, "lag": lag, "effort": effort, "ladder": steps,
        "groups": groups, "channels": channels(window, books, customers, lag, effort, steps),
        "realised": realised(window, books, customers, steps, groups),
        "lifetime": lifetime(window, books, customers, steps), "retention": retention(window, customers),
        "efficiency": efficiency(window, books, moved),
    }  # fmt: skip


def added(window: Window, customers: Customers) -> pd.Series:
    """Return by month what customers added: by their bills, else by won expansion."""
    if customers.months is None:
        return won_expansion(window)
    moved = recurring.movements(recurring.only(customers.months, customers.in_slice))
    return (moved["expansion"] + moved["reactivation"]).set_axis(pd.DatetimeIndex(pd.to_datetime(moved["period"])))
