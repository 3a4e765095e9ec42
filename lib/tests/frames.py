"""Tiny canonical tables for tests: rows as dicts, everything not given is ordinary."""

import datetime as dt
from collections.abc import Callable

import pandas as pd

from revops import schema
from revops.book import AsOf, Book
from revops.company import Company
from revops.exports import Audit

COMPANY = Company.model_validate(
    {
        "company": "Halyard",
        "currency": "USD",
        "stages": [
            {"name": "Lead"},
            {"name": "Discovery"},
            {"name": "Proposal"},
            {"name": "Won", "outcome": "won"},
            {"name": "Lost", "outcome": "lost"},
        ],
        "qualifying_stage": "Discovery",
        "types": {"new": ["New"], "expansion": ["Expansion"], "renewal": ["Renewal"]},
        "sources": [{"source": "marketing", "lead_source": ["Web"]}],
        "segments": {"names": ["SMB", "Enterprise"]},
    }
)
TRACKED = {name: "OpportunityHistory" for name in ("stage_name", "close_date", "amount", "forecast_category")}
OUTCOMES = {stage.name: stage.outcome for stage in COMPANY.stages}


def table(name: str, rows: list[dict]) -> pd.DataFrame:
    """Return a canonical table from rows; columns not given are null."""
    columns = schema.table(name).columns
    values = {c.name: pd.Series([row.get(c.name) for row in rows], dtype="object") for c in columns}
    return pd.DataFrame({c.name: _cast(values[c.name], c.dtype) for c in columns})


def deal(id: str, **given) -> dict:
    """Return one opportunity: new, in Discovery, open, created 2026-02-01, due 2026-07-15, 100."""
    row = {
        "opportunity_id": id,
        "opportunity_name": f"Deal {id}",
        "stage_name": "Discovery",
        "type": "new",
        "source": "marketing",
        "created_at": "2026-02-01 09:00",
        "close_date": "2026-07-15",
        "amount": 100.0,
        **given,
    }
    return {"outcome": OUTCOMES[row["stage_name"]], **row}


def change(id: str, at: str, sequence: int = 0, **given) -> dict:
    """Return one state of an opportunity from `at` on."""
    row = {
        "opportunity_id": id,
        "changed_at": at,
        "sequence": float(sequence),
        "stage_name": "Discovery",
        "close_date": "2026-07-15",
        "amount": 100.0,
        "is_deleted": False,
        **given,
    }
    return {"outcome": OUTCOMES[row["stage_name"]], **row}


def quota(amount: float, level: str = "company", member: str = "company", **given) -> dict:
    """Return one quota row for 2026Q3 in calendar quarters (July to September)."""
    return {
        "level": level,
        "member": member,
        "metric": "bookings",
        "period_start": "2026-07-01",
        "period_end": "2026-09-30",
        "quota_amount": amount,
        **given,
    }


def state(*deals: dict) -> pd.DataFrame:
    """Return opportunities as `AsOf.state` would give them."""
    rows = table("opportunities", list(deals))
    order = rows["stage_name"].map(COMPANY.stage_order).astype("float64")
    return rows.assign(stage_order=order, created_source=rows["source"])


def audit(tracked: dict[str, str] | None = None, history_from: str | None = None) -> Audit:
    """Return an audit that says nothing but what has history."""
    return Audit((), (), (), (), tracked or {}, history_from)


def book(
    deals: list[dict], history: list[dict] = (), company: Company = COMPANY, tracked=None, **others: list[dict]
) -> Book:
    """Return a Book over tiny tables; with history where rows of it are given."""
    tables = {"opportunities": table("opportunities", list(deals))}
    tables |= {name: table(name, rows) for name, rows in others.items()}
    if history:
        rows = table("opportunity_history", list(history))
        tables["opportunity_history"] = rows.sort_values(
            ["opportunity_id", "changed_at", "sequence"], ignore_index=True
        )
        first = tables["opportunities"]["created_at"].min().date().isoformat()
        return Book(company, tables, audit(tracked or TRACKED, first))
    return Book(company, tables, audit())


def with_tables(book: Book, **tables: pd.DataFrame) -> Book:
    """Return a book in which some tables are others."""
    return Book(book.company, {**book.tables, **tables}, book.audit)


def with_each(book: Book, change: Callable[[pd.DataFrame], pd.DataFrame]) -> Book:
    """Return a book in which every table is changed."""
    return with_tables(book, **{name: change(table) for name, table in book.tables.items()})


def renamed(table: pd.DataFrame) -> pd.DataFrame:
    """Return a canonical table with every id written backwards behind an x."""
    ids = [c for c in table.columns if c in ("opportunity_id", "account_id", "owner_id", "manager_id")]
    table = table.assign(**{c: "x" + table[c].str[::-1] for c in ids})
    if "level" in table:
        owners = table["level"].eq("owner")
        table = table.assign(member=table["member"].mask(owners, "x" + table["member"].str[::-1]))
    keys = [c for c in ("opportunity_id", "changed_at", "sequence") if c in table]
    return table.sort_values(keys, ignore_index=True) if keys else table


def as_of(book: Book, day: str) -> AsOf:
    """Return the book as of a day, seen from a clock far in the future."""
    return book.as_of(dt.date.fromisoformat(day), now=dt.datetime(2099, 1, 1))


def _cast(values: pd.Series, dtype: str) -> pd.Series:
    return (
        pd.to_datetime(values, format="ISO8601").astype(dtype) if dtype.startswith("datetime") else values.astype(dtype)
    )
