"""How much open pipeline a quarter needs on a day: from past yields and late wins, never from one over win rate."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.analysis.same_day import SameDay
from revops.periods import Period

__all__ = ["FEWEST_BEFORE", "FEWEST_QUARTERS", "Required", "required_backtest", "required_open", "why_unknown"]

FEWEST_QUARTERS = 3
FEWEST_BEFORE = 4
_CAUTIOUS = 0.8


@dataclass(frozen=True)
class Required:
    """The open pipeline needed to book what remains [company currency], with its predictive range for one quarter.

    amount at the pooled yield and late share; low and high the ends of the range; cautious what is enough in four
    quarters of five. yield_rate: won by the end over open on the day, pooled [share]; late_share: what came from
    elsewhere over the quota or its stand-in, pooled; n: quarters.
    """

    amount: float
    low: float
    high: float
    cautious: float
    yield_rate: float
    late_share: float
    n: int


def why_unknown(totals: pd.DataFrame, remaining: float) -> str | None:
    """Return in a sentence why nobody can say how much open pipeline is needed; None where it can be said."""
    if np.isnan(remaining):
        return "There is no quota to book."
    if remaining <= 0:
        return "Nothing remains to book: the quota is met."
    rows = _with_open(totals)
    if len(rows) < FEWEST_QUARTERS:
        return f"Only {len(rows)} past quarters had open pipeline on this day; {FEWEST_QUARTERS} are needed."
    if not rows["won_from_open"].sum() > 0:
        return "No past quarter won anything of what was open on this day."
    if 2 * rows["won_from_open"].gt(0).sum() <= len(rows):
        return "In most past quarters nothing of what was open on this day was won by the end."
    return None


def required_open(
    totals: pd.DataFrame,
    *,
    remaining: float,
    scale: float,
    scales: pd.Series,
    level: float = 0.8,
    seed: int = 0,
    n_draws: int = 8000,
    factor: np.ndarray | None = None,
) -> Required | None:
    """Return the open pipeline that the remaining quota needs on this day; None where why_unknown has a reason.

    Question
        How much must be open today to make the number?

    Parameters
        totals : SameDay.totals, of past quarters on the same day
        remaining : quota less bookings [company currency]
        scale, scales : what late wins grow with, now and by past period: the quota, or recent bookings
        factor : for a group: equally likely multipliers of the yield and the late share (groups.GroupFactors.draws),
            in place of n_draws

    Formula
        max(remaining - late_share x scale, 0) / yield_rate; both pooled as ratios of sums, times the mean factor. The
        range draws yield and late share of one more quarter.

    Source
        Kellblog, Target Pipeline Coverage is Not the Inverse of Win Rate (2024); METHODS 4.1.

    Limits
        Quarters without open pipeline on the day say nothing about the yield and are left out.
    """
    if why_unknown(totals, remaining) is not None:
        return None
    rows = _with_open(totals)
    late = rows["won_from_other"] + rows["won_from_new"]
    base = rows["period"].map(scales).astype("float64")
    pooled, late_share = rows["won_from_open"].sum() / rows["open_amount"].sum(), late.sum() / base.sum()
    factor = np.ones(n_draws) if factor is None else factor
    rates = np.stack([rows["won_from_open"] / rows["open_amount"], late / base])
    yields, lates = factor * _one_more(rates, np.array([pooled, late_share]), len(factor), seed)
    needs = np.maximum(remaining - lates * scale, 0) / yields
    tail = (1 - level) / 2
    low, cautious, high = (float(q) for q in np.quantile(needs, [tail, _CAUTIOUS, 1 - tail]))
    usual = float(factor.mean())
    amount = max(remaining - late_share * usual * scale, 0) / (pooled * usual)
    return Required(amount, low, high, cautious, float(pooled), float(late_share), len(rows))


def required_backtest(
    days: SameDay,
    periods: Sequence[Period],
    *,
    types: Collection[str],
    quotas: pd.Series,
    scales: pd.Series,
    window: int,
    level: float = 0.8,
    seed: int = 0,
) -> pd.DataFrame:
    """Return, for each past quarter, the open pipeline it would have been told to need and what it turned out to need.

    Question
        Was the required pipeline on this page right in our own past?

    Parameters
        days : all past quarters on the same day; periods: those quarters, oldest first
        types : opportunity types that the quota covers
        quotas : the quota of each period, NaN where none; scales: the quota or its stand-in
        window : quarters before a quarter that it may be told from

    Returns
        One row per quarter with at least 4 before it, oldest first: period, required, low, high, open_amount (what was
        open then), needed (infinite where nothing open was won and something remained) [company currency], is_inside,
        was_enough (the quota was made), n_before. Quarters whose quota was met by the day, or where required_open has
        nothing to say, are left out. Only earlier quarters are used.
    """
    sums = days.sums(types).set_index("period", drop=False)
    rows = []
    for place, period in enumerate(periods):
        names = [p.name for p in periods[max(place - window, 0) : place]]
        if len(names) < FEWEST_BEFORE:
            continue
        then, quota = sums.loc[period.name], float(quotas[period.name])
        remaining = quota - then["booked_then"]
        common = {"scale": float(scales[period.name]), "scales": scales, "level": level, "seed": seed}
        told = required_open(sums.loc[names], remaining=remaining, **common)
        if told is None:
            continue
        needed = _needed(then, remaining)
        inside, enough = told.low <= needed <= told.high, then["booked"] >= quota
        told_then = (period.name, told.amount, told.low, told.high, then["open_amount"])
        rows.append((*told_then, needed, inside, enough, len(names)))
    return pd.DataFrame(rows, columns=_COLUMNS)


_COLUMNS = ["period", "required", "low", "high", "open_amount", "needed", "is_inside", "was_enough", "n_before"]


def _with_open(totals: pd.DataFrame) -> pd.DataFrame:
    return totals[totals["open_amount"] > 0]


def _needed(then: pd.Series, remaining: float) -> float:
    """Return the open pipeline that would have booked what remained, at the quarter's own yield and late wins."""
    short = max(remaining - then["won_from_other"] - then["won_from_new"], 0)
    if short == 0:
        return 0.0
    return short * then["open_amount"] / then["won_from_open"] if then["won_from_open"] > 0 else float("inf")


def _one_more(rates: np.ndarray, pooled: np.ndarray, n_draws: int, seed: int) -> np.ndarray:
    """Return draws of one more quarter's values of each row of `rates`, which move together as they did.

    Lognormal around the pooled values, so never below 0 and at home with a 0 among those seen; the variance is as
    uncertain as so few quarters leave it.
    """
    n, rng = rates.shape[1], np.random.default_rng(seed)
    known = np.where(pooled > 0, pooled, 1.0)
    squares = (rates / known[:, None]).var(axis=1, ddof=1)[:, None] * (1 + 1 / n)
    spread = np.sqrt(np.log1p(squares * (n - 1) / rng.chisquare(n - 1, n_draws)))
    together = np.corrcoef(rates)[0, 1] if (squares > 0).all() else 0.0
    first, second = rng.standard_normal((2, n_draws))
    shocks = np.stack([first, together * first + np.sqrt(1 - together**2) * second])
    return pooled[:, None] * np.exp(spread * shocks - spread**2 / 2)
