"""The funnel of the company, or of a slice of it."""

import pandas as pd

from revops.analysis.among import is_among
from revops.measures.stage_benchmarking.funnel.companies import company_keys
from revops.measures.stage_benchmarking.funnel.conversions import (
    by_cohort,
    in_windows,
    passages_of,
    places_told,
    whole_way,
)
from revops.measures.stage_benchmarking.funnel.enquiries import enquiries, enquiry_ids
from revops.measures.stage_benchmarking.funnel.oddities import counts_of
from revops.measures.stage_benchmarking.funnel.opportunities import with_opportunities
from revops.measures.stage_benchmarking.funnel.records import lead_records
from revops.measures.stage_benchmarking.funnel.result import LEADS, Funnel
from revops.measures.stage_benchmarking.needs import has_leads
from revops.measures.stage_benchmarking.window import Window

__all__ = ["funnel_of", "leads_of"]

_OF_LEADS = ("segment", "region", "source")
"""What leads can be told apart by, so the slices that have a funnel."""


def funnel_of(window: Window) -> Funnel:
    """Return how enquiries passed from lead to won, as known at the end of the day.

    Question
        Of the companies that came to us, who got how far, and by when?

    Parameters
        window : the last weeks and those before; uses leads, lead_history, contacts, contact_roles, accounts,
            opportunities and their history

    Returns
        Funnel. Of a slice: the enquiries whose first lead is in it; people of other groups may be among their leads

    Formula
        Leads of one company are an enquiry (companies.company_keys, enquiries.enquiry_ids); its milestones are the
        first of its leads' (enquiries.enquiries); its passages are first passages by whole days (analysis.passages).

    Limits
        Slices by owner, team and type have no funnel: most leads belong to a queue, and to no type.
    """
    leads = leads_of(window)
    found = enquiries(leads, window)
    places = places_told(found)
    why = _why(window, found)
    found = _of_slice(found, window) if why is None else found.iloc[:0]
    leads = leads[is_among(leads["enquiry_id"], found["enquiry_id"])].reset_index(drop=True)
    passages, whole = passages_of(found, places, window), whole_way(found, places, window)
    both = pd.concat([passages, whole], ignore_index=True)
    return Funnel(
        leads[list(LEADS)], found, passages, whole,
        in_windows(both, range(1), window), in_windows(both, range(1, window.knobs.past + 1), window),
        by_cohort(found, places, window), counts_of(leads, found, places, window), why,
    )  # fmt: skip


def leads_of(window: Window) -> pd.DataFrame:
    """Return Funnel.leads of the whole company, whatever the slice, and is_by_role."""
    records = with_opportunities(lead_records(window), window)
    records = records.assign(company_key=company_keys(records, window))
    records = records.assign(enquiry_id=enquiry_ids(records, window.knobs.enquiry_days))
    return records[[*LEADS, "is_by_role"]].astype(LEADS)


def _of_slice(found: pd.DataFrame, window: Window) -> pd.DataFrame:
    for name, wanted in window.knobs.slice.items():
        found = found[found[name].eq(wanted)]
    return found.reset_index(drop=True)


def _why(window: Window, found: pd.DataFrame) -> str | None:
    """Return why there is no funnel: nobody came by the day, or the slice is none of leads; None where there is one."""
    if not has_leads(window.view.book):
        return "no leads: export leads, or contacts with their lifecycle dates"
    if found.empty:
        return f"nobody was a lead by {window.view.day}"
    untold = [name for name in window.knobs.slice if name not in _OF_LEADS]
    if untold:
        return f"leads are not told apart by {' or '.join(untold)}: they have no funnel of their own"
    if _of_slice(found, window).empty:
        return f"no lead is in {', '.join(f'{name} {wanted}' for name, wanted in window.knobs.slice.items())}"
    return None
