"""Stripe: monthly recurring revenue per subscriber, one file per calendar year, and the list of customers."""

from pathlib import Path

import numpy as np
import pandas as pd

from revops.simulate.calendar import Array, stream
from revops.simulate.files import write_text
from revops.simulate.model import World
from revops.simulate.money.months import day_of
from revops.simulate.money.recurring import Recurring
from revops.simulate.records import Ids

__all__ = ["LETTERS", "customer_ids", "write_stripe"]

LETTERS = np.array(list("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz23456789"))
_NO_ACCOUNT = 4  # customers whose account nobody entered


def customer_ids(world: World, n: int) -> Array:
    """Return n ids of customers, the same in an export of any day."""
    drawn = stream(world.seed, "customer ids").choice(len(LETTERS), (n, 12))
    return np.array([f"cus_{''.join(row)}" for row in LETTERS[drawn]], dtype=object)


def write_stripe(world: World, found: Recurring, ids: Ids, folder: Path, day: int) -> list[Path]:
    """Write what Stripe reports once a month is over, up to a day; customers whose payment is late are left out."""
    keys = customer_ids(world, len(found.customers))
    names = world.accounts["name"].to_numpy()[found.customers["account"]]
    ends = np.append(found.months[1:], found.months[-1] + 31)
    over = np.flatnonzero(ends <= day)
    files = []
    years = np.array([day_of(month).year for month in found.months])
    for year in np.unique(years[over]):
        shown = over[years[over] == year]
        files.append(_year(found, keys, names, shown, folder / "stripe" / f"MRR_per_Subscriber__monthly_{year}.csv"))
    began = found.months[found.customers["start"]]
    known = began <= day
    table = pd.DataFrame({
        "id": keys, "Description": "", "Email": _emails(found), "Name": names,
        "Created (UTC)": [f"{day_of(first)} 15:00" for first in began],
        "Delinquent": np.where(_now_late(found, over), "true", "false"), "Currency": _currencies(found),
        "account_id (metadata)": _accounts(world, ids, found),
    })[known]  # fmt: skip
    text = table.to_csv(index=False, lineterminator="\n")
    return [*files, write_text(folder / "stripe" / "customers.csv", text)]


def _year(found: Recurring, keys: Array, names: Array, shown: Array, target: Path) -> Path:
    """Write one report: a row per customer with revenue in it, a column per month, blank where it has none."""
    cents = np.where(found.late, 0, found.cents)[:, shown]
    table = pd.DataFrame({
        "Customer ID": keys, "Customer": names, "Customer Email": _emails(found), "Currency": _currencies(found),
    })  # fmt: skip
    for place, month in enumerate(shown):
        column = cents[:, place]
        table[f"{day_of(found.months[month]):%Y-%m}"] = [f"{c / 100:.2f}" if c else "" for c in column]
    return write_text(target, table[cents.any(axis=1)].to_csv(index=False, lineterminator="\n"))


def _emails(found: Recurring) -> list[str]:
    return [f"billing{number}@customer.example" for number in found.customers.index]


def _currencies(found: Recurring) -> Array:
    return np.where(found.customers["foreign"], "eur", "usd")


def _accounts(world: World, ids: Ids, found: Recurring) -> Array:
    """Return the account of each customer as somebody copied it from a report, in 15 characters; blank for a few."""
    rng = stream(world.seed, "customer accounts")
    n = len(found.customers)
    typed = np.array([text[:15] for text in ids.account[found.customers["account"]]], dtype=object)
    blank = np.isin(np.arange(n), rng.choice(n, _NO_ACCOUNT, replace=False)) if world.plan.litter else False
    return np.where(blank, "", typed)


def _now_late(found: Recurring, over: Array) -> Array:
    return found.late[:, over[-1]] if len(over) else np.zeros(len(found.customers), dtype=bool)
