"""The tables around people, built together, since a merged lead or contact is the same one in all of them."""

from collections.abc import Mapping

import pyarrow as pa

from revops.exports.contacts import contact_roles
from revops.exports.context import Context
from revops.exports.frames import Frame
from revops.exports.merged import merged_records
from revops.exports.people_records.campaigns import with_costs
from revops.exports.people_records.influence import build_influence
from revops.exports.people_records.lead_history import build_lead_history
from revops.exports.people_records.leads import build_leads
from revops.exports.people_records.roles import RoleFiles, build_roles

__all__ = ["people_tables", "roles_around"]


def people_tables(
    groups: Mapping[str, list[Frame]], tables: Mapping[str, pa.Table], deals: pa.Table, context: Context
) -> dict[str, pa.Table]:
    """Return campaigns with their costs, leads, their history and campaign influence, where files hold them."""
    found = {}
    leads, contacts = groups["leads"], groups["contacts"]
    merged, merged_contacts = merged_records(leads, "lead_id"), merged_records(contacts, "contact_id")
    if "campaigns" in tables:
        found["campaigns"] = with_costs(tables["campaigns"], context)
    if leads or groups["lead_history"]:
        context.people.learn(deals)
    if leads:
        found["leads"] = build_leads(leads, merged, merged_contacts, deals, context)
        context.people.learn(found["leads"])
    if groups["lead_history"]:
        found["lead_history"] = build_lead_history(groups["lead_history"], found.get("leads"), merged, context)
    if groups["campaign_influence"]:
        found["campaign_influence"] = build_influence(groups["campaign_influence"], deals, merged_contacts, context)
    return found


def roles_around(
    files: RoleFiles,
    groups: Mapping[str, list[Frame]],
    contacts: pa.Table | None,
    deals: pa.Table,
    context: Context,
) -> pa.Table | None:
    """Return which contacts belong to which opportunities, by every file that tells; None where none does."""
    merged = merged_records(groups["contacts"], "contact_id")
    return build_roles(files, groups["contact_roles"], contact_roles(deals, contacts), deals, merged, context)
