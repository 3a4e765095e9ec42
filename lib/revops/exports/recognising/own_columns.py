"""Columns that the gate itself needs beside the canonical ones, with their kind, and what it asks of their cells."""

__all__ = ["BY_HAND", "CONVERTED", "ENTERED", "FORMER", "RAW", "STRICT", "helpers_of"]

MONEY = ("amount", "quota_amount", "recurring_amount", "invoiced_amount", "forecast_amount", "annual_cost_amount",
         "actual_cost_amount", "influenced_amount", "paid_amount")  # fmt: skip
RAW = {**dict.fromkeys(MONEY, "amount_original"), "source": "lead_source"}
BY_HAND = ("quotas", "forecasts")
# Of these tables no cell of these kinds may be unreadable: each row is money.
STRICT = {
    **dict.fromkeys(BY_HAND, ("money", "number", "date", "timestamp")),
    "spend": ("money", "date", "month"),
    "payments": ("money",),
    "web_traffic": ("number", "date"),
}
CONVERTED = ("amount_converted", "converted_currency")
# How a column begins that says when each record entered one stage; its pattern's number and the stage's name follow.
ENTERED = "entered_"
# How a column begins that fills the blanks of the one whose name follows.
FORMER = "former_"
# Columns that the gate itself needs and the canonical tables do not have, with their kind.
HELPERS: dict[str, str] = {
    "amount_converted": "money",
    "converted_currency": "category",
    "campaign_name": "text",
    "campaign_type": "category",
    "is_deleted": "flag",
    "is_won": "flag",
    "is_closed": "flag",
    "pipeline": "category",
    "associated_account_ids": "text",
    "associated_contact_ids": "text",
    "associated_opportunity_ids": "text",
    "first_page": "text",
    "merged_ids": "text",
    "record_id": "text",
    "first_name": "text",
    "last_name": "text",
    "from_stage": "category",
    "field": "category",
    "old_value": "text",
    "new_value": "text",
    "currency": "category",
    "owner_name": "text",
    "owner_id": "id",
    "modified_at": "timestamp",
}
# The same of one table each.
HELPERS_OF: dict[str | None, dict[str, str]] = {
    "opportunities": {"contact_id": "id", "role": "category", "is_primary": "flag"},
    "leads": {
        "merged_into": "id",
        "opportunity_name": "text",
        "crm_lead_id": "id",
        "crm_contact_id": "id",
        "crm_id": "id",
        "website": "text",
    },
    "contacts": {"merged_into": "id"},
    "campaign_influence": {"model_id": "id", "model_name": "category"},
    "quotas": {
        "period_name": "text",
        "cell": "text",
        "year_name": "text",
        "group_name": "text",
        "forecast_type": "id",
        "forecast_type_name": "text",
        "period_id": "id",
    },
    "forecasts": {
        "period_name": "text",
        "group_name": "text",
        "item_category": "category",
        "as_seen": "number",
        "unadjusted": "number",
        "own": "number",
        "has_adjustment": "flag",
        "product_family": "category",
        "forecast_type": "id",
        "forecast_type_name": "text",
        "period_id": "id",
    },
    "subscriptions": {
        "period_name": "text",
        "subscription_id": "id",
        "started_at": "timestamp",
        "ended_at": "timestamp",
        "trial_ends_at": "timestamp",
        "bills_from": "timestamp",
        "bills_to": "timestamp",
        "interval": "category",
        "interval_count": "number",
        "quantity": "number",
    },
    "invoices": {
        "line_id": "id",
        "credited_id": "id",
        "tax": "money",
        "service_from": "date",
        "service_to": "date",
        "reason": "category",
    },
    "touches": {
        "person_id": "id",
        "converted_contact_id": "id",
        "activity_type": "id",
        "details": "text",
        "query": "text",
        "page": "text",
        "success": "flag",
    },
    "spend": {
        "amount_micros": "money",
        "month": "month",
        "period_start": "date",
        "ad_group": "text",
        "ad": "text",
        "device": "category",
        "network": "category",
    },
    "payments": {
        "refunded_amount": "money",
        "refunded_converted": "money",
        "status": "category",
        "captured": "flag",
        "mode": "category",
        "is_disputed": "flag",
        "disputed_amount": "money",
        "dispute_status": "category",
    },
    "web_traffic": {"source_medium": "text"},
}


def helpers_of(table: str | None) -> dict[str, str]:
    """Return the columns that the gate needs beside the canonical ones of a table, with their kind."""
    return HELPERS | HELPERS_OF.get(table, {})
