"""How groups of deals did against what their deals' chances said, drawn towards the whole where little is known."""

import numpy as np
import pandas as pd
from scipy.stats import norm

__all__ = ["FEW", "FEWEST_SHOWN", "group_factors"]

FEWEST_SHOWN = 5
FEW = 30


def group_factors(past: pd.DataFrame, told: np.ndarray, groups: pd.Series, *, level: float = 0.8) -> pd.DataFrame:
    """Return by how much each group brought more or less than its deals' chances said, shrunk to the whole.

    Question
        Does this segment really close better, or had it luck?

    Parameters
        past : SameDay.deals of past quarters; told: the chance of each, from stage and the like, not from the group
        groups : opportunity_id -> group

    Returns
        One row per group, sorted by name: group, factor (1 = as told), low, high, n (past deals). Each is shrunk as far
        as its own noise, against how much groups really differ, asks for; ranges hold on average over groups.

    Formula
        z = brought / (told x amount), over that of all groups; variance v from chance alone; tau^2 by the method of
        moments; factor = 1 + (z - 1) tau^2 / (tau^2 + v).

    Source
        DerSimonian and Laird 1986 for tau^2; Efron and Morris 1975 for the shrinkage.
    """
    amount = past["amount"].to_numpy(dtype=float)
    rows = pd.DataFrame(
        {
            "group": past["opportunity_id"].map(groups).to_numpy(),
            "brought": past["won_amount"].to_numpy(dtype=float),
            "expected": told * amount,
            "noise": told * (1 - told) * amount**2,
            "n": 1,
        }
    )
    sums = rows.dropna(subset="group").groupby("group", sort=True).sum()
    sums = sums[sums["expected"] > 0]
    if sums.empty:
        return pd.DataFrame(columns=["group", "factor", "low", "high", "n"])
    whole = sums["brought"].sum() / sums["expected"].sum()
    expected = sums["expected"] * whole
    z, v = sums["brought"] / expected, sums["noise"] * whole**2 / expected**2
    weight = _shrinkage(z.to_numpy(), v.to_numpy())
    factor = 1 + (z - 1) * weight
    half = norm.ppf(0.5 + level / 2) * np.sqrt(v * weight)
    table = pd.DataFrame(
        {"factor": factor, "low": (factor - half).clip(lower=0), "high": factor + half, "n": sums["n"]}
    )
    return table.rename_axis("group").reset_index()


def _shrinkage(z: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Return how much of each group's own deviation is kept, from 0 to 1."""
    v = v.clip(1e-9)
    w = 1 / v
    centre = (w * z).sum() / w.sum()
    excess = (w * (z - centre) ** 2).sum() - (len(z) - 1)
    scale = w.sum() - (w**2).sum() / w.sum()
    between = max(excess / scale, 0.0) if scale > 0 else 0.0
    return between / (between + v)
