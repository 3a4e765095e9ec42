"""What months of recurring revenue leave in doubt: a month missing, one too full, customers who leave and return."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from revops.errors import examples
from revops.exports.context import Context
from revops.exports.money import NEARLY
from revops.exports.recurring.billed import Found, worth
from revops.exports.uniting.rows import ranks
from revops.wording import money, plural

__all__ = ["Doubts"]

TWICE = 1.9
NEARBY, FEWEST = 3, 3


@dataclass
class Doubts:
    """What is counted customers by customers, and warned of when all have come.

    `totals` are the customers and amounts of each month; `returning` who is missing in some month and there before and
    after it, `missed` for how many months; `differing` whose reported amount is not that of their subscriptions, and
    `instead` what these are worth.
    """

    context: Context
    totals: list[pd.DataFrame] = field(default_factory=list)
    returning: Found = field(default_factory=Found)
    missed: int = 0
    differing: Found = field(default_factory=Found)
    instead: Found = field(default_factory=Found)

    def add_months(self, reported: pd.DataFrame) -> None:
        """Count customers and amounts by month; the rows are in the order of customers, then months."""
        customer, month = ranks(reported["customer_id"]), reported["month"].to_numpy()
        again = np.append(False, (customer[1:] == customer[:-1]) & (month[1:] == month[:-1]))[: len(reported)]
        self.totals.append(reported.assign(n=~again).groupby("month")[["n", "amount"]].sum())

    def add_returns(self, rows: pd.DataFrame, months: pd.DatetimeIndex) -> None:
        """Count customers who are missing in some of all the `months`; the rows are in the order of both."""
        customer, place = ranks(rows["customer_id"]), np.searchsorted(months, rows["month"])
        gap = np.diff(place, prepend=0) - 1
        gap[np.diff(customer, prepend=-1) != 0] = 0
        back, gap = rows[gap > 0], gap[gap > 0]
        ids = back["customer_id"].dropna().unique()
        self.missed += int(gap.sum())
        self.returning.add(len(ids), ids, float((back["amount"] * gap).sum()))

    def add_difference(self, reported: pd.DataFrame, present: pd.DataFrame, last: pd.Timestamp) -> None:
        """Count customers who in the last month of the reports pay another amount than their subscriptions say."""
        sides = [
            rows[rows["month"].eq(last)].astype({"customer_id": object}).groupby("customer_id")["amount"].sum()
            for rows in (reported, present)
        ]
        both = pd.concat(sides, axis=1, keys=["reported", "present"]).fillna(0.0)
        differs = (both["reported"] - both["present"]).abs() > both.max(axis=1) * 0.001 + 0.01
        sums = both[differs].sum()
        self.differing.of += len(both)
        self.differing.add(int(differs.sum()), both.index[differs], float(sums["reported"]))
        self.instead.add(int(present["month"].eq(last).sum()), (), float(sums["present"]))

    def warn(self, months: pd.DatetimeIndex) -> None:
        """Write down all that is in doubt; `months` are those of the reports."""
        if not len(months):
            return
        totals = pd.concat(self.totals).groupby(level=0).sum().astype({"n": float}).round(NEARLY)
        self._warn_of_months(totals)
        if self.missed:
            self._warn(
                f"{plural(self.returning.n, 'customer')} missing for {plural(self.missed, 'month')} and there before "
                f"and after ({examples(self.returning.shown)}), {worth(self.returning, self.context)} at the amount "
                "after. Reports leave out customers whose payment is late: this may be no loss."
            )
        if self.differing.n and self.instead.n:
            self._warn(
                f"{self.differing.n:,} of {plural(self.differing.of, 'customer')} of {months[-1]:%Y-%m} differ "
                f"({examples(self.differing.shown)}): {worth(self.differing, self.context)} as reported, "
                f"{worth(self.instead, self.context)} by the price of their subscriptions. The report is taken."
            )

    def _warn_of_months(self, totals: pd.DataFrame) -> None:
        """Warn of months that are missing in the middle, and of those with twice the usual customers or amount."""
        every = pd.date_range(totals.index.min(), totals.index.max(), freq="MS")
        for month in every.difference(totals.index):
            before = totals.loc[totals.index < month].iloc[-1]
            self._warn(
                f"{month:%Y-%m} is missing between other months; {before['n']:,.0f} customers with "
                f"{self._money(before['amount'])} in the month before it would count as lost and won back. Add its "
                "report."
            )
        for place, (month, row) in enumerate(totals.iterrows()):
            near = totals.iloc[max(place - NEARBY, 0) : place + NEARBY + 1].drop(month)
            usual = near.median()
            if usual["n"] >= FEWEST and (
                row["n"] >= TWICE * usual["n"] or row["amount"] >= TWICE * usual["amount"] > 0
            ):
                self._warn(
                    f"{month:%Y-%m} has {row['n']:,.0f} customers with {self._money(row['amount'])}, about twice or "
                    f"more of the {usual['n']:,.0f} with {self._money(usual['amount'])} in the months around it. If "
                    "its report is of several months, units or copies, correct it."
                )

    def _warn(self, said: str) -> None:
        self.context.ledger.warnings.append(f"subscriptions: {said}")

    def _money(self, amount: float) -> str:
        return money(amount, self.context.company.currency, exact=True)
