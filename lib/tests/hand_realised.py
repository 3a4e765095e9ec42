"""Ladders and groups by hand, and made-up companies of new customers, for tests of what hangs on their ages."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
from hand_payback import books, customer_months, customers, new_customer

__all__ = ["groups", "ladder", "made_up"]


def ladder(cac: float | dict[str, float], *, first: str = "2020-01", n: int = 120) -> SimpleNamespace:
    """Return what realised payback and lifetime value use of a Ladder: the CAC by start month (2026-01), or one of
    all."""
    given = (
        cac if isinstance(cac, dict) else dict.fromkeys(pd.period_range(first, periods=n, freq="M").astype(str), cac)
    )
    by_month = pd.Series(given, dtype="float64")
    by_month.index = pd.DatetimeIndex([f"{month}-01" for month in given]).as_unit("us")
    amount = float(np.mean([value for value in given.values() if not np.isnan(value)] or [np.nan]))
    return SimpleNamespace(
        cac_by_month=by_month, months=by_month.index, of=lambda basis: pd.Series({"basis": basis, "cac_amount": amount})
    )


def groups(**factors: float) -> SimpleNamespace:
    """Return what realised payback uses of Groups: the factor of each segment."""
    rows = [{"dimension": "segment", "group": name, "factor": factor} for name, factor in factors.items()]
    rows.append({"dimension": "region", "group": "EMEA", "factor": 99.0})
    return SimpleNamespace(table=pd.DataFrame(rows))


def made_up(lives: np.ndarray, starts: np.ndarray, n_months: int, amount: np.ndarray | float = 100.0, **given):
    """Return Customers and Books of customers that began in some months (places from 2021-01) and stay so many months,
    seen for n_months; amount: what each pays a month [n] or [n x months of life]."""
    width = np.broadcast_to(np.asarray(amount, dtype=float).reshape(-1, 1) if np.ndim(amount) < 2 else amount,
                            (len(lives), n_months))  # fmt: skip
    first = pd.Period("2021-01", "M")
    paid, rows = {}, []
    for number, (life, start) in enumerate(zip(lives, starts, strict=True)):
        name, stays = f"c{number:05d}", min(int(life), n_months - int(start))
        paid[name] = [0.0] * int(start) + list(width[number, :stays]) + [0.0] * (n_months - int(start) - stays)
        rows.append(new_customer(name, str(first + int(start)), float(width[number, 0])))
    months = customer_months("2021-01", paid, known=True)
    return customers(*rows, months=months), books("2021-01", [100.0] * n_months, **given)
