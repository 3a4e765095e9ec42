"""What the report needs of the exports: the tables it reads, and the numbers that are missing without them."""

from revops.book import Book

__all__ = ["CALLS", "NEEDS", "READS", "lacking"]

NEEDS = ("opportunities",)
"""The tables without which it cannot run."""
READS = (*NEEDS, "opportunity_history", "forecasts", "accounts", "owners", "quotas", "campaigns")
"""The tables that its numbers come from; campaigns tell the source of opportunities while they are prepared."""
CALLS = (
    "forecasts: a sheet of weekly calls, ForecastingItem, or dated copies of either; or opportunity history with "
    "forecast categories (OpportunityHistory), from which calls are rebuilt"
)
_OF_CALLS = ("wape", "bias_rate", "mdape", "mape", "mase", "forecast_value_added", "unit_bias_rate", "off_signal",
             "projected_amount", "interval_coverage")  # fmt: skip
_OF_DEALS = ("calibration_slope", "brier_skill", "commit_hit_rate", "slipped_share")


def lacking(book: Book) -> dict[str, str]:
    """Return which metrics the tables cannot give, whatever the day and the period, and what they need."""
    needs = {} if book.has_history else dict.fromkeys(_OF_DEALS, book.needs)
    rebuilt = book.has_history and "forecast_category" in book.audit.tracked
    if book.table("forecasts").empty and not rebuilt:
        needs |= dict.fromkeys(_OF_CALLS, CALLS)
    return needs
