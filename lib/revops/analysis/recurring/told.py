"""What the billing system tells, as tables of its customers by months, and which of its gaps are late payments."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

__all__ = ["Told", "filled", "month_numbers", "told_months"]

Array = np.ndarray


@dataclass(frozen=True)
class Told:
    """Rows = customers of the billing system in order of their id, columns = the months that are reported.

    ids: customer_id, account_id. month: each reported month as a running number, year x 12 + month - 1.
    amount: recurring revenue [currency], 0 where none. paused, past_due, free: true where the row says so with nothing
    paid; free: on a free plan or on trial.
    """

    ids: pd.DataFrame
    month: Array
    amount: Array
    paused: Array
    past_due: Array
    free: Array


def month_numbers(rows: pd.DataFrame) -> Array:
    """Return the month of each row as a running number, year x 12 + month - 1."""
    return (rows["month"].dt.year * 12 + rows["month"].dt.month - 1).to_numpy(np.int64)


def told_months(rows: pd.DataFrame, month: Array) -> Told:
    """Return rows of subscriptions as tables of customers by reported months: `month`, sorted, all those of rows."""
    column = np.searchsorted(month, month_numbers(rows))
    row, names = pd.factorize(rows["customer_id"], sort=True)
    accounts = rows.groupby(row, sort=True)["account_id"].first().astype("str")
    ids = pd.DataFrame({"customer_id": pd.Series(names, dtype="str"), "account_id": accounts.reset_index(drop=True)})
    shape = (len(names), len(month))
    amount = np.zeros(shape)
    amount[row, column] = rows["recurring_amount"].fillna(0.0).clip(lower=0.0)

    def says(*words: str) -> Array:
        told = np.zeros(shape, dtype=bool)
        told[row, column] = rows["status"].isin(words) & ~(rows["recurring_amount"] > 0)
        return told

    return Told(ids, month, amount, says("paused"), says("past_due"), says("free", "trialing"))


def filled(told: Told, late_months: int) -> tuple[Array, Array, Array]:
    """Return amounts with late ones filled in, where somebody is a customer, and which are filled.

    Formula
        Present = with an amount, paused, or past due after one of these. Filled = past due, or missing between two
        months in which it is present and that have at most late_months months between them.
    """
    place = np.arange(len(told.month))
    known = (told.amount > 0) | told.paused
    last_known = np.maximum.accumulate(np.where(known, place, -1), axis=1)
    present = known | (told.past_due & (last_known >= 0))
    last = np.maximum.accumulate(np.where(present, place, -1), axis=1)
    next_ = np.minimum.accumulate(np.where(present, place, len(place))[:, ::-1], axis=1)[:, ::-1]
    short = (last >= 0) & (next_ < len(place)) & (next_ - last - 1 <= late_months)
    fill = ~known & (present | short)
    before = np.take_along_axis(told.amount, np.maximum(last_known, 0), axis=1)
    return np.where(fill, before, told.amount), known | fill, fill
