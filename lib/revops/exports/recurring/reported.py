"""Recurring revenue as the billing system reports it: one amount per customer and month."""

import numpy as np
import pandas as pd
import pyarrow as pa

from revops.errors import examples
from revops.exports.amounts import with_amounts
from revops.exports.audit import Ledger
from revops.exports.context import Context
from revops.exports.reading.frames import Frame
from revops.exports.reading.period_names import read_period
from revops.exports.uniting.rows import in_one, leave, ranks, text_columns, without_copies
from revops.wording import money

__all__ = ["reported_months"]

TEXTS = ("customer_id", "customer_name", "account_id", "currency", "period_name")
KEY = ["_customer", "month", "currency"]


def reported_months(frames: list[Frame], context: Context) -> pd.DataFrame:
    """Return a row per customer, month and currency of all reports, each once; contradictions go to the ledger.

    `_customer` is the place of each customer's id among all in order.
    """
    ledger = context.ledger
    rows = pd.concat([_rows(frame, context) for frame in frames], ignore_index=True)
    rows = leave(rows, rows["customer_id"].isna(), "no customer", ledger, "customer_id")
    rows = leave(rows, rows["amount_original"].isna(), "no amount", ledger, "customer_id")
    _refuse_months(rows, ledger)
    rows = rows.assign(_customer=ranks(rows["customer_id"]))
    rows = without_copies(rows, [*KEY, "amount_original"], ledger, "customer_id", ("customer_name",))
    _refuse_contradictions(rows, context)
    ledger.keep_rows(pa.table({"_file": pa.array(rows["_file"], pa.int32())}))
    status = np.array(["active", "free"], object)[rows["amount_original"].eq(0).to_numpy(int)]
    return rows.assign(status=status, basis="reported")


def _rows(frame: Frame, context: Context) -> pd.DataFrame:
    table = with_amounts(frame, context)
    rows = pd.DataFrame({name: table[name].to_pandas() for name in ("amount", "amount_original", "_file")})
    rows = rows.join(text_columns(table, TEXTS))
    places, texts = pd.factorize(rows["period_name"])
    spans = [read_period(text, 1) for text in texts]
    firsts = [span[0] if span and span.is_in_one_month else None for span in spans]
    rows["month"] = pd.to_datetime(pd.Series([*firsts, None], dtype="object")).to_numpy()[places]
    if rows["month"].notna().any():
        frame.source.first, frame.source.last = (
            f"{day:%Y-%m-%d}" for day in (rows["month"].min(), rows["month"].max())
        )
    return rows.assign(_name=frame.source.name)


def _refuse_months(rows: pd.DataFrame, ledger: Ledger) -> None:
    for name, part in rows[rows["month"].isna()].groupby("_name"):
        shown = examples(sorted({str(text) for text in part["period_name"].fillna("(blank)")}))
        total = int(rows["_name"].eq(name).sum())
        ledger.problems.append(
            f"{name}: every row must be of a month; found {len(part):,} of {total:,} that are of none ({shown}). "
            "Write it as 2025-05."
        )


def _refuse_contradictions(rows: pd.DataFrame, context: Context) -> None:
    """Refuse two amounts of one customer, month and currency: nothing says which is right, and they are not added."""
    same = in_one(rows, KEY)
    if (same[1:] != same[:-1]).all():  # they are sorted by it
        return
    clash = rows[rows.duplicated(KEY, keep=False) & rows["month"].notna()]
    if not len(clash):
        return
    group = clash.groupby(KEY)["amount"]
    at_stake = money(float((group.max() - group.min()).sum()), context.company.currency, exact=True)
    shown = examples(sorted({f"{r.customer_id} {r.month:%Y-%m}" for r in clash.itertuples()}))
    names = ", ".join(sorted(set(clash["_name"]))[:3])
    context.ledger.problems.append(
        f"{names}: a customer must have one amount per month and currency; found {len(group):,} of "
        f"{len(rows.drop_duplicates(KEY)):,} with several ({shown}), {at_stake} apart. Remove the reports or rows that "
        "are out of date."
    )
