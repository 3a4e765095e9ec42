"""Ranges that respect that the deals of one quarter share its luck: quarters are left out, not deals."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.special import ndtri, stdtrit

from revops.ratios import jackknife_error, share_interval

__all__ = ["FEW", "by_quarter", "counts_by_quarter", "share_range", "worth_of"]

Array = np.ndarray
FEW = 50
"""Fewer deals than these prove nothing: at a chance of 30 % luck alone moves 25 deals by 15 points."""
_NO_SPREAD = 1e-12


def by_quarter(sums: Array, statistic: Callable[[Array], Array | float], *, level: float = 0.8) -> tuple[Array, Array]:
    """Return the low and high end of a figure made of sums by quarter; NaN where the quarters tell no spread.

    Parameters
        sums : quarters x columns
        statistic : such sums of some quarters -> the figure, or several
        level : share of such ranges that hold [0 to 1]

    Formula
        figure +/- t with n - 1 degrees of freedom x ratios.jackknife_error; its Source.

    Limits
        NaN with one quarter, where the figure is undefined without some quarter, and where all quarters agree exactly.
    """
    whole = np.asarray(statistic(sums), dtype=float)
    if len(sums) < 2:
        return np.full(whole.shape, np.nan), np.full(whole.shape, np.nan)
    spread = _spread(sums, statistic)
    margin = stdtrit(len(sums) - 1, (1 + level) / 2) * np.where(spread > _NO_SPREAD, spread, np.nan)
    return whole - margin, whole + margin


def share_range(events: Array, n: Array, *, level: float = 0.8) -> tuple[float, float]:
    """Return the range of a share of deals whose quarters share their luck [both in 0 to 1]; NaN where there are none.

    Parameters
        events, n : counts by quarter; quarters without a deal say nothing

    Formula
        Wilson's range of as many deals as would be as uncertain without shared luck (`worth_of`).

    Source
        Korn and Graubard, Survey Methodology 24 (1998), for the effective count and its degrees of freedom, with
        Wilson's range in place of the exact one. A range by quarters alone would leave 0 to 1, and vanish at 0 and 1.

    Limits
        At a nominal 80 %, 1,020 companies of 6 to 12 quarters (lib/tests/calibration/deals.py): held 81 to 82 % at any
        luck of quarters, where Wilson's own held 76 % without luck and 68 % with much.
    """
    total, worth = float(np.sum(n)), worth_of(events, n, level=level)
    share = np.sum(events) / total if total else 0.0
    return share_interval(min(share * worth, worth), worth, level=level)


def worth_of(events: Array, n: Array, *, level: float = 0.8) -> float:
    """Return how many deals, each with luck of its own, would tell a share as well as these do; 0 where there are none.

    Parameters
        events, n : counts by quarter; quarters without a deal say nothing

    Formula
        n, or fewer where quarters differ by more than chance: share x (1 - share) / variance by quarters (`by_quarter`)
        x (z / t)^2, t with one degree of freedom less than quarters. So the range is the wider of Wilson's and that by
        quarters; with one quarter nothing tells luck from chance.
    """
    sums = np.column_stack([events, n]).astype(float)
    sums = sums[sums[:, 1] > 0]
    wins, total = sums.sum(axis=0)
    if len(sums) < 2:
        return float(total)
    by_luck = _spread(sums, lambda some: some[:, 0].sum() / some[:, 1].sum())
    if not by_luck > _NO_SPREAD:
        return float(total)
    side, share = (1 + level) / 2, wins / total
    known = ndtri(side) / stdtrit(len(sums) - 1, side)
    return float(min(total, share * (1 - share) * (known / by_luck) ** 2))


def _spread(sums: Array, statistic: Callable[[Array], Array | float]) -> Array:
    """Return the jackknife's standard error of a figure; at least two quarters."""
    others = [statistic(np.delete(sums, quarter, axis=0)) for quarter in range(len(sums))]
    return jackknife_error(np.array(others, dtype=float))


def counts_by_quarter(period: pd.Series, code: Array, n_codes: int, weights: Array | None = None) -> Array:
    """Return sums of deals by quarter (rows, in order of appearance) and code (columns, 0 to n_codes - 1)."""
    quarter = pd.factorize(period)[0]
    n_quarters = int(quarter.max(initial=-1)) + 1
    found = np.bincount(quarter * n_codes + code, weights, n_quarters * n_codes)
    return found.reshape(n_quarters, n_codes).astype(float)
