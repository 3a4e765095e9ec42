"""The table of subscriptions: customer by month, from reports where there are any, else from present prices."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow.dataset import Dataset

from revops.exports.audit import Ledger
from revops.exports.context import Context
from revops.exports.money import Unconverted
from revops.exports.reading.columns import TEXT
from revops.exports.reading.frames import Frame
from revops.exports.recurring.customer_accounts import Accounts, as_account_ids
from revops.exports.recurring.doubts import Doubts
from revops.exports.recurring.months import BASES, NAMED, PRESENT, REPORTED, laid_out, month_rows
from revops.exports.recurring.present import present_months
from revops.exports.recurring.reported import Reports
from revops.exports.recurring.used import Used
from revops.exports.uniting.groups import in_groups, on_disk, sampled, united
from revops.exports.uniting.records import finish
from revops.exports.uniting.rows import in_one

__all__ = ["build_subscriptions"]

KEY = ["customer_id", "month"]
NAMES = ["customer_id", "customer_name", "account_id"]
MANY = 1 << 19  # months of subscriptions that are held in memory


def build_subscriptions(
    frames: list[Frame],
    customers: list[Frame],
    accounts: pa.Table | None,
    deals: pa.Table,
    context: Context,
    aside: Path | None = None,
) -> pa.Table | Dataset:
    """Return what every customer pays a month, with the months in which it pays nothing but stays; they are counted.

    Reports of recurring revenue are taken as they are. Beside them subscriptions add only the months without payment
    (late, trial, pause); alone they tell every month at their present price, with a warning.

    Parameters
        customers : lists of customers, for names and accounts
        accounts, deals : accounts of the CRM, where there is a file of them, and its opportunities
        aside : where reports are too large for memory or subscriptions have many months, these go to
            subscriptions.parquet in this folder, some customers after others, and are returned as a dataset
    """
    reports = [frame for frame in frames if frame.description.kind.form == "months"]
    lists = [frame for frame in frames if frame.description.kind.form != "months"]
    present = present_months(lists, context) if lists else None
    found = _Found(Reports(reports, context), Accounts([*customers, *frames], accounts, deals, context), context)
    named = [laid_out(frame.table, NAMED) for frame in customers]
    if present is not None:
        named.append(laid_out(_arrow(present.subs[NAMES]), NAMED))
    n_months = present.n_months if present is not None else 0

    def parts(ledger: Ledger, most: int | None) -> Iterator[pa.Table]:
        yield from found.reports.parts(ledger) if most is None else sampled(reports, "customer_id", most)
        yield from named
        if present is not None and most is None:
            yield from present.parts()

    n_rows = sum(frame.n_rows for frame in reports) + sum(map(len, named)) + n_months
    to = aside if n_months > MANY else on_disk(reports, aside)
    groups = in_groups(parts, n_rows, "customer_id", "subscriptions", context.ledger, to)
    table = united((found.done(group, bool(reports)) for group in groups), "subscriptions", to)
    found.reports.tell()
    if present is not None:
        found.used.tell(present.subs, bool(reports))
    found.lost.refuse(context.company, context.ledger)
    found.doubts.warn(found.reports.months)
    found.accounts.tell()
    return table


@dataclass
class _Found:
    """What is found customers by customers."""

    reports: Reports
    accounts: Accounts
    context: Context

    def __post_init__(self) -> None:
        self.doubts, self.lost, self.used = Doubts(self.context), Unconverted("subscriptions"), Used(self.context)

    def done(self, group: pa.Table, has_reports: bool) -> pa.Table:
        """Return the finished months of some customers, of whom these are all rows."""
        rows = month_rows(group)
        rows["_key"] = in_one(rows, KEY)
        reported, present, named = (rows[rows["_what"].eq(what)] for what in (REPORTED, PRESENT, NAMED))
        if has_reports:
            reported, months = self.reports.once(reported), self.reports.months
            self.doubts.add_months(reported)
            self.doubts.add_difference(reported, present, months.max())
            present = present[
                present["month"].isin(months)
                & ~present["_key"].isin(reported["_key"])
                & present["status"].isin(("past_due", "trialing", "paused", "free"))
            ]
        self.used.add(present)
        rows = pd.concat([reported, present]) if len(present) else reported
        if (np.diff(rows["_key"]) < 0).any():
            rows = rows.sort_values("_key", kind="stable")
        self.lost.add(_arrow(rows[["amount", "amount_original", "currency"]]))
        if has_reports:
            self.doubts.add_returns(rows, months)
        table, people = _summed(rows, [named, rows])
        self.accounts.add(people)
        return finish(table, "subscriptions")


def _summed(rows: pd.DataFrame, namers: list[pd.DataFrame]) -> tuple[pa.Table, pd.DataFrame]:
    """Return one row per customer and month, and one per customer with its name and account by any file that tells."""
    rows = rows.dropna(subset=KEY)
    again = np.append(np.diff(rows["_key"]) == 0, False)[: len(rows)]
    again[1:] |= again[:-1]
    rows = rows.assign(basis=pd.Categorical.from_codes(rows["_what"], BASES))
    alone = rows[~again]
    done = pd.DataFrame({
        **{name: alone[name] for name in (*KEY, "status", "basis", "currency", "amount_original")},
        "recurring_amount": alone["amount"].fillna(0.0), "_n": alone["currency"].notna().astype(int),
    })  # fmt: skip
    if again.any():
        done = pd.concat([done, _added(rows[again])]).sort_values(KEY, kind="stable")
    single = done["_n"].eq(1)
    done["amount_original"] = done["amount_original"].fillna(0.0).round(2).where(single, np.nan)
    done["currency"] = done["currency"].where(single, None)
    done["recurring_amount"] = done["recurring_amount"].round(2)
    codes, customers = pd.factorize(done["customer_id"])
    people = _named(pd.DataFrame({"customer_id": customers.astype(object)}), namers)
    named = {name: pa.array(people[name], TEXT, from_pandas=True).take(pa.array(codes)) for name in NAMES}
    rest = _arrow(done.drop(columns=["_n", "customer_id"]))
    return pa.table({**named, **dict(zip(rest.column_names, rest.columns, strict=True))}), people


def _added(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the sums of rows of one customer and month, with the number `_n` of their currencies."""
    group = rows.assign(_rank=rows["status"].cat.codes).sort_values("_rank", kind="stable").groupby(KEY, sort=True)
    return group.agg(status=("status", "first"), recurring_amount=("amount", "sum"), basis=("basis", "first"),
                     amount_original=("amount_original", "sum"), currency=("currency", "first"),
                     _n=("currency", "nunique")).reset_index()  # fmt: skip


def _named(people: pd.DataFrame, namers: list[pd.DataFrame]) -> pd.DataFrame:
    for name in NAMES[1:]:
        told = pd.concat([_pairs(part, name) for part in namers]).dropna()
        told[name] = as_account_ids(told[name]) if name == "account_id" else told[name]
        told = told.drop_duplicates().sort_values(["customer_id", name]).drop_duplicates("customer_id").astype(object)
        people[name] = people["customer_id"].map(told.set_index("customer_id")[name]).astype(object)
    return people


def _pairs(rows: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return each customer with each of its names once."""
    pairs = rows[["customer_id", name]]
    return (
        pairs[~pd.Series(in_one(pairs, [*pairs])).duplicated().to_numpy()] if pairs[name].notna().any() else pairs[:0]
    )


def _arrow(rows: pd.DataFrame) -> pa.Table:
    return pa.Table.from_pandas(rows, preserve_index=False)
