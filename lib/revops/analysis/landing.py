"""Where a quarter lands: each open deal by its chance from past quarters on the same day, with a luck all share."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import betaln, expit, logit

from revops.analysis.same_day import SameDay
from revops.company import TYPES

__all__ = ["Chances", "Landing", "chances", "landing"]

Array = np.ndarray
_LEVELS = (("type",), ("type", "place"), ("type", "place", "stage_name"), ("type", "place", "stage_name", "pushes"))
_STRENGTHS = 2.0 ** np.arange(1, 10)
_LUCK = np.linspace(0.0, 1.2, 25)
_LUCK_SCALE = 0.6
_FEWEST_WINS = 5
_ORDINARY_WINS = 10


@dataclass(frozen=True)
class Chances:
    """The chance of each deal to be won by the quarter's end, as a beta distribution: one entry per deal."""

    alpha: Array
    beta: Array

    @property
    def mean(self) -> Array:
        """Return the expected chance of each deal, in [0, 1]."""
        return self.alpha / (self.alpha + self.beta)


@dataclass(frozen=True)
class Landing:
    """Equally likely outcomes of a quarter [company currency], and their parts.

    draws: one row per draw, one column per type: what the quarter books of it; won: draw x open deal, in the order
    given: what each brings; expected_new: mean of what is not there yet, by type; chances: mean chance of each open
    deal, in the order given; haircuts: by type, what deals bring over chance times amount; luck: the sd of the shared
    luck on the logit scale (its posterior mean).
    """

    draws: pd.DataFrame
    won: Array
    expected_new: pd.Series
    chances: Array
    haircuts: pd.Series
    luck: float

    def outcomes(self, types: Collection[str]) -> Array:
        """Return the draws of the sum over some types."""
        return self.draws[list(types)].sum(axis=1).to_numpy()


def chances(past: pd.DataFrame, deals: pd.DataFrame) -> Chances:
    """Return each deal's chance to be won in the quarter, from past deals on the same day.

    Parameters
        past : SameDay.deals; deals: open now (same_day.open_on_day)

    Formula
        Won over all, by type; within it by place, shrunk to the rest of the type; then by stage; then by how often it
        was pushed. The rest counts as many deals as make the cells of a level most likely (beta-binomial).
    """
    cells = _cells(past, deals)
    return _chances(past["is_won"].to_numpy(dtype=float), cells[:, : len(past)], cells[:, len(past) :])


def landing(
    past: SameDay,
    deals: pd.DataFrame,
    *,
    booked: pd.Series,
    scale: float,
    scales: pd.Series,
    seed: int,
    n_draws: int = 4000,
) -> Landing:
    """Return where the quarter lands: bookings so far, open deals by chance and luck, and what is not there yet.

    Parameters
        past : past quarters on the same day, at least two
        deals : open now (same_day.open_on_day)
        booked : booked so far, by type [company currency]
        scale, scales : what new bookings grow with, now and by past period: the quota, or recent bookings

    Formula
        booked + sum of won_i amount_i ratio_i + new; won_i with logit chance = logit p_i + Z, Z shared by all deals of
        the quarter, sd from how much past quarters strayed beyond chance; new / scale lognormal, its mean pooled over
        past quarters, its spread theirs and part of Z.

    Source
        METHODS 4.1: a shock common to all deals; Gelman et al., Bayesian Data Analysis, chapter 5, for the shrinkage.
    """
    rng = np.random.default_rng(seed)
    told, ratios = _left_out_chances(past.deals), _ratios(past.deals)
    haircuts = _haircuts(past.deals, told)
    cuts_then = haircuts.reindex(past.deals["type"]).to_numpy(dtype=float)
    luck, weights = _luck(past.deals, told, cuts_then, float(ratios.var()))
    spreads = rng.choice(_LUCK, n_draws, p=weights)
    shocks = spreads * rng.standard_normal(n_draws)
    found = chances(past.deals, deals)
    worth = deals["amount"].to_numpy(dtype=float) * haircuts.reindex(deals["type"]).to_numpy(dtype=float)
    won = _won(found, worth, shocks, ratios, rng)
    lever = 1 - float(past.deals["is_won"].mean()) if len(past.deals) else 1.0
    draws, expected = {}, {}
    for type in TYPES:
        new = scale * _new(past.totals[past.totals["type"].eq(type)], scales, lever * shocks, lever * spreads, rng)
        draws[type] = float(booked.get(type, 0.0)) + won[:, deals["type"].eq(type).to_numpy()].sum(axis=1) + new
        expected[type] = float(new.mean())
    return Landing(pd.DataFrame(draws), won, pd.Series(expected), found.mean, haircuts, luck)


def _won(found: Chances, worth: Array, shocks: Array, ratios: Array, rng: np.random.Generator) -> Array:
    """Return draw x deal: what it brings.

    Deals whose chance is told by the same past deals share its error. Whatever the order of deals, each meets the
    same random numbers.
    """
    order = np.lexsort((worth, found.beta, found.alpha))
    alike = np.column_stack([found.alpha, found.beta])[order]
    alike, cell = np.unique(alike, axis=0, return_inverse=True)
    rates = rng.beta(alike[:, 0], alike[:, 1], (len(shocks), len(alike))).clip(1e-9, 1 - 1e-9)
    wins = rng.random((len(shocks), len(order))) < expit(logit(rates) + shocks[:, None])[:, cell.ravel()]
    won = np.empty(wins.shape)
    won[:, order] = wins * worth[order] * rng.choice(ratios, wins.shape)
    return won


def _cells(past: pd.DataFrame, deals: pd.DataFrame) -> Array:
    """Return level x deal: the cell of each past deal, then of each deal, on each level."""
    both = pd.concat([past[list(_LEVELS[-1])], deals[list(_LEVELS[-1])]], ignore_index=True)
    return np.stack([both.groupby(list(level), sort=True).ngroup().to_numpy() for level in _LEVELS])


def _chances(won: Array, past: Array, deals: Array) -> Chances:
    """Return the chances of deals in cells, from past deals in cells and whether each was won (1 or 0).

    A cell's prior is what the rest of its parent cell says, never its own deals.
    """
    everyone, n_past = np.concatenate([past, deals], axis=1), past.shape[1]
    lost = len(won) - won.sum()
    found = np.repeat([[won.sum() + 1.0], [lost + 3.0]], everyone.shape[1], axis=1)
    for cells in everyone:
        n_cells = int(cells.max(initial=-1)) + 1
        own = np.stack([np.bincount(cells[:n_past], count, n_cells) for count in (won, 1 - won)])
        parent = np.ones((2, n_cells))
        parent[:, cells] = found
        found = (own + _prior(own, parent - own))[:, cells]
    return Chances(*found[:, n_past:])


def _prior(own: Array, rest: Array) -> Array:
    """Return the beta prior of each cell: the rate of the rest, worth fewer deals the more cells differ.

    How much they differ is where the cells' own wins and losses are most likely; that the rest is itself uncertain
    makes its rate worth less still.
    """
    rate = (rest[0] / rest.sum(axis=0)).clip(1e-4, 1 - 1e-4)
    worth = 1 / (1 / _STRENGTHS[:, None] + 1 / rest.sum(axis=0))
    priors = np.stack([worth * rate, worth * (1 - rate)], axis=1)
    likelihood = (betaln(*(priors + own).swapaxes(0, 1)) - betaln(*priors.swapaxes(0, 1))).sum(axis=1)
    return priors[int(likelihood.argmax())]


def _left_out_chances(past: pd.DataFrame) -> Array:
    """Return the chance of each past deal from the other quarters alone."""
    cells, won = _cells(past, past.iloc[:0]), past["is_won"].to_numpy(dtype=float)
    periods, told = past["period"].to_numpy(), np.zeros(len(past))
    for period in np.unique(periods):
        inside = periods == period
        if not inside.all():
            told[inside] = _chances(won[~inside], cells[:, ~inside], cells[:, inside]).mean
    return told


def _haircuts(past: pd.DataFrame, told: Array) -> pd.Series:
    """Return by type what deals brought over chance times amount: price cuts, and large deals that win less often.

    Shrunk to 1 by a few deals of ordinary size.
    """
    sums = pd.DataFrame({"brought": past["won_amount"], "told": told * past["amount"], "type": past["type"]})
    sums = sums.groupby("type").sum()
    few = _ORDINARY_WINS * past.loc[past["is_won"].to_numpy(dtype=bool), "won_amount"].mean()
    few = few if few > 0 else 1.0
    return ((sums["brought"] + few) / (sums["told"] + few)).reindex(TYPES).fillna(1.0)


def _luck(past: pd.DataFrame, told: Array, cuts: Array, spread: float) -> tuple[float, Array]:
    """Return the posterior of the sd of the luck that deals of a quarter share: its mean, and weights over a grid.

    Each quarter's won amount is held against what the other quarters' chances expect; half-normal prior. spread is
    the variance of what won deals bring over their haircut amount.
    """
    amount = past["amount"].to_numpy() * cuts
    periods = np.unique(past["period"].to_numpy(), return_inverse=True)[1]

    def by_period(values: Array) -> Array:
        return np.bincount(periods, values)

    strayed = by_period(past["won_amount"].to_numpy() - told * amount)
    noise = by_period(amount**2 * (told * (1 - told) + told * spread))
    lever = by_period(amount * told * (1 - told))
    variance = noise[:, None] + (_LUCK**2)[None, :] * (lever**2)[:, None] + 1e-9
    likelihood = -0.5 * (np.log(variance) + (strayed**2)[:, None] / variance).sum(axis=0)
    posterior = likelihood - 0.5 * (_LUCK / _LUCK_SCALE) ** 2
    weights = np.exp(posterior - posterior.max())
    weights /= weights.sum()
    return float((weights * _LUCK).sum()), weights


def _ratios(past: pd.DataFrame) -> Array:
    """Return what won deals brought over what they were worth on the day, around a mean of 1."""
    known = past[past["is_won"].to_numpy(dtype=bool) & (past["amount"] > 0)]
    if len(known) < _FEWEST_WINS:
        return np.ones(1)
    ratios = np.sort((known["won_amount"] / known["amount"]).to_numpy().clip(0, 3))
    return ratios / ratios.mean()


def _new(totals: pd.DataFrame, scales: pd.Series, shocks: Array, spreads: Array, rng: np.random.Generator) -> Array:
    """Return draws of what comes from deals that are not there yet, as a share of the scale.

    Lognormal for one more quarter, so never below 0. shocks: what luck adds to its log, with the sds in spreads; the
    variance is that of past quarters, as uncertain as so few leave it.
    """
    if not totals["won_from_new"].sum() > 0:
        return np.zeros(len(shocks))
    base = totals["period"].map(scales).to_numpy(dtype=float)
    n, mean = len(base), totals["won_from_new"].sum() / base.sum()
    spread = (totals["won_from_new"].to_numpy() / base).std(ddof=1) / mean
    variance = np.log1p(spread**2 * (1 + 1 / n) * (n - 1) / rng.chisquare(n - 1, len(shocks)))
    own = np.sqrt(np.maximum(variance - spreads**2, 0))
    return mean * np.exp(shocks + own * rng.standard_normal(len(shocks)) - np.maximum(variance, spreads**2) / 2)
