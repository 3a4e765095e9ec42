"""Recurring revenue as one table of customers by months, late payments filled in."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from revops.analysis.recurring.told import Told, filled, told_months
from revops.book import AsOf
from revops.errors import examples

__all__ = ["CustomerMonths", "customer_months", "no_months", "only"]

Array = np.ndarray
_COLUMNS = {"customer": "str", "account_id": "str", "start": "int64", "is_start_known": "bool", "end": "int64",
            "n_ids": "int64", "was_free": "bool"}  # fmt: skip
_LEFT_OUT = {"reason": "str", "n": "int64", "amount": "float64", "examples": "str"}
_NEVER_PAID = "never paid: free plan, trial or payment that never came"
_BELOW_ZERO = "amount of a month below zero, counted as nothing"


@dataclass(frozen=True)
class CustomerMonths:
    """customers: one row per customer, sorted by customer: customer (its account, else the billing system's id),
        account_id (null where unknown), start (place in months of its first month with an amount), is_start_known
        (neither there in the first month that is reported, nor new after a month that no report holds), end (place of
        the month from which it is there no more, for good; the number of months where it was there in the last), n_ids
        (of the billing system), was_free (free or on trial before). Customers that never paid are not in it.
    months: first day of each month, without gaps, from the first to the last that is reported and over on the day.
    amount: recurring revenue [customers x months; currency], late months filled with the amount before.
    late: true where the amount is such a filled one [customers x months].
    settled: how many of the months are settled: in later ones, who is missing may be late and come back.
    missing: months that no report holds (filled for everybody). basis: reported, present_price or mixed.
    left_out: reason, n (customers of the billing system), amount, examples.
    paused: true where a customer pays nothing but stays [customers x months]; None: nowhere.
    """

    customers: pd.DataFrame
    months: pd.DatetimeIndex
    amount: Array
    late: Array
    settled: int
    missing: pd.DatetimeIndex
    basis: str
    left_out: pd.DataFrame
    paused: Array | None = None

    @property
    def there(self) -> Array:
        """Return true where somebody is a customer: it pays, or is paused [customers x months]."""
        return self.amount > 0 if self.paused is None else (self.amount > 0) | self.paused


def customer_months(view: AsOf, *, late_months: int = 2) -> CustomerMonths:
    """Return recurring revenue by customer and month, as known on the day.

    Question
        Who pays what, since when, and until when?

    Parameters
        view : Uses subscriptions.
        late_months : months. Who is missing for at most so many, with revenue before and after, paid late.

    Formula
        By customer of the billing system, a late month, and every month in which it is past due with nothing paid, has
        the amount of the month before; then those of one account are added. A month is settled once late_months more
        are reported: who is missing in it has gone, or would be back.

    Limits
        A customer with amount 0 on a free plan or on trial counts as missing: reports by month write 0 for late ones
        too, and before the first amount, so that `was_free` says too much of them. One that comes back after longer
        was away, and its `end` is that of its last time. A present price has no past. Of two billing customers of one
        account that take turns within late_months, both count.
    """
    rows = _rows_until(view)
    if rows.empty:
        return no_months()
    told = told_months(rows)
    amount, there, late = filled(told, late_months)
    code, names = pd.factorize(told.ids["account_id"].fillna(told.ids["customer_id"]), sort=True)
    at = _places(told.month)
    missing = np.diff(at, prepend=-1) == 0
    amount, there, late = (_added(part, code, len(names))[:, at] for part in (amount, there, late))
    table = _described(told, code, pd.Series(names, dtype="str"), amount, there, missing)
    there &= np.arange(len(at)) >= table["start"].to_numpy()[:, None]
    paid, months = (amount > 0).any(axis=1), pd.date_range(rows["month"].min(), periods=len(at), freq="MS", unit="us")
    settled = int(np.searchsorted(at, max(len(told.month) - late_months, 0)))
    return CustomerMonths(
        table[paid].reset_index(drop=True), months, amount[paid], (late & there & ~missing)[paid], settled,
        months[missing], _basis(rows), _left_out(rows, told, ~paid[code]), (there & (amount == 0))[paid],
    )  # fmt: skip


def no_months() -> CustomerMonths:
    """Return the recurring revenue of nobody in no month: where no billing export tells."""
    never, days = np.zeros((0, 0)), pd.DatetimeIndex([], dtype="datetime64[us]")
    return CustomerMonths(
        pd.DataFrame(columns=[*_COLUMNS]).astype(_COLUMNS),
        days,
        never,
        never > 0,
        0,
        days,
        "reported",
        pd.DataFrame(columns=[*_LEFT_OUT]).astype(_LEFT_OUT),
    )


def only(months: CustomerMonths, customers: pd.Index | None) -> CustomerMonths:
    """Return the recurring revenue of some customers, by name; of all where `customers` is None."""
    if customers is None:
        return months
    mine = months.customers["customer"].isin(customers).to_numpy()
    paused = None if months.paused is None else months.paused[mine]
    table = months.customers[mine].reset_index(drop=True)
    return replace(months, customers=table, amount=months.amount[mine], late=months.late[mine], paused=paused)


def _rows_until(view: AsOf) -> pd.DataFrame:
    """Return the rows of months that are over at the end of the day."""
    rows = view.book.table("subscriptions")
    over = pd.Timestamp(view.day) + pd.Timedelta(days=1)
    return rows[rows["month"] + pd.offsets.MonthEnd(0) < over].dropna(subset=["customer_id", "month"])


def _places(reported: Array) -> Array:
    """Return by month, without gaps, the place of the last reported month up to it."""
    return np.searchsorted(reported, np.arange(reported[0], reported[-1] + 1), side="right") - 1


def _added(values: Array, code: Array, n: int) -> Array:
    """Return the sums of rows by code; of true and false, whether any is true."""
    sums = np.zeros((n, values.shape[1]), dtype=values.dtype)
    (np.logical_or if values.dtype == bool else np.add).at(sums, code, values)
    return sums


def _described(told: Told, code: Array, names: pd.Series, amount: Array, there: Array, missing: Array) -> pd.DataFrame:
    """Return the table of customers, those that never paid too."""
    n, n_months = amount.shape
    start = (amount > 0).argmax(axis=1)
    early = _added(told.amount > 0, code, n) | _added(told.paused | told.past_due, code, n)
    after_missing = np.append(False, missing)[start]
    before = ~np.logical_or.accumulate(_added(told.amount > 0, code, n), axis=1)
    return pd.DataFrame({
        "customer": names, "account_id": told.ids["account_id"].groupby(code).first().reset_index(drop=True),
        "start": start, "is_start_known": ~early[:, 0] & ~after_missing,
        "end": n_months - there[:, ::-1].argmax(axis=1), "n_ids": np.bincount(code, minlength=n),
        "was_free": (_added(told.free, code, n) & before).any(axis=1),
    })  # fmt: skip


def _basis(rows: pd.DataFrame) -> str:
    """Return where the amounts come from."""
    found = rows.loc[rows["recurring_amount"] > 0, "basis"].dropna().unique()
    return "mixed" if len(found) > 1 else str(found[0]) if len(found) else "reported"


def _left_out(rows: pd.DataFrame, told: Told, never: Array) -> pd.DataFrame:
    """Return who never paid, and amounts below zero."""
    ids = told.ids["customer_id"]
    below = rows[rows["recurring_amount"] < 0]
    found = [
        (_NEVER_PAID, int(never.sum()), 0.0, ids[never]),
        (_BELOW_ZERO, below["customer_id"].nunique(), float(below["recurring_amount"].sum()), below["customer_id"]),
    ]
    kept = [(why, n, amount, examples(sorted(set(names)))) for why, n, amount, names in found if n]
    return pd.DataFrame(kept, columns=[*_LEFT_OUT]).astype(_LEFT_OUT)
