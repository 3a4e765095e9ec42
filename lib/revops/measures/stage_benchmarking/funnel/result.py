"""What the funnel of leads is: who came, how far each enquiry got, and how many did by when."""

from dataclasses import dataclass

import pandas as pd

__all__ = ["LEADS", "PLACES", "WHOLE", "Funnel"]

PLACES = ("lead", "mql", "sql", "opportunity", "won")
"""How far an enquiry can get, in order; the last is the goal."""
WHOLE = "lead_to_won"
"""The step from the first lead all the way."""
LEADS = {
    "lead_id": "str", "enquiry_id": "str", "company_key": "str", "created": "datetime64[us]",
    "mql_at": "datetime64[us]", "sql_at": "datetime64[us]", "rejected_at": "datetime64[us]",
    "recycled_at": "datetime64[us]", "opportunity_id": "str", "opportunity_at": "datetime64[us]",
    "customer_at": "datetime64[us]", "owner_id": "str", "source": "str", "lead_source": "str", "segment": "str",
    "region": "str", "account_id": "str", "contact_id": "str", "is_contact": "bool",
}  # fmt: skip
"""Columns of Funnel.leads and their types, in order."""


@dataclass(frozen=True)
class Funnel:
    """Leads of one company within some days of one another are an enquiry; how far did enquiries get, and by when?

    leads: one row per person who was a lead by the day, sorted by created and lead_id; columns LEADS:
        lead_id      the lead; the contact's id where contacts are the leads (is_contact)
        enquiry_id   the enquiry it belongs to: the id of its first lead
        company_key  "account <id>", "name <name as compared>" or, of who names no company, "lead <id>"
        created      when it became a lead
        mql_at, sql_at          when it was first called qualified, not before `created`; NaT: not by the day
        rejected_at, recycled_at    since when it has been turned down, or back at marketing, without a break up to the
            day, by company.lead_statuses; both where it was first the one and then the other; NaT without history
        opportunity_id, opportunity_at  the opportunity made of it, else the first that its contact has a role on and
            that was made on the day of the lead or later; and when it was made (which may be before `created` where
            a colleague's lead brought it). Null id with a stamp: a contact's own date, no opportunity is known
        customer_at  when a contact became a customer by its own date; NaT for leads, and where an opportunity is known
        owner_id     who owned it at the end of the day, by the history of owners where there is one
        source, lead_source, segment, region    words, unknown or Unknown where not known; segment by the lead, else
            its employees, else the account, where that was there before it; region likewise
        account_id, contact_id  what it had become by the day; null: still a lead
        is_contact   whether the row is a contact rather than a lead
    enquiries: one row per enquiry, sorted by lead_at and enquiry_id: enquiry_id, company_key, n_leads, lead_at,
        mql_at, sql_at, opportunity_at, won_at, lost_at, opportunity_id, amount [company currency; of its opportunity,
        as known on the day], source, lead_source, segment, region (of its first lead).
    passages: one row per enquiry x step it came into (analysis.passages), subject_id = enquiry_id, with cluster (the
        company), amount, lead_source, source, segment, region, cohort (fiscal quarter of its first lead).
    whole: the same of the one step lead_to_won, from the first lead.
    converted, converted_past: passages and whole that were entered in the last weeks, and in the `past` windows
        before, as `analysis.passages.converted` tells them, by step.
    cohorts: cohort, step (mql, sql, opportunity, won: reached from the first lead), then as `converted`.
    counts: what, n, words (what a row of the page calls it): what is odd about the leads; only what there is (n > 0).
    why: why there is no funnel, None where there is one.
    """

    leads: pd.DataFrame
    enquiries: pd.DataFrame
    passages: pd.DataFrame
    whole: pd.DataFrame
    converted: pd.DataFrame
    converted_past: pd.DataFrame
    cohorts: pd.DataFrame
    counts: pd.DataFrame
    why: str | None
