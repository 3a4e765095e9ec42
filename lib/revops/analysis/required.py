"""How much open pipeline a quarter needs on a day: from past yields and late wins, never from one over win rate."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.analysis.backtest import FEWEST_BEFORE
from revops.analysis.same_day import SameDay
from revops.periods import Period

__all__ = ["FEWEST_QUARTERS", "Required", "required_backtest", "required_open", "why_unknown"]

Array = np.ndarray
FEWEST_QUARTERS = 3
_CAUTIOUS = 0.8
_NOTHING = 0.1


@dataclass(frozen=True)
class Required:
    """The open pipeline needed to book what remains [company currency], with its predictive range for one quarter.

    amount at the pooled yield and late share; low and high the ends of the range; cautious what is enough in four
    quarters of five. high and cautious are infinite where quarters that win next to nothing of what is open are too
    likely for any amount to be enough. yield_rate: won by the end over open on the day, pooled [share]; late_share:
    what came from elsewhere over the quota or its stand-in, pooled; n: quarters.
    """

    amount: float
    low: float
    high: float
    cautious: float
    yield_rate: float
    late_share: float
    n: int


def why_unknown(totals: pd.DataFrame, remaining: float) -> str | None:
    """Return in a sentence why nobody can say how much open pipeline is needed; None where it can be said.

    Parameters
        totals, remaining : as in required_open

    Limits
        Where at least half of the past quarters won nothing of what was open on the day, as on the last days of a
        quarter, a multiple would be the ratio of two accidents.
    """
    rows = _with_open(totals)
    n_won = int(rows["won_from_open"].gt(0).sum())
    if np.isnan(remaining):
        return "There is no quota to book."
    if remaining <= 0:
        return "Nothing remains to book: the quota is met."
    if len(rows) < FEWEST_QUARTERS:
        return f"Past quarters with open pipeline on this day: {len(rows)}; {FEWEST_QUARTERS} are needed."
    if n_won == 0 or rows["won_from_open"].sum() <= 0:
        return f"None of {len(rows)} past quarters won anything of what was open on this day."
    if 2 * n_won <= len(rows):
        return f"Only {n_won} of {len(rows)} past quarters won anything of what was open on this day."
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
    factor: Array | None = None,
) -> Required | None:
    """Return the open pipeline that the remaining quota needs on this day; None where why_unknown has a reason.

    Question
        How much must be open today to make the number?

    Parameters
        totals : SameDay.sums, of past quarters on the same day
        remaining : quota less bookings [company currency]
        scale, scales : what late wins grow with, now and by past period: the quota, or recent bookings
        factor : for a group: equally likely multipliers of the company's yield and late share
            (groups.GroupFactors.draws), one a draw; n_draws is then their number

    Formula
        max(remaining - late_share x scale, 0) / yield_rate; both pooled as ratios of sums, times the mean factor. The
        range draws yield and late share of one more quarter: a t-range on the square roots of those seen, squared.
        Roots, because the spread of what a few wins bring grows with its mean and that of its root hardly does; a
        quarter of 0 is then one like others. A drawn yield below a tenth of the pooled one is next to nothing: no
        amount is then enough.

    Source
        Kellblog, Target Pipeline Coverage is Not the Inverse of Win Rate (2024); METHODS 4.1.

    Limits
        Quarters without open pipeline on the day say nothing about the yield and are left out. Yield and late share
        are drawn apart: in calibration, letting them move together as they had did not hold better.
    """
    if why_unknown(totals, remaining) is not None:
        return None
    rows = _with_open(totals)
    late = rows["won_from_other"] + rows["won_from_new"]
    base = rows["period"].map(scales).astype("float64")
    rate, late_share = rows["won_from_open"].sum() / rows["open_amount"].sum(), late.sum() / base.sum()
    factor, rng = np.ones(n_draws) if factor is None else factor, np.random.default_rng(seed)
    rates = factor * _one_more(rows["won_from_open"] / rows["open_amount"], rng, len(factor))
    tail, usual = (1 - level) / 2, float(factor.mean())
    rates = np.where(rates > _NOTHING * rate * usual, rates, 0)
    needs = _needed(remaining, factor * _one_more(late / base, rng, len(factor)) * scale, rates)
    low, cautious, high = np.quantile(needs, [tail, _CAUTIOUS, 1 - tail], method="inverted_cdf")
    amount = max(remaining - late_share * usual * scale, 0) / (rate * usual)
    return Required(*(float(x) for x in (amount, low, high, cautious, rate, late_share)), len(rows))


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
        was_enough (the quota was made), n_before. Quarters whose quota was met by the day, or of which required_open
        has nothing to say, are left out. Only earlier quarters are used.

    Formula
        needed = max(remaining - late wins, 0) / (won of what was open / open_amount), of the quarter itself.
    """
    sums, rows = days.sums(types).set_index("period", drop=False), []
    for place, period in enumerate(periods):
        before = sums.loc[[p.name for p in periods[max(place - window, 0) : place]]]
        then, quota, scale = sums.loc[period.name], float(quotas[period.name]), float(scales[period.name])
        remaining = quota - then["booked_then"]
        told = required_open(before, remaining=remaining, scale=scale, scales=scales, level=level, seed=seed)
        if len(before) < FEWEST_BEFORE or told is None:
            continue
        rate = then["won_from_open"] / then["open_amount"] if then["open_amount"] > 0 else 0.0
        needed = float(_needed(remaining, then["won_from_other"] + then["won_from_new"], rate))
        range_then = (period.name, told.amount, told.low, told.high, then["open_amount"])
        rows.append((*range_then, needed, told.low <= needed <= told.high, then["booked"] >= quota, len(before)))
    return pd.DataFrame(rows, columns=list(_COLUMNS)).astype(_COLUMNS)


_COLUMNS = {
    "period": "str", "required": "float64", "low": "float64", "high": "float64", "open_amount": "float64",
    "needed": "float64", "is_inside": "bool", "was_enough": "bool", "n_before": "int64",
}  # fmt: skip


def _with_open(totals: pd.DataFrame) -> pd.DataFrame:
    return totals[totals["open_amount"] > 0]


def _needed(remaining: float, late: Array | float, rate: Array | float) -> Array:
    """Return what late wins leave of `remaining` over the yield: 0 where that is nothing, infinite at a yield of 0."""
    short = np.maximum(remaining - late, 0)
    return np.where(short > 0, np.divide(short, rate, out=np.full(np.shape(short), np.inf), where=rate > 0), 0.0)


def _one_more(shares: pd.Series, rng: np.random.Generator, n_draws: int) -> Array:
    """Return draws of one more quarter's share, never below 0; a share below 0 (credit notes) has a root below 0."""
    roots, n = np.sign(shares.to_numpy()) * np.sqrt(np.abs(shares.to_numpy())), len(shares)
    spread = roots.std(ddof=1) * np.sqrt(1 + 1 / n)
    return np.maximum(roots.mean() + spread * rng.standard_t(n - 1, n_draws), 0) ** 2
