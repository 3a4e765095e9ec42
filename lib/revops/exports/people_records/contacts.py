"""Contacts without anything that names them, and which of them belong to which opportunity."""

from itertools import pairwise
from urllib.parse import parse_qsl

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from revops.errors import examples
from revops.exports.audit import Ledger
from revops.exports.context import Context
from revops.exports.reading.columns import TEXT, distinct, put
from revops.exports.reading.frames import Frame
from revops.exports.uniting.associations import listed, with_account, without_merged
from revops.exports.uniting.merged import Merged
from revops.exports.uniting.records import taken, without_deleted

__all__ = ["build_contacts", "contact_roles"]

STAGES = ("lead_at", "mql_at", "sql_at", "opportunity_at", "customer_at")
UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")
MAY_BE_UTM = "(?i)utm_|^[^=]*[%+]"  # a key may be encoded


def build_contacts(frames: list[Frame], merged: Merged, context: Context) -> pa.Table:
    """Return contacts with canonical columns, the gate's own columns beside them, without those `merged` into others.

    The page first seen gives the UTM values where no column of their own does: keys in any case, values decoded and as
    written otherwise.
    """
    ledger = context.ledger
    table = merged.taken_out(taken(frames, "contacts", ledger), "contact_id", ledger)
    table = without_deleted(table, "contacts", ledger)
    table = with_account(without_merged(table, "contact_id", ledger))
    table = _with_utm(context.people.fill(table))
    table = put(table, "source", context.words.map_sources(table))
    _warn_of_order(table, ledger)
    return table


def contact_roles(deals: pa.Table, contacts: pa.Table | None) -> pa.Table | None:
    """Return which contacts belong to which of the opportunities, as either side lists them; None where none does.

    A contact that was merged into another counts as that one. What somebody's role is, such lists do not say.
    """
    opportunities, people = listed(deals, "opportunity_id", "associated_contact_ids")
    if contacts is not None:
        own, theirs = listed(contacts, "contact_id", "associated_opportunity_ids")
        ours = pc.is_in(theirs, value_set=deals["opportunity_id"].cast(TEXT).combine_chunks())
        opportunities = pa.concat_arrays([opportunities, theirs.filter(ours)])
        people = pa.concat_arrays([people, own.filter(ours)])
        into, merged = listed(contacts, "contact_id", "merged_ids")
        people = pc.coalesce(into.take(pc.index_in(people, value_set=merged)), people)
    if not len(people):
        return None
    pairs = pa.table({"opportunity_id": opportunities, "contact_id": people})
    return pairs.group_by(["opportunity_id", "contact_id"]).aggregate([])


def _with_utm(table: pa.Table) -> pa.Table:
    """Return contacts with the UTM values of the page first seen, where they have none of their own."""
    if "first_page" not in table.column_names:
        return table
    pages = table["first_page"].cast(TEXT)
    codes = distinct(pa.chunked_array([_queries(part) for part in pages.chunks], TEXT))
    queries = codes.dictionary.to_pylist()
    for name in UTM:
        found = pa.array([_utm(query, name) for query in queries], TEXT).take(codes.indices)
        own = [table[name].cast(TEXT).combine_chunks()] if name in table.column_names else []
        table = put(table, name, pc.coalesce(*own, found))
    return table.drop_columns(["first_page"])


def _queries(pages: pa.Array) -> pa.Array:
    """Return of each address the parameters that may hold UTM values, in order: few differ where most addresses do."""
    found = pc.extract_regex(pages, r"^[^?]*\?(?P<query>[^#]*)")
    cut = pc.split_pattern(pc.struct_field(found, "query").fill_null(""), "&")
    parameters = cut.flatten()
    kept = pc.match_substring_regex(parameters, MAY_BE_UTM)
    n = np.bincount(pc.list_parent_indices(cut).filter(kept).to_numpy(), minlength=len(pages))
    ends = pa.array(np.append(0, np.cumsum(n)), pa.int32())
    return pc.binary_join(pa.ListArray.from_arrays(ends, parameters.filter(kept)), "&")


def _utm(query: str, name: str) -> str | None:
    """Return the first value of one UTM key in a query, decoded; None where it has none."""
    if name not in query.casefold():
        return None
    return next((value.strip() for key, value in parse_qsl(query) if key.strip().casefold() == name), None) or None


def _warn_of_order(table: pa.Table, ledger: Ledger) -> None:
    """Say where a later stage of the lifecycle was reached before an earlier one."""
    for before, after in pairwise(STAGES):
        if {before, after} <= set(table.column_names):
            wrong = pc.less(table[after], table[before]).fill_null(False)
            if n := pc.sum(wrong).as_py():
                shown = examples(sorted(table["contact_id"].filter(wrong).to_pylist())[:3])
                ledger.warnings.append(
                    f"contacts: {n:,} of {table.num_rows:,} have a {after} before their {before}; kept ({shown})"
                )
