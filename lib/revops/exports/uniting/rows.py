"""Rows that do not stay: left out with a reason, copies within a file and between files told apart."""

import pandas as pd
import pyarrow as pa

from revops.exports.audit import Ledger
from revops.exports.reading.columns import TEXT
from revops.exports.uniting.records import completed

__all__ = ["leave", "nothing", "text_columns", "without_copies"]


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
    rows = rows.sort_values([*content, "_file"], kind="stable")
    own = rows["_file"].eq(rows.groupby(content, dropna=False)["_file"].transform("first"))
    rows = leave(rows, rows.duplicated(content) & ~own, "same record in another file", ledger, key)
    return leave(rows, rows.duplicated(content), "exact duplicate row", ledger, key)


def nothing(name: str) -> pa.Table:
    """Return the table of a name without rows, where no row of its files stays."""
    return completed(pa.table({"_file": pa.array([], pa.int32())}), name)


def text_columns(table: pa.Table, names: tuple[str, ...]) -> pd.DataFrame:
    """Return columns as plain text; those that the table does not have are blank."""
    blank = pd.Series([None] * table.num_rows, dtype="object")
    return pd.DataFrame({
        name: table[name].cast(TEXT).to_pandas().astype("object") if name in table.column_names else blank
        for name in names
    })  # fmt: skip
