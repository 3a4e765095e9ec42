"""Many files of one table made one: each record once, the latest state of it, gaps filled from its other copies."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import dataset

from revops.exports.audit import Ledger
from revops.exports.reading.addresses import MAY_HOLD, without_addresses
from revops.exports.reading.columns import TEXT, by_distinct
from revops.exports.reading.frames import Frame
from revops.exports.uniting.once import once
from revops.schema import TABLES, Column

__all__ = ["completed", "finish", "joined", "picked", "sorted_by", "taken", "unite", "without_deleted",
           "written"]  # fmt: skip

ARROW = {
    "id": TEXT,
    "text": TEXT,
    "category": TEXT,
    "date": pa.timestamp("us"),
    "timestamp": pa.timestamp("us"),
    "money": pa.float64(),
    "rate": pa.float64(),
    "number": pa.float64(),
    "flag": pa.bool_(),
}
AT_ONCE = 1 << 18  # rows of a canonical table that are finished together where it goes to disk
# Names of people of the company itself, whom reports name.
OF_OWNERS = ("owner_name", "manager_name", "member")
UNSAID = "(e-mail address)"


def unite(frames: list[Frame], name: str, ledger: Ledger, key: str | None = None) -> pa.Table:
    """Return the records of all frames of a table, one row per key (the table's own, unless another is given).

    Of rows with one key the one modified on the latest day is kept, of one day the one from an API file, then the
    later stamp, then the last by content, so that neither the order of files nor that of rows matters. The table has
    the columns that any file has; those that its file does not have are filled from its other copies.
    """
    key = key or TABLES[name].key[0]
    table = pa.concat_tables([frame.table for frame in frames], promote_options="default")
    table = table.unify_dictionaries()
    missing = table[key].is_null()
    if pc.any(missing).as_py():
        ledger.leave_out_rows(table.filter(missing), f"no {key}", key)
        table = table.filter(pc.invert(missing))
    ids = table[key]
    is_unique = _are_sorted(ids) or _are_sorted(ids.take(pc.sort_indices(ids)))
    return table if is_unique else once(table, key, frames, ledger)


def taken(frames: list[Frame], name: str, ledger: Ledger) -> pa.Table:
    """Return what `unite` does of the files of a table, whose rows are let go of: no step after this one needs them."""
    table = unite(frames, name, ledger)
    for frame in frames:
        frame.let_go()
    return table


def without_deleted(table: pa.Table, name: str, ledger: Ledger, histories: Sequence[pa.Array] = ()) -> pa.Table:
    """Return the table without the records that the system marks as deleted, but for those with a history.

    `histories` are the ids of history files: a record among them is kept, so that a past day still sees it.
    """
    gone = table["is_deleted"].fill_null(False) if "is_deleted" in table.column_names else None
    if gone is None or not pc.any(gone).as_py():
        return table
    key = TABLES[name].key[0]
    ids = table[key].filter(gone).combine_chunks()
    for history in histories:
        gone = pc.and_not(gone, pc.is_in(table[key], history.filter(pc.is_in(history, ids))))
    ledger.leave_out_rows(table.filter(gone), "deleted in the system (IsDeleted)", key)
    return table.filter(pc.invert(gone))


def finish(table: pa.Table, name: str, aside: Path | None = None) -> pa.Table | dataset.Dataset:
    """Return the canonical table: every column of the schema in order, plain types, sorted by key.

    E-mail addresses are cut out of texts and categories, but for names of owners; where nothing else stands in a column
    that must be there, the words "(e-mail address)" stand for it. History comes in that order already. A table of many
    rows goes to <name>.parquet in the folder `aside`, if given, some rows at a time, and is returned as a dataset.
    """
    schema, n = TABLES[name], table.num_rows
    named = {column.name for column in schema.columns if _has_addresses(table, column)}

    def part(rows: _Rows) -> pa.Table:
        return pa.table({column.name: _finished(table, column, name, named, rows) for column in schema.columns})

    keys = [column for column in schema.columns if column.name in schema.key]
    whole = pa.table({column.name: _finished(table, column, name, named, _Rows(n)) for column in keys})
    order = None if name == "opportunity_history" else _order(whole.select(schema.key))
    if aside is None or n <= AT_ONCE:
        return part(_Rows(n, order))
    starts = range(0, n, AT_ONCE)
    return written((part(_Rows(min(AT_ONCE, n - start), order, start)) for start in starts), name, aside)


@dataclass(frozen=True)
class _Rows:
    """`n` rows of a table in an order, or as they stand, from the one at `start` on."""

    n: int
    order: pa.Array | None = None
    start: int = 0

    def of(self, column: pa.ChunkedArray) -> pa.ChunkedArray:
        """Return their cells of a column."""
        if self.order is None:
            return column.slice(self.start, self.n)
        return column.take(self.order.slice(self.start, self.n))


def _finished(table: pa.Table, column: Column, name: str, named: set[str], rows: _Rows) -> pa.Array | pa.ChunkedArray:
    """Return some rows of a column of a canonical table; addresses are cut out of the columns that are `named`."""
    kind = ARROW[column.kind]
    if column.name not in table.column_names:
        return pa.nulls(rows.n, kind)
    texts = rows.of(table[column.name]).cast(kind)
    if column.name not in named:
        return texts
    bare = by_distinct(texts, without_addresses)
    if column.required or column.name in TABLES[name].key:
        bare = pc.if_else(texts.is_valid(), pc.fill_null(bare, UNSAID), None)
    if name == "lead_history":
        bare = pc.if_else(pc.equal(rows.of(table["field"]), "owner_id"), texts, bare)
    return pc.cast(bare, kind)


def _has_addresses(table: pa.Table, column: Column) -> bool:
    """Return whether some cell of a column may hold an e-mail address that is to be cut out.

    Of codes each value is looked at once, and only where one may the rows, since it may be that of rows left out.
    """
    if column.kind not in ("text", "category") or column.name in OF_OWNERS or column.name not in table.column_names:
        return False
    cells = table[column.name]
    is_coded = pa.types.is_dictionary(cells.type)
    looks = [[part.dictionary for part in cells.chunks]] if is_coded else []
    return all(
        any(pc.any(pc.match_substring_regex(part.cast(TEXT), MAY_HOLD)).as_py() for part in parts)
        for parts in (*looks, cells.chunks)
    )


def written(tables: Iterable[pa.Table], name: str, folder: Path) -> dataset.Dataset:
    """Write finished tables one after the other as <name>.parquet in a folder and return it as a dataset."""
    path = folder / f"{name}.parquet"
    with pq.ParquetWriter(path, finish(pa.table({}), name).schema, compression="zstd") as writer:
        for table in tables:
            writer.write_table(table)
    return dataset.dataset(path)


def completed(table: pa.Table, name: str) -> pa.Table:
    """Return the table with null columns for those of the schema that no file had."""
    for column in TABLES[name].columns:
        if column.name not in table.column_names:
            table = table.append_column(column.name, pa.nulls(table.num_rows, ARROW[column.kind]))
    return table


def sorted_by(table: pa.Table, *keys: str) -> pa.Table:
    """Return the table in the order of its keys, nulls first.

    It goes column by column, so that of a table that nobody else holds there are never two in memory.
    """
    order = _order(table.select(keys))
    if order is None:
        return table
    done = {}
    for name in table.column_names:
        done[name] = table[name].take(order)
        table = table.drop_columns([name])
    return pa.table(done)


def _order(keys: pa.Table) -> pa.Array | None:
    """Return the order of rows by the columns of their keys, nulls first; None where they stand in it."""
    if _are_sorted(*keys.columns):
        return None
    order = pc.sort_indices(keys, [(name, "ascending", "at_start") for name in keys.column_names])
    return None if (order.to_numpy() == np.arange(len(order))).all() else order


def _are_sorted(*keys: pa.ChunkedArray) -> bool:
    """Return whether each row comes after the one before it by its keys; not known where one is blank."""
    after = pa.scalar(False)
    for key in reversed(keys):
        upper, lower = key[:-1], key[1:]
        after = pc.or_(pc.less(upper, lower), pc.and_(pc.equal(upper, lower), after))
    return pc.all(after, skip_nulls=False).as_py() is True


def joined(keys: pa.Array | pa.ChunkedArray, other: pa.Table, by: str, take: str) -> pa.Array | pa.ChunkedArray:
    """Return `take` of the row of `other` whose `by` equals each key; null where there is none."""
    places = pc.index_in(keys.cast(TEXT), value_set=other[by].cast(TEXT).combine_chunks())
    return other[take].combine_chunks().take(places)


def picked(table: pa.Table | None, *names: str) -> pa.Table | None:
    """Return the columns of some names that the table has; None where there is no table."""
    return None if table is None else table.select([name for name in names if name in table.column_names])
