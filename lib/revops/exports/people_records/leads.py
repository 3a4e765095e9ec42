"""The table of leads: one row per lead without its name and address, what became of it, and when it was qualified."""

from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc

from revops.exports.context import Context
from revops.exports.people_records.lead_doubts import doubt_leads, say_queues
from revops.exports.reading.columns import TEXT, by_distinct, put, whole
from revops.exports.reading.frames import Frame
from revops.exports.uniting.merged import Merged
from revops.exports.uniting.records import taken, without_deleted
from revops.exports.uniting.rows import without
from revops.exports.uniting.trial_records import without_test_records

__all__ = ["build_leads"]

BECAME = ("converted_date", "contact_id", "account_id", "opportunity_id", "opportunity_name")
UTM = ("utm_source", "utm_medium", "utm_campaign")


def build_leads(frames: list[Frame], merged: Merged, contacts: Merged, deals: pa.Table, context: Context) -> pa.Table:
    """Return leads with canonical columns, the gate's own columns beside them.

    Parameters
        merged : which leads were merged into others; the losers are left out and counted
        contacts : which contacts were; a lead that became one of them became its winner
        deals : the opportunities, only to tell whether converted leads are missing

    MQL and SQL come from the headers that company.yml names and from nowhere else.
    """
    ledger, company = context.ledger, context.company
    table = merged.taken_out(taken(frames, "leads", ledger), "lead_id", ledger)
    table = context.people.fill(without_deleted(table, "leads", ledger))
    table = without_test_records(table, "lead_id", company, ledger)
    table = without(table, [("no created date", table["created_at"].is_null())], ledger, "lead_id")
    table = _with_conversion(table, contacts)
    for name in UTM:
        if name in table.column_names:
            table = put(table, name, by_distinct(table[name].cast(TEXT), _decoded))
    table = put(table, "source", context.words.map_sources(table))
    say_queues(table, ledger)
    doubt_leads(table, frames, deals, context)
    return table


def _with_conversion(table: pa.Table, contacts: Merged) -> pa.Table:
    """Return leads that say whether they are converted: by their own column, else by what they became."""
    there = [table[name].is_valid() for name in BECAME if name in table.column_names]
    own = table["is_converted"] if "is_converted" in table.column_names else pa.nulls(table.num_rows, pa.bool_())
    for column in there:
        own = pc.or_kleene(own, pc.if_else(column, True, None))
    table = put(table, "is_converted", whole(own.fill_null(False) if there else own))
    if "contact_id" in table.column_names:
        table = put(table, "contact_id", contacts.led(table["contact_id"]))
    return table


def _decoded(texts: pa.Array) -> pa.Array:
    return pa.array([unquote(text).strip() if text and "%" in text else text for text in texts.to_pylist()], TEXT)
