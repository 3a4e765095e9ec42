"""Who was a lead by the day: people with the days they were qualified, handed back, and became something else."""

from collections.abc import Callable
from functools import partial

import pandas as pd

from revops.analysis.among import is_among
from revops.book import UNKNOWN, AsOf
from revops.book.parts import over
from revops.company import Groups
from revops.measures.stage_benchmarking.funnel.history import owners_on, turned_down
from revops.measures.stage_benchmarking.window import Window
from revops.periods import end_of_day

__all__ = ["UNKNOWN_SOURCE", "lead_records"]

UNKNOWN_SOURCE = "unknown"


def lead_records(window: Window) -> pd.DataFrame:
    """Return one row per person who was a lead by the day, with what was known of it then.

    Question
        Who came, and what had become of each by the day?

    Parameters
        window : its view; uses leads, lead_history, accounts; contacts where there are no leads

    Returns
        lead_id, account_name, created, mql_at, sql_at, rejected_at, recycled_at, own_opportunity_id, opportunity_at,
        customer_at, owner_id, source, lead_source, segment, region, account_id, contact_id, is_contact: see Funnel,
        opportunity_at and customer_at being a contact's own dates; sorted by created, then lead_id

    Formula
        Contacts are the leads only where no lead was made by the day: beside leads, a contact is what a lead
        became, or somebody a colleague typed in, and would count a person twice. Called qualified before it was there:
        on the day it was made. Segment and region: its own, else by its employees, else its account's where that was
        there before it: an account made of the lead would tell the segment of those alone who moved on.

    Limits
        A day of qualification that a CRM overwrites when it qualifies again is that of the last time. Source, segment
        and region, and the account of a contact, have no history: today's hold.
    """
    view = window.view
    found = _of_leads if any(over(view, _has_leads)) else _of_contacts
    parts = over(view, partial(_records, of=found))
    table = pd.concat([part for part in parts if len(part)] or parts[:1])
    return table.sort_values(["created", "lead_id"], ignore_index=True)


def _has_leads(view: AsOf) -> bool:
    return bool((view.book.table("leads")["created_at"] <= end_of_day(view.day)).any())


def _records(view: AsOf, of: Callable[[AsOf], pd.DataFrame]) -> pd.DataFrame:
    """Return the rows of a company, or of one part of it."""
    found, end = of(view), end_of_day(view.day)
    stamps = ["mql_at", "sql_at", "opportunity_at", "customer_at"]
    found[stamps] = found[stamps].where(found[stamps] <= end).astype("datetime64[us]")
    for name in stamps:
        found[name] = found[name].mask(found[name] < found["created"], found["created"])
    return _described(found, view)


def _of_leads(view: AsOf) -> pd.DataFrame:
    """Return the leads made by the day, with what they had become by then."""
    end, history, leads = end_of_day(view.day), view.book.table("lead_history"), view.book.table("leads")
    leads = leads[leads["created_at"] <= end]
    found = leads.rename(columns={"created_at": "created"}).reset_index(drop=True)
    contacts = view.book.table("contacts")
    to_come = contacts.loc[contacts["created_at"] > end, "contact_id"]
    became = ~(found["converted_date"] > end) & ~is_among(found["contact_id"], to_come)
    became_of = ["contact_id", "account_id", "opportunity_id"]
    found[became_of] = found[became_of].where(became)
    down = turned_down(history, view.company.lead_statuses, end).reindex(found["lead_id"])
    owner = owners_on(history, end).reindex(found["lead_id"])
    kept = ["lead_id", "account_name", "created", "mql_at", "sql_at", "source", "lead_source", "segment", "region",
            "employees", "account_id", "contact_id"]  # fmt: skip
    return found[kept].assign(
        own_opportunity_id=found["opportunity_id"], opportunity_at=pd.NaT, customer_at=pd.NaT,
        rejected_at=down["rejected"].to_numpy(), recycled_at=down["recycled"].to_numpy(),
        owner_id=pd.Series(owner.to_numpy(), found.index).where(owner.notna().to_numpy(), found["owner_id"]),
        is_contact=False,
    )  # fmt: skip


def _of_contacts(view: AsOf) -> pd.DataFrame:
    """Return the contacts that were leads by the day: as one, or straight as qualified by marketing or by sales."""
    contacts, end = view.book.table("contacts"), end_of_day(view.day)
    steps = contacts[["lead_at", "mql_at", "sql_at"]]
    created = steps.where(steps <= end).min(axis=1).astype("datetime64[us]")
    found = contacts.assign(created=created, lead_id=contacts["contact_id"])[created.notna()].reset_index(drop=True)
    kept = ["lead_id", "created", "mql_at", "sql_at", "opportunity_at", "customer_at", "owner_id", "source",
            "lead_source", "account_id", "contact_id"]  # fmt: skip
    unknown = dict.fromkeys(["account_name", "own_opportunity_id", "segment", "region"])
    return found[kept].assign(
        **unknown, employees=float("nan"), rejected_at=pd.NaT, recycled_at=pd.NaT, is_contact=True
    )


def _described(found: pd.DataFrame, view: AsOf) -> pd.DataFrame:
    """Return the rows with segment, region and source in the company's words, unknown where nothing tells them."""
    company = view.company
    account = view.book.table("accounts").set_index("account_id")
    account = account.reindex(found["account_id"]).set_axis(found.index)
    was_there = ~(account["created_at"] > found["created"])
    by_size, account_by_size = (
        rows["employees"].map(company.segments.of_employees, na_action="ignore") for rows in (found, account)
    )
    segments = [found["segment"], by_size, account["segment"].where(was_there), account_by_size.where(was_there)]
    regions = [found["region"], account["region"].where(was_there)]
    found["segment"] = _as_named(segments, company.segments)
    found["region"] = _as_named(regions, company.regions)
    found["source"] = found["source"].astype("str").fillna(UNKNOWN_SOURCE)
    found["lead_source"] = found["lead_source"].astype("str").fillna(UNKNOWN)
    words = ["account_name", "owner_id", "account_id", "contact_id", "own_opportunity_id"]
    stamps = ["rejected_at", "recycled_at", "opportunity_at", "customer_at"]
    types = dict.fromkeys(words, "str") | dict.fromkeys(stamps, "datetime64[us]")
    return found.drop(columns="employees").astype(types)


def _as_named(known: list[pd.Series], groups: Groups) -> pd.Series:
    """Return the first of several words that is known, as company.yml writes it."""
    first = known[0].astype("str")
    for words in known[1:]:
        first = first.fillna(words.astype("str"))
    names = {word: groups.spellings.get(word.strip().casefold(), word) for word in first.dropna().unique()}
    return first.map(names).astype("str").fillna(UNKNOWN)
