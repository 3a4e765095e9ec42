"""How groups of deals did against what their deals' chances said, drawn towards the whole where little is known."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import gammainc, gammaln

__all__ = ["FEW", "FEWEST_SHOWN", "GroupFactors", "group_factors"]

Array = np.ndarray
FEWEST_SHOWN = 5
"""Fewer past deals than these: show how many there are, and no factor."""
FEW = 30
"""Fewer past deals than these: show the factor marked, and do not rank it."""
_SPREADS = np.linspace(0.02, 1.2, 30)
_PRIOR = _SPREADS**-2.0
_USUAL_SPREAD = 0.4
_LEAST_VARIANCE = 1e-6
_STREAM = 17
_HALVINGS = 50


@dataclass(frozen=True)
class GroupFactors:
    """By how much groups bring more or less than their deals' chances say.

    table: one row per group, sorted by name: group, factor (1 = as told; its mean), spread (its sd), low, high, n (past
    deals), is_few. wins, expected: by group, effective wins and how many the chances expected. weights: how likely
    each spread between groups is.
    """

    table: pd.DataFrame
    wins: pd.Series
    expected: pd.Series
    weights: Array

    def draws(self, group: str, n_draws: int, seed: int) -> Array:
        """Return equally likely factors of a group: their mean is its factor, but for chance. Draws from the same seed
        elsewhere are independent of them."""
        rng = np.random.default_rng([seed, _STREAM])
        prior = rng.choice(_SPREADS, n_draws, p=self.weights) ** -2.0
        return rng.gamma(prior + self.wins[group]) / (prior + self.expected[group])


def group_factors(past: pd.DataFrame, told: Array, groups: pd.Series, *, level: float = 0.8) -> GroupFactors:
    """Return by how much each group brought more or less than its deals' chances said, shrunk to the whole.

    Question
        Does this segment really close better, or had it luck?

    Parameters
        past : SameDay.deals of past quarters; told: the chance of each, from stage and the like, not from the group
        groups : opportunity_id -> group, of past and present opportunities; a group without past deals is told what
            groups are like (n = 0, factor 1)

    Formula
        z = brought / (told x amount), over that of all groups; expected = 1 / variance of z from chance and amounts
        alone, wins = z x expected: as if so many equal deals had been expected and won. factor = (a + wins) /
        (a + expected) with a = 1 / spread^2, averaged over how likely each spread between groups is; low and high are
        quantiles of that mixture of gamma distributions. The spread is read off deals counted, which few large ones
        blur less: negative binomial likelihood of the groups' wins, prior spread x exp(-spread^2 / (2 x 0.4^2)).

    Source
        Clayton and Kaldor, Biometrics 43 (1987), for observed over expected with a gamma prior; Chung and others,
        Psychometrika 78 (2013), for a prior that leaves 0.

    Limits
        Ranges hold on average over groups, not for the group that happens to be best. Where groups hardly differ the
        ranges hold more often than they say, and the factors are no better than 1. Luck that a quarter's deals share
        moves all groups alike and is not told from the whole, except of groups that only some quarters have.
    """
    deals = past.assign(told=told, group=past["opportunity_id"].map(groups)).dropna(subset="group")
    names = np.sort(groups.dropna().unique())
    counted = _effective(deals.assign(amount=1.0, won_amount=deals["is_won"].astype("float64")), names)
    weights, seen = _weights(counted), _effective(deals, names)
    shape, rate = (_PRIOR + seen[name].to_numpy()[:, None] for name in ("wins", "expected"))
    factor = (shape / rate) @ weights
    spread = np.sqrt(((shape + shape**2) / rate**2) @ weights - factor**2)
    low, high = (_quantile(shape, rate, weights, share) for share in ((1 - level) / 2, (1 + level) / 2))
    values = {"group": names, "factor": factor, "spread": spread, "low": low, "high": high, "n": seen["n"].to_numpy()}
    return GroupFactors(pd.DataFrame(values).assign(is_few=values["n"] < FEW), seen["wins"], seen["expected"], weights)


def _effective(deals: pd.DataFrame, names: Array) -> pd.DataFrame:
    """Return by group: wins and expected, as if all its deals were of one size; share of what was told; n."""
    amount, told = deals["amount"], deals["told"]
    noise = amount**2 * told * (1 - told + _ratio_variance(deals))
    parts = {"group": deals["group"], "brought": deals["won_amount"], "told": told * amount, "noise": noise, "n": 1}
    sums = pd.DataFrame(parts).groupby("group").sum().reindex(names, fill_value=0)
    brought, whole = sums["brought"].sum(), sums["told"].sum()
    known = (sums["told"] > 0) & (brought > 0)
    told_of, share = sums["told"].where(known, 1.0), sums["told"] / (whole or 1.0)
    variance = (1 - 2 * share) * sums["noise"] / told_of**2 + sums["noise"].sum() / (whole or 1.0) ** 2
    expected = (1 / variance.clip(lower=_LEAST_VARIANCE)).where(known, 0.0)
    wins = sums["brought"] / told_of * whole / (brought or 1.0) * expected
    return pd.DataFrame({"wins": wins, "expected": expected, "share": share, "n": sums["n"].astype("int64")})


def _ratio_variance(deals: pd.DataFrame) -> float:
    """Return the variance of what won deals brought over what they were worth on the day, over its mean squared."""
    won = deals[deals["is_won"].to_numpy(dtype=bool) & (deals["amount"] > 0)]
    if len(won) < FEWEST_SHOWN:
        return 0.0
    ratios = (won["won_amount"] / won["amount"]).clip(upper=3)
    return float(ratios.var() / ratios.mean() ** 2)


def _weights(counted: pd.DataFrame) -> Array:
    """Return how likely each spread between groups is.

    The whole is made of the groups, so that each tells as much as what it is not: its log-likelihood counts 1 - share.
    """
    wins, expected = (counted[name].to_numpy()[:, None] for name in ("wins", "expected"))
    each = gammaln(_PRIOR + wins) - gammaln(_PRIOR) + _PRIOR * np.log(_PRIOR)
    each -= (_PRIOR + wins) * np.log(_PRIOR + expected)
    prior = np.log(_SPREADS) - 0.5 * (_SPREADS / _USUAL_SPREAD) ** 2
    likely = (1 - counted["share"].to_numpy()) @ each + prior
    weights = np.exp(likely - likely.max())
    return weights / weights.sum()


def _quantile(shape: Array, rate: Array, weights: Array, share: float) -> Array:
    """Return a quantile of each group's mixture of gamma distributions, by halving."""
    low, high = np.zeros(len(shape)), (shape / rate).max(axis=1) * 20
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        below = gammainc(shape, rate * middle[:, None]) @ weights < share
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return (low + high) / 2
