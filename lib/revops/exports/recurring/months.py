"""Months of customers in one layout: those of reports, those of subscriptions at their present price, and names."""

import pandas as pd
import pyarrow as pa

from revops.exports.reading.columns import distinct, text_of
from revops.exports.uniting.rows import coded_columns

__all__ = ["BASES", "NAMED", "ORDER", "PRESENT", "REPORTED", "laid_out", "month_rows"]

BASES = ["reported", "present_price"]
REPORTED, PRESENT, NAMED = range(3)
ORDER = ["active", "past_due", "trialing", "paused", "free"]
TEXTS = ("customer_id", "customer_name", "account_id", "currency", "status", "subscription_id")
OTHERS = {
    "month": pa.timestamp("us"),
    "amount": pa.float64(),
    "amount_original": pa.float64(),
    "at_stake": pa.float64(),
    "_file": pa.int32(),
}


def laid_out(table: pa.Table, what: int) -> pa.Table:
    """Return rows in the layout that all share, with `_what` they are; of customers without an id it is blank text."""
    there = set(table.column_names)
    columns = {name: _codes(table, name) for name in TEXTS}
    if columns["customer_id"].null_count:
        columns["customer_id"] = distinct(text_of(table, "customer_id").fill_null(""))
    columns |= {name: table[name].cast(kind) if name in there else pa.nulls(len(table), kind)
                for name, kind in OTHERS.items()}  # fmt: skip
    columns["_file"] = columns["_file"].fill_null(-1)
    return pa.table({**columns, "_what": pa.repeat(pa.scalar(what, pa.int8()), len(table))})


def _codes(table: pa.Table, name: str) -> pa.DictionaryArray:
    are_codes = name in table.column_names and pa.types.is_dictionary(table[name].type)
    return distinct(table[name] if are_codes else text_of(table, name))


def month_rows(group: pa.Table) -> pd.DataFrame:
    """Return rows with their texts as categories, those of `status` in ORDER, and a blank id as none."""
    rows = coded_columns(group, TEXTS).join(group.drop_columns(list(TEXTS)).to_pandas())
    if "" in rows["customer_id"].cat.categories:
        rows["customer_id"] = rows["customer_id"].cat.remove_categories("")
    return rows.assign(status=rows["status"].cat.set_categories(ORDER))
