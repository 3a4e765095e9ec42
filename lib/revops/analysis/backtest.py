"""The landing of past quarters as it would have been told on the same day, against what then happened."""

from collections.abc import Callable, Collection, Sequence

import numpy as np
import pandas as pd

from revops.analysis.landing import N_DRAWS, fit, outcome_range
from revops.analysis.same_day import SameDay
from revops.periods import Period

__all__ = ["FEWEST_BEFORE", "VALIDATED_FROM", "backtest"]

FEWEST_BEFORE = 4
"""Quarters that must lie before a past quarter for it to be told."""
VALIDATED_FROM = 8
"""Past quarters that must have been told, and held against what came, before a chance is judged."""


def backtest(
    days: SameDay,
    periods: Sequence[Period],
    *,
    types: Collection[str],
    quotas: pd.Series,
    scales: pd.Series,
    window: int,
    level: float = 0.8,
    seed: int = 0,
    n_draws: int = N_DRAWS,
    subject: SameDay | None = None,
    subject_scales: pd.Series | None = None,
    factors: Callable[[SameDay], np.ndarray | None] | None = None,
) -> pd.DataFrame:
    """Return, for each past quarter with enough quarters before it, what would have been said and what came.

    Question
        Do the ranges and chances on this page hold on our own past?

    Parameters
        days : all past quarters of the whole company on the same day; periods: those quarters, oldest first
        types : opportunity types whose bookings are told, and held against the quota
        quotas : the subject's quota of each period, NaN where none; scales: the company's quota or its stand-in; both
            as in force on the day that is told from
        window : quarters before a quarter that it may be told from
        subject : a slice on the same days, told from the whole company's past; the whole company by default
        subject_scales : what the slice's new bookings grow with, by period; `scales` by default
        factors : from the company's quarters before, `n_draws` multipliers on what the slice brings (LandingModel.draw)

    Returns
        One row per quarter with at least 4 before it, oldest first: period, median, low, high, actual [company
        currency], is_inside, quota, probability (of the quota, in [0, 1]), made_it (1 or 0; both NaN without a quota),
        n_before. Only earlier quarters are used.

    Limits
        The age at which a deal counts as stalled is the one that `days` was made with, not that of each quarter.
    """
    subject, subject_scales = subject or days, scales if subject_scales is None else subject_scales
    rows = []
    for place, period in enumerate(periods):
        names = [p.name for p in periods[max(place - window, 0) : place]]
        if len(names) < FEWEST_BEFORE:
            continue
        before, then = days.of(names), subject.of([period.name])
        told = fit(before, scales).draw(
            then.deals,
            booked=then.totals.set_index("type")["booked_then"],
            scale=float(subject_scales[period.name]),
            seed=seed,
            n_draws=n_draws,
            factor=factors(before) if factors else None,
        )
        actual = float(then.sums(types)["booked"].sum())
        row = _row(told.outcomes(types), actual, float(quotas[period.name]), level)
        rows.append({"period": period.name, **row, "n_before": len(names)})
    return pd.DataFrame(rows, columns=_COLUMNS)


_COLUMNS = ["period", "median", "low", "high", "actual", "is_inside", "quota", "probability", "made_it", "n_before"]


def _row(outcomes: np.ndarray, actual: float, quota: float, level: float) -> dict[str, float]:
    """Return what the draws say of one quarter, beside what it booked."""
    nothing, (low, median, high) = float("nan"), outcome_range(outcomes, level)
    known = not np.isnan(quota)
    return {
        "median": median, "low": low, "high": high, "actual": actual, "is_inside": bool(low <= actual <= high),
        "quota": quota, "probability": float(np.mean(outcomes >= quota)) if known else nothing,
        "made_it": float(actual >= quota) if known else nothing,
    }  # fmt: skip
