"""Cells that list ids of other records: the companies of a deal, and the records that were merged into one."""

import pyarrow as pa
import pyarrow.compute as pc

from revops.exports.audit import Ledger
from revops.exports.reading.columns import TEXT, put, whole
from revops.exports.uniting.rows import without

__all__ = ["listed", "with_account", "without_merged"]


def listed(table: pa.Table, key: str, name: str) -> tuple[pa.Array, pa.Array]:
    """Return the pairs of a record's key and each id that its cell lists, separated by semicolons, in two columns."""
    if name not in table.column_names:
        return pa.array([], TEXT), pa.array([], TEXT)
    cells = pc.split_pattern(whole(table[name].cast(TEXT)).fill_null(""), ";")
    ids = pc.utf8_trim_whitespace(pc.list_flatten(cells))
    keys = whole(table[key].cast(TEXT)).take(pc.list_parent_indices(cells))
    filled = pc.and_(pc.not_equal(ids, ""), keys.is_valid())
    return keys.filter(filled), ids.filter(filled)


def with_account(table: pa.Table) -> pa.Table:
    """Return records whose account, where no column says which is the primary one, is the only one they list."""
    if "associated_account_ids" not in table.column_names:
        return table
    only = pc.utf8_trim_whitespace(table["associated_account_ids"].cast(TEXT))
    only = pc.if_else(pc.or_(pc.equal(only, ""), pc.match_substring(only, ";")), None, only)
    own = [table["account_id"]] if "account_id" in table.column_names else []
    return put(table.drop_columns(["associated_account_ids"]), "account_id", pc.coalesce(*own, only))


def without_merged(table: pa.Table, key: str, ledger: Ledger) -> pa.Table:
    """Return the table without records that another one names as merged into it; they are counted as left out."""
    into, ids = listed(table, key, "merged_ids")
    gone = pc.is_in(table[key].cast(TEXT), value_set=ids.filter(pc.not_equal(into, ids)))
    return without(table, [("merged into another record", gone)], ledger, key)
