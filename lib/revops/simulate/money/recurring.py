"""Recurring revenue: what each customer is billed a month, from the contracts won, grown, renewed and lost.

Who does not renew is known from the renewals; in the first contract year most of them stop earlier, at a month drawn
by weight, later ones mostly on the anniversary. So churn by age has a hazard that is known.
"""

from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
import pandas as pd

from revops.simulate.calendar import Array, stream
from revops.simulate.expected import true_win_rate
from revops.simulate.model import World
from revops.simulate.money.months import month_starts
from revops.simulate.plan import Plan

__all__ = ["EARLY_WEIGHTS", "LATE_WEIGHTS", "STAYS_SMALLER", "Recurring", "recurring"]

# Of those who will not renew a contract year, the weight of each of its months as the first without revenue.
EARLY_WEIGHTS = (0.0, 10.0, 14.0, 14.0, 12.0, 10.0, 8.0, 6.0, 4.0, 3.0, 2.0, 1.0, 6.0)
LATE_WEIGHTS = (0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 2.0, 88.0)
STAYS_SMALLER = 0.55  # of those who lose a later renewal: they go on month by month, for half the amount
_GIANT_FACTOR = 4.0
_PAST_DUE_SHARE = 0.07
_DAY = 86_400
_YEAR = 365.0


@dataclass(frozen=True)
class Recurring:
    """customers  row number = customer: account, foreign, start (month, position), age_known (won new business here),
                  end (month from which it pays nothing, NaN for never), begins (day its contract began), giant
    cents         customer x month: what runs at the month's end, in the customer's currency; 0 where none
    late          customer x month: true where a payment is overdue, so that reports leave the customer out
    months        first day of each month
    """

    customers: pd.DataFrame
    cents: Array
    late: Array
    months: Array


def recurring(world: World) -> Recurring:
    """Return the recurring revenue of every customer from the first reported month to the end of simulated time."""
    months = month_starts(world)
    rng = stream(world.seed, "recurring")
    customers, plans = [], []
    for account, mine in _contracts(world).items():
        life = _life(world, mine, months, rng)
        if life is not None:
            customers.append((account, mine[0].foreign, *life[:4]))
            plans.append(life[4])
    frame = pd.DataFrame(customers, columns=["account", "foreign", "start", "age_known", "end", "begins"])
    cents = np.array(plans)
    giant = _giant(frame, cents)
    cents[giant] = np.round(cents[giant] * _GIANT_FACTOR).astype(np.int64)
    frame["giant"] = frame.index == giant
    return Recurring(frame, cents, _late(cents, frame, rng), months[:-1])


class _Deal(NamedTuple):
    """One deal that was won, or a renewal whatever became of it: days, cents."""

    kind: int
    stage: int
    close: float
    amount: float
    due: float
    created: float
    segment: int
    foreign: bool


def _contracts(world: World) -> dict[int, list[_Deal]]:
    """Return the deals that make or end revenue, by account in order."""
    deals = world.deals
    last = world.states.groupby("deal").last().reindex(deals.index)
    good = ~deals["is_test"] & deals["deleted"].isna() & ((last["stage"] == 5) | (deals["kind"] == 2))
    rows = pd.DataFrame({
        "account": deals["account"], "kind": deals["kind"], "stage": last["stage"].fillna(0), "close": last["close"],
        "amount": last["amount"].clip(lower=0).astype(float), "due": deals["due"], "created": deals["created"] / _DAY,
        "segment": deals["segment"], "foreign": deals["foreign"],
    })[good].sort_values("account", kind="stable")  # fmt: skip
    found: dict[int, list[_Deal]] = {}
    for account, *values in zip(*(rows[name].tolist() for name in rows.columns), strict=True):
        found.setdefault(account, []).append(_Deal(*values))
    return found


def _life(world: World, mine: list[_Deal], months: Array, rng: np.random.Generator) -> tuple | None:  # type: ignore[type-arg]
    """Return first month, whether its age is known, end month, first day and cents by month of an account."""
    won = [deal for deal in mine if deal.stage == 5]
    new = sorted((deal for deal in won if deal.kind == 0), key=lambda deal: deal.close)
    grown = [deal for deal in won if deal.kind == 1]
    renewals = sorted((deal for deal in mine if deal.kind == 2), key=lambda deal: deal.due)
    if not new and not renewals:
        return None
    begins = new[0].close if new else renewals[0].due - _YEAR
    base = new[0].amount if new else renewals[0].amount
    if base <= 0:
        return None
    end, smaller = _end(world, mine[0].segment, grown, renewals, begins, rng)
    at = months[1:] - 1  # the last day of each month
    level = np.where(at >= begins, base, 0.0)
    for deal in grown:
        level += np.where(at >= deal.close, deal.amount, 0.0)
    for deal in (deal for deal in renewals if deal.stage == 5):
        extra = [np.where(at >= row.close, row.amount, 0.0) for row in grown if row.close >= deal.created]
        level = np.where(at >= deal.due, deal.amount + sum(extra), level)
    level = np.where(at >= end, 0.0, np.where(at >= smaller, level / 2, level))
    cents = np.round(level / 12).astype(np.int64)
    if not cents.any():
        return None
    stop = float(np.searchsorted(at, end)) if end <= at[-1] else np.nan
    return int((cents > 0).argmax()), bool(new), stop, begins, cents


def _end(
    world: World, segment: int, grown: list[_Deal], renewals: list[_Deal], begins: float, rng: np.random.Generator
) -> tuple[float, float]:
    """Return the days on which a customer stops paying and from which it pays half, infinite for never.

    A renewal that is lost ends it, or after the first year makes it smaller; one not yet decided, or not yet there, is
    drawn by its own chance.
    """
    smaller = float("inf")
    year, kept = 0, _chance_to_renew(world.plan, segment)
    horizon = float(world.calendar.starts[world.plan.burn_in + world.plan.n_quarters + world.plan.after])
    last_bought = max((deal.close for deal in grown), default=-np.inf)
    decided = {round((deal.due - begins) / _YEAR): deal.stage for deal in renewals}
    while begins + year * _YEAR < horizon:
        stage = decided.get(year + 1, 0)
        stays = stage == 5 or (stage < 5 and rng.random() < kept)
        drawn, goes_on = rng.random(), year > 0 and rng.random() < STAYS_SMALLER
        if not stays and goes_on:
            smaller = min(smaller, begins + (year + 1) * _YEAR)
        elif not stays:
            days = begins + year * _YEAR + np.arange(13) * _YEAR / 12
            weights = np.array(EARLY_WEIGHTS if year == 0 else LATE_WEIGHTS) * (days > last_bought + 31)
            if weights.sum() == 0:
                return float(days[-1]), smaller
            left = np.searchsorted(np.cumsum(weights) / weights.sum(), drawn, side="right")
            return float(days[int(left)]), smaller
        year += 1
    return float("inf"), smaller


@cache
def _chance_to_renew(plan: Plan, segment: int) -> float:
    return true_win_rate(plan, 2, segment)


def _giant(frame: pd.DataFrame, cents: Array) -> int:
    """Return the customer that pays for use far beyond its contract: the largest that stays the longest."""
    stays = frame["end"].isna() & (frame["start"] <= frame["start"].min() + 14) & ~frame["foreign"].astype(bool)
    return int(np.where(stays, cents[:, -1], -1).argmax())


def _late(cents: Array, frame: pd.DataFrame, rng: np.random.Generator) -> Array:
    """Return the customer-months that reports leave out: two in a row for a few customers who pay in the end."""
    late = np.zeros(cents.shape, dtype=bool)
    for customer in np.flatnonzero((rng.random(len(frame)) < _PAST_DUE_SHARE) & ~frame["giant"]):
        runs = np.flatnonzero(cents[customer] > 0)
        if len(runs) > 8:
            first = runs[3 + int(rng.integers(len(runs) - 6))]
            late[customer, first : first + 2] = True
    return late
