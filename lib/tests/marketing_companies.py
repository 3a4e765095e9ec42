"""Tiny companies with leads, tags, books and tools, for tests of the numbers of marketing operations."""

import datetime as dt
from types import SimpleNamespace

import pandas as pd

from frames import COMPANY, as_of, book, change, deal
from revops.company import Company
from revops.measures.stage_benchmarking import marketing
from revops.measures.stage_benchmarking.funnel import LEADS
from revops.measures.stage_benchmarking.knobs import Knobs
from revops.measures.stage_benchmarking.marketing.compliance import Compliance, compliance_of
from revops.measures.stage_benchmarking.marketing.people import people_of
from revops.measures.stage_benchmarking.marketing.result import spans_of
from revops.measures.stage_benchmarking.window import Window, window_of

DAY = "2026-06-30"
"""The last weeks begin on 1 April, the weeks before them on 2 April 2025."""


def lead(id: str, at: str = "2026-06-01", *tags: str | None, **given: object) -> dict:
    """Return a lead with the tags source, medium and campaign of its link."""
    named = dict(zip(("utm_source", "utm_medium", "utm_campaign"), tags, strict=False))
    return {"lead_id": id, "created_at": at, "lead_source": "Web", **named, **given}


def came(n: int, *tags: str | None, at: str = "2026-06-01", name: str = "L", **given: object) -> list[dict]:
    """Return n leads of one day with the same tags."""
    return [lead(f"{name}{number}", at, *tags, **given) for number in range(n)]


def account(category: str, amounts: list[float], since: str, section: str = "expenses", name: str = "") -> list[dict]:
    """Return months of one account of the books."""
    months = pd.date_range(since, periods=len(amounts), freq="MS")
    return [{"month": month.isoformat(), "account": name or category, "parent": category, "section": section,
             "category": category, "amount": amount}
            for month, amount in zip(months, amounts, strict=True)]  # fmt: skip


def seen(leads: list[dict] = (), *, day: str = DAY, company: Company = COMPANY, knobs: dict | None = None,
         **tables: list[dict]) -> tuple[Window, SimpleNamespace]:  # fmt: skip
    """Return the window of a company as of a day, and what of its funnel marketing needs: each lead its own enquiry
    unless it names one (`enquiry`), its company what it calls it."""
    leads = list(leads)
    own = [{name: value for name, value in row.items() if name != "enquiry"} for row in leads]
    there = {name: rows for name, rows in {"leads": own, **tables}.items() if rows}
    whole = book([deal("0")], [change("0", "2026-02-01 09:00"), change("0", f"{DAY} 12:00", 1)], company, **there)
    window = window_of(as_of(whole, day), Knobs(**(knobs or {})))
    return window, funnel(leads, tables.get("contacts", ()), window.view.day)


def funnel(leads: list[dict], contacts: list[dict], day: dt.date) -> SimpleNamespace:
    """Return leads and enquiries as the funnel would have them."""
    rows = [{**row, "created": row["created_at"], "is_contact": False} for row in leads]
    rows += [{**row, "lead_id": row["contact_id"], "created": row["lead_at"], "is_contact": True}
             for row in contacts if row.get("lead_at")]  # fmt: skip
    end = f"{day}T24"
    rows = [row for row in rows if row["created"] < end]
    for row in rows:
        row["enquiry_id"] = row.get("enquiry", row["lead_id"])
        row["company_key"] = row.get("account_name") or row.get("account_id") or row["lead_id"]
    table = pd.DataFrame({name: [row.get(name) for row in rows] for name in LEADS})
    stamps = [name for name, kind in LEADS.items() if kind.startswith("datetime")]
    for name in stamps:
        table[name] = pd.to_datetime(table[name], format="ISO8601")
    table = table.astype({name: kind for name, kind in LEADS.items()})
    each = table.groupby("enquiry_id").agg(lead_at=("created", "min"), mql_at=("mql_at", "min")).reset_index()
    return SimpleNamespace(leads=table, enquiries=each)


def told(*args: object, **given: object) -> marketing.Marketing:
    """Return the numbers of marketing operations of a company: arguments as in `seen`."""
    return marketing.marketing_of(*seen(*args, **given))


def tags_told(*args: object, **given: object) -> Compliance:
    """Return what the tags of the last weeks and the weeks before say: arguments as in `seen`."""
    window, found = seen(*args, **given)
    rows = people_of(window.view, found.leads)
    place = window.place_of(rows["created"])
    return compliance_of(window, rows, spans_of(place, window.knobs.past), place)


def people(*args: object, **given: object) -> pd.DataFrame:
    """Return the people of a company: arguments as in `seen`."""
    window, found = seen(*args, **given)
    return people_of(window.view, found.leads)
