"""What the report needs of the exports: the tables it reads, and the numbers that are missing without them."""

from revops.book import Book

__all__ = ["NEEDS", "OUTLOOK", "READS", "lacking"]

NEEDS = ("opportunities",)
"""The tables without which it cannot run."""
READS = (*NEEDS, "opportunity_history", "accounts", "owners", "quotas", "campaigns")
"""The tables that its numbers come from; campaigns tell the source of opportunities while they are prepared."""
OUTLOOK = ("required_coverage", "pipeline_gap_amount", "weighted_pipeline_amount", "landing_amount",
           "attainment_probability", "net_new_amount")  # fmt: skip
_PAST = ("pipeline_movement_amount", "start_coverage", *OUTLOOK)
_QUOTA = ("quota_amount", "coverage", "start_coverage", "required_coverage", "attainment_probability")


def lacking(book: Book) -> dict[str, str]:
    """Return which metrics the tables cannot give, whatever the day and the period, and what they need."""
    needs = {} if book.has_history else dict.fromkeys(_PAST, book.needs)
    if book.table("quotas").empty:
        needs |= dict.fromkeys(_QUOTA, "a quota sheet that covers the period")
    return needs
