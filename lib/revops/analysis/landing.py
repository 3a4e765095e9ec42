"""Where a quarter lands: each open deal by its chance from past quarters on the same day, with a luck all share."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from revops.analysis.chances import Cells, fit_cells, left_out_chances
from revops.analysis.same_day import SameDay
from revops.company import TYPES

__all__ = ["N_DRAWS", "Landing", "LandingModel", "fit", "haircuts_of", "outcome_range"]

Array = np.ndarray
N_DRAWS = 4000
_LUCK = np.linspace(0.0, 1.2, 25)
_LUCK_SCALE = 0.6
_FEWEST_WINS = 5
_ORDINARY_WINS = 10
_MOST_RATIOS = 255
_BLOCK = 2**17


@dataclass(frozen=True)
class Landing:
    """Equally likely outcomes of a quarter [company currency].

    draws: one row per draw, one column per type: what the quarter books of it; parts: one row per draw, one column
    per named part of the open deals: what those deals bring; expected_new: mean of what is not there yet, by type;
    luck: the sd of the shared luck on the logit scale (its posterior mean).
    """

    draws: pd.DataFrame
    parts: pd.DataFrame
    expected_new: pd.Series
    luck: float

    def outcomes(self, types: Collection[str]) -> Array:
        """Return the draws of the sum over some types."""
        return self.draws[list(types)].sum(axis=1).to_numpy()


def outcome_range(outcomes: Array, level: float) -> tuple[float, float, float]:
    """Return low, median and high of equally likely outcomes: `level` of them lie between the ends."""
    tail = (1 - level) / 2
    low, median, high = (float(end) for end in np.quantile(outcomes, [tail, 0.5, 1 - tail]))
    return low, median, high


@dataclass(frozen=True)
class LandingModel:
    """What past quarters on the same day tell of one more.

    cells: the chance of each kind of deal; haircuts: by type, what deals bring over chance times amount; ratios: what
    won deals bring over that, around a mean of 1; luck_weights: how likely each sd of the shared luck is; lever: how
    far luck moves what is not there yet; new: by type, mean and spread of what is not there yet over the scale, and n.
    """

    cells: Cells
    haircuts: pd.Series
    ratios: Array
    luck_weights: Array
    lever: float
    new: pd.DataFrame

    def chances(self, deals: pd.DataFrame) -> Array:
        """Return the mean chance of each deal to be won by the quarter's end, in [0, 1].

        Parameters
            deals : open on the day (same_day.open_on_day)
        """
        return self.cells.mean[self.cells.of(deals)]

    def expected(self, deals: pd.DataFrame) -> Array:
        """Return what each deal is expected to bring by the quarter's end [company currency]: chance x amount x the
        haircut of its type."""
        return self.chances(deals) * self._worth(deals)

    def draw(
        self,
        deals: pd.DataFrame,
        *,
        booked: pd.Series,
        scale: float,
        seed: int,
        n_draws: int = N_DRAWS,
        factor: Array | None = None,
        parts: Mapping[str, Array] | None = None,
    ) -> Landing:
        """Return where the quarter lands: bookings so far, open deals by chance and luck, and what is not there yet.

        Parameters
            deals : open now (same_day.open_on_day)
            booked : booked so far, by type [company currency]
            scale : what new bookings grow with: the quota, or recent bookings, of the company or of the slice drawn
            factor : one multiplier per draw on what open deals and new business bring; none by default
            parts : name -> which of the deals belong to it; what those bring is told in each draw

        Formula
            booked + factor x (sum of won_i amount_i ratio_i + new); won_i with logit chance = logit p_i + Z, Z shared
            by all deals of the quarter; p_i shared by the deals of its cell.
        """
        rng, cell_rng = np.random.default_rng([seed, 1]), np.random.default_rng([seed, 2])
        factor = np.ones(n_draws) if factor is None else np.asarray(factor, dtype=float)
        spreads = rng.choice(_LUCK, n_draws, p=self.luck_weights)
        shocks = spreads * rng.standard_normal(n_draws)
        masks = {name: np.asarray(mask, dtype=bool) for name, mask in (parts or {}).items()}
        won, of_parts = self._won(deals, masks, shocks, cell_rng)
        draws, expected = {}, {}
        for place, type in enumerate(TYPES):
            new = scale * factor * _new(*self.new.loc[type], self.lever * shocks, self.lever * spreads, rng)
            draws[type] = float(booked.get(type, 0.0)) + factor * won[:, place] + new
            expected[type] = float(new.mean())
        parts_table = pd.DataFrame(factor[:, None] * of_parts, columns=list(masks))
        return Landing(pd.DataFrame(draws), parts_table, pd.Series(expected), float(self.luck_weights @ _LUCK))

    def _worth(self, deals: pd.DataFrame) -> Array:
        return deals["amount"].to_numpy(dtype=float) * self.haircuts.reindex(deals["type"]).to_numpy(dtype=float)

    def _won(
        self, deals: pd.DataFrame, masks: dict[str, Array], shocks: Array, rng: np.random.Generator
    ) -> tuple[Array, Array]:
        """Return draw x type and draw x part: what open deals bring.

        Deals of a cell share the error of its chance. Whatever the order of deals, each meets the same random numbers.
        """
        codes, worth = self.cells.of(deals), self._worth(deals)
        columns = np.column_stack([worth, *(worth * mask for mask in masks.values())])
        order = np.lexsort((*columns.T[::-1], codes))
        columns, (found, starts) = columns[order], np.unique(codes[order], return_index=True)
        won, of_parts = np.zeros((len(shocks), len(TYPES))), np.zeros((len(shocks), len(masks)))
        for code, part in zip(found, np.split(columns, starts)[1:], strict=True):
            if self.cells.alpha[code] == 0:
                continue
            chance = rng.beta(self.cells.alpha[code], self.cells.beta[code], len(shocks)).clip(1e-9, 1 - 1e-9)
            brought = self._brought(part, expit(logit(chance) + shocks), rng)
            won[:, self.cells.types(code)] += brought[:, 0]
            of_parts += brought[:, 1:]
        return won, of_parts

    def _brought(self, columns: Array, chance: Array, rng: np.random.Generator) -> Array:
        """Return draw x column: what deals of one cell bring, in blocks of draws."""
        blocks, n_deals = [], len(columns)
        for some in np.array_split(chance.astype(np.float32), -(-len(chance) * n_deals // _BLOCK)):
            won = rng.random((len(some), n_deals), dtype=np.float32) < some[:, None]
            ratio = self.ratios[rng.integers(len(self.ratios), size=won.shape, dtype=np.uint8)]
            blocks.append((won * ratio) @ columns)
        return np.concatenate(blocks)


def fit(past: SameDay, scales: pd.Series) -> LandingModel:
    """Return what past quarters on the same day tell of where one more lands.

    Parameters
        past : past quarters on the same day, at least two
        scales : what new bookings grow with, by past period: the quota, or recent bookings

    Formula
        Chances as in `chances.fit_cells`; a won deal brings its amount times the haircut of its type and a ratio drawn
        from past ones; the sd of Z from how much past quarters strayed beyond chance; new / scale lognormal, its mean
        pooled over past quarters, its spread theirs and part of Z.

    Source
        METHODS 4.1: a shock common to all deals.
    """
    told, ratios = left_out_chances(past.deals), _ratios(past.deals)
    haircuts = haircuts_of(past.deals, told)
    cuts_then = haircuts.reindex(past.deals["type"]).to_numpy(dtype=float)
    weights = _luck_weights(past.deals, told, cuts_then, float(ratios.var()))
    lever = 1 - float(past.deals["is_won"].mean()) if len(past.deals) else 1.0
    return LandingModel(fit_cells(past.deals), haircuts, ratios, weights, lever, _new_shares(past.totals, scales))


def haircuts_of(past: pd.DataFrame, told: Array) -> pd.Series:
    """Return by type what past deals brought over chance times amount: price cuts, and large deals that win less often.

    Parameters
        past : SameDay.deals; told: the chance of each

    Shrunk to 1 by a few deals of ordinary size.
    """
    type, won = pd.Index(TYPES).get_indexer(past["type"]), past["is_won"].to_numpy(dtype=bool)
    amount, came = (past[name].to_numpy(dtype=float) for name in ("amount", "won_amount"))
    few = _ORDINARY_WINS * came[won].sum() / max(won.sum(), 1)
    few = few if few > 0 else 1.0
    sums = pd.DataFrame({"brought": came, "told": told * amount}).groupby(type).sum()
    kept = (sums["brought"] + few) / (sums["told"] + few)
    return pd.Series(kept.reindex(range(len(TYPES)), fill_value=1.0).to_numpy(), TYPES)


def _luck_weights(past: pd.DataFrame, told: Array, cuts: Array, spread: float) -> Array:
    """Return the posterior of the sd of the luck that deals of a quarter share, as weights over a grid.

    Each quarter's won amount is held against what the other quarters' chances expect, so that the sd has the error of
    their mean luck in it; half-normal prior. spread is the variance of what won deals bring over their haircut amount.
    """
    amount, came = (past[name].to_numpy(dtype=float) for name in ("amount", "won_amount"))
    unit = float((amount * cuts).sum() / max(len(past), 1)) or 1.0
    amount, came = amount * cuts / unit, came / unit
    periods = pd.factorize(past["period"])[0]

    def by_period(values: Array) -> Array:
        return np.bincount(periods, values)

    strayed = by_period(came - told * amount)
    noise = by_period(amount**2 * (told * (1 - told) + told * spread))
    lever = by_period(amount * told * (1 - told))
    variance = noise[:, None] + (_LUCK**2)[None, :] * (lever**2)[:, None] + 1e-9
    likelihood = -0.5 * (np.log(variance) + (strayed**2)[:, None] / variance).sum(axis=0)
    posterior = likelihood - 0.5 * (_LUCK / _LUCK_SCALE) ** 2
    weights = np.exp(posterior - posterior.max())
    return weights / weights.sum()


def _ratios(past: pd.DataFrame) -> Array:
    """Return what won deals brought over what they were worth on the day, around a mean of 1."""
    known = past[past["is_won"].to_numpy(dtype=bool) & (past["amount"] > 0).to_numpy(dtype=bool)]
    if len(known) < _FEWEST_WINS:
        return np.ones(1)
    ratios = (known["won_amount"] / known["amount"]).to_numpy(dtype=float).clip(0, 3)
    ratios = np.quantile(ratios, (np.arange(_MOST_RATIOS) + 0.5) / _MOST_RATIOS)
    return ratios / ratios.mean()


def _new_shares(totals: pd.DataFrame, scales: pd.Series) -> pd.DataFrame:
    """Return by type what came from deals not there yet over the scale: pooled mean, relative spread, quarters."""
    rows = {}
    for type in TYPES:
        part = totals[totals["type"].eq(type)]
        base, came = part["period"].map(scales).to_numpy(dtype=float), part["won_from_new"].to_numpy(dtype=float)
        mean = came.sum() / base.sum() if came.sum() > 0 else 0.0
        rows[type] = (mean, (came / base).std(ddof=1) / mean if mean > 0 else 0.0, len(part))
    return pd.DataFrame.from_dict(rows, orient="index", columns=["mean", "spread", "n"])


def _new(mean: float, spread: float, n: float, shocks: Array, spreads: Array, rng: np.random.Generator) -> Array:
    """Return draws of what comes from deals that are not there yet, as a share of the scale.

    Lognormal for one more quarter, so never below 0. shocks: what luck adds to its log, with the sds in spreads; the
    variance is that of past quarters, as uncertain as so few leave it.
    """
    if mean == 0:
        return np.zeros(len(shocks))
    variance = np.log1p(spread**2 * (1 + 1 / n) * (n - 1) / rng.chisquare(n - 1, len(shocks)))
    own = np.sqrt(np.maximum(variance - spreads**2, 0))
    return mean * np.exp(shocks + own * rng.standard_normal(len(shocks)) - np.maximum(variance, spreads**2) / 2)
