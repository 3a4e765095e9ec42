"""The table of payments: what customers paid and did not get back, each payment once, in the company's currency."""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow.dataset import Dataset

from revops.exports.amounts import Amounts
from revops.exports.context import Context
from revops.exports.money import Unconverted
from revops.exports.people_records.links import bare
from revops.exports.reading.columns import TEXT, put, text_of
from revops.exports.reading.frames import Frame
from revops.exports.recurring.billed import CENT, Billed, Found, add_several, refuse_several, refuse_statuses, worth
from revops.exports.uniting.rows import each, leave, without_copies
from revops.schema import TABLES
from revops.wording import plural

__all__ = ["build_payments"]

# What each status says of the money, in the order in which a payment goes through them.
STATUSES = {
    **dict.fromkeys(
        ("incomplete", "pending", "processing", "requires_action", "requires_payment_method", "requires_confirmation"),
        "not finished",
    ),
    **dict.fromkeys(("uncaptured", "requires_capture"), "not captured"),
    **dict.fromkeys(("canceled", "cancelled", "expired"), "canceled"),
    **dict.fromkeys(("failed", "blocked"), "failed"),
    **dict.fromkeys(("paid", "succeeded", "partially_refunded", "partial_refund", "dispute_won"), "paid"),
    **dict.fromkeys(("disputed", "dispute_lost", "needs_response", "under_review"), "disputed"),
    "refunded": "refunded",
}
ORDER = tuple(dict.fromkeys(STATUSES.values()))
WITHOUT_LOSS = ("won", "warning_needs_response", "warning_under_review", "warning_closed", "prevented")
TEXTS = ("payment_id", "customer_id", "invoice_id", "currency", "converted_currency", "status", "mode",
         "dispute_status", "utm_source", "utm_medium", "utm_campaign")  # fmt: skip
NUMBERS = ("amount", "amount_original", "_raw", "amount_converted", "refunded_amount", "refunded_converted",
           "disputed_amount")  # fmt: skip
KINDS = {
    **dict.fromkeys(TEXTS, TEXT),
    **dict.fromkeys(NUMBERS, pa.float64()),
    **dict.fromkeys(("captured", "is_disputed"), pa.bool_()),
    "paid_at": pa.timestamp("us"),
}


@dataclass
class _Said:
    """What is to be said of payments: statuses nobody knows by file, ids with several amounts, refunds by file."""

    unknown: defaultdict[str, Found] = field(default_factory=lambda: defaultdict(Found))
    several: Found = field(default_factory=Found)
    refunds: defaultdict[int, Found] = field(default_factory=lambda: defaultdict(Found))
    lost: Unconverted = field(default_factory=lambda: Unconverted("payments"))

    def tell(self, context: Context) -> None:
        refuse_statuses(self.unknown, STATUSES, context, of_money=True)
        refuse_several(self.several, "a payment", context)
        for index, part in self.refunds.items():
            context.ledger.sources[index].decisions.append(
                f"{worth(part, context)} refunded of {plural(part.n, 'payment')}, taken off"
            )
        self.lost.refuse(context.company, context.ledger)


def build_payments(frames: list[Frame], context: Context, aside: Path | None = None) -> pa.Table | Dataset:
    """Return payments less what was given back; those that failed, are not captured or disputed are left out, counted.

    Of two exports of one payment the later state counts: more of it refunded, or disputed since. Where files are too
    large for memory, the payments go to payments.parquet in the folder `aside` and are returned as a dataset.
    """
    said = _Said()
    table = Billed("payments", KINDS, _rows).built(frames, context, aside, lambda rows: _done(rows, said, context))
    said.tell(context)
    return table


def _rows(part: pa.Table, amounts: Amounts) -> pa.Table:
    """Return a part of a file with its amounts: `amount` as Stripe converted it, where that is our currency."""
    table = amounts.of(put(part, "_raw", part["amount_original"]))
    if "amount_converted" not in table.column_names:
        return table
    ours = pc.equal(text_of(table, "converted_currency"), amounts.company.currency)
    converted = pc.if_else(ours, table["amount_converted"], None)
    return put(table, "amount", pc.coalesce(converted, table["amount"]))


def _done(rows: pd.DataFrame, said: _Said, context: Context) -> pa.Table:
    """Return the payments among rows that hold all copies of each; they are counted."""
    ledger, rows = context.ledger, _worked_out(rows, context)
    for column, reason in (("paid_at", "no date"), ("amount_original", "no amount")):
        rows = leave(rows, rows[column].isna(), reason, ledger, "payment_id")
    _add_statuses(rows, said, context)
    rows = leave(rows, rows["mode"].str.casefold().eq("test").fillna(False), "test mode", ledger, "payment_id")
    rows = _once(rows, said, context)
    for state in ORDER:
        if state != "paid":
            rows = leave(rows, rows["state"].eq(state), state, ledger, "payment_id")
    for index, part in rows[rows["returned"].gt(0)].groupby("_file"):
        said.refunds[int(index)].add(len(part), (), float(part["returned"].sum()))
    said.lost.add(pa.Table.from_pandas(rows[["amount", "amount_original", "currency"]], preserve_index=False))
    ledger.keep_rows(pa.table({"_file": pa.array(rows["_file"], pa.int32())}))
    rows = rows.assign(paid_amount=rows["amount"] - rows["returned"], amount_original=rows["net_original"])
    rows[["paid_amount", "amount_original"]] = rows[["paid_amount", "amount_original"]].round(3)
    return pa.Table.from_pandas(rows[[*TABLES["payments"].names]], preserve_index=False)


def _worked_out(rows: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Return rows with what was `returned` in company currency, `net_original`, and their `state`."""
    raw, original = rows["_raw"].to_numpy(), rows["amount_original"]
    unit = np.divide(raw, original, out=np.ones(len(raw)), where=original.to_numpy() != 0)
    refunded = (rows["refunded_amount"] / unit).fillna(0.0)
    ratio = rows["amount"] / original.where(original.ne(0))
    own = rows["converted_currency"].eq(context.company.currency) & rows["amount_converted"].notna()
    returned = rows["refunded_converted"].fillna(refunded * rows["amount_converted"] / original)
    rows["returned"] = returned.where(own, refunded * ratio).fillna(0.0).round(2)
    rows["net_original"] = original - refunded
    for name in ("utm_source", "utm_medium", "utm_campaign"):
        rows[name] = each(rows[name], bare)
    return rows.assign(state=_states(rows))


def _states(rows: pd.DataFrame) -> pd.Series:
    """Return what became of each payment, by its status and what else its row says; null for an unknown status."""
    states = _folded(rows["status"]).map(STATUSES)
    paid = states.eq("paid")
    gone = rows["net_original"].abs().lt(CENT) & rows["amount_original"].ne(0)
    status = _folded(rows["dispute_status"])
    disputed = rows["is_disputed"].eq(True) | rows["disputed_amount"].gt(0) | status.notna()
    disputed &= ~status.isin(WITHOUT_LOSS)
    states = states.mask(paid & rows["captured"].eq(False), "not captured")
    return states.mask(paid & disputed, "disputed").mask(paid & gone, "refunded")


def _folded(words: pd.Series) -> pd.Series:
    return each(words, lambda word: re.sub(r"[\s-]+", "_", word.strip().casefold()))


def _add_statuses(rows: pd.DataFrame, said: _Said, context: Context) -> None:
    """Count the rows of each file, and those whose status nobody knows."""
    for index, part in rows.groupby("_file"):
        found, odd = said.unknown[context.ledger.sources[int(index)].name], part[part["state"].isna()]
        shown = {*odd["status"].fillna("(blank)")}.difference(found.shown)
        found.of += len(part)
        found.add(len(odd), shown, float(odd["amount"].sum()))


def _once(rows: pd.DataFrame, said: _Said, context: Context) -> pd.DataFrame:
    """Return each payment once, in its latest state; two amounts or currencies of one payment are refused."""
    key, content = ["payment_id"], ["payment_id", "state", "amount_original", "currency", "returned", "paid_at"]
    rows = without_copies(rows, content, context.ledger, "payment_id")
    add_several(said.several, rows, key, _differ)
    rank = rows["state"].map({state: place for place, state in enumerate(ORDER)})
    order = rows.assign(_rank=rank).sort_values(
        ["_rank", "returned", *key, "_file"], ascending=[False, False, True, True]
    )
    return leave(order, order.duplicated(key), "same payment, in an earlier state", context.ledger, "payment_id")


def _differ(copies: pd.api.typing.DataFrameGroupBy) -> pd.Series:
    amounts = copies["amount_original"]
    return (amounts.max() - amounts.min() > CENT) | (copies["currency"].nunique() > 1)
