"""What the report needs of the exports: the tables it reads, and the numbers that are missing without them."""

from revops.book import Book

__all__ = ["NEEDS", "OF_DEALS", "READS", "READS_OF", "lacking", "refusal"]

NEEDS = ("opportunities",)
"""The tables without which it cannot run."""
READS = (*NEEDS, "opportunity_history", "forecasts", "accounts", "owners", "quotas", "campaigns")
"""The tables that its numbers come from; campaigns tell the source of opportunities while they are prepared."""
READS_OF = {"signal_of": (*NEEDS, "opportunity_history", "forecasts", "accounts", "owners", "campaigns")}
"""The tables that a part of it reads which other reports take."""
OF_DEALS = ("calibration_slope", "brier_skill", "commit_hit_rate", "slipped_share")
"""The metrics that deals tell one by one."""
_CALLS = (
    "a sheet of weekly calls or ForecastingItem, or opportunity history with forecast categories (OpportunityHistory), "
    "from which calls are rebuilt"
)


def lacking(book: Book) -> dict[str, str]:
    """Return which metrics the tables cannot give, whatever the day and the period, and what they need."""
    return {} if book.has_history else dict.fromkeys(OF_DEALS, book.needs)


def refusal(book: Book) -> str | None:
    """Return what the report needs that these tables lack, a forecast in any form; None where it can run."""
    rebuilt = book.has_history and "forecast_category" in book.audit.tracked
    if rebuilt or not book.table("forecasts").empty:
        return None
    return f"needs {_CALLS}"
