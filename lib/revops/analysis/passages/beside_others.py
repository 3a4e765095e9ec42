"""A group's change beside the changes of other groups in the same weeks: they had the same luck, and show it."""

import numpy as np
import pandas as pd
from scipy.special import logit, ndtr

from revops.analysis.passages.luck import Luck

__all__ = ["beside_others"]

Array = np.ndarray
_FEWEST_OTHERS = 2


def beside_others(rows: pd.DataFrame, luck: Luck, windows: float) -> Array:
    """Return the p-value of each group's change beside those of the other groups; NaN where they show too little.

    Parameters
        rows : one row per step and group
            Uses step, now, now_worth, past, past_worth: shares, and of how many equal subjects each is worth.
        luck, windows : as in share_difference

    Formula
        c = logit(now) - logit(past), of shares (share n + 1/2) / (n + 1); its variance by sampling v = (1 / now_worth +
        1 / past_worth) / q of the past. Others are the groups of the step whose v is below what luck adds, spread^2 x
        (1 + 1 / windows): which they are does not hang on what they did in the last weeks. p = the largest, over
        others o, of 2 Phi(-(c - c of o) / sqrt(v + v of o)) in the direction of c, at most 1: a group that moved did so
        beside each of them. NaN of fewer than two others: of two groups nothing tells which of them moved.

    Limits
        Normal; luck of one group alone is not seen. Where all groups fall alike none is said to: the company is.
    """
    parts = {"change": np.zeros(len(rows)), "variance": np.zeros(len(rows))}
    for side, sign in (("now", 1), ("past", -1)):
        worth = rows[f"{side}_worth"].to_numpy(dtype=float)
        share = (rows[side].to_numpy(dtype=float) * worth + 0.5) / (worth + 1)
        parts["change"] += sign * logit(share)
        parts["variance"] += 1 / worth
    parts["variance"] /= share * (1 - share)
    found = np.full(len(rows), np.nan)
    for at in rows.groupby("step").indices.values():
        found[at] = _largest(parts["change"][at], parts["variance"][at], luck.spread**2 * (1 + 1 / windows))
    return found


def _largest(change: Array, variance: Array, of_luck: float) -> Array:
    """Return of each group of a step its largest p-value beside the others."""
    is_other = (variance < of_luck) & np.isfinite(change)
    beside = np.broadcast_to(is_other, (len(change), len(change))) & ~np.eye(len(change), dtype=bool)
    beyond = np.sign(change)[:, None] * (change[:, None] - change) / np.sqrt(variance[:, None] + variance)
    p_value = np.where(beside, np.minimum(2 * ndtr(-np.nan_to_num(beyond)), 1.0), 0.0).max(axis=1, initial=0.0)
    is_shown = (beside.sum(axis=1) >= _FEWEST_OTHERS) & np.isfinite(change)
    return np.where(is_shown, p_value, np.nan)
