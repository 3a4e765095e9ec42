"""What is odd in exports: functions from a book to a book, for tests of the stage benchmarking report."""

from functools import cache

import numpy as np
import pandas as pd
from companies_of_stages import HALYARD, halyard, whole_company

from frames import audit, table, with_tables
from revops import schema
from revops.book import Book

__all__ = ["EVIL", "all_of_one_account", "bare", "changed", "contacts_as_leads", "date_only", "ended", "few_deals",
           "hostile", "merged", "small", "two_pipelines", "unpriced", "with_a_stage_more", "without",
           "without_history"]  # fmt: skip

EVIL = '<script>alert("x")</script> {0} %s $x$ | = "a,b" \\'
_PEOPLE = ("leads", "lead_history", "contacts", "contact_roles", "touches")
_STAGES = [stage.model_dump() for stage in HALYARD.stages]


@cache
def small(**given: object) -> Book:
    """Return a company of 110 leads and about 90 opportunities."""
    return whole_company(110, 60, **given)


def without(book: Book, *names: str) -> Book:
    """Return a book without some tables."""
    return with_tables(book, **{name: schema.empty(name) for name in names})


def changed(book: Book, name: str, **columns: object) -> Book:
    """Return a book in which some columns of a table are others: values, or functions of the table."""
    rows = book.table(name)
    told = {key: value(rows) if callable(value) else pd.Series(value, rows.index, rows[key].dtype)
            for key, value in columns.items()}  # fmt: skip
    return with_tables(book, **{name: rows.assign(**told).astype(rows.dtypes.to_dict())})


def without_history(book: Book) -> Book:
    """Return a book without the history of opportunities."""
    tables = {name: rows for name, rows in book.tables.items() if name != "opportunity_history"}
    return Book(book.company, tables, audit())


def bare(book: Book) -> Book:
    """Return a book with opportunities, their history and leads alone, nobody owning them."""
    kept = {"opportunities", "opportunity_history", "leads"}
    book = without(book, *(name for name in book.tables if name not in kept))
    book = changed(
        book, "leads", owner_id=None, segment=None, region=None, lead_source=None, source=None, employees=np.nan
    )
    return changed(book, "opportunities", owner_id=None, owner_name=None, team=None, account_id=None, account_name=None)


def contacts_as_leads(book: Book) -> Book:
    """Return a book of a CRM without leads: contacts say when they became one, deals have roles."""
    leads = book.table("leads")
    rows = [{"contact_id": f"H{row.lead_id}", "account_id": _known(row.account_id), "owner_id": row.owner_id,
             "source": "marketing", "lead_source": row.lead_source, "created_at": _known(row.created_at),
             "lead_at": _known(row.created_at), "mql_at": _known(row.mql_at), "sql_at": _known(row.sql_at),
             "opportunity_at": _known(row.converted_date), "utm_source": row.utm_source,
             "utm_medium": _known(row.utm_medium), "utm_campaign": row.utm_campaign}
            for row in leads.itertuples()]  # fmt: skip
    roles = [{"opportunity_id": row.opportunity_id, "contact_id": f"H{row.lead_id}"}
             for row in leads.dropna(subset="opportunity_id").itertuples()]  # fmt: skip
    return with_tables(
        without(book, *_PEOPLE), contacts=table("contacts", rows), contact_roles=table("contact_roles", roles)
    )


def date_only(book: Book) -> Book:
    """Return a book whose days of qualification have no time of day."""
    return changed(book, "leads", mql_at=lambda rows: rows["mql_at"].dt.normalize(),
                   sql_at=lambda rows: rows["sql_at"].dt.normalize())  # fmt: skip


def few_deals(book: Book, *ids: str) -> Book:
    """Return a book with some opportunities alone."""
    names = ("opportunities", "opportunity_history")
    kept = {name: rows[rows["opportunity_id"].isin(ids)] for name in names if len(rows := book.table(name))}
    return with_tables(book, **{name: rows.reset_index(drop=True) for name, rows in kept.items()})


def ended(book: Book, how: str, stage: str, outcome: str) -> Book:
    """Return a book in which what ended in one way stands in a stage instead."""
    for name in ("opportunities", "opportunity_history"):
        book = changed(book, name, stage_name=lambda rows: rows["stage_name"].mask(rows["outcome"].eq(how), stage),
                       outcome=lambda rows: rows["outcome"].mask(rows["outcome"].eq(how), outcome))  # fmt: skip
    return book


def unpriced(book: Book, amount: float = np.nan) -> Book:
    """Return a book whose opportunities all have the same amount, or none."""
    return changed(changed(book, "opportunities", amount=amount), "opportunity_history", amount=amount)


def all_of_one_account(book: Book) -> Book:
    """Return a book whose leads and opportunities are all of one company."""
    book = changed(
        book,
        "leads",
        account_name="Same",
        account_id=lambda rows: rows["account_id"].mask(rows["account_id"].notna(), "A1"),
    )
    return changed(book, "opportunities", account_id="A1")


def merged(book: Book) -> Book:
    """Return a book in which twenty leads that became opportunities are there twice, a day apart."""
    leads = book.table("leads")
    twice = leads[leads["opportunity_id"].notna()].head(20)
    twice = twice.assign(lead_id="M" + twice["lead_id"], created_at=twice["created_at"] + pd.Timedelta(days=1))
    return with_tables(book, leads=pd.concat([leads, twice], ignore_index=True))


def two_pipelines(book: Book) -> Book:
    """Return a book in which every second opportunity goes through a pipeline of partners."""
    partners = {"Discovery": "Discovery (Partners)", "Proposal": "Contract (Partners)"}
    theirs = book.table("opportunities")["opportunity_id"][::2]
    for name in ("opportunities", "opportunity_history"):
        book = changed(book, name, stage_name=lambda rows: rows["stage_name"].mask(
            rows["opportunity_id"].isin(theirs), rows["stage_name"].replace(partners)))  # fmt: skip
    stages = [*_STAGES[:2], *({"name": name} for name in partners.values()), *_STAGES[2:]]
    return Book(halyard(stages=stages), book.tables, book.audit)


def with_a_stage_more(book: Book) -> Book:
    """Return a book in which opportunities pass a stage Demo before Proposal, from October 2025 on."""
    history = book.table("opportunity_history")
    later = history[history["stage_name"].eq("Proposal") & history["changed_at"].ge("2025-10-01")]
    demo = later.assign(stage_name="Demo", changed_at=later["changed_at"] - pd.Timedelta(hours=30),
                        sequence=later["sequence"] - 0.5)  # fmt: skip
    history = pd.concat([history, demo]).sort_values(["opportunity_id", "changed_at", "sequence"], ignore_index=True)
    company = halyard(stages=[_STAGES[0], {"name": "Demo"}, *_STAGES[1:]])
    return Book(company, {**book.tables, "opportunity_history": history}, book.audit)


def hostile(book: Book) -> Book:
    """Return a book whose names, sources, reasons, campaigns and tools hold mark-up and signs."""
    evil = lambda name: lambda rows: rows[name] + EVIL  # noqa: E731
    book = changed(book, "leads", account_name=evil("account_name"), reject_reason=evil("reject_reason"),
                   lead_source=evil("lead_source"), utm_campaign=evil("utm_campaign"))  # fmt: skip
    book = changed(book, "opportunities", opportunity_name=EVIL, owner_name=evil("owner_name"), account_name=EVIL)
    book = changed(book, "owners", owner_name=evil("owner_name"))
    return changed(book, "tools", tool_name=evil("tool_name"))


def _known(value: object) -> object:
    return None if pd.isna(value) else value.isoformat() if hasattr(value, "isoformat") else value
