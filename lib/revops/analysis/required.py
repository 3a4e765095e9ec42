"""How much open pipeline a quarter needs on a day: from past yields and late wins, never from one over win rate."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

__all__ = ["FEWEST_QUARTERS", "Required", "required_open"]

FEWEST_QUARTERS = 3
_FLOOR = 0.2


@dataclass(frozen=True)
class Required:
    """The open pipeline needed to book what remains [company currency], with its predictive range for one quarter.

    amount at the pooled yield; low and high the ends of the range; cautious at the yield that one quarter in five has
    stayed below. yield_rate: won by the end over open on the day, pooled [share]; late_share: what came from
    elsewhere over the quota or its stand-in, pooled; n: quarters.
    """

    amount: float
    low: float
    high: float
    cautious: float
    yield_rate: float
    late_share: float
    n: int


def required_open(
    totals: pd.DataFrame,
    *,
    remaining: float,
    scale: float,
    scales: pd.Series,
    level: float = 0.8,
    seed: int = 0,
    n_draws: int = 8000,
) -> Required | None:
    """Return the open pipeline that the remaining quota needs on this day; None with fewer than 3 past quarters.

    Question
        How much must be open today to make the number?

    Parameters
        totals : SameDay.totals, of past quarters on the same day
        remaining : quota less bookings [company currency]
        scale, scales : what late wins grow with, now and by past period: the quota, or recent bookings

    Formula
        max(remaining - late_share x scale, 0) / yield_rate; both pooled as ratios of sums. The range draws yield
        (log scale) and late share of one more quarter from t-distributions on past quarters.

    Source
        Kellblog, Target Pipeline Coverage is Not the Inverse of Win Rate (2024); METHODS 4.1.

    Limits
        Quarters without open pipeline on the day say nothing about the yield and are left out.
    """
    rows = totals[totals["open_amount"] > 0]
    if len(rows) < FEWEST_QUARTERS:
        return None
    late = rows["won_from_other"] + rows["won_from_new"]
    base = rows["period"].map(scales).astype("float64")
    pooled, late_share = rows["won_from_open"].sum() / rows["open_amount"].sum(), late.sum() / base.sum()
    if pooled <= 0:
        return None
    rng = np.random.default_rng(seed)
    ratios = (rows["won_from_open"] / rows["open_amount"] / pooled).clip(lower=_FLOOR)
    yields = pooled * np.exp(_one_more(np.log(ratios.to_numpy()), rng, n_draws))
    lates = np.maximum(_one_more((late / base).to_numpy(), rng, n_draws), 0)
    needs = np.maximum(remaining - lates * scale, 0) / yields
    tail = (1 - level) / 2
    low, high = np.quantile(needs, [tail, 1 - tail])
    centre = max(remaining - late_share * scale, 0)
    slow = np.quantile(yields, 0.2)
    return Required(centre / pooled, float(low), float(high), centre / slow, pooled, float(late_share), len(rows))


def _one_more(values: np.ndarray, rng: np.random.Generator, n_draws: int) -> np.ndarray:
    """Return draws of one more value, from a t-distribution on those seen."""
    n = len(values)
    spread = values.std(ddof=1) * np.sqrt(1 + 1 / n)
    return values.mean() + spread * rng.standard_t(n - 1, n_draws)
