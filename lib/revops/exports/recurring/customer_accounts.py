"""Which account of the CRM a customer of the billing system is, by the id that somebody wrote beside the customer."""

import re

import pandas as pd
import pyarrow as pa

from revops.errors import examples
from revops.exports.context import Context
from revops.exports.reading.frames import Frame
from revops.exports.recurring.billed import Found
from revops.wording import plural, share

__all__ = ["Accounts", "as_account_ids"]

LONG = re.compile(r"001[A-Za-z0-9]{15}")
CHECKSUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def as_account_ids(written: pd.Series) -> pd.Series:
    """Return account ids as the CRM's own table has them: those of Salesforce in 15 characters, others as written.

    An id is one of Salesforce where it has 18 characters, begins with 001 and ends in the checksum of the rest.
    """
    return written.map({id: _short(id) for id in written.dropna().unique()}).astype("object")


def _short(id: str) -> str:
    if not LONG.fullmatch(id):
        return id
    fives = (id[start : start + 5] for start in (0, 5, 10))
    sums = (CHECKSUM[sum(letter.isupper() << place for place, letter in enumerate(five))] for five in fives)
    return id[:15] if "".join(sums) == id[15:] else id


class Accounts:
    """Counts which customers have an account that the CRM knows, and tells it once all have come."""

    def __init__(self, frames: list[Frame], accounts: pa.Table | None, deals: pa.Table, context: Context) -> None:
        """Nothing is told where none of the files has a column of accounts.

        Parameters
            frames : the files that may tell the account
            accounts, deals : the CRM's accounts; without a file of them those that its opportunities name
        """
        telling = [frame.source for frame in frames if "account_id" in frame.table.column_names]
        self.source = min(telling, key=lambda source: source.name, default=None)
        self.listed, self.context = accounts is not None, context
        known = accounts if accounts is not None else deals
        self.known = set(known["account_id"].to_pylist()) if "account_id" in known.column_names else None
        self.n, self.here, self.strange = 0, 0, Found()

    def add(self, customers: pd.DataFrame) -> None:
        """Count some customers, a row of each with its account_id."""
        if self.source is None or self.known is None:
            return
        named = customers["account_id"].dropna()
        here = named.map(self.known.__contains__).astype(bool)
        self.n, self.here = self.n + len(customers), self.here + int(here.sum())
        self.strange.add(int((~here).sum()), set(named[~here]).difference(self.strange.shown))

    def tell(self) -> None:
        """Write down how many are known; warn of ids that no file of accounts holds."""
        if self.source is None or not self.n:
            return
        whose = "accounts" if self.listed else "accounts of opportunities"
        self.source.decisions.append(
            f"{self.here:,} of {plural(self.n, 'customer')} ({share(self.here / self.n)}) are found among the {whose} "
            f"by their account id; {self.n - self.here - self.strange.n:,} without one"
        )
        if self.listed and self.strange.n:
            self.context.ledger.warnings.append(
                f"subscriptions: {self.strange.n:,} of {plural(self.n, 'customer')} name an account that no file of "
                f"accounts holds ({examples(self.strange.shown)}): correct the ids, or export all accounts"
            )
