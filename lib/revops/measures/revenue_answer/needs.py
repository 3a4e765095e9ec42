"""What the report needs of the exports: the tables it reads, and the numbers that are missing without them."""

from revops.analysis.revenue_answers import NEEDS_BILLS, NEEDS_CATEGORIES, definitions_of
from revops.book import Book
from revops.wording import join

__all__ = ["NEEDS", "READS", "lacking"]

NEEDS = ("opportunities",)
"""The tables without which it cannot run."""
READS = (*NEEDS, "opportunity_history", "accounts", "owners", "contact_roles", "contacts", "leads", "touches",
         "campaigns", "subscriptions")  # fmt: skip
"""The tables that its numbers come from; campaigns tell the source of opportunities while they are prepared."""


def lacking(book: Book) -> dict[str, str]:
    """Return which metrics the tables cannot give, whatever the day and the period, and what they need."""
    definitions, deals = definitions_of(book.company), book.table("opportunities")
    whys = []
    if book.table("subscriptions").empty and (whose := [who for who in definitions if definitions[who].is_billed]):
        whys.append(f"{NEEDS_BILLS.removeprefix('needs ')} (what {join(whose)} would say)")
    if deals["forecast_category"].isna().all() and (
        whose := [who for who in definitions if definitions[who].committed]
    ):
        whys.append(f"{NEEDS_CATEGORIES.removeprefix('needs ')} (committed deals of {join(whose)})")
    return {"answer_amount": "; ".join(whys)} if whys else {}
