"""What the report needs of the exports: the tables it reads, and the numbers that are missing without them."""

from revops.book import Book

__all__ = ["NEEDS", "OF_HISTORY", "OF_LEADS", "READS", "has_leads", "lacking", "refusal"]

NEEDS = ("opportunities",)
"""The tables without which it cannot run; and leads or history: `refusal`."""
READS = (*NEEDS, "opportunity_history", "accounts", "owners", "leads", "lead_history", "contacts", "contact_roles",
         "touches", "campaigns", "spend", "ledger", "subscriptions", "tools", "forecasts")  # fmt: skip
"""The tables that its numbers come from; forecasts tell whether those were off (forecast_accuracy.signal_of)."""
OF_LEADS = ("mql_volume", "mql_to_sql_rate", "lead_to_won_rate", "cost_per_mql", "lead_enrichment_rate",
            "sla_attainment_rate", "never_touched_rate", "first_touch_hours", "accept_rate", "late_lead_amount",
            "utm_compliance_rate")  # fmt: skip
"""The metrics that leads tell, or contacts that became leads."""
OF_HISTORY = ("median_days_in_stage", "halving_days", "stuck_amount", "win_rate", "win_rate_by_amount")
"""The metrics that the history of opportunities tells."""
_LEADS = "leads: the lead export with the days they were qualified, or contacts with their lifecycle dates"
_HISTORY = "opportunity_history: the history of stages (OpportunityHistory, or dated copies of the exports)"


def has_leads(book: Book) -> bool:
    """Return whether people are known from the day they became leads: leads, or contacts that say when they did."""
    return not book.table("leads").empty or bool(book.table("contacts")["lead_at"].notna().any())


def lacking(book: Book) -> dict[str, str]:
    """Return which metrics the tables cannot give, whatever the day and the period, and what they need."""
    needs = {} if has_leads(book) else dict.fromkeys(OF_LEADS, _LEADS)
    if book.stages_from is None:
        needs |= dict.fromkeys(OF_HISTORY, _HISTORY)
    if book.table("tools").empty:
        needs["tool_utilisation_rate"] = "tools: the sheet of tools with their seats"
    return needs


def refusal(book: Book) -> str | None:
    """Return what the report needs that these tables lack, leads or history; None where it can run."""
    if has_leads(book) or book.stages_from is not None:
        return None
    return f"needs one of: {_LEADS}; {_HISTORY}"
