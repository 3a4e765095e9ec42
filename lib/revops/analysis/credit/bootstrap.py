"""How far chance moves credit: accounts resampled whole, counted once, each draw a product of counts and resample."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.stats import rankdata

from revops.analysis.credit.markov import order_one_effects
from revops.analysis.credit.models import SHARED, CreditKnobs, credit_by_model, touch_weights
from revops.analysis.credit.paths import Paths
from revops.analysis.credit.shapley import deals_touched
from revops.errors import MeasureError, nearest

__all__ = ["DRAWN", "FEW_DEALS", "CreditDraws", "credit_draws", "ranks", "share_table", "shares"]

Array = np.ndarray
DRAWN = (*SHARED, "markov_1")
"""Models that have draws; Markov of higher orders is given as points."""
FEW_DEALS = 10
"""A channel on the journeys of fewer won deals than these is marked: its range tells little."""
_KINDS = ("wins", "amount")
_STREAM = 41
_CELLS = 4_000_000


@dataclass(frozen=True)
class CreditDraws:
    """Credit under each model, and in each resample of accounts.

    table: model, channel, credited_deals, credited_amount of the data itself. deals, amount: model -> credit [channel x
    draw]; NaN under Markov in a draw without conversions. n_deals: by channel, conversions on whose journey it was.
    """

    channels: tuple[str, ...]
    table: pd.DataFrame
    deals: dict[str, Array]
    amount: dict[str, Array]
    n_deals: Array


def credit_draws(
    paths: Paths, models: tuple[str, ...] = DRAWN, *, seed: int, n_draws: int = 500, knobs: CreditKnobs | None = None
) -> CreditDraws:
    """Return the credit of each channel under each model, in equally likely resamples of accounts.

    Question
        Would another year of like accounts have given the same credit?

    Parameters
        models : of DRAWN
        seed : the same seed gives the same draws, for the same accounts whatever their rows' order and channels' names

    Formula
        A draw takes as many accounts as there are, with replacement, each with all its journeys; a model is worked out
        anew on them. As all models here are sums over accounts, or one solve of such sums (transition counts of order
        1), accounts are counted once and a draw is how often each was taken times those counts.

    Source
        Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 8: clusters resampled whole.

    Raises
        MeasureError: a model that has no draws.

    Limits
        Chance of which accounts came, nothing else: not what the model leaves out, nor touches that were not recorded.
    """
    if unknown := [model for model in models if model not in DRAWN]:
        raise MeasureError(f"Draws of credit: {unknown[0]} has none. {nearest(unknown[0], DRAWN)}")
    account, names = pd.factorize(paths.values("account"), sort=True)
    shared = [model for model in models if model in SHARED]
    counts = [_credited(paths, touch_weights(paths, model, knobs=knobs), account, len(names)) for model in shared]
    has_chain = "markov_1" in models
    if has_chain:
        counts.append(_moves(paths, account, len(names)))
    sums = _drawn(sparse.vstack(counts, format="csr"), len(names), n_draws, seed) if counts else np.zeros((0, n_draws))
    n = len(paths.channels)
    found = dict(zip(shared, sums[: 2 * n * len(shared)].reshape(-1, 2, n, n_draws), strict=True))
    if has_chain:
        found["markov_1"] = _order_one(sums[2 * n * len(shared) :], n)
    deals, amount = ({model: found[model][kind] for model in models} for kind in range(2))
    return CreditDraws(paths.channels, credit_by_model(paths, models, knobs=knobs), deals, amount, deals_touched(paths))


def shares(credited: Array) -> Array:
    """Return the share of each channel in each draw [channel x draw]; NaN in draws without any credit."""
    total = credited.sum(axis=0)
    return credited / np.where(total != 0, total, np.nan)


def ranks(credited: Array) -> Array:
    """Return the rank of each channel in each draw, 1 = most credit; equal credit has the same, better rank.

    Shares equal to 12 digits count as equal: what is left is rounding, which follows the order of rows.
    """
    return rankdata(-shares(credited).round(12), method="min", axis=0, nan_policy="propagate")


def share_table(draws: CreditDraws, *, of: str = "amount", level: float = 0.8, top: int = 3) -> pd.DataFrame:
    """Return each channel's share of credit and its rank under each model, with their ranges.

    Parameters
        of : amount or deals
        level : share of draws between low and high
        top : among how many first ranks top_chance is

    Returns
        One row per model x channel: model, channel, share [0 to 1; NaN where nothing is credited], low, high, error
        (standard error), rank, rank_low, rank_high, top_chance (share of draws in which its rank is at most `top`),
        n_deals, is_few
    """
    tables, ends = [], [(1 - level) / 2, (1 + level) / 2]
    for model, drawn in getattr(draws, of).items():
        point = draws.table.loc[draws.table["model"] == model, f"credited_{of}"].to_numpy()[:, None]
        known = drawn[:, np.isfinite(drawn).all(axis=0) & (drawn.sum(axis=0) != 0)]
        share, rank = shares(known), ranks(known)
        values = {"model": model, "channel": list(draws.channels), "share": shares(point)[:, 0]}
        values |= dict(zip(("low", "high"), _quantiles(share, ends), strict=True))
        values |= {"error": share.std(axis=1, ddof=1) if share.shape[1] > 1 else np.nan, "rank": ranks(point)[:, 0]}
        values |= dict(zip(("rank_low", "rank_high"), _quantiles(rank, ends, "nearest"), strict=True))
        values["top_chance"] = (rank <= top).mean(axis=1) if rank.size else np.nan
        tables.append(pd.DataFrame(values).assign(n_deals=draws.n_deals, is_few=draws.n_deals < FEW_DEALS))
    return pd.concat(tables, ignore_index=True)


def _quantiles(values: Array, ends: list[float], method: str = "linear") -> Array:
    return np.quantile(values, ends, axis=1, method=method) if values.size else np.full((2, len(values)), np.nan)


def _credited(paths: Paths, weights: Array, account: Array, n_accounts: int) -> sparse.csr_array:
    """Return credit by account [wins, then amount; channels within each]."""
    given = np.flatnonzero(weights * paths.values("wins")[paths.journey])
    of, n = paths.journey[given], len(paths.channels)
    parts = [sparse.coo_array((weights[given] * paths.values(kind)[of], (paths.channel[given], account[of])),
                              shape=(n, n_accounts)) for kind in _KINDS]  # fmt: skip
    return sparse.vstack(parts, format="csr")


def _moves(paths: Paths, account: Array, n_accounts: int) -> sparse.csr_array:
    """Return by account what the chain of order 1 is made of: moves, starts, wins and amount by last channel."""
    weight, n = paths.values("wins") + paths.values("losses"), len(paths.channels)
    first, last = paths.starts, paths.starts + paths.lengths - 1
    inner = np.flatnonzero(np.diff(paths.journey) == 0)
    of, channel = paths.journey[inner], paths.channel.astype("int64")
    rows = [channel[inner] * n + channel[inner + 1], n * n + channel[first]]
    rows += [n * n + n * place + channel[last] for place in (1, 2)]
    values = [weight[of], weight, *(paths.values(kind) for kind in _KINDS)]
    cells = np.concatenate(rows), np.concatenate([account[of], account, account, account])
    return sparse.coo_array((np.concatenate(values), cells), shape=(n * n + 3 * n, n_accounts)).tocsr()


def _drawn(counts: sparse.csr_array, n_accounts: int, n_draws: int, seed: int) -> Array:
    """Return the counts of each resample [counts x draws]."""
    rng, found = np.random.default_rng([seed, _STREAM]), np.zeros((counts.shape[0], n_draws))
    at_once = max(1, _CELLS // max(1, n_accounts))
    for begin in range(0, n_draws, at_once):
        n = min(at_once, n_draws - begin)
        times = np.empty((n_accounts, n))
        for draw in range(n):
            times[:, draw] = np.bincount(rng.integers(0, n_accounts, n_accounts), minlength=n_accounts)
        found[:, begin : begin + n] = counts @ times
    return found


def _order_one(sums: Array, n: int) -> Array:
    """Return the credit of the chain of order 1 [wins and amount x channel x draw] from its counts in each draw."""
    moves, starts, *ends = np.split(sums.T, [n * n, n * n + n, n * n + 2 * n], axis=1)
    _, loss = order_one_effects(moves.reshape(-1, n, n), starts, np.stack(ends, axis=2))
    whole, summed = np.stack(ends, axis=2).sum(axis=1), loss.sum(axis=1)
    scaled = np.where(summed != 0, whole / np.where(summed != 0, summed, 1.0), 0.0)
    credited = loss * scaled[:, None]
    credited[whole[:, 0] == 0] = np.nan
    return np.moveaxis(credited, 0, -1).transpose(1, 0, 2)
