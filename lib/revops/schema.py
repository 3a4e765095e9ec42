"""The canonical tables: every name, unit and grain that the rest of the project may rely on.

Past the gate nobody sees a header of any system. Money is in the company's currency unless the
column says `_original`. Timestamps are wall-clock times in the company's time zone; dates are
its calendar days. Undefined is null, never 0.
"""

from dataclasses import dataclass

import pandas as pd

__all__ = ["TABLES", "Column", "Table", "empty", "table"]

_DTYPES = {
    "id": "str",
    "text": "str",
    "category": "str",
    "date": "datetime64[us]",
    "timestamp": "datetime64[us]",
    "money": "float64",
    "rate": "float64",
    "number": "float64",
    "flag": "boolean",
}


@dataclass(frozen=True)
class Column:
    """One column: its kind (id, text, category, date, timestamp, money, rate in [0, 1], number, flag) and meaning."""

    name: str
    kind: str
    meaning: str
    required: bool = False

    @property
    def dtype(self) -> str:
        """Return the pandas dtype of the column."""
        return _DTYPES[self.kind]


@dataclass(frozen=True)
class Table:
    """One canonical table: what a row is, which columns make it unique, and its columns in order."""

    name: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Return the column names in documented order."""
        return tuple(column.name for column in self.columns)

    @property
    def required(self) -> tuple[str, ...]:
        """Return the columns without which the table cannot be used."""
        return tuple(column.name for column in self.columns if column.required)

    def column(self, name: str) -> Column:
        """Return one column by name; KeyError where the table has none of that name."""
        return {column.name: column for column in self.columns}[name]


def _table(name: str, grain: str, key: str, *columns: Column) -> Table:
    return Table(name, grain, tuple(key.split()), columns)


_OWNER = Column("owner_id", "id", "who owns it; joins owners")
_CURRENCY = Column("currency", "category", "ISO 4217 code of the original amount")

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        _table(
            "opportunities",
            "one row per opportunity, as the latest export shows it",
            "opportunity_id",
            Column("opportunity_id", "id", "the CRM's id, case kept; Salesforce ids in their 15-character form", True),
            Column("opportunity_name", "text", "free text; never a key"),
            Column("account_id", "id", "joins accounts"),
            Column("account_name", "text", "free text"),
            _OWNER,
            Column("owner_name", "text", "the owner as the export writes it"),
            Column("team", "category", "the owner's team or role"),
            Column("stage_name", "category", "one of the stages of company.yml", True),
            Column("outcome", "category", "open, won or lost: from the stage map or the system's outcome column", True),
            Column("type", "category", "new, expansion, renewal or other", True),
            Column("source", "category", "marketing, sales, partner, customer_success, other or unknown", True),
            Column("lead_source", "category", "the raw source, for tracing"),
            Column("campaign_id", "id", "primary campaign; joins campaigns"),
            Column("segment", "category", "null where the export has none of its own; the Book fills it"),
            Column("region", "category", "null where the export has none of its own; the Book fills it"),
            Column("created_at", "timestamp", "when the record was created", True),
            Column("close_date", "date", "expected while open, actual once closed", True),
            Column("amount", "money", "company currency"),
            Column("amount_original", "money", "as written on the record"),
            _CURRENCY,
            Column("win_probability", "rate", "the CRM's own, in [0, 1]"),
            Column(
                "forecast_category", "category", "Pipeline, BestCase, MostLikely, Forecast (Commit), Omitted, Closed"
            ),
            Column("modified_at", "timestamp", "last change of the record, where the export has it"),
        ),
        _table(
            "opportunity_history",
            "one row per state of an opportunity, valid from changed_at until its next row; a whole state, not a delta",
            "opportunity_id changed_at sequence",
            Column("opportunity_id", "id", "joins opportunities", True),
            Column("changed_at", "timestamp", "from when this state holds", True),
            Column(
                "sequence", "number", "order among the rows of one opportunity; the last of equal stamps wins", True
            ),
            Column("stage_name", "category", "one of the stages of company.yml"),
            Column("outcome", "category", "open, won or lost"),
            Column("close_date", "date", "close date as it stood"),
            Column("amount", "money", "company currency, as it stood"),
            Column("amount_original", "money", "as written on the record then"),
            Column("forecast_category", "category", "as it stood"),
            Column("win_probability", "rate", "as it stood"),
            _OWNER,
            Column("type", "category", "as it stood; null where no export tracks it"),
            Column("source", "category", "as it stood; null where no export tracks it"),
            Column("is_deleted", "flag", "true from the moment the record was deleted or left the dated exports"),
        ),
        _table(
            "accounts",
            "one row per account",
            "account_id",
            Column("account_id", "id", "the CRM's id", True),
            Column("account_name", "text", "free text"),
            Column("segment", "category", "the account's segment"),
            Column("region", "category", "the account's region"),
            Column("industry", "category", "as exported"),
            Column("employees", "number", "head count, where exported"),
            _OWNER,
            Column("created_at", "timestamp", "when the record was created"),
        ),
        _table(
            "owners",
            "one row per person or queue that can own a record",
            "owner_id",
            Column("owner_id", "id", "the CRM's id, or the name where an export knows owners by name only", True),
            Column("owner_name", "text", "as the CRM writes it", True),
            Column("manager_id", "id", "whom the owner reports to; joins owners"),
            Column("manager_name", "text", "where only the manager's name is known"),
            Column("team", "category", "team or role"),
            Column("segment", "category", "the segment the owner works, if one"),
            Column("region", "category", "the region the owner works, if one"),
            Column("is_active", "flag", "false once the person has left"),
        ),
        _table(
            "campaigns",
            "one row per campaign",
            "campaign_id",
            Column("campaign_id", "id", "the CRM's id", True),
            Column("campaign_name", "text", "free text"),
            Column("campaign_type", "category", "as exported"),
        ),
        _table(
            "quotas",
            "one row per level x member x metric x period x effective_from",
            "level member metric types period_start period_end effective_from",
            Column("level", "category", "company, team, region, segment or owner", True),
            Column("member", "text", "owner_id at owner level, else the group's name; 'company' for the whole", True),
            Column("metric", "category", "bookings or pipeline_created", True),
            Column("types", "category", "comma-separated opportunity types it covers; blank = those of company.yml"),
            Column("period_start", "date", "first day", True),
            Column("period_end", "date", "last day, inclusive", True),
            Column("effective_from", "date", "from when this row is in force; null = from the start"),
            Column("quota_amount", "money", "company currency", True),
            Column("amount_original", "money", "as written"),
            _CURRENCY,
        ),
        _table(
            "forecasts",
            "one row per call: snapshot_date x member x period x category",
            "snapshot_date level member period_start period_end category",
            Column("snapshot_date", "date", "the day the call was made, or its week", True),
            Column("level", "category", "company, team, region, segment or owner", True),
            Column("member", "text", "owner_id at owner level, else the group's name; 'company' for the whole", True),
            Column("period_start", "date", "first day of the period that is called", True),
            Column("period_end", "date", "last day, inclusive", True),
            Column("category", "category", "Forecast (Commit), BestCase, Pipeline and so on; Closed: won so far", True),
            Column("forecast_amount", "money", "the call for the whole period; never summed over categories", True),
            Column("amount_original", "money", "as written, in the unit of company.yml's forecasts.unit"),
            _CURRENCY,
        ),
        _table(
            "subscriptions",
            "one row per customer x month in which a subscription, free plan or trial runs",
            "customer_id month",
            Column("customer_id", "id", "the billing system's id of the customer", True),
            Column("month", "date", "first day of the month", True),
            Column("customer_name", "text", "free text; never a key"),
            Column("account_id", "id", "joins accounts, where the billing system has it"),
            Column("status", "category", "active, free, trialing, paused or past_due", True),
            Column("recurring_amount", "money", "a month, at its end; 0 for free plans, trials and pauses", True),
            Column("amount_original", "money", "in the customer's currency; null where there are several"),
            _CURRENCY,
            Column("basis", "category", "reported by the system, or the present_price of a subscription", True),
        ),
        _table(
            "invoices",
            "one row per invoice or credit note x month of the service it covers",
            "invoice_id month",
            Column("invoice_id", "id", "the billing system's id of the invoice or credit note", True),
            Column("month", "date", "first day of the month", True),
            Column("customer_id", "id", "the billing system's id of the customer", True),
            Column("customer_name", "text", "free text; never a key"),
            Column("status", "category", "open or paid; issued for a credit note", True),
            Column("invoice_date", "date", "the day it was made final"),
            Column("service_start", "date", "first day of the service it covers"),
            Column("service_end", "date", "last day, inclusive"),
            Column("invoiced_amount", "money", "this month's part, without tax; negative for a credit", True),
            Column("amount_original", "money", "the same part in the currency of the invoice"),
            _CURRENCY,
        ),
        _table(
            "tools",
            "one row per tool and renewal",
            "tool_name renewal_date",
            Column("tool_name", "text", "as the sheet writes it", True),
            Column("n_seats", "number", "seats paid for"),
            Column("n_seats_assigned", "number", "seats given to somebody"),
            Column("n_seats_active", "number", "seats used in the last 30 days"),
            Column("annual_cost_amount", "money", "company currency a year", True),
            Column("amount_original", "money", "as written"),
            _CURRENCY,
            Column("renewal_date", "date", "when the contract renews"),
        ),
    )
}


def table(name: str) -> Table:
    """Return one canonical table's description; KeyError where there is none of that name."""
    return TABLES[name]


def empty(name: str) -> pd.DataFrame:
    """Return the canonical table without rows: documented columns, documented dtypes."""
    return pd.DataFrame({column.name: pd.Series(dtype=column.dtype) for column in TABLES[name].columns})
