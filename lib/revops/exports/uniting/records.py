"""Many files of one table made one: each record once, the latest state of it, gaps filled from its other copies."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import dataset

from revops.exports.audit import Ledger
from revops.exports.reading.addresses import MAY_HOLD, without_addresses
from revops.exports.reading.columns import TEXT, by_distinct, put
from revops.exports.reading.frames import Frame
from revops.exports.uniting.copies import refuse_contradictions
from revops.schema import TABLES

__all__ = ["completed", "finish", "joined", "picked", "plain", "sorted_by", "unite", "without_deleted",
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
# Never filled from another copy of a record: what it was worth then may not be what it is worth now.
OWN = ("amount", "amount_original", "amount_converted", "currency", "converted_currency", "modified_at", "is_deleted")
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
    table = plain(table) if len(frames) > 1 else table
    missing = table[key].is_null()
    if pc.any(missing).as_py():
        ledger.leave_out_rows(table.filter(missing), f"no {key}", key)
        table = table.filter(pc.invert(missing))
    codes = pc.dictionary_encode(table[key].combine_chunks())
    if len(codes.dictionary) < len(codes):
        table = _once(table, codes, key, frames, ledger)
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


def finish(table: pa.Table, name: str) -> pa.Table:
    """Return the canonical table: every column of the schema in order, plain types, sorted by key.

    E-mail addresses are cut out of texts and categories, but for names of owners; where nothing else stands in a column
    that must be there, the words "(e-mail address)" stand for it. History comes in that order already.
    """
    schema, n = TABLES[name], table.num_rows
    columns = {}
    for column in schema.columns:
        kind = ARROW[column.kind]
        present = column.name in table.column_names
        columns[column.name] = table[column.name].cast(kind) if present else pa.nulls(n, kind)
    done = _without_addresses(pa.table(columns), name)
    return done if name == "opportunity_history" else sorted_by(done, *schema.key)


def _without_addresses(table: pa.Table, name: str) -> pa.Table:
    schema = TABLES[name]
    for column in schema.columns:
        if column.kind not in ("text", "category") or column.name in OF_OWNERS:
            continue
        texts = table[column.name]
        if not pc.any(pc.match_substring_regex(pc.unique(texts), MAY_HOLD)).as_py():
            continue
        bare = by_distinct(texts, without_addresses)
        if column.required or column.name in schema.key:
            bare = pc.if_else(texts.is_valid(), pc.fill_null(bare, UNSAID), None)
        if "field" in table.column_names:
            bare = pc.if_else(pc.equal(table["field"], "owner_id"), texts, bare)
        table = put(table, column.name, pc.cast(bare, TEXT))
    return table


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
    """Return the table in the order of its keys, nulls first."""
    if _is_sorted(table, keys):
        return table
    order = pc.sort_indices(table, [(key, "ascending", "at_start") for key in keys])
    return table if (order.to_numpy() == np.arange(len(order))).all() else table.take(order)


def _is_sorted(table: pa.Table, keys: tuple[str, ...]) -> bool:
    """Return whether each row comes after the one before it by its keys; not known where one is blank."""
    after = pa.scalar(False)
    for key in reversed(keys):
        upper, lower = table[key][:-1], table[key][1:]
        after = pc.or_(pc.less(upper, lower), pc.and_(pc.equal(upper, lower), after))
    return pc.all(after, skip_nulls=False).as_py() is True


def joined(keys: pa.Array | pa.ChunkedArray, other: pa.Table, by: str, take: str) -> pa.Array | pa.ChunkedArray:
    """Return `take` of the row of `other` whose `by` equals each key; null where there is none."""
    places = pc.index_in(keys.cast(TEXT), value_set=other[by].cast(TEXT).combine_chunks())
    return other[take].combine_chunks().take(places)


def picked(table: pa.Table | None, *names: str) -> pa.Table | None:
    """Return the columns of some names that the table has; None where there is no table."""
    return None if table is None else table.select([name for name in names if name in table.column_names])


def plain(table: pa.Table) -> pa.Table:
    """Return the table with its dictionary columns as plain text."""
    for name, kind in zip(table.column_names, table.schema.types, strict=True):
        if pa.types.is_dictionary(kind):
            table = put(table, name, table[name].cast(TEXT))
    return table


def _once(table: pa.Table, codes: pa.DictionaryArray, key: str, frames: list[Frame], ledger: Ledger) -> pa.Table:
    """Return the table with one row per key; the others are counted, and fill what the kept one's file lacks."""
    places = codes.indices.to_numpy()
    twice = pa.array(np.bincount(places)[places] > 1)
    several = plain(table.filter(twice)).to_pandas()
    routes = {frame.source.index: int(frame.description.kind.route == "api") for frame in frames}
    carried = {frame.source.index: set(frame.table.column_names) for frame in frames}
    modified = several.get("modified_at", pd.Series(pd.NaT, index=several.index))
    content = [c for c in several.columns if not c.startswith("_")]
    order = pd.DataFrame({"day": modified.dt.floor("D"), "route": several["_file"].map(routes), "stamp": modified})
    for name in content:
        order[f"c_{name}"] = several[name].astype("str").where(several[name].notna(), "")
    order["key"] = several[key]
    best_first = order.sort_values(list(order.columns), ascending=False, kind="stable", na_position="last").index
    several = several.assign(_route=order["route"]).loc[best_first]
    kept = several.drop_duplicates(key)
    refuse_contradictions(several, kept, key, ledger)
    several, kept = several.drop(columns="_route"), kept.drop(columns="_route")
    _count_copies(several, kept, content, key, ledger)
    filled = _filled(several, kept, sorted(c for c in content if c not in OWN), carried, key, ledger)
    rows = pa.Table.from_pandas(filled, preserve_index=False, schema=plain(table.slice(0, 0)).schema)
    return pa.concat_tables([plain(table.filter(pc.invert(twice))), rows])


def _count_copies(several: pd.DataFrame, kept: pd.DataFrame, content: list[str], key: str, ledger: Ledger) -> None:
    rest = several.drop(kept.index)
    winner = kept.set_index(key).loc[rest[key]]
    same_file = winner["_file"].to_numpy() == rest["_file"].to_numpy()
    same = np.ones(len(rest), bool)
    for name in content:
        left, right = (
            rest[name].reset_index(drop=True),
            (winner[name] if name != key else rest[name]).reset_index(drop=True),
        )
        same &= (left.eq(right) | (left.isna() & right.isna())).fillna(False).to_numpy(bool)
    reasons = np.where(~same_file, "same record in another file", np.where(same, "exact duplicate row", "duplicate id"))
    for reason in sorted(set(reasons)):
        part = rest[reasons == reason]
        columns = [c for c in (key, "amount", "_file") if c in part.columns]
        ledger.leave_out_rows(pa.Table.from_pandas(part[columns], preserve_index=False), str(reason), key)


def _filled(
    several: pd.DataFrame, kept: pd.DataFrame, names: list[str], carried: dict[int, set[str]], key: str, ledger: Ledger
) -> pd.DataFrame:
    """Return the kept rows with the columns that their own file does not have taken from their other copies."""
    kept = kept.copy()
    if several["_file"].nunique() == 1:
        return kept
    for name in names:
        if name == key:
            continue
        lacks = ~kept["_file"].map(lambda file, name=name: name in carried[file]).to_numpy(bool)
        if not lacks.any():
            continue
        others = several.loc[several[name].notna(), [key, name]].drop_duplicates(key).set_index(key)[name]
        if not len(others):
            continue
        values = kept[key].map(others)
        n = int((lacks & values.notna()).sum())
        if n:
            kept.loc[lacks, name] = values[lacks]
            for file in sorted(set(kept.loc[lacks & values.notna(), "_file"])):
                ledger.sources[file].decisions.append(f"{name}: filled from another file for the same records")
    return kept
