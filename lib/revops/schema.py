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
            "contacts",
            "one row per contact of the CRM, without name and e-mail address",
            "contact_id",
            Column("contact_id", "id", "the CRM's id", True),
            Column("account_id", "id", "joins accounts"),
            _OWNER,
            Column("lifecycle_stage", "category", "as exported"),
            Column("source", "category", "marketing, sales, partner, customer_success, other or unknown"),
            Column("lead_source", "category", "the raw source, for tracing"),
            Column("source_detail_1", "text", "what the CRM adds to the source"),
            Column("source_detail_2", "text", "what the CRM adds to that"),
            Column("created_at", "timestamp", "when the record was created"),
            Column("lead_at", "timestamp", "when it became a lead"),
            Column("mql_at", "timestamp", "when marketing called it qualified"),
            Column("sql_at", "timestamp", "when sales called it qualified"),
            Column("opportunity_at", "timestamp", "when it became part of an opportunity"),
            Column("customer_at", "timestamp", "when it became a customer"),
            Column("first_conversion", "text", "the first form it filled in"),
            Column("first_conversion_at", "timestamp", "when it did"),
            Column("recent_conversion", "text", "the last form it filled in"),
            Column("recent_conversion_at", "timestamp", "when it did"),
            Column("utm_source", "text", "of the page first seen, decoded; case as written"),
            Column("utm_medium", "text", "of the page first seen, decoded; case as written"),
            Column("utm_campaign", "text", "of the page first seen, decoded; case as written"),
            Column("utm_content", "text", "of the page first seen, decoded; case as written"),
            Column("utm_term", "text", "of the page first seen, decoded; case as written"),
            Column("modified_at", "timestamp", "last change of the record, where the export has it"),
        ),
        _table(
            "contact_roles",
            "one row per opportunity x contact",
            "opportunity_id contact_id",
            Column("opportunity_id", "id", "joins opportunities", True),
            Column("contact_id", "id", "joins contacts", True),
            Column("role", "category", "as exported; null where the CRM does not say"),
            Column("is_primary", "flag", "the main contact of the opportunity; null where the CRM does not say"),
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
            "spend",
            "one row per day or month x campaign of an ad system, or per part of it where the export goes below",
            "date period_end system ad_account campaign_id campaign_name part",
            Column("date", "date", "first day it covers", True),
            Column("period_end", "date", "last day it covers: the same day, or the end of its month", True),
            Column("system", "category", "whose export it is", True),
            Column("channel", "category", "by the channels of company.yml, else the system's own", True),
            Column("ad_account", "text", "the account at the ad system, where exported"),
            Column("campaign_id", "id", "the ad system's id; null where no export has it"),
            Column("campaign_name", "text", "free text; joins only where there is no id"),
            Column("campaign_type", "category", "as exported"),
            Column("part", "text", "ad group, ad, device or network below the campaign, where the export has them"),
            Column("amount", "money", "company currency", True),
            Column("amount_original", "money", "as written"),
            _CURRENCY,
            Column("impressions", "number", "as reported"),
            Column("clicks", "number", "as reported"),
            Column("conversions", "number", "as the ad system counts and claims them; not opportunities"),
        ),
        _table(
            "ledger",
            "one row per month x account of the profit and loss; a parent account's own amounts are a row of their own",
            "month parent account",
            Column("month", "date", "first day of the month", True),
            Column("account", "text", "as the statement writes it, with its number", True),
            Column("parent", "text", "section and accounts above it, outermost first, joined by colons", True),
            Column("section", "category", "income, cogs, expenses, other_income or other_expenses", True),
            Column(
                "category",
                "category",
                "revenue, cogs, sales, marketing, customer_success, r_and_d, g_and_a or other: from company.yml",
                True,
            ),
            Column("amount", "money", "company currency, signed as printed: income and costs both positive", True),
            Column("amount_original", "money", "as written"),
            _CURRENCY,
            Column("basis", "category", "accrual or cash, where the statement says"),
        ),
    )
}


def table(name: str) -> Table:
    """Return one canonical table's description; KeyError where there is none of that name."""
    return TABLES[name]


def empty(name: str) -> pd.DataFrame:
    """Return the canonical table without rows: documented columns, documented dtypes."""
    return pd.DataFrame({column.name: pd.Series(dtype=column.dtype) for column in TABLES[name].columns})
