"""The parts of the CAC payback report measured together, for tests that plant the truth of whole companies."""

from revops.book import AsOf
from revops.measures.cac_payback.books import books_of
from revops.measures.cac_payback.customers import customers_of
from revops.measures.cac_payback.effort import effort_of
from revops.measures.cac_payback.knobs import Knobs
from revops.measures.cac_payback.lag import lag_of
from revops.measures.cac_payback.window import window_of


def parts(view: AsOf, knobs: Knobs) -> dict:
    """Return the parts of the report by name, made from each other."""
    window = window_of(view, knobs)
    books, customers = books_of(window), customers_of(window)
    lag = lag_of(customers, window)
    effort = effort_of(window, customers, lag)
    return {"window": window, "books": books, "customers": customers, "lag": lag, "effort": effort}
