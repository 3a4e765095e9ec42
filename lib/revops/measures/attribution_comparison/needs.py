"""What the report needs of the exports: the tables it reads, and the numbers that are missing without them."""

from revops.book import Book

__all__ = ["NEEDS", "OF_SPEND", "READS", "lacking", "refusal"]

NEEDS = ("opportunities",)
"""The tables without which it cannot run; touches, or conversions of contacts that stand in for them: `refusal`."""
_PEOPLE = ("touches", "contact_roles", "contacts", "leads", "accounts")
READS = (*NEEDS, "opportunity_history", "owners", *_PEOPLE, "campaigns", "spend", "ledger")
"""The tables that its numbers come from; owners tell segment and region where nothing nearer does."""
OF_SPEND = ("spend_amount", "cost_per_credited_amount", "contribution_amount", "campaign_return")
"""The metrics that costs tell."""
_TOUCHES = (
    "touches: campaign members (Salesforce CampaignMember, Marketo), or contacts with the dates of their first and "
    "most recent conversion (HubSpot)"
)
_SPEND = "spend: exports of ad systems, or campaigns with their actual cost"


def lacking(book: Book) -> dict[str, str]:
    """Return which metrics the tables cannot give, whatever the day and the period, and what they need."""
    has_cost = not book.table("spend").empty or book.table("campaigns")["actual_cost_amount"].notna().any()
    return {} if has_cost else dict.fromkeys(OF_SPEND, _SPEND)


def refusal(book: Book) -> str | None:
    """Return what the report needs that these tables lack, touches in any form; None where it can run."""
    contacts = book.table("contacts")
    ends = contacts["first_conversion_at"].notna().any() or contacts["recent_conversion_at"].notna().any()
    return None if ends or not book.table("touches").empty else f"needs {_TOUCHES}"
