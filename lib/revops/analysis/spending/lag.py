"""How much earlier than deals close the money is spent that brought them."""

import math

import numpy as np

from revops.analysis.credit import Paths, touch_weights
from revops.analysis.spending.within import EVEN

__all__ = ["touch_lag_days"]


def touch_lag_days(paths: Paths) -> float:
    """Return how many days before the close the touches of won deals lie, in the median; NaN without any.

    Formula
        The least number of whole days such that half of all linear credit, each won deal counting once, lies on touches
        at most so long before the close.
    """
    weight = touch_weights(paths, "linear") * paths.values("wins")[paths.journey]
    days = np.round(paths.touches["days_before"].to_numpy(dtype=float))
    counts = (weight > 0) & np.isfinite(days)
    if not counts.any():
        return math.nan
    whole, place = np.unique(days[counts], return_inverse=True)
    sums = np.cumsum(np.bincount(place, weight[counts]))
    return float(whole[np.searchsorted(sums, sums[-1] / 2 * (1 - EVEN))])
