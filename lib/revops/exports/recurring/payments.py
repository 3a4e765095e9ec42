"""The table of payments: what customers paid and did not get back, each payment once, in the company's currency."""

import re

import numpy as np
import pandas as pd
import pyarrow as pa

from revops.errors import examples
from revops.exports.amounts import with_amounts
from revops.exports.context import Context
from revops.exports.money import refuse_unconverted
from revops.exports.people_records.links import bare
from revops.exports.reading.frames import Frame
from revops.exports.uniting.rows import each, leave, nothing, text_columns, without_copies
from revops.schema import TABLES
from revops.wording import money, plural

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
NUMBERS = ("amount_converted", "refunded_amount", "refunded_converted", "disputed_amount")
FLAGS = ("captured", "is_disputed")
CENT = 0.005


def build_payments(frames: list[Frame], context: Context) -> pa.Table:
    """Return payments less what was given back; those that failed, are not captured or disputed are left out, counted.

    Of two exports of one payment the later state counts: more of it refunded, or disputed since.
    """
    ledger = context.ledger
    rows = pd.concat([_rows(frame, context) for frame in frames], ignore_index=True)
    for column, reason in (("payment_id", "no id"), ("paid_at", "no date"), ("amount_original", "no amount")):
        rows = leave(rows, rows[column].isna(), reason, ledger, "payment_id")
    _refuse_statuses(rows, context)
    rows = leave(rows, rows["mode"].str.casefold().eq("test").fillna(False), "test mode", ledger, "payment_id")
    rows = _once(rows, context)
    for state in ORDER:
        if state != "paid":
            rows = leave(rows, rows["state"].eq(state), state, ledger, "payment_id")
    if not len(rows):
        return nothing("payments")
    _tell_refunds(rows, context)
    amounts = pa.Table.from_pandas(rows[["amount", "amount_original", "currency"]], preserve_index=False)
    refuse_unconverted(amounts, context.company, "payments", ledger)
    ledger.keep_rows(pa.table({"_file": pa.array(rows["_file"], pa.int32())}))
    rows = rows.assign(paid_amount=rows["amount"] - rows["returned"], amount_original=rows["net_original"])
    rows[["paid_amount", "amount_original"]] = rows[["paid_amount", "amount_original"]].round(3)
    return pa.Table.from_pandas(rows[[*TABLES["payments"].names]], preserve_index=False)


def _rows(frame: Frame, context: Context) -> pd.DataFrame:
    """Return the rows of one file: `amount` and `returned` in company currency, `net_original`, and their `state`."""
    raw = frame.table["amount_original"].to_numpy()
    table = with_amounts(frame, context)
    rows = table.select(["amount", "amount_original", "paid_at", "_file"]).to_pandas()
    rows = rows.join(text_columns(table, TEXTS))
    for name in (*NUMBERS, *FLAGS):
        rows[name] = table[name].to_pandas() if name in table.column_names else np.nan
    unit = np.divide(raw, rows["amount_original"], out=np.ones(len(raw)), where=rows["amount_original"].to_numpy() != 0)
    refunded = (rows["refunded_amount"] / unit).fillna(0.0)
    ratio = rows["amount"] / rows["amount_original"].where(rows["amount_original"].ne(0))
    own = rows["converted_currency"].eq(context.company.currency) & rows["amount_converted"].notna()
    returned = rows["refunded_converted"].fillna(refunded * rows["amount_converted"] / rows["amount_original"])
    rows["returned"] = returned.where(own, refunded * ratio).fillna(0.0).round(2)
    rows["amount"] = rows["amount_converted"].where(own, rows["amount"])
    rows["net_original"] = rows["amount_original"] - refunded
    for name in ("utm_source", "utm_medium", "utm_campaign"):
        rows[name] = each(rows[name], bare)
    return rows.assign(state=_states(rows), _name=frame.source.name)


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


def _refuse_statuses(rows: pd.DataFrame, context: Context) -> None:
    for name, part in rows[rows["state"].isna()].groupby("_name"):
        shown = examples(sorted(set(part["status"].fillna("(blank)"))))
        worth = money(float(part["amount"].sum()), context.company.currency, exact=True)
        context.ledger.problems.append(
            f"{name}: every status must be one of {', '.join(STATUSES)}; found {len(part):,} of "
            f"{int(rows['_name'].eq(name).sum()):,} rows with another ({shown}), {worth}. Correct the export."
        )


def _once(rows: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Return each payment once, in its latest state; two amounts or currencies of one payment are refused."""
    key, content = ["payment_id"], ["payment_id", "state", "amount_original", "currency", "returned", "paid_at"]
    rows = without_copies(rows, content, context.ledger, "payment_id")
    twice = rows[rows.duplicated(key, keep=False)]
    spans = twice.groupby(key).agg(least=("amount_original", "min"), most=("amount_original", "max"),
                                   n=("currency", "nunique"))  # fmt: skip
    clash = spans[(spans["most"] - spans["least"] > CENT) | (spans["n"] > 1)]
    if len(clash):
        amounts = twice[twice["payment_id"].isin(clash.index)].groupby(key)["amount"]
        apart = money(float((amounts.max() - amounts.min()).sum()), context.company.currency, exact=True)
        context.ledger.problems.append(
            f"{', '.join(sorted(set(twice['_name']))[:3])}: a payment must have one amount; found {len(clash):,} of "
            f"{rows['payment_id'].nunique():,} with several ({examples(sorted(clash.index))}), {apart} apart. Remove "
            "the copies that are out of date."
        )
    rank = rows["state"].map({state: place for place, state in enumerate(ORDER)})
    order = rows.assign(_rank=rank).sort_values(
        ["_rank", "returned", *key, "_file"], ascending=[False, False, True, True]
    )
    return leave(order, order.duplicated(key), "same payment, in an earlier state", context.ledger, "payment_id")


def _tell_refunds(rows: pd.DataFrame, context: Context) -> None:
    """Write down, file by file, what partly refunded payments were given back."""
    for index, part in rows[rows["returned"].gt(0)].groupby("_file"):
        worth = money(float(part["returned"].sum()), context.company.currency, exact=True)
        context.ledger.sources[int(index)].decisions.append(
            f"{worth} refunded of {plural(len(part), 'payment')}, taken off"
        )
