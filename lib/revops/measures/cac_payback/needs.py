"""What the report needs of the exports: the tables it reads, and the numbers that are missing without them."""

from revops.book import Book

__all__ = ["NEEDS", "OF_BILLS", "OF_MARGIN", "READS", "lacking", "refusal"]

NEEDS = ("opportunities",)
"""The tables without which it cannot run; and costs in any form: `refusal`."""
_PEOPLE = ("contact_roles", "contacts", "leads", "accounts", "touches")
READS = (*NEEDS, "opportunity_history", "owners", *_PEOPLE, "campaigns", "spend", "ledger", "subscriptions", "invoices",
         "payments")  # fmt: skip
"""The tables that its numbers come from; owners tell segment and region where nothing nearer does."""
OF_BILLS = ("paid_back_share", "lost_before_payback_share", "ltv_amount", "ltv_to_cac", "nrr", "grr", "logo_churn_rate",
            "recurring_movement_amount", "magic_number", "burn_multiple")  # fmt: skip
"""The metrics that recurring revenue by customer and month tells."""
OF_MARGIN = OF_BILLS[:4]
"""Those of them that gross margin goes into, of the ledger or as the knobs say."""
_BILLS = "subscriptions: recurring revenue by customer and month (Stripe's MRR per subscriber, or its subscriptions)"
_LEDGER = "ledger: the profit and loss by month, its accounts mapped in company.yml"
_MARGIN = f"{_LEDGER}; or gross_margin in params"
_COSTS = "the profit and loss by month, exports of ad systems, or campaigns with their actual cost"


def lacking(book: Book) -> dict[str, str]:
    """Return which metrics the tables cannot give, whatever the day and the period, and what they need."""
    has_ledger = not book.table("ledger").empty
    needs = {} if has_ledger else dict.fromkeys(OF_MARGIN, _MARGIN)
    if book.table("subscriptions").empty:
        needs |= dict.fromkeys(OF_BILLS, _BILLS)
    if not has_ledger:
        needs |= dict.fromkeys(("gross_margin_share", "magic_number", "burn_multiple"), _LEDGER)
    return needs


def refusal(book: Book) -> str | None:
    """Return what the report needs that these tables lack, costs in any form; None where it can run."""
    has_campaigns = book.table("campaigns")["actual_cost_amount"].notna().any()
    has_costs = has_campaigns or not (book.table("ledger").empty and book.table("spend").empty)
    return None if has_costs else f"needs costs: {_COSTS}"
