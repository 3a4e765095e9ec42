"""The people who came as leads, with what they told of their company and the tags of the link they came by."""

import pandas as pd

from revops.book import AsOf

__all__ = ["FIELDS", "TAGS", "people_of"]

FIELDS = ("account_name", "country", "employees", "industry", "job_title", "region", "segment")
TAGS = ("utm_source", "utm_medium", "utm_campaign")
_OWN = ["is_contact", "person_id"]


def people_of(view: AsOf, leads: pd.DataFrame) -> pd.DataFrame:
    """Return one row per person who had become a lead by the end of the day, in the order of `leads`.

    Parameters
        view : the company's tables as of a day; uses leads, contacts and accounts
        leads : Funnel.leads; uses lead_id, is_contact, created, company_key, lead_source

    Returns
        person_id, is_contact, created, cluster (the company), lead_source, FIELDS, TAGS: text as written, employees a
        number; null where nothing is written. Of contacts (HubSpot) what tells of the company is the account's.

    Limits
        Fields other than stamps have no history: they are those of the exports, also on a day long past.
    """
    rows = leads.loc[leads["created"].notna(), ["lead_id", "is_contact", "created", "company_key", "lead_source"]]
    rows = rows.rename(columns={"lead_id": "person_id", "company_key": "cluster"})
    known = pd.concat([_of_leads(view), _of_contacts(view)], ignore_index=True)
    return rows.merge(known, "left", on=_OWN, validate="1:1").reset_index(drop=True)


def _of_leads(view: AsOf) -> pd.DataFrame:
    rows = view.book.table("leads").rename(columns={"lead_id": "person_id"}).assign(is_contact=False)
    return rows[[*_OWN, *FIELDS, *TAGS]]


def _of_contacts(view: AsOf) -> pd.DataFrame:
    rows, accounts = view.book.table("contacts"), view.book.table("accounts").set_index("account_id")
    of_account = accounts.reindex(rows["account_id"]).set_axis(rows.index)
    told = {name: of_account[name] if name in of_account else pd.Series(None, rows.index, dtype="str")
            for name in FIELDS}  # fmt: skip
    rows = rows.rename(columns={"contact_id": "person_id"}).assign(is_contact=True, **told)
    return rows[[*_OWN, *FIELDS, *TAGS]]
