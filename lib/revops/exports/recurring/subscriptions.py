"""The table of subscriptions: customer by month, from reports where there are any, else from present prices."""

import numpy as np
import pandas as pd
import pyarrow as pa

from revops.errors import examples
from revops.exports.context import Context
from revops.exports.money import refuse_unconverted
from revops.exports.reading.frames import Frame
from revops.exports.recurring.customer_accounts import as_account_ids, tell_accounts
from revops.exports.recurring.doubts import warn_of_difference, warn_of_months, warn_of_returns
from revops.exports.recurring.present import present_months
from revops.exports.recurring.reported import reported_months
from revops.exports.uniting.rows import in_one, nothing, text_columns
from revops.wording import money, plural

__all__ = ["build_subscriptions"]

ORDER = ("active", "past_due", "trialing", "paused", "free")
NAMES = ("customer_id", "customer_name", "account_id")
COLUMNS = ["customer_id", "month", "customer_name", "account_id", "status", "amount", "amount_original", "currency",
           "basis"]  # fmt: skip


def build_subscriptions(
    frames: list[Frame], customers: list[Frame], accounts: pa.Table | None, deals: pa.Table, context: Context
) -> pa.Table:
    """Return what every customer pays a month, with the months in which it pays nothing but stays.

    Reports of recurring revenue are taken as they are. Beside them subscriptions add only the months without payment
    (late, trial, pause); alone they tell every month at their present price, with a warning.

    Parameters
        customers : lists of customers, for names and accounts
        accounts, deals : accounts of the CRM, where there is a file of them, and its opportunities
    """
    months = [frame for frame in frames if frame.description.kind.form == "months"]
    others = [frame for frame in frames if frame.description.kind.form != "months"]
    parts = [reported_months(months, context)] if months else []
    namers = [text_columns(frame.table, NAMES) for frame in customers]
    if others:
        present, subs = present_months(others, context)
        if parts:
            warn_of_difference(parts[0], present, context)
            present = _beside(present, parts[0])
        elif len(present):
            _warn_of_basis(present, context)
        _count(subs, present, bool(parts), context)
        _warn_of_late(present, context)
        parts.append(present)
        namers.append(subs)
    rows = pd.concat([part[COLUMNS] for part in parts], ignore_index=True)
    if not len(rows):
        return nothing("subscriptions")
    refuse_unconverted(
        _arrow(rows[["amount", "amount_original", "currency"]]), context.company, "subscriptions", context.ledger
    )
    if months and len(parts[0]):
        warn_of_months(parts[0], context)
        warn_of_returns(rows, context)
    summed = _summed(rows, [*namers, *parts])
    tell_accounts(summed, [*customers, *frames], accounts, deals, context)
    return _arrow(summed)


def _beside(present: pd.DataFrame, reported: pd.DataFrame) -> pd.DataFrame:
    """Return the months that reports leave out: of customers with no amount in them, in months they cover."""
    told = pd.MultiIndex.from_frame(reported[["customer_id", "month"]])
    covered = present["month"].isin(reported["month"])
    known = pd.MultiIndex.from_frame(present[["customer_id", "month"]]).isin(told)
    return present[covered & ~known & present["status"].isin(("past_due", "trialing", "paused", "free"))]


def _count(subs: pd.DataFrame, present: pd.DataFrame, has_report: bool, context: Context) -> None:
    """Count subscriptions with a month of the table as kept, the others as left out."""
    used = subs["subscription_id"].isin(present["subscription_id"])
    context.ledger.keep_rows(pa.table({"_file": pa.array(subs.loc[used, "_file"], pa.int32())}))
    rest = subs[~used].assign(amount=subs["monthly"].round(2))
    told = "months that reports tell, or before them" if has_report else "no month"
    for why, part in rest.assign(_why=rest["_why"].replace("", told)).groupby("_why"):
        table = pa.Table.from_pandas(part[["_file", "subscription_id", "amount"]], preserve_index=False)
        context.ledger.leave_out_rows(table, str(why), "subscription_id")


def _warn_of_basis(present: pd.DataFrame, context: Context) -> None:
    first, last = present["month"].min(), present["month"].max()
    context.ledger.warnings.append(
        f"subscriptions: months from {first:%Y-%m} to {last:%Y-%m} are told by the start, end and present price of "
        "each subscription: upgrades, downgrades and discounts of the past are not seen. Export MRR per subscriber."
    )


def _warn_of_late(present: pd.DataFrame, context: Context) -> None:
    late = present[present["status"].eq("past_due")]
    late = late[late["month"].eq(late["month"].max())]
    if len(late):
        worth = money(float(late["at_stake"].sum()), context.company.currency, exact=True)
        policy = context.company.subscriptions.past_due
        context.ledger.warnings.append(
            f"subscriptions: {plural(late['customer_id'].nunique(), 'customer')} with a late payment in "
            f"{late['month'].max():%Y-%m} ({examples(sorted(set(late['customer_id'])))}), {worth} a month: "
            f"{policy.replace('_', ' ')}, as subscriptions.past_due in company.yml says"
        )


def _summed(rows: pd.DataFrame, namers: list[pd.DataFrame]) -> pd.DataFrame:
    """Return one row per customer and month, named and joined to its account by any file that tells."""
    key = ["customer_id", "month"]
    rows = rows.dropna(subset=key)
    codes = in_one(rows, key)
    if (codes[1:] < codes[:-1]).any():
        order = np.argsort(codes, kind="stable")
        rows, codes = rows.iloc[order], codes[order]
    again = np.append(codes[1:] == codes[:-1], False)
    again[1:] |= again[:-1]
    alone = rows[~again]
    done = pd.DataFrame({
        **{name: alone[name] for name in (*key, "status", "basis", "currency", "amount_original")},
        "recurring_amount": alone["amount"].fillna(0.0), "_n": alone["currency"].notna(),
    })  # fmt: skip
    if again.any():
        done = pd.concat([done, _added(rows[again], key)]).sort_values(key, kind="stable")
    single = done["_n"].eq(1)
    done["amount_original"] = done["amount_original"].fillna(0.0).round(2).where(single, np.nan)
    done["currency"] = done["currency"].where(single, None)
    done["recurring_amount"] = done["recurring_amount"].round(2)
    return _named(done.drop(columns="_n").reset_index(drop=True), namers)


def _added(rows: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """Return the sums of rows of one customer and month, with the number `_n` of their currencies."""
    rows = rows.assign(_rank=rows["status"].map({name: place for place, name in enumerate(ORDER)}))
    group = rows.sort_values("_rank", kind="stable").groupby(key, sort=True)
    return group.agg(status=("status", "first"), recurring_amount=("amount", "sum"), basis=("basis", "first"),
                     amount_original=("amount_original", "sum"), currency=("currency", "first"),
                     _n=("currency", "nunique")).reset_index()  # fmt: skip


def _named(done: pd.DataFrame, namers: list[pd.DataFrame]) -> pd.DataFrame:
    codes, customers = pd.factorize(done["customer_id"])
    for name in ("customer_name", "account_id"):
        told = pd.concat([_pairs(part, name) for part in namers]).dropna()
        told[name] = as_account_ids(told[name]) if name == "account_id" else told[name]
        told = told.drop_duplicates().sort_values(["customer_id", name]).drop_duplicates("customer_id")
        found = pd.Series(customers).map(told.set_index("customer_id")[name])
        done[name] = found.astype("object").to_numpy()[codes]
    return done


def _pairs(rows: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return each customer with each of its names once."""
    pairs = rows[["customer_id", name]]
    return (
        pairs[~pd.Series(in_one(pairs, [*pairs])).duplicated().to_numpy()] if pairs[name].notna().any() else pairs[:0]
    )


def _arrow(rows: pd.DataFrame) -> pa.Table:
    return pa.Table.from_pandas(rows, preserve_index=False)
