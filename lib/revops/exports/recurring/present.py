"""Subscriptions as they stand, told month by month from start to end at their present price: prices have no past."""

import numpy as np
import pandas as pd
import pyarrow as pa

from revops.errors import examples
from revops.exports.amounts import with_amounts
from revops.exports.context import Context
from revops.exports.reading.columns import TEXT, put
from revops.exports.reading.frames import Frame
from revops.exports.recurring.intervals import with_months_billed
from revops.exports.uniting.records import plain, unite
from revops.exports.uniting.rows import text_columns
from revops.wording import plural

__all__ = ["present_months"]

STATUSES = ("active", "past_due", "unpaid", "trialing", "canceled", "paused", "incomplete", "incomplete_expired")
NO_PRICE = "no amount"
FAR = pd.Timedelta(days=366)
STAMPS = ("started_at", "ended_at", "trial_ends_at", "bills_from", "bills_to")
TEXTS = ("subscription_id", "customer_id", "customer_name", "account_id", "currency", "status", "interval")


def present_months(frames: list[Frame], context: Context) -> tuple[pd.DataFrame, pa.Table]:
    """Return a row per subscription and month, and the subscriptions that have none with the reason why.

    A subscription counts in the months at whose end it runs, and in the month of the export. One whose payment is
    late is past_due from the period on that is not paid; trials, pauses and free plans have amount 0.
    """
    table = _once(frames, context)
    subs = _plain(table)
    _refuse_statuses(subs, context)
    subs = with_months_billed(subs, context)
    subs["monthly"] = subs["amount"] * subs["quantity"].fillna(1) / subs["months_billed"]
    subs["monthly_original"] = subs["amount_original"] * subs["quantity"].fillna(1) / subs["months_billed"]
    first, last = _month(subs["started_at"]), _last_month(subs)
    n = (last - first + 1).fillna(0).clip(lower=0).astype(int)
    never = subs["status"].str.startswith("incomplete", na=False)
    subs["_why"] = np.select(
        [never, first.isna(), subs["amount_original"].isna(), n.eq(0)],
        [
            "never paid for (incomplete)",
            "no start",
            NO_PRICE,
            "began and ended within a month, or ended without a date",
        ],
        "",
    )
    n = n.where(subs["_why"].eq(""), 0)
    _warn_of_no_price(subs[subs["_why"].eq(NO_PRICE)], context)
    rows = subs.loc[subs.index.repeat(n)].reset_index(drop=True)
    ordinal = np.concatenate([np.arange(count) for count in n]) if len(n) else np.array([], int)
    rows["_m"] = (first.repeat(n).to_numpy() + ordinal).astype(int)
    return _with_status(rows, context), subs


def _warn_of_no_price(subs: pd.DataFrame, context: Context) -> None:
    if len(subs):
        n, customers = plural(len(subs), "subscription"), plural(subs["customer_id"].nunique(), "customer")
        context.ledger.warnings.append(
            f"subscriptions: {n} of {customers} without an amount left out "
            f"({examples(sorted(subs['subscription_id']))}): billed by use, or at several prices. Export MRR per "
            "subscriber, which has them."
        )


def _once(frames: list[Frame], context: Context) -> pa.Table:
    """Return each subscription once, as the file with the latest stamp shows it."""
    for frame in frames:
        table = with_amounts(frame, context)
        exported = pd.Timestamp(frame.day) if frame.day else _latest(table, frame, context)
        frame.source.last = None if pd.isna(exported) else f"{exported:%Y-%m-%d}"
        stamp = pa.scalar(None if pd.isna(exported) else exported.to_pydatetime(), pa.timestamp("us"))
        frame.table = put(table, "modified_at", pa.repeat(stamp, table.num_rows))
    return unite(frames, "subscriptions", context.ledger, key="subscription_id")


def _latest(table: pa.Table, frame: Frame, context: Context) -> pd.Timestamp:
    """Return the latest start or end, the day of the export as far as it shows; one far from all others is refused.

    The end of a subscription that still runs lies ahead and shows nothing.
    """
    names = [name for name in ("started_at", "ended_at", "bills_from") if name in table.column_names]
    told = table.select(names).to_pandas()
    if "ended_at" in told:
        over = (
            table["status"].cast(TEXT).to_pandas().str.strip().str.casefold().isin(("canceled", "incomplete_expired"))
        )
        told["ended_at"] = told["ended_at"].where(over)
    stamps = told.max(axis=1).sort_values(na_position="first")
    if len(stamps) > 2 and stamps.iloc[-1] - stamps.iloc[-2] > FAR:
        context.ledger.problems.append(
            f"{frame.source.name}: starts and ends must not lie ahead; found {stamps.iloc[-1]:%Y-%m-%d}, and "
            f"{stamps.iloc[-2]:%Y-%m-%d} the latest before it. Correct that row."
        )
    return stamps.iloc[-1] if len(stamps) else pd.NaT


def _plain(table: pa.Table) -> pd.DataFrame:
    """Return the subscriptions with every column that is looked at, those of no file blank."""
    table = plain(table)
    subs = table.select(["amount", "amount_original", "modified_at", "_file"]).to_pandas()
    subs = subs.join(text_columns(table, TEXTS))
    for name in STAMPS:
        subs[name] = table[name].to_pandas() if name in table.column_names else pd.NaT
    for name in ("quantity", "interval_count"):
        subs[name] = table[name].to_pandas() if name in table.column_names else np.nan
    words = subs["status"].str.strip().str.casefold().str.replace(r"[\s-]+", "_", regex=True)
    return subs.assign(status=words)


def _refuse_statuses(subs: pd.DataFrame, context: Context) -> None:
    odd = subs[~subs["status"].isin(STATUSES)]
    if len(odd):
        shown = examples(sorted(set(odd["status"].fillna("(blank)"))))
        context.ledger.problems.append(
            f"{context.ledger.sources[int(odd['_file'].min())].name}: every status must be one of "
            f"{', '.join(STATUSES)}; found {len(odd):,} of {len(subs):,} subscriptions with another ({shown}). Correct "
            "the export."
        )


def _month(stamps: pd.Series) -> pd.Series:
    """Return months as a running number; null where there is no stamp."""
    return (stamps.dt.year * 12 + stamps.dt.month - 1).astype("Float64")


def _last_month(subs: pd.DataFrame) -> pd.Series:
    """Return the last month at whose end a subscription runs: the month of the export, or the one before its end."""
    ended = subs["status"].isin(("canceled", "incomplete_expired"))
    return (_month(subs["ended_at"]) - 1).where(ended, _month(subs["modified_at"]))


def _with_status(rows: pd.DataFrame, context: Context) -> pd.DataFrame:
    month = pd.to_datetime({"year": rows["_m"] // 12, "month": rows["_m"] % 12 + 1, "day": 1})
    end = np.minimum(month + pd.offsets.MonthEnd(0) + pd.Timedelta(days=1), rows["modified_at"])
    held = rows["_m"] >= _month(rows["bills_from"]).fillna(rows["_m"])
    trial = (rows["trial_ends_at"] > end) | (rows["status"].eq("trialing") & rows["trial_ends_at"].isna())
    late = rows["status"].isin(("past_due", "unpaid")) & held
    status = np.select(
        [trial, late, rows["status"].eq("paused") & held, rows["monthly"].eq(0)],
        ["trialing", "past_due", "paused", "free"],
        "active",
    )
    counts = ["active", *(["past_due"] if context.company.subscriptions.past_due == "counted" else [])]
    paid = pd.Series(status, rows.index).isin(counts)
    return rows.assign(
        month=month,
        status=status,
        basis="present_price",
        at_stake=rows["monthly"],
        amount=rows["monthly"].where(paid, 0.0).round(2),
        amount_original=rows["monthly_original"].where(paid, 0.0).round(2),
    )
