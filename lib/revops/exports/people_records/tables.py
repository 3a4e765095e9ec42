"""The tables around people, built together, since a merged lead or contact is the same one in all of them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow.dataset import Dataset

from revops.exports.context import Context
from revops.exports.later import opened
from revops.exports.marketo.activities import Activities, holding_changes
from revops.exports.marketo.people import Linked, is_marketo, with_marketo
from revops.exports.people import named_owners
from revops.exports.people_records.campaigns import with_costs
from revops.exports.people_records.contacts import contact_roles
from revops.exports.people_records.influence import build_influence
from revops.exports.people_records.lead_history import build_lead_history
from revops.exports.people_records.leads import build_leads
from revops.exports.people_records.lifecycle import with_lifecycle
from revops.exports.people_records.roles import RoleFiles, build_roles
from revops.exports.reading.frames import Frame
from revops.exports.touches.build import build_touches
from revops.exports.touches.rows import Persons
from revops.exports.uniting.merged import Merged
from revops.exports.uniting.records import finish, picked

__all__ = ["people_tables", "roles_around"]


def people_tables(
    groups: Mapping[str, list[Frame]],
    tables: Mapping[str, pa.Table],
    merges: Mapping[str, Merged],
    deals: pa.Table,
    context: Context,
    aside: Path | None = None,
) -> tuple[dict[str, pa.Table], dict[str, Any]]:
    """Return campaigns with their costs, leads and campaign influence, where files hold them.

    Apart from these the history of leads and the touches, finished; their builders count the rows of the files.
    `merges` tells which leads and contacts were merged into others.
    """
    do, found, done = context.steps.do, {}, {}
    leads, merged, merged_contacts = groups["leads"], merges["leads"], merges["contacts"]
    if "campaigns" in tables:
        found["campaigns"] = do(with_costs, tables["campaigns"], context)
    marketo, crm = ([f for f in groups["touches"] if is_marketo(f) == other] for other in (True, False))
    there = zip(marketo, do(holding_changes, marketo, context.ledger), strict=True)
    history, linked = [*groups["lead_history"], *(frame for frame, holds in there if holds)], Linked()
    if leads or history:
        context.people.learn(opened(do(named_owners, deals)))
    if leads:
        ids = do(picked, deals, "opportunity_id")
        found["leads"], linked = do(_leads, leads, merged, merged_contacts, ids, context)
        context.people.learn(opened(do(named_owners, found["leads"])))
    known = do(picked, found["leads"], "lead_id") if leads else None
    if history:
        done["lead_history"], reached = context.steps.finished(
            "lead_history", build_lead_history, history, known, linked.merged(merged), context, aside
        )
        if leads:
            found["leads"] = do(with_lifecycle, found["leads"], reached, context)
    if crm or marketo:
        persons = do(Persons.known, do(picked, found.get("leads"), "lead_id", "contact_id"), merged, merged_contacts)
        named = do(picked, found.get("campaigns"), "campaign_id", "campaign_name", "campaign_type")
        activities = Activities(marketo, known, linked, crm, named) if marketo else None
        given = crm, activities, persons, named, context, aside
        done["touches"], _ = context.steps.finished("touches", _touches, *given)
    if influences := groups["campaign_influence"]:
        worth = do(picked, deals, "opportunity_id", "currency", "ratio", "amount")
        found["campaign_influence"] = do(build_influence, influences, worth, merged_contacts, context)
    return found, done


def _touches(*given: Any) -> tuple[pa.Table | Dataset, None]:
    return build_touches(*given), None


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
    files: tuple[RoleFiles, list[Frame]],
    contacts: pa.Table | None,
    merges: Mapping[str, Merged],
    deals: pa.Table,
    context: Context,
) -> pa.Table | None:
    """Return which contacts belong to which opportunities, by every file that tells; None where none does."""
    do = context.steps.do
    ids = do(picked, deals, "opportunity_id", "is_deleted", "associated_contact_ids")
    lists = do(picked, contacts, "contact_id", "associated_opportunity_ids", "merged_ids")
    roles, _ = context.steps.finished("contact_roles", _roles, *files, ids, lists, merges["contacts"], context)
    return roles


def _roles(
    files: RoleFiles, frames: list[Frame], deals: pa.Table, contacts: pa.Table | None, merged: Merged, context: Context
) -> tuple[pa.Table | None, None]:
    table = build_roles(files, frames, contact_roles(deals, contacts), deals, merged, context)
    return None if table is None else finish(table, "contact_roles"), None
