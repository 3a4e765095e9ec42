"""What is true of bills: who pays how far ahead, and what was billed, served, paid and given back by month."""

from typing import Any

import numpy as np
import pandas as pd

from revops.simulate.calendar import Array
from revops.simulate.model import World
from revops.simulate.money.billing import CREDITED_SHARE, TERMS, billing
from revops.simulate.money.recurring import Recurring

__all__ = ["billing_truth"]


def billing_truth(world: World, found: Recurring, day: int) -> dict[str, Any]:
    """Return the truth of bills up to a day, amounts in the company's currency."""
    made = billing(world, found)
    bills = made.bills[made.bills["day"] <= day]
    bills = bills.assign(
        rate=np.where(found.customers["foreign"], world.plan.foreign_rate, 1.0)[bills["customer"]] / 100,
        term=made.terms[bills["customer"]],
    )
    paid, credited = bills[bills["paid_day"] <= day], bills[bills["credit_day"] <= day]
    refunded = bills[bills["refund_day"] <= day]
    return {
        "what": "billed: by day of the invoice; credited: by day of the note; collected: by day of the payment, less "
        "what was given back of it later; refunded: by day on which it was given back; served: bills less credits, by "
        "the months they are for, a credit over all months of its bill",
        "months_paid_ahead": _terms(bills),
        "shares_drawn": {str(term): share for term, share in TERMS.items()},
        "credited_share_of_those_who_leave_within_a_term": CREDITED_SHARE,
        "invoices": len(bills), "invoices_open": len(bills) - len(paid), "credit_notes": len(credited),
        "payments": len(paid), "payments_refused": int(bills["failed"].sum()), "payments_refunded": len(refunded),
        "billed": _by_month(bills["day"], bills["cents"] * bills["rate"]),
        "credited": _by_month(credited["credit_day"], credited["credit_cents"] * credited["rate"]),
        "collected": _by_month(paid["paid_day"], _kept(paid, day) * paid["rate"]),
        "refunded": _by_month(refunded["refund_day"], refunded["refund_cents"] * refunded["rate"]),
        "served": _served(bills, found, day),
    }  # fmt: skip


def _terms(bills: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Return, by months paid ahead, how many customers were billed so and how much."""
    worth = (bills["cents"] * bills["rate"]).groupby(bills["term"]).sum()
    n = bills.groupby("term")["customer"].nunique()
    return {str(term): {"customers": int(n[term]), "billed": round(float(worth[term]), 2)} for term in sorted(TERMS)}


def _kept(paid: pd.DataFrame, day: int) -> pd.Series:
    return paid["paid_cents"] - paid["refund_cents"].where(paid["refund_day"] <= day, 0)


def _served(bills: pd.DataFrame, found: Recurring, day: int) -> dict[str, float]:
    """Return bills less credits by the months they are for, in equal parts; those of months to come are in it."""
    net = (bills["cents"] - bills["credit_cents"].where(bills["credit_day"] <= day, 0)) * bills["rate"]
    n = bills["n_months"].to_numpy()
    step = np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n)
    months = np.datetime64(int(found.months[0]), "D").astype("datetime64[M]") + bills["first"].to_numpy()
    return _sums(np.repeat(months, n) + step, np.repeat((net / n).to_numpy(), n))


def _by_month(days: pd.Series, amounts: pd.Series) -> dict[str, float]:
    return _sums(days.to_numpy().astype("datetime64[D]").astype("datetime64[M]"), amounts.to_numpy())


def _sums(months: Array, amounts: Array) -> dict[str, float]:
    sums = pd.Series(amounts).groupby(pd.Series(months.astype(str))).sum()
    return {month: round(float(value), 2) for month, value in sums.items()}
