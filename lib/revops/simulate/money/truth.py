"""What is true of money: spend, books, recurring revenue, calls and bills, month by month, as simulated."""

from typing import Any

import numpy as np
import pandas as pd

from revops.simulate.calendar import Array
from revops.simulate.model import World
from revops.simulate.money.billing_truth import billing_truth
from revops.simulate.money.calls import BIAS, calls
from revops.simulate.money.ledger import COMMISSION, LINKEDIN_LAG_MONTHS, META_FEE, ledger
from revops.simulate.money.months import day_of
from revops.simulate.money.quickbooks_files import CLOSING_DAYS
from revops.simulate.money.recurring import EARLY_WEIGHTS, LATE_WEIGHTS, STAYS_SMALLER, Recurring, recurring
from revops.simulate.money.spend import CURRENCIES, ad_spend, spent_until
from revops.simulate.money.stripe_files import customer_ids

__all__ = ["churn_by_age", "money_truth"]


def money_truth(world: World, day: int) -> dict[str, Any]:
    """Return the truth of spend, ledger, recurring revenue, calls and bills up to a day."""
    running = recurring(world)
    return {
        "spend": _spend(world, day),
        "ledger": _ledger(world, running, day),
        "recurring": _recurring(world, running, day),
        "calls": _calls(world, day),
        "billing": billing_truth(world, running, day),
    }


def _spend(world: World, day: int) -> dict[str, Any]:
    """Return spend by month and ad system, in the currency of the account."""
    spent = spent_until(ad_spend(world), day)
    table = spent.groupby(["system", "month"])["cents"].sum() / 100
    return {
        "currencies": CURRENCIES,
        "by_month": {
            system: {_month(month): round(float(value), 2) for month, value in table[system].items()}
            for system in CURRENCIES
        },
    }


def _ledger(world: World, running: Recurring, day: int) -> dict[str, Any]:
    """Return every account by month, and how the books differ from the ad systems."""
    table = ledger(world, running)
    months = table.columns.to_numpy()
    closed = np.append(months[1:], months[-1] + 31) - 1 + CLOSING_DAYS <= day
    return {
        "what": "LinkedIn is booked a month late; Meta in dollars with a fee on top; commissions a month after the win",
        "linkedin_lag_months": LINKEDIN_LAG_MONTHS, "meta_fee": META_FEE, "commission": COMMISSION,
        "months": [_month(month) for month in months[closed]],
        "accounts": {path: (row.to_numpy()[closed] / 100).round(2).tolist() for path, row in table.iterrows()},
    }  # fmt: skip


def _recurring(world: World, found: Recurring, day: int) -> dict[str, Any]:
    """Return revenue by month, retention over the last year, churn by age, and who is odd."""
    over = np.append(found.months[1:], found.months[-1] + 31) <= day
    rate = np.where(found.customers["foreign"], world.plan.foreign_rate, 1.0)
    runs = (found.cents * rate[:, None] / 100)[:, over]
    reported = np.where(found.late[:, over], 0.0, runs)
    keys = customer_ids(world, len(found.customers))
    then, now = runs[:, -13], runs[:, -1]
    sums = zip(found.months[over], reported.sum(0), runs.sum(0), (reported > 0).sum(0), strict=True)
    there = then > 0
    return {
        "what": "reported: what Stripe's files hold, without months in which a payment was late; running: with them",
        "months": {
            _month(month): {
                "reported": round(float(a), 2), "running": round(float(b), 2), "customers": int(n),
            } for month, a, b, n in sums
        },
        "net_retention_12_months": round(float(now[there].sum() / then.sum()), 6),
        "gross_retention_12_months": round(float(np.minimum(now, then)[there].sum() / then.sum()), 6),
        "months_late": int((found.late[:, over] & (runs > 0)).sum()),
        "giant": str(keys[found.customers["giant"].to_numpy()][0]),
        "customers_in_euros": int((found.customers["foreign"] & (runs > 0).any(axis=1)).sum()),
        "weights_of_the_month_in_which_the_first_year_is_given_up": EARLY_WEIGHTS,
        "weights_in_later_years": LATE_WEIGHTS,
        "go_on_for_half_where_a_later_renewal_is_lost": STAYS_SMALLER,
        "churn_by_age": churn_by_age(found, over),
    }  # fmt: skip


def churn_by_age(found: Recurring, over: Array) -> dict[str, dict[str, int]]:
    """Return, by months since the first, how many customers won here were there the month before and how many left."""
    n = int(over.sum())
    mine = found.customers[
        found.customers["age_known"] & (found.customers["start"] > 0) & (found.customers["start"] < n)
    ]
    left = (mine["end"] < n).to_numpy()
    age = (np.where(left, mine["end"], n) - mine["start"]).astype(np.int64)
    return {
        str(k): {"at_risk": int((age > k).sum() + (left & (age == k)).sum()), "left": int((left & (age == k)).sum())}
        for k in range(1, 37)
    }


def _calls(world: World, day: int) -> dict[str, Any]:
    """Return the planted bias of what is still to come, and what is left of it in the calls of the fourth week."""
    table = calls(world)
    made = table[(table["day"] <= day)]
    silent = made["silent"] & (made["who"] >= 0)
    people = made[(made["who"] >= 0) & ~silent]
    lean = world.people["lean"].to_numpy()[people["who"].astype(int)]
    done = people.assign(lean=lean)[(people["quarter"] < people["quarter"].max()).to_numpy()]
    week = done.groupby("quarter")["day"].transform(lambda days: days.rank(method="dense"))
    fourth = done[week == 4].groupby("lean")[["commit", "final"]].sum()
    return {
        "what": "a call is what is won plus bias times what is still to come, by team.lean",
        "bias": {team.name: BIAS[team.lean] for team in world.plan.teams if "new" in team.types},
        "commit_over_final_in_week_4": {str(k): round(float(r.commit / r.final), 4) for k, r in fourth.iterrows()},
        "quarters": sorted({world.calendar.name(int(index)) for index in made["quarter"]}),
        "rows": int((~silent).sum()),
        "calls_not_made": int(silent.sum()),
        "final_by_quarter": _finals(world, made),
    }  # fmt: skip


def _finals(world: World, made: pd.DataFrame) -> dict[str, float]:
    """Return what the sellers on quota booked in the end, by quarter: the company's last call is of this."""
    company = made[made["who"] == -1].groupby("quarter")["final"].last()
    return {world.calendar.name(int(index)): round(float(value), 2) for index, value in company.items()}


def _month(day: int) -> str:
    return f"{day_of(day):%Y-%m}"
