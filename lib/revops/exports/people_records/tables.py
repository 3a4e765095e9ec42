"""The tables around people, built together, since a merged lead or contact is the same one in all of them."""

from collections.abc import Mapping

import pyarrow as pa

from revops.exports.context import Context
from revops.exports.marketo.activities import build_activities, parted_activities
from revops.exports.marketo.people import Linked, is_marketo, with_marketo
from revops.exports.people_records.campaigns import with_costs
from revops.exports.people_records.contacts import contact_roles
from revops.exports.people_records.influence import build_influence
from revops.exports.people_records.lead_history import build_lead_history
from revops.exports.people_records.leads import build_leads
from revops.exports.people_records.lifecycle import with_lifecycle
from revops.exports.people_records.roles import RoleFiles, build_roles
from revops.exports.reading.frames import Frame
from revops.exports.uniting.merged import Merged, merged_records

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
    activities, changes = parted_activities([frame for frame in groups["touches"] if is_marketo(frame)], context.ledger)
    history = [*groups["lead_history"], *changes]
    if leads or history:
        context.people.learn(deals)
    linked = Linked()
    if leads:
        found["leads"], linked = _leads(leads, merged, merged_contacts, deals, context)
        context.people.learn(found["leads"])
    if history:
        found["lead_history"] = build_lead_history(history, found.get("leads"), linked.merged(merged), context)
    if leads and history:
        found["leads"] = with_lifecycle(found["leads"], found["lead_history"], context)
    if activities:
        found["touches"] = build_activities(activities, found.get("leads"), linked, context)
    if groups["campaign_influence"]:
        found["campaign_influence"] = build_influence(groups["campaign_influence"], deals, merged_contacts, context)
    return found


def _leads(
    frames: list[Frame], merged: Merged, contacts: Merged, deals: pa.Table, context: Context
) -> tuple[pa.Table, Linked]:
    """Return the leads of the CRM and of Marketo, each person once, and which person of Marketo is which lead."""
    crm, people = ([f for f in frames if is_marketo(f) == other] for other in (False, True))
    table = build_leads(crm, merged, contacts, deals, context) if crm else None
    if not people:
        return table, Linked()

    def build(some: list[Frame]) -> pa.Table:
        return build_leads(some, merged, contacts, deals.slice(0, 0), context)

    return with_marketo(people, table, merged, build, context)


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
