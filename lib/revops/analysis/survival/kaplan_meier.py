"""The share still there at each age, those not seen so long censored."""

import numpy as np
import pandas as pd

from revops.analysis.survival.counted import counted

__all__ = ["kaplan_meier"]

Array = np.ndarray


def kaplan_meier(age: Array, left: Array, *, horizon: int, weights: Array | None = None) -> pd.DataFrame:
    """Return the share still there at each whole age.

    Question
        How many of our customers stay, and how long?

    Parameters
        age : whole age at which each left, or up to which it would have been seen to leave
        left : whether it left then; else it is censored, and at risk at that age
        horizon : the oldest age that is told
        weights : how often each counts; None = once

    Returns
        One row per age:
        age_months
        n_at_risk   still there before any leaves at this age
        n_left      leave at it
        survival    share still there afterwards [0 to 1]; NaN beyond the oldest age at risk, unless all had left

    Formula
        survival = product over ages up to it of 1 - n_left / n_at_risk

    Source
        Kaplan and Meier, Journal of the American Statistical Association 53 (1958).
    """
    found = counted(age, left, horizon=horizon, weights=weights)
    survival = np.where(found.is_known, found.alive, np.nan)
    return pd.DataFrame({
        "age_months": np.arange(horizon + 1), "n_at_risk": found.at_risk[:, 0], "n_left": found.events[0, :, 0],
        "survival": survival[:, 0],
    })  # fmt: skip
