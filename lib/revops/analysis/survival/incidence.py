"""The share to whom each of two events has come first, by age, where the one makes the other impossible."""

import numpy as np
import pandas as pd

from revops.analysis.survival.counted import Counted, counted

__all__ = ["incidence", "incidence_draws"]

Array = np.ndarray


def incidence(age: Array, event: Array, *, horizon: int, weights: Array | None = None) -> pd.DataFrame:
    """Return the share to whom event 1, and to whom event 2, has come first by each whole age.

    Question
        How many have paid back by month 12, and how many had left before?

    Parameters
        age : whole age at which the first of the two came, or up to which it would have been seen
        event : 1 or 2; 0 = neither yet (censored), and at risk at that age
        horizon : the oldest age that is told
        weights : how often each counts; None = once

    Returns
        One row per age:
        age_months
        n_at_risk                   to whom nothing had come before this age
        first_share, second_share   of all, to whom event 1 or 2 has come by the end of it [0 to 1]; NaN beyond the
                                    oldest age at risk, unless nobody is left to whom anything can come

    Formula
        share of an event = sum over ages of alive before x its number / n_at_risk, alive = product of
        1 - both / n_at_risk

    Source
        Aalen and Johansen, Scandinavian Journal of Statistics 5 (1978).
    """
    found = counted(age, event, horizon=horizon, weights=weights, n_events=2)
    first, second = np.where(found.is_known, _shares(found), np.nan)
    return pd.DataFrame({
        "age_months": np.arange(horizon + 1), "n_at_risk": found.at_risk[:, 0], "first_share": first[:, 0],
        "second_share": second[:, 0],
    })  # fmt: skip


def incidence_draws(age: Array, event: Array, weights: Array, horizon: int) -> tuple[Array, Array]:
    """Return the shares of event 1 and of event 2 by each age 0 to the horizon, in each resample [ages x draws].

    Where a resample holds nobody of an age, the shares stay as they were.

    Parameters
        age, event : as in incidence; [n], or [n x draws] where they hang on the resample
        weights : how often each counts in each resample [n x draws]
    """
    first, second = _shares(counted(age, event, horizon=horizon, weights=weights, n_events=2))
    return first, second


def _shares(found: Counted) -> Array:
    before = np.concatenate([np.ones_like(found.alive[:1]), found.alive[:-1]])
    return np.cumsum(before * found.hazards, axis=1)
