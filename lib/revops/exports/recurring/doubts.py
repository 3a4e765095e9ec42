"""What months of recurring revenue leave in doubt: a month missing, one too full, customers who leave and return."""

import numpy as np
import pandas as pd

from revops.errors import examples
from revops.exports.context import Context
from revops.exports.uniting.rows import ranks
from revops.wording import money, plural

__all__ = ["warn_of_difference", "warn_of_months", "warn_of_returns"]

TWICE = 1.9
NEARBY, FEWEST = 3, 3


def warn_of_months(rows: pd.DataFrame, context: Context) -> None:
    """Warn of months that are missing in the middle, and of those with twice the usual customers or amount."""
    totals = rows.groupby("month").agg(n=("_customer", "nunique"), amount=("amount", "sum"))
    every = pd.date_range(totals.index.min(), totals.index.max(), freq="MS")
    for month in every.difference(totals.index):
        before = totals.loc[totals.index < month].iloc[-1]
        context.ledger.warnings.append(
            f"subscriptions: {month:%Y-%m} is missing between other months; {before['n']:,.0f} customers with "
            f"{_money(before['amount'], context)} in the month before it would count as lost and won back. Add its "
            "report."
        )
    for place, (month, row) in enumerate(totals.iterrows()):
        near = totals.iloc[max(place - NEARBY, 0) : place + NEARBY + 1].drop(month)
        usual = near.median()
        if usual["n"] >= FEWEST and (row["n"] >= TWICE * usual["n"] or row["amount"] >= TWICE * usual["amount"] > 0):
            context.ledger.warnings.append(
                f"subscriptions: {month:%Y-%m} has {row['n']:,.0f} customers with {_money(row['amount'], context)}, "
                f"about twice or more of the {usual['n']:,.0f} with {_money(usual['amount'], context)} in the months "
                "around it. If its report is of several months, units or copies, correct it."
            )


def warn_of_returns(rows: pd.DataFrame, context: Context) -> None:
    """Warn of customers who are missing in some month that is reported and are there before and after it."""
    customer, place = ranks(rows["customer_id"]), ranks(rows["month"])
    order = np.lexsort([place, customer])
    gap = np.diff(place[order], prepend=0) - 1
    gap[np.diff(customer[order], prepend=-1) != 0] = 0
    back, gap = rows.iloc[order[gap > 0]], gap[gap > 0]
    if len(back):
        worth = float((back["amount"] * gap).sum())
        n = back["customer_id"].nunique()
        context.ledger.warnings.append(
            f"subscriptions: {plural(n, 'customer')} missing for {plural(int(gap.sum()), 'month')} and there before "
            f"and after ({examples(sorted(set(back['customer_id'])))}), {_money(worth, context)} at the amount after. "
            "Reports leave out customers whose payment is late: this may be no loss."
        )


def warn_of_difference(reported: pd.DataFrame, present: pd.DataFrame, context: Context) -> None:
    """Warn where the last month of the reports and the subscriptions that run then do not tell the same amounts."""
    last = reported["month"].max()
    sides = [rows[rows["month"].eq(last)].groupby("customer_id")["amount"].sum() for rows in (reported, present)]
    both = pd.concat(sides, axis=1, keys=["reported", "present"]).fillna(0.0)
    differs = (both["reported"] - both["present"]).abs() > both.max(axis=1) * 0.001 + 0.01
    if present["month"].eq(last).any() and differs.any():
        sums = [_money(both.loc[differs, side].sum(), context) for side in ("reported", "present")]
        context.ledger.warnings.append(
            f"subscriptions: {int(differs.sum()):,} of {plural(len(both), 'customer')} of {last:%Y-%m} differ "
            f"({examples(sorted(both.index[differs]))}): {sums[0]} as reported, {sums[1]} by the price of their "
            "subscriptions. The report is taken."
        )


def _money(amount: float, context: Context) -> str:
    return money(amount, context.company.currency, exact=True)
