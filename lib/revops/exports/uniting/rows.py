"""Rows that do not stay: left out with a reason, copies within a file and between files told apart."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from revops.exports.audit import Ledger
from revops.exports.reading.columns import TEXT, distinct
from revops.exports.uniting.records import completed

__all__ = ["coded_columns", "each", "in_one", "leave", "nothing", "ranks", "text_columns", "together", "without",
           "without_copies"]  # fmt: skip


def leave(rows: pd.DataFrame, drop: pd.Series, reason: str, ledger: Ledger, key: str) -> pd.DataFrame:
    """Return the rows that stay; the others are counted under a reason, with their amounts and examples of `key`."""
    if drop.any():
        gone = rows.loc[drop]
        lost = {"_file": pa.array(gone["_file"]), key: pa.array(gone[key].astype(object), TEXT, from_pandas=True)}
        if "amount" in gone:
            lost["amount"] = pa.array(gone["amount"], from_pandas=True)
        ledger.leave_out_rows(pa.table(lost), reason, key)
        return rows[~drop]
    return rows.copy(deep=False)


def without(table: pa.Table, reasons: Iterable[tuple[str, pa.Array]], ledger: Ledger, key: str) -> pa.Table:
    """Return the rows for which no reason holds; the others are counted under the first that does."""
    keep = pa.repeat(True, table.num_rows)
    for reason, mask in reasons:
        if pc.any(mask).as_py():
            gone = pc.and_(keep, mask.fill_null(False))
            ledger.leave_out_rows(table.filter(gone), reason, key)
            keep = pc.and_not(keep, gone)
    return table if pc.all(keep).as_py() is not False else table.filter(keep)


def without_copies(
    rows: pd.DataFrame, content: list[str], ledger: Ledger, key: str, then: tuple[str, ...] = ()
) -> pd.DataFrame:
    """Return rows that are the same in `content` once, sorted by it; the others are counted, never added.

    Of copies in one file the first by the columns of `then` stays, then the first as they stand.
    """
    same, file = in_one(rows, content), rows["_file"].to_numpy()
    order = np.argsort(together([same, file, *(ranks(rows[name]) for name in then)]), kind="stable")
    same, file = same[order], file[order]
    again = np.append(False, same[1:] == same[:-1])[: len(rows)]
    rows = rows.iloc[order]
    own = file == file[np.maximum.accumulate(np.where(again, 0, np.arange(len(rows))))]
    kept = leave(rows, pd.Series(again & ~own, rows.index), "same record in another file", ledger, key)
    again = again[~again | own]
    return leave(kept, pd.Series(again, kept.index), "exact duplicate row", ledger, key)


def in_one(rows: pd.DataFrame, names: list[str]) -> np.ndarray:
    """Return one whole number per row, alike where all the columns are and in the order of the columns."""
    return together([ranks(rows[name]) for name in names])


def together(codes: list[np.ndarray]) -> np.ndarray:
    """Return columns of whole numbers from 0 as one, in the order of the first, then of the next."""
    done = codes[0].astype(np.int64)
    for code in codes[1:]:
        size = int(code.max(initial=0)) + 1
        if int(done.max(initial=0)) + 1 > 2**62 // size:
            done = pd.factorize(done, sort=True)[0]
        done = done * size + code
    return done


def ranks(column: pd.Series) -> np.ndarray:
    """Return the place of each value among the distinct ones in order; blanks are alike and come last."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        codes = column.cat.codes.to_numpy(np.int64)
        return np.where(codes < 0, len(column.cat.categories), codes)
    codes, values = pd.factorize(column)
    places = np.empty(len(values) + 1, np.int64)
    places[pd.Index(values).argsort()] = np.arange(len(values))
    places[-1] = len(values)
    return places[codes]


def each(column: pd.Series, told: Callable[[Any], object]) -> pd.Series:
    """Return what is `told` of each value of a column, asked once for each distinct one; blanks stay blank."""
    codes, values = pd.factorize(column)
    found = np.empty(len(values) + 1, object)
    found[:-1], found[-1] = [told(value) for value in values], np.nan
    return pd.Series(found[codes], column.index, dtype="object")


def nothing(name: str) -> pa.Table:
    """Return the table of a name without rows, where no row of its files stays."""
    return completed(pa.table({"_file": pa.array([], pa.int32())}), name)


def text_columns(table: pa.Table, names: tuple[str, ...]) -> pd.DataFrame:
    """Return columns as plain text; those that the table does not have are blank."""
    blank = pd.Series([None] * table.num_rows, dtype="object")
    return pd.DataFrame({name: _texts(table[name]) if name in table.column_names else blank for name in names})


def _texts(column: pa.ChunkedArray) -> pd.Series:
    """Return a column as text, equal cells as one object, which is fast to compare and to hash; blanks are NaN."""
    codes = distinct(column)
    words = np.array([*codes.dictionary.cast(TEXT).to_pylist(), np.nan], object)
    return pd.Series(words[codes.indices.fill_null(len(words) - 1).to_numpy()], dtype="object")


def coded_columns(table: pa.Table, names: tuple[str, ...]) -> pd.DataFrame:
    """Return columns of text as categories in their order, which are quick to sort and to tell apart."""
    return pd.DataFrame({name: _coded(table[name].unify_dictionaries()) for name in names})


def _coded(column: pa.ChunkedArray) -> pd.Categorical:
    codes = distinct(column)
    order = pc.sort_indices(codes.dictionary)
    places = np.full(len(order) + 1, -1, np.int32)
    places[order.to_numpy()] = np.arange(len(order))
    words = codes.dictionary.take(order).to_pylist()
    return pd.Categorical.from_codes(places[codes.indices.fill_null(len(order)).to_numpy()], words)
