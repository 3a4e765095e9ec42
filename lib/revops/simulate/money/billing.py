"""Bills of the recurring revenue: who pays a year ahead, a quarter or a month, when each paid, and what was given back.

Every bill is for whole months. One that begins a term has the price of its first month; a price that rises within the
term is billed for the rest of it, one that falls counts from the next term on. All draws are of own streams.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from revops.simulate.calendar import Array, stream
from revops.simulate.model import World
from revops.simulate.money.recurring import Recurring

__all__ = ["CREDITED_SHARE", "DAYS_TO_PAY", "REFUND_DAYS", "TERMS", "Billing", "billing"]

TERMS = {12: 0.60, 3: 0.25, 1: 0.15}  # months paid ahead: share of customers
CREDITED_SHARE = 0.6  # of customers who leave within a term: they get back what they paid for its months to come
DAYS_TO_PAY = (4, 29)  # of bills for a year, by transfer; the others are charged to a card on their day
REFUND_DAYS = 3
_DUE_DAYS = 30


@dataclass(frozen=True)
class Billing:
    """terms  months that each customer pays ahead
    bills     one row per bill: customer, first (month, position), n_months that it is for, cents, day, due_day, failed
              (the card was refused on the day), paid_day, credit_cents and credit_day (0 and NaN where nothing is
              credited), paid_cents and refund_cents (what is credited after it was paid is given back, what is credited
              before is not paid), refund_day
    """

    terms: Array
    bills: pd.DataFrame


def billing(world: World, found: Recurring) -> Billing:
    """Return every bill from the first reported month to the end of simulated time."""
    terms = _terms(world, found)
    rows = [
        (customer, *bill)
        for customer, term in enumerate(terms)
        for bill in _bills(found.cents[customer], int(term), _ahead(found, customer, int(term)))
    ]
    bills = pd.DataFrame(rows, columns=["customer", "first", "n_months", "cents", "within"])
    bills = _paid(bills.assign(day=_days(bills, found)), terms, found, world)
    return Billing(terms, _credited(bills, found, world).drop(columns="within"))


def _terms(world: World, found: Recurring) -> Array:
    """Return months paid ahead: drawn, but one for whom use is billed, or whose card is refused once, pays monthly."""
    drawn = stream(world.seed, "billing terms").choice(list(TERMS), len(found.customers), p=list(TERMS.values()))
    return np.where(found.late.any(axis=1) | found.customers["giant"], 1, drawn)


def _ahead(found: Recurring, customer: int, term: int) -> int:
    """Return the first month that is not paid for: of those there from the start, on the anniversary of their terms."""
    start, begins = found.customers["start"][customer], found.customers["begins"][customer]
    began, now = (np.datetime64(int(day), "D").astype("datetime64[M]") for day in (begins, found.months[start]))
    return int(start) + int((began - now).astype(int)) % term


class _Bill(NamedTuple):
    """First month, months, cents, and whether it is of a price that rose within a term."""

    first: int
    n_months: int
    cents: int
    within: bool


def _bills(cents: Array, term: int, ahead: int) -> list[_Bill]:
    """Return the bills of one customer whose months before `ahead` are paid for at their first price."""
    on = np.flatnonzero(cents > 0)
    until, rate, bills = ahead, int(cents[on[0]]), []
    for month in on.tolist():
        now = int(cents[month])
        if month >= until:
            until, rate = month + term, now
            bills.append(_Bill(month, term, now * term, within=False))
        elif now > rate:
            bills.append(_Bill(month, until - month, (now - rate) * (until - month), within=True))
            rate = now
    return bills


def _days(bills: pd.DataFrame, found: Recurring) -> Array:
    """Return the day of each bill: the month's first, but not before the contract; its last where the price rose."""
    edges = np.append(found.months, found.months[-1] + 31)
    first = bills["first"].to_numpy()
    begins = found.customers["begins"].to_numpy()[bills["customer"]].astype(np.int64)
    return np.where(bills["within"], edges[first + 1] - 1, np.maximum(edges[first], begins))


def _paid(bills: pd.DataFrame, terms: Array, found: Recurring, world: World) -> pd.DataFrame:
    """Return bills with the day on which each was paid: those of late months soon after the customer is back."""
    rng, n = stream(world.seed, "billing days"), len(bills)
    transfer, soon = rng.integers(DAYS_TO_PAY[0], DAYS_TO_PAY[1] + 1, n), rng.integers(2, 10, n)
    customer, first = bills["customer"].to_numpy(), bills["first"].to_numpy()
    failed = found.late[customer, first]
    edges = np.append(found.months, found.months[-1] + 31 * np.arange(1, 3))
    again = found.late[customer, np.minimum(first + 1, found.late.shape[1] - 1)]
    back = edges[np.minimum(first + 1 + again, len(edges) - 1)]
    yearly = terms[customer] == 12
    day = bills["day"].to_numpy()
    return bills.assign(
        due_day=day + np.where(yearly, _DUE_DAYS, 0),
        failed=failed,
        paid_day=np.where(failed, back + soon, np.where(yearly, day + transfer, day)),
    )


def _credited(bills: pd.DataFrame, found: Recurring, world: World) -> pd.DataFrame:
    """Return bills with what is credited of months without their customer, on the last day of the first of these."""
    given = stream(world.seed, "billing credits").random(len(found.customers)) < CREDITED_SHARE
    customer = bills["customer"].to_numpy()
    end = found.customers["end"].to_numpy()[customer]
    unused = np.nan_to_num(bills["first"] + bills["n_months"] - end).clip(0) * given[customer]
    cents = bills["cents"] * unused // bills["n_months"]
    edges = np.append(found.months, found.months[-1] + 31)
    last = edges[np.minimum(np.nan_to_num(end).astype(np.int64) + 1, len(edges) - 1)] - 1.0
    day = np.where(cents > 0, last, np.nan)
    before = (cents > 0) & (day <= bills["paid_day"])
    after = (cents > 0) & ~before
    return bills.assign(
        credit_cents=cents.astype(np.int64),
        credit_day=day,
        paid_cents=bills["cents"] - np.where(before, cents, 0).astype(np.int64),
        refund_cents=np.where(after, cents, 0).astype(np.int64),
        refund_day=np.where(after, day + REFUND_DAYS, np.nan),
    )
