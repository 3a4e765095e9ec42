"""The landing of past quarters as it would have been told on the same day, against what then happened."""

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from revops.analysis.landing import landing
from revops.analysis.required import required_open
from revops.analysis.same_day import SameDay
from revops.periods import Period

__all__ = ["FEWEST_BEFORE", "VALIDATED_FROM", "backtest"]

FEWEST_BEFORE = 4
VALIDATED_FROM = 8


def backtest(
    past: SameDay,
    periods: Sequence[Period],
    *,
    types: Collection[str],
    quotas: pd.Series,
    scales: pd.Series,
    window: int,
    level: float = 0.8,
    seed: int = 0,
) -> pd.DataFrame:
    """Return, for each past quarter with enough quarters before it, what would have been said and what came.

    Question
        Do the ranges and chances on this page hold on our own past?

    Parameters
        past : all past quarters on the same day; periods: those quarters, oldest first
        quotas : the quota of each period, NaN where none; scales: the quota or its stand-in
        types : opportunity types whose bookings are told, and held against the quota
        window : quarters before a quarter that it may be told from

    Returns
        One row per quarter with at least 4 before it, oldest first: period, median, low, high, actual [company
        currency], is_inside, quota, probability (of the quota, in [0, 1]; NaN without one), made_it, required_low,
        required_high, required_actual (what turned out to be needed), n_before. Only earlier quarters are used.
    """
    rows = []
    for place, period in enumerate(periods):
        names = [p.name for p in periods[max(place - window, 0) : place]]
        if len(names) < FEWEST_BEFORE:
            continue
        before, then = past.of(names), past.of([period.name])
        actual, quota, scale = then.sums(types).iloc[0], float(quotas[period.name]), float(scales[period.name])
        booked = then.totals.set_index("type")["booked_then"]
        told = landing(before, then.deals, booked=booked, scale=scale, scales=scales, seed=seed, n_draws=2000)
        outcomes = told.outcomes(types)
        tail = (1 - level) / 2
        median, low, high = np.quantile(outcomes, [0.5, tail, 1 - tail])
        remaining = max(scale - actual["booked_then"], 0)
        needed = required_open(before.sums(types), remaining=remaining, scale=scale, scales=scales, level=level)
        rows.append(
            {
                "period": period.name,
                "median": median,
                "low": low,
                "high": high,
                "actual": actual["booked"],
                "is_inside": low <= actual["booked"] <= high,
                "quota": quota,
                "probability": float(np.mean(outcomes >= quota)) if quota == quota else float("nan"),
                "made_it": actual["booked"] >= quota,
                "required_low": needed.low if needed else float("nan"),
                "required_high": needed.high if needed else float("nan"),
                "required_actual": _needed(actual, remaining),
                "n_before": len(names),
            }
        )
    return pd.DataFrame(rows, columns=_COLUMNS)


_COLUMNS = ["period", "median", "low", "high", "actual", "is_inside", "quota", "probability", "made_it",
            "required_low", "required_high", "required_actual", "n_before"]  # fmt: skip


def _needed(actual: pd.Series, remaining: float) -> float:
    """Return the open pipeline that would have booked the remaining quota at the quarter's own yield and late wins."""
    late = actual["won_from_other"] + actual["won_from_new"]
    if actual["won_from_open"] <= 0 or actual["open_amount"] <= 0:
        return float("nan")
    return max(remaining - late, 0) * actual["open_amount"] / actual["won_from_open"]
