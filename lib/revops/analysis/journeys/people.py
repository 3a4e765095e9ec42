"""The people behind each opportunity, as they were known at the end of a day."""

from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np
import pandas as pd

from revops.analysis.journeys.numbers import NEVER, Array, earliest, matched, moments, numbered
from revops.book import AsOf
from revops.periods import end_of_day

__all__ = ["People", "people_of", "with_fallback"]


@dataclass(frozen=True)
class People:
    """Who is known; a person is a contact, or a lead that has not become one. Numbers stand for people.

    table : one row per person: id; account (number, -1 for none); lead_at and contact_at (microseconds or NEVER: when
        the first of its leads was made; when the contact became a lead, else was made)
    deal, person : one entry per opportunity (row of the state) x person behind it, each pair once, in order
    has_role : of each opportunity, whether a contact known by the day has a role on it
    of_touch, of_contact : whom each row of touches and of contacts is about; -1 where nobody knew of them by the day
    accounts : account_id by number; of_deal: the account of each opportunity
    """

    table: pd.DataFrame
    deal: Array
    person: Array
    has_role: Array
    of_touch: Array
    of_contact: Array
    accounts: pd.Index
    of_deal: Array


def people_of(view: AsOf, state: pd.DataFrame) -> People:
    """Return who is behind each opportunity: its contact roles and its converted leads.

    Parameters
        state : opportunities at the end of the day (AsOf.opportunities)

    Limits
        Contact roles have no stamp, nor has the account of a contact: today's hold, once all three exist.
    """
    end = end_of_day(view.day)
    tables = {name: view.book.table(name) for name in ("contacts", "leads", "contact_roles", "touches")}
    ids = _ids(state, **tables)
    is_contact, of_lead, became = _known(ids, tables["contacts"], tables["leads"], end)
    contact, role = (np.where(is_contact[number], number, -1) for number in (ids.contact, ids.role))
    person = of_lead[ids.lead]
    account = np.full(ids.n_contacts + len(of_lead), -1)
    account[person] = np.where(became, ids.lead_account, -1)
    account[contact] = np.where(ids.contact_account >= 0, ids.contact_account, account[contact])
    account[-1] = -1
    table = pd.DataFrame({"id": ids.names, "account": account[:-1]})
    table["lead_at"] = earliest(len(table), person, moments(tables["leads"]["created_at"], end))
    lead_at, made_at = (moments(tables["contacts"][name], end) for name in ("lead_at", "created_at"))
    table["contact_at"] = earliest(len(table), contact, np.where(lead_at < NEVER, lead_at, made_at))
    deal = np.concatenate([ids.role_deal, np.where(became, ids.lead_deal, -1)])
    links = _pairs(deal, np.concatenate([role, person]), len(table))
    has_role = _marked(ids.n_deals, ids.role_deal[role >= 0])[:-1]
    to_come = _marked(len(of_lead) - 1, ids.lead[((ids.became >= 0) & ~became) | (person < 0)])
    as_contact = is_contact[ids.touched] & ~to_come[ids.touched_lead]
    of_touch = np.where(as_contact, ids.touched, of_lead[ids.touched_lead])
    return People(table, *links, has_role, of_touch, contact, ids.accounts, ids.deal_account)


def with_fallback(people: People, fallback: str) -> People:
    """Return the same with all people of the account behind an opportunity, by account_fallback (JourneyKnobs)."""
    if fallback == "off":
        return people
    left = np.where(people.has_role & (fallback == "no_roles"), -1, people.of_deal)
    deal, person = matched(left, people.table["account"].to_numpy())
    deal, person = np.append(people.deal, deal), np.append(people.person, person)
    deal, person = _pairs(deal, person, len(people.table))
    return replace(people, deal=deal, person=person)


def _ids(
    state: pd.DataFrame, contacts: pd.DataFrame, leads: pd.DataFrame, contact_roles: pd.DataFrame, touches: pd.DataFrame
) -> SimpleNamespace:
    """Return ids as numbers: of opportunities the row of the state, or -1; of people's records those of `names`."""
    of = SimpleNamespace()
    tables = (contacts, leads, contact_roles, touches)
    (of.contact, of.became, of.role, of.touched), names = numbered(*(table["contact_id"] for table in tables))
    (of.lead, of.touched_lead), lead_names = numbered(leads["lead_id"], touches["lead_id"])
    accounts = numbered(*(table["account_id"] for table in (state, contacts, leads)))
    (of.deal_account, of.contact_account, of.lead_account), of.accounts = accounts
    deals = numbered(*(table["opportunity_id"] for table in (state, contact_roles, leads)))[0]
    of.role_deal, of.lead_deal = (np.where(numbers < len(state), numbers, -1) for numbers in deals[1:])
    of.n_deals, of.n_contacts, of.n_leads, of.names = len(state), len(names), len(lead_names), names.append(lead_names)
    return of


def _known(
    ids: SimpleNamespace, contacts: pd.DataFrame, leads: pd.DataFrame, end: pd.Timestamp
) -> tuple[Array, Array, Array]:
    """Return which contacts existed by a moment, who each lead was (-1: not there yet), which leads were converted.

    The first two have a last entry for none. A converted lead is its contact.
    """
    is_contact = ~_marked(ids.n_contacts, ids.contact[(contacts["created_at"] > end).to_numpy()])
    is_contact[-1] = False
    unborn = (leads["created_at"] > end).to_numpy()
    told = leads["converted_date"]
    became = (told.isna() | (told <= end)).to_numpy() & (is_contact[ids.became] | (ids.became < 0)) & ~unborn
    of_lead = np.append(ids.n_contacts + np.arange(ids.n_leads), -1)
    of_lead[ids.lead[unborn]] = -1
    is_one = became & (ids.became >= 0)
    of_lead[ids.lead[is_one]] = ids.became[is_one]
    return is_contact, of_lead, became


def _pairs(deal: Array, person: Array, n_people: int) -> tuple[Array, Array]:
    """Return opportunity x person, each pair once, in order; -1 is none."""
    pairs = np.unique((deal * (n_people + 1) + person)[(deal >= 0) & (person >= 0)])
    return pairs // (n_people + 1), pairs % (n_people + 1)


def _marked(n: int, which: Array) -> Array:
    """Return n flags and a last one for none, which is never set."""
    marks = np.zeros(n + 1, dtype=bool)
    marks[which] = True
    marks[-1] = False
    return marks
