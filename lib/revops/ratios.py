"""Ratios that are undefined when there is nothing to divide by, and intervals for a share of a count."""

from typing import Literal

import numpy as np
import pandas as pd

__all__ = ["effective_count", "safe_ratio", "share_interval", "top_share"]


def safe_ratio(part: float | pd.Series, whole: float | pd.Series) -> float | pd.Series:
    """Return part / whole, NaN wherever `whole` is 0 or undefined; scalars give a float, Series give a Series."""
    if isinstance(part, pd.Series) or isinstance(whole, pd.Series):
        bottom = pd.Series(whole, index=part.index) if isinstance(part, pd.Series) else whole
        return part / bottom.where(bottom != 0)
    return float(part) / float(whole) if whole and not pd.isna(whole) else float("nan")


def share_interval(
    events: int, n: int, *, level: float = 0.8, method: Literal["wilson", "jeffreys"] = "wilson"
) -> tuple[float, float]:
    """Return the interval of a share after `events` of `n` [both in 0 to 1]; (NaN, NaN) where n is 0.

    Jeffreys ends are 0 at no event and 1 at all events.

    Source
        Wilson 1927; Brown, Cai and DasGupta, Statistical Science 16 (2001), sections 3.1.1 and 4.1.2, as implemented
        by statsmodels.stats.proportion.proportion_confint; deviation: Jeffreys ends at 0 and n, as in their 4.1.2.
    """
    if not 0 <= events <= n:
        raise ValueError(f"share_interval: events must lie between 0 and n; found {events} of {n}.")
    if n == 0:
        return float("nan"), float("nan")
    from statsmodels.stats.proportion import proportion_confint  # a second of imports, wanted by few callers

    low, high = proportion_confint(events, n, alpha=1 - level, method=method)
    if method == "jeffreys":
        low, high = (0.0 if events == 0 else low), (1.0 if events == n else high)
    return float(low), float(high)


def top_share(amounts: pd.Series, top: int) -> float:
    """Return `top_deal_share`: the `top` largest amounts over the sum [0 to 1]; NaN where nothing is positive."""
    positive = amounts[amounts > 0]
    return float(safe_ratio(positive.nlargest(top).sum(), positive.sum()))


def effective_count(amounts: pd.Series) -> float:
    """Return `effective_deals`, 1 / sum(share^2): how many equal deals would be as concentrated.

    NaN where nothing is positive.
    """
    positive = amounts[amounts > 0]
    shares = positive / positive.sum()
    return float(1 / np.square(shares).sum()) if len(positive) else float("nan")
