"""Which MQLs were handed over, to whom, and where in that person's day they came."""

import pandas as pd

from revops.analysis.office import arrivals
from revops.company import Company
from revops.measures.stage_benchmarking.hand_off.records import looked_up
from revops.measures.stage_benchmarking.window import Window

__all__ = ["first_owners", "handed_over", "zones_of"]


def handed_over(window: Window, leads: pd.DataFrame, history: pd.DataFrame) -> pd.DataFrame:
    """Return the first qualified person of each enquiry, with who got it and where in the day it came.

    Parameters
        window : its view and its windows
        leads : Funnel.leads
        history : the changes of leads up to the day (schema.lead_history), in their order

    Returns
        Columns of Funnel.leads and place, owner_id (who got it), team, owner_region, zone, arrived, n_again; sorted by
        mql_at and lead_id.
    """
    order = ["mql_at", "created", "lead_id"]
    known = leads[leads["mql_at"].notna()].sort_values(order)
    rows = known.drop_duplicates("enquiry_id").reset_index(drop=True)
    company = window.view.company
    owners = window.view.owners.drop_duplicates("owner_id").set_index("owner_id")
    owner = first_owners(rows, history, owners.index)
    region = looked_up(owner, owners["region"])
    zone = zones_of(region, rows["region"], company)
    arrived = arrivals(rows["mql_at"], zone, office=company.office_hours, zone=company.time_zone)
    return rows.assign(
        place=window.place_of(rows["mql_at"]), owner_id=owner, team=looked_up(owner, owners["team"]),
        owner_region=named(region, company), zone=zone, arrived=arrived,
        n_again=rows["enquiry_id"].map(known["enquiry_id"].value_counts()).to_numpy() - 1,
    )  # fmt: skip


def first_owners(rows: pd.DataFrame, history: pd.DataFrame, people: pd.Index) -> pd.Series:
    """Return who got each lead: the first person who owned it when it was qualified or later.

    Parameters
        rows : lead_id, mql_at and owner_id (who owns it on the day)
        history : changes of leads; people : ids of owners; all others are queues

    Limits
        Without history of owners it is who owns the lead on the day.
    """
    changes = history[history["field"].eq("owner_id")]
    changes = changes.assign(mql_at=looked_up(changes["lead_id"], rows.set_index("lead_id")["mql_at"]))
    is_after = changes["changed_at"] > changes["mql_at"]
    before = changes[~is_after].drop_duplicates("lead_id", keep="last").set_index("lead_id")["new_value"]
    first = changes[is_after].drop_duplicates("lead_id").set_index("lead_id")["old_value"]
    later = changes[is_after & changes["new_value"].isin(people)].drop_duplicates("lead_id").set_index("lead_id")
    found = pd.Series(None, rows.index, dtype="object")
    for owner in (before, first, later["new_value"]):
        told = looked_up(rows["lead_id"], owner)
        found = found.where(found.notna(), told.where(told.isin(people), None))
    return found.where(found.notna(), rows["owner_id"].where(rows["owner_id"].isin(people), None)).astype("str")


def zones_of(owner: pd.Series, lead: pd.Series, company: Company) -> pd.Series:
    """Return the zone whose office hours count: by the owner's region, else the lead's, else the company's."""
    zones = company.office_hours.time_zones
    known = {company.regions.spellings.get(name.strip().casefold(), name.strip()).casefold(): zone
             for name, zone in zones.items()}  # fmt: skip
    found = pd.Series(None, owner.index, dtype="object")
    for region in (owner, lead):
        told = named(region, company).str.casefold().map(known)
        found = found.where(found.notna(), told)
    return found.where(found.notna(), company.time_zone).astype("str")


def named(regions: pd.Series, company: Company) -> pd.Series:
    """Return regions as company.yml writes them, whatever their case and former spelling."""
    spellings = company.regions.spellings
    names = {raw: spellings.get(raw.strip().casefold(), raw.strip()) for raw in regions.dropna().unique()}
    return regions.map(names).astype("str")
