"""Rows that do not stay: left out with a reason, copies within a file and between files told apart."""

import numpy as np
import pandas as pd
import pyarrow as pa

from revops.exports.audit import Ledger
from revops.exports.reading.columns import TEXT, distinct
from revops.exports.uniting.records import completed

__all__ = ["leave", "nothing", "ranks", "text_columns", "without_copies"]


def leave(rows: pd.DataFrame, drop: pd.Series, reason: str, ledger: Ledger, key: str) -> pd.DataFrame:
    """Return the rows that stay; the others are counted under a reason, with their amounts and examples of `key`."""
    if drop.any():
        gone = rows.loc[drop]
        lost = {"_file": pa.array(gone["_file"]), key: pa.array(gone[key], TEXT, from_pandas=True)}
        if "amount" in gone:
            lost["amount"] = pa.array(gone["amount"], from_pandas=True)
        ledger.leave_out_rows(pa.table(lost), reason, key)
    return rows[~drop]


def without_copies(rows: pd.DataFrame, content: list[str], ledger: Ledger, key: str) -> pd.DataFrame:
    """Return rows that are the same in `content` once, sorted by it; the others are counted, never added."""
    codes = [ranks(rows[name]) for name in content]
    file = rows["_file"].to_numpy()
    order = np.lexsort([file, *reversed(codes)])
    again = np.zeros(len(rows), bool)
    again[1:] = np.logical_and.reduce([code[order][1:] == code[order][:-1] for code in codes])
    rows, file = rows.iloc[order], file[order]
    own = file == file[np.maximum.accumulate(np.where(again, 0, np.arange(len(rows))))]
    kept = leave(rows, pd.Series(again & ~own, rows.index), "same record in another file", ledger, key)
    again = again[~again | own]
    return leave(kept, pd.Series(again, kept.index), "exact duplicate row", ledger, key)


def ranks(column: pd.Series) -> np.ndarray:
    """Return the place of each value among the distinct ones in order; blanks are alike and come last."""
    codes, values = pd.factorize(column)
    places = np.empty(len(values) + 1, np.int64)
    places[pd.Index(values).argsort()] = np.arange(len(values))
    places[-1] = len(values)
    return places[codes]


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
