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
_SPREAD_SCALE = 0.3
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
        """Return equally likely factors of a group, independent of other draws from the same seed."""
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
        (a + expected) with a = 1 / spread^2, averaged over how likely each spread between groups is: negative
        binomial likelihood of all groups' wins, half-normal prior. low and high are quantiles of that mixture of
        gamma distributions.

    Source
        Clayton and Kaldor, Biometrics 43 (1987), for observed over expected with a gamma prior; Gelman, Bayesian
        Analysis 1 (2006), for the half-normal prior.

    Limits
        Ranges hold on average over groups, not for the group that happens to be best.
    """
    sums = _effective(past, told, groups)
    wins, expected = sums["wins"].to_numpy()[:, None], sums["expected"].to_numpy()[:, None]
    prior = _SPREADS**-2.0
    weights = _weights(wins, expected, prior)
    shape, rate = prior + wins, prior + expected
    factor = (shape / rate) @ weights
    spread = np.sqrt(((shape + shape**2) / rate**2) @ weights - factor**2)
    tail = (1 - level) / 2
    low, high = (_quantile(shape, rate, weights, share) for share in (tail, 1 - tail))
    values = {"group": sums.index, "factor": factor, "spread": spread, "low": low, "high": high, "n": sums["n"]}
    table = pd.DataFrame(values).reset_index(drop=True)
    return GroupFactors(table.assign(is_few=table["n"] < FEW), sums["wins"], sums["expected"], weights)


def _effective(past: pd.DataFrame, told: Array, groups: pd.Series) -> pd.DataFrame:
    """Return by group, sorted: wins and expected, as if all its deals were of one size, and n."""
    amount = past["amount"].to_numpy(dtype=float)
    rows = pd.DataFrame({
        "group": past["opportunity_id"].map(groups).to_numpy(), "brought": past["won_amount"].to_numpy(dtype=float),
        "told": told * amount, "noise": amount**2 * told * (1 - told + _ratio_variance(past)), "n": 1,
    })  # fmt: skip
    sums = rows.groupby("group").sum().reindex(np.sort(groups.dropna().unique()), fill_value=0.0)
    whole = sums["brought"].sum() / sums["told"].sum() if sums["told"].sum() > 0 else 0.0
    known = (sums["told"] > 0) & (whole > 0)
    told_of = sums["told"].where(known, 1.0)
    share = sums["told"] / sums["told"].sum()
    variance = (1 - 2 * share) * sums["noise"] / told_of**2 + sums["noise"].sum() / sums["told"].sum() ** 2
    expected = (1 / variance.clip(lower=1e-9)).where(known, 0.0)
    z = sums["brought"] / (told_of * (whole or 1.0))
    return pd.DataFrame({"wins": z * expected, "expected": expected, "n": sums["n"].astype("int64")})


def _ratio_variance(past: pd.DataFrame) -> float:
    """Return the variance of what won deals brought over what they were worth on the day, over its mean squared."""
    won = past[past["is_won"].to_numpy(dtype=bool) & (past["amount"] > 0)]
    if len(won) < FEWEST_SHOWN:
        return 0.0
    ratios = (won["won_amount"] / won["amount"]).clip(0, 3)
    return float(ratios.var() / ratios.mean() ** 2)


def _weights(wins: Array, expected: Array, prior: Array) -> Array:
    """Return how likely each spread between groups is, from all groups' wins (negative binomial) and a half-normal."""
    log = gammaln(prior + wins) - gammaln(prior) + prior * np.log(prior) - (prior + wins) * np.log(prior + expected)
    posterior = log.sum(axis=0) - 0.5 * (_SPREADS / _SPREAD_SCALE) ** 2
    weights = np.exp(posterior - posterior.max())
    return weights / weights.sum()


def _quantile(shape: Array, rate: Array, weights: Array, share: float) -> Array:
    """Return a quantile of each group's mixture of gamma distributions, by halving."""
    low, high = np.zeros(len(shape)), (shape / rate).max(axis=1) * 20
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        below = gammainc(shape, rate * middle[:, None]) @ weights < share
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return (low + high) / 2
