"""Which subscriptions have months in the table that is made, and what is said of those months."""

from collections import defaultdict
from dataclasses import dataclass, field

import pandas as pd
import pyarrow as pa

from revops.errors import examples
from revops.exports.context import Context
from revops.exports.recurring.billed import Found, worth
from revops.wording import plural

__all__ = ["Used"]


@dataclass
class Used:
    """What is noted of the months at present prices that are used, customers by customers.

    `ids` are those of their subscriptions, `span` the first and the last month, `late` the customers whose payment is
    late in a month and what they are worth: in the last such month, and in some before it.
    """

    context: Context
    ids: set[str] = field(default_factory=set)
    span: tuple[pd.Timestamp, ...] = ()
    late: defaultdict[pd.Timestamp, Found] = field(default_factory=lambda: defaultdict(Found))

    def add(self, rows: pd.DataFrame) -> None:
        """Note the months of some customers, which are all of theirs."""
        if rows.empty:
            return
        self.ids.update(rows["subscription_id"].unique())
        months = (*self.span, rows["month"].min(), rows["month"].max())
        self.span = (min(months), max(months))
        late = rows[rows["status"].eq("past_due")]
        if len(late):
            last = late["month"].max()
            late = late[late["month"].eq(last)]
            ids = late["customer_id"].unique()
            self.late[last].add(len(ids), ids, float(late["at_stake"].sum()))

    def tell(self, subs: pd.DataFrame, has_reports: bool) -> None:
        """Count the subscriptions, and warn of what their present prices do not tell."""
        if self.span and not has_reports:
            self._warn_of_basis()
        self._count(subs, has_reports)
        if self.late:
            self._warn_of_late(max(self.late))

    def _count(self, subs: pd.DataFrame, has_reports: bool) -> None:
        """Count subscriptions with a month of the table as kept, the others as left out."""
        used, ledger = subs["subscription_id"].isin(self.ids), self.context.ledger
        ledger.keep_rows(pa.table({"_file": pa.array(subs.loc[used, "_file"], pa.int32())}))
        rest = subs[~used].assign(amount=subs["monthly"].round(2))
        told = "months that reports tell, or before them" if has_reports else "no month"
        for why, part in rest.assign(_why=rest["_why"].replace("", told)).groupby("_why"):
            table = pa.Table.from_pandas(part[["_file", "subscription_id", "amount"]], preserve_index=False)
            ledger.leave_out_rows(table, str(why), "subscription_id")

    def _warn_of_basis(self) -> None:
        first, last = self.span
        self.context.ledger.warnings.append(
            f"subscriptions: months from {first:%Y-%m} to {last:%Y-%m} are told by the start, end and present price of "
            "each subscription: upgrades, downgrades and discounts of the past are not seen. Export MRR per subscriber."
        )

    def _warn_of_late(self, month: pd.Timestamp) -> None:
        late, policy = self.late[month], self.context.company.subscriptions.past_due
        self.context.ledger.warnings.append(
            f"subscriptions: {plural(late.n, 'customer')} with a late payment in {month:%Y-%m} "
            f"({examples(late.shown)}), {worth(late, self.context)} a month: {policy.replace('_', ' ')}, as "
            "subscriptions.past_due in company.yml says"
        )
