"""Subscriptions as they stand, told month by month from start to end at their present price: prices have no past."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from revops.errors import examples
from revops.exports.amounts import with_amounts
from revops.exports.context import Context
from revops.exports.reading.columns import TEXT, distinct, plain, put
from revops.exports.reading.frames import Frame
from revops.exports.recurring.intervals import with_months_billed
from revops.exports.recurring.months import PRESENT, laid_out
from revops.exports.uniting.records import unite
from revops.exports.uniting.rows import text_columns
from revops.wording import plural

__all__ = ["Present", "present_months"]

STATUSES = ("active", "past_due", "unpaid", "trialing", "canceled", "paused", "incomplete", "incomplete_expired")
NO_PRICE = "no amount"
FAR = pd.Timedelta(days=366)
STAMPS = ("started_at", "ended_at", "trial_ends_at", "bills_from", "bills_to")
TEXTS = ("subscription_id", "customer_id", "customer_name", "account_id", "currency", "status", "interval")
IDS = ("customer_id", "subscription_id", "currency")
STATES = ("modified_at", "trial_ends_at", "bills_from")
AT_ONCE = 1 << 17  # months that are made together, but for those of one subscription


@dataclass(frozen=True)
class Present:
    """Subscriptions, a row each, with the `_first` of the `_n` months in which it counts, or `_why` there are none.

    Months whose payment is late have their amount where `late_counts`, else 0.
    """

    subs: pd.DataFrame
    late_counts: bool

    @property
    def n_months(self) -> int:
        """Return how many months all of them have."""
        return int(self.subs["_n"].sum())

    def parts(self) -> Iterator[pa.Table]:
        """Yield a row per subscription and month, laid out, the months of some subscriptions after those of others."""
        subs = self.subs[self.subs["_n"].gt(0)]
        for _, some in subs.groupby(subs["_n"].cumsum() // AT_ONCE):
            yield laid_out(_months(some, self.late_counts), PRESENT)


def present_months(frames: list[Frame], context: Context) -> Present:
    """Return the subscriptions with the months in which they count, and why some have none.

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
        [subs["customer_id"].isna(), never, first.isna(), subs["amount_original"].isna(), n.eq(0)],
        [
            "no customer",
            "never paid for (incomplete)",
            "no start",
            NO_PRICE,
            "began and ended within a month, or ended without a date",
        ],
        "",
    )
    subs["_first"], subs["_n"] = first, n.where(subs["_why"].eq(""), 0)
    _warn_of_no_price(subs[subs["_why"].eq(NO_PRICE)], context)
    return Present(subs, context.company.subscriptions.past_due == "counted")


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


def _months(subs: pd.DataFrame, late_counts: bool) -> pa.Table:
    """Return a row for each month of subscriptions that have some, in their order."""
    n = subs["_n"].to_numpy()
    places = np.repeat(np.arange(len(subs)), n)
    month = subs["_first"].to_numpy(int)[places] + np.arange(len(places)) - (np.cumsum(n) - n)[places]
    rows = subs[["status", "monthly", "monthly_original", *STATES]].iloc[places]
    status = _statuses(rows, month)
    paid = np.isin(status, ["active", *(["past_due"] if late_counts else [])])
    texts = {name: distinct(pa.array(subs[name], TEXT, from_pandas=True)) for name in IDS}
    return pa.table({
        **{name: codes.take(pa.array(places)) for name, codes in texts.items()},
        "status": status,
        "month": _first_day(month),
        "amount": pa.array(rows["monthly"].where(paid, 0.0).round(2), from_pandas=True),
        "amount_original": pa.array(rows["monthly_original"].where(paid, 0.0).round(2), from_pandas=True),
        "at_stake": pa.array(rows["monthly"], from_pandas=True),
    })  # fmt: skip


def _statuses(rows: pd.DataFrame, month: np.ndarray) -> np.ndarray:
    """Return how subscriptions stood at the end of a month each, or on the day of the export."""
    end = np.minimum(_first_day(month + 1), rows["modified_at"])
    held = month >= _month(rows["bills_from"]).fillna(0)
    trial = (rows["trial_ends_at"] > end) | (rows["status"].eq("trialing") & rows["trial_ends_at"].isna())
    late = rows["status"].isin(("past_due", "unpaid")) & held
    return np.select(
        [trial, late, rows["status"].eq("paused") & held, rows["monthly"].eq(0)],
        ["trialing", "past_due", "paused", "free"],
        "active",
    )


def _first_day(month: np.ndarray) -> np.ndarray:
    """Return the first day of months given as running numbers."""
    return (month - 12 * 1970).astype("datetime64[M]").astype("datetime64[us]")
