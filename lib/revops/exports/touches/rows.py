"""The touches of one file: whom each touched, when, and under which id; rows that tell none of it are left out."""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from revops.exports.audit import Ledger
from revops.exports.reading.columns import TEXT, put
from revops.exports.uniting.merged import Merged
from revops.exports.uniting.records import joined
from revops.exports.uniting.rows import without

__all__ = ["ROWS", "Persons", "touch_rows"]

NOBODY = Merged(pa.array([], TEXT), pa.array([], TEXT))
STAMP, LEAD, CONTACT = pa.timestamp("us"), "00Q", "003"
ROWS = pa.schema(
    [
        *((name, TEXT) for name in ("touch_id", "contact_id", "lead_id", "campaign_id", "campaign_name")),
        *((name, TEXT) for name in ("campaign_type", "status", "utm_source", "utm_medium", "utm_campaign")),
        *((name, STAMP) for name in ("touched_at", "responded_date", "associated_at", "modified_at")),
        ("is_response", pa.bool_()),
        ("_as_lead", pa.bool_()),
        ("_is_api", pa.bool_()),
        ("_file", pa.int32()),
    ]
)
"""What is known of a touch before copies are made one; touched_at is here only what a file says by that name."""


@dataclass(frozen=True)
class Persons:
    """Who is whom: the contacts that leads have become (lead_id, contact_id), and the records merged into others."""

    converted: pa.Table | None = None
    leads: Merged = NOBODY
    contacts: Merged = NOBODY

    @classmethod
    def known(cls, leads: pa.Table | None, merged_leads: Merged, merged_contacts: Merged) -> "Persons":
        """Return who is whom by the leads (schema.leads) and the merges of their system."""
        if leads is None or not {"lead_id", "contact_id"} <= set(leads.column_names):
            return cls(None, merged_leads, merged_contacts)
        told = leads.filter(pc.is_valid(leads["contact_id"])).select(["lead_id", "contact_id"]).combine_chunks()
        return cls(told, merged_leads, merged_contacts)


def touch_rows(part: pa.Table, is_api: bool, persons: Persons, ledger: Ledger) -> pa.Table:
    """Return the rows of a part of a file as touches (ROWS), without those that the system has deleted.

    A person is in a campaign once, so that person and campaign are the id, unless the file has ids of its own. The
    person of a converted lead is the contact it has become.
    """
    n = part.num_rows
    table = part.append_column("_is_api", pa.repeat(is_api, n))
    for field in ROWS:
        if field.name not in table.column_names:
            table = table.append_column(field.name, pa.nulls(n, field.type))
        elif table[field.name].type != field.type:
            table = put(table, field.name, table[field.name].cast(field.type))
    table = _with_person(table, persons)
    if "touch_id" not in part.column_names:
        person = pc.coalesce(table["contact_id"], table["lead_id"])
        table = put(table, "touch_id", pc.binary_join_element_wise(person, table["campaign_id"], ":"))
    told = pc.is_valid(table["responded_date"])
    table = put(table, "is_response", pc.coalesce(table["is_response"], pc.if_else(told, True, None)))
    return _without_unusable(table, "touch_id" in part.column_names, ledger).select(ROWS.names)


def _with_person(table: pa.Table, persons: Persons) -> pa.Table:
    """Return the rows with the lead and the contact of each, `_as_lead` where its file names a lead alone."""
    lead, contact = table["lead_id"], table["contact_id"]
    if "person_id" in table.column_names:
        person = table["person_id"].cast(TEXT)
        lead = pc.coalesce(lead, pc.if_else(pc.starts_with(person, LEAD), person, None))
        contact = pc.coalesce(contact, pc.if_else(pc.starts_with(person, CONTACT), person, None))
    lead, contact = persons.leads.led(lead), persons.contacts.led(contact)
    table = put(table, "_as_lead", pc.is_null(contact))
    if "converted_contact_id" in table.column_names:
        contact = pc.coalesce(contact, table["converted_contact_id"].cast(TEXT))
    if persons.converted is not None:
        contact = pc.coalesce(contact, joined(lead, persons.converted, "lead_id", "contact_id").cast(TEXT))
    return put(put(table, "lead_id", lead), "contact_id", contact)


def _without_unusable(table: pa.Table, has_ids: bool, ledger: Ledger) -> pa.Table:
    """Return the rows that tell whom they touched and when; the others are counted by what they lack."""
    date = pc.coalesce(table["touched_at"], table["responded_date"], table["associated_at"])
    person = pc.coalesce(table["contact_id"], table["lead_id"])
    gone = table["is_deleted"].fill_null(False) if "is_deleted" in table.column_names else pa.repeat(False, len(date))
    lacks = [("no touch_id", "touch_id")] if has_ids else [("no campaign", "campaign_id")]
    reasons = [("deleted in the system (IsDeleted)", gone)]
    reasons += [] if has_ids else [("neither a lead nor a contact", pc.is_null(person))]
    reasons += [(reason, pc.is_null(table[name])) for reason, name in lacks] + [("no date", pc.is_null(date))]
    return without(table, reasons, ledger, "touch_id")
