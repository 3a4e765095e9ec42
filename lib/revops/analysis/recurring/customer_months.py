"""Recurring revenue as one table of customers by months, late payments filled in."""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from revops.analysis.recurring.told import Told, filled, month_numbers, told_months
from revops.book import AsOf
from revops.book.parts import over
from revops.errors import examples

__all__ = ["CustomerMonths", "customer_months", "no_months", "only"]

Array = np.ndarray
_Left = tuple[str, int, float, tuple[str, ...]]
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
    reported = [found for found in over(view, _reported) if len(found.month)]
    if not reported:
        return no_months()
    reported = _Reported(
        np.unique(np.concatenate([found.month for found in reported])), min(found.first for found in reported),
        frozenset().union(*(found.bases for found in reported)),
    )  # fmt: skip
    parts = [found for found in over(view, partial(_paid, late_months=late_months, month=reported.month)) if found]
    at = _places(reported.month)
    months = pd.date_range(reported.first, periods=len(at), freq="MS", unit="us")
    settled = int(np.searchsorted(at, max(len(reported.month) - late_months, 0)))
    table, *matrices = _together(parts)
    basis = "mixed" if len(reported.bases) > 1 else next(iter(reported.bases), "reported")
    missing, left_out = months[_is_missing(at)], _left_out([row for part in parts for row in part.left_out])
    return CustomerMonths(table, months, *matrices[:2], settled, missing, basis, left_out, matrices[2])


@dataclass(frozen=True)
class _Reported:
    """Which months are reported (year x 12 + month - 1), the first of their days, and where amounts come from."""

    month: Array
    first: pd.Timestamp
    bases: frozenset[str]


@dataclass(frozen=True)
class _Paid:
    """Who paid, of a part of the company: customers, amount, late and paused as in CustomerMonths; and who is left out:
    reason, how many, amount, ids."""

    customers: pd.DataFrame
    amount: Array
    late: Array
    paused: Array
    left_out: tuple[_Left, ...]


def _reported(view: AsOf) -> _Reported:
    rows = _rows_until(view)
    bases = rows.loc[rows["recurring_amount"] > 0, "basis"].dropna().unique()
    return _Reported(np.unique(month_numbers(rows)), rows["month"].min(), frozenset(map(str, bases)))


def _paid(view: AsOf, late_months: int, month: Array) -> _Paid | None:
    """Return who paid, of a part of the company, by all the months that are reported; None where nobody is billed."""
    rows = _rows_until(view)
    if rows.empty:
        return None
    told = told_months(rows, month)
    amount, there, late = filled(told, late_months)
    code, names = pd.factorize(told.ids["account_id"].fillna(told.ids["customer_id"]), sort=True)
    at = _places(month)
    missing = _is_missing(at)
    amount, there, late = (_added(part, code, len(names))[:, at] for part in (amount, there, late))
    table = _described(told, code, pd.Series(names, dtype="str"), amount, there, missing)
    there &= np.arange(len(at)) >= table["start"].to_numpy()[:, None]
    paid = (amount > 0).any(axis=1)
    return _Paid(table[paid].reset_index(drop=True), amount[paid], (late & there & ~missing)[paid],
                 (there & (amount == 0))[paid], _never_and_below(rows, told, ~paid[code]))  # fmt: skip


def _together(parts: list[_Paid]) -> tuple[pd.DataFrame, Array, Array, Array]:
    """Return customers, amount, late and paused of all parts, by customer."""
    if len(parts) == 1:
        return parts[0].customers, parts[0].amount, parts[0].late, parts[0].paused
    table = pd.concat([part.customers for part in parts], ignore_index=True)
    order = pd.factorize(table["customer"], sort=True)[0].argsort()
    matrices = (np.concatenate([getattr(part, name) for part in parts])[order] for name in ("amount", "late", "paused"))
    return table.take(order).reset_index(drop=True), *matrices


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


def _is_missing(places: Array) -> Array:
    """Return which months no report holds."""
    return np.diff(places, prepend=-1) == 0


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


def _never_and_below(rows: pd.DataFrame, told: Told, never: Array) -> tuple[_Left, ...]:
    """Return who never paid, and amounts below zero: reason, how many, amount, ids."""
    ids = told.ids["customer_id"]
    below = rows[rows["recurring_amount"] < 0]
    whose = below["customer_id"]
    return (
        (_NEVER_PAID, int(never.sum()), 0.0, tuple(ids[never])),
        (_BELOW_ZERO, whose.nunique(), float(below["recurring_amount"].sum()), tuple(whose)),
    )


def _left_out(found: list[_Left]) -> pd.DataFrame:
    """Return who is left out of all parts."""
    kept = []
    for reason in (_NEVER_PAID, _BELOW_ZERO):
        mine = [row for row in found if row[0] == reason]
        if n := sum(row[1] for row in mine):
            names = sorted({name for row in mine for name in row[3]})
            kept.append((reason, n, sum(row[2] for row in mine), examples(names)))
    return pd.DataFrame(kept, columns=[*_LEFT_OUT]).astype(_LEFT_OUT)
