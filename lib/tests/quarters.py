"""Past quarters made up for tests of chances, landing and back-test: exact shares of equal deals won."""

import numpy as np
import pandas as pd

from revops.analysis.landing import fit
from revops.analysis.same_day import SameDay

AMOUNT = 100.0
PARTS = ["booked_then", "open_amount", "won_from_open", "won_from_other", "won_from_new", "booked"]


def totals(*rows, type="new"):
    """One row per quarter: booked then, open, won from open, from other open, from new."""
    quarters = [
        {"period": f"Q{i}", "type": type, **dict(zip(PARTS, (*row, row[0] + sum(row[2:])), strict=True))}
        for i, row in enumerate(rows)
    ]
    return pd.DataFrame(quarters)


def stated(stage_name, n, type="new", amount=AMOUNT):
    return pd.DataFrame({"opportunity_id": [f"{stage_name}{i}" for i in range(n)], "place": "due",
                         "stage_name": stage_name, "pushes": 0, "type": type, "amount": amount,
                         "days_in_stage": 9, "is_stalled": False})  # fmt: skip


def quarters(rates, n=400, n_quarters=8, new=0.0):
    """Past quarters in which exactly the given share of `n` equal deals of each stage was won."""
    parts = []
    for quarter in range(n_quarters):
        for stage, rate in rates.items():
            won = np.arange(n) < round(rate * n)
            part = stated(stage, n).assign(period=f"Q{quarter}", is_won=won, won_amount=AMOUNT * won)
            parts.append(part)
    sums = totals(*[(0, 1, 0, 0, new * (1 + 0.2 * (-1) ** q)) for q in range(n_quarters)])
    return SameDay(pd.concat(parts, ignore_index=True), sums)


def moved(n=100):
    """Eight past quarters in which all deals did well or badly together."""
    rates = [0.5 + shift for shift in (-0.2, 0.2, -0.15, 0.15, -0.2, 0.2, -0.1, 0.1)]
    parts = [quarters({"Discovery": r}, n=n, n_quarters=1).deals.assign(period=f"Q{i}") for i, r in enumerate(rates)]
    return SameDay(
        pd.concat(parts, ignore_index=True), totals(*[(0, 1, 0, 0, 30.0 + 10 * (-1) ** q) for q in range(8)])
    )


def fitted(past):
    return fit(past, pd.Series(1.0, index=past.totals["period"].unique()))
