"""Which account of the CRM a customer of the billing system is, by the id that somebody wrote beside the customer."""

import re

import pandas as pd
import pyarrow as pa

from revops.errors import examples
from revops.exports.context import Context
from revops.exports.reading.frames import Frame
from revops.wording import plural, share

__all__ = ["as_account_ids", "tell_accounts"]

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


def tell_accounts(
    found: pd.DataFrame, frames: list[Frame], accounts: pa.Table | None, deals: pa.Table, context: Context
) -> None:
    """Write down how many customers have an account that the CRM knows; warn of ids that it does not know.

    Parameters
        found : customer_id and account_id, a row per month
        frames : the files that may tell the account; nothing is said where none has such a column
        accounts, deals : the CRM's accounts; without a file of them those that its opportunities name
    """
    telling = sorted((f.source for f in frames if "account_id" in f.table.column_names), key=lambda source: source.name)
    if not telling:
        return
    known = accounts if accounts is not None else deals
    if "account_id" not in known.column_names:
        return
    customers = found.drop_duplicates("customer_id")
    named = customers["account_id"].dropna()
    here = named.isin(known["account_id"].to_pylist())
    n, total = int(here.sum()), len(customers)
    whose = "accounts" if accounts is not None else "accounts of opportunities"
    telling[0].decisions.append(
        f"{n:,} of {plural(total, 'customer')} ({share(n / total)}) are found among the {whose} by their account id; "
        f"{total - len(named):,} without one"
    )
    if accounts is not None and not here.all():
        context.ledger.warnings.append(
            f"subscriptions: {int((~here).sum()):,} of {plural(total, 'customer')} name an account that no file of "
            f"accounts holds ({examples(sorted(set(named[~here])))}): correct the ids, or export all accounts"
        )
