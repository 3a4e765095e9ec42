"""Shapley credit: the closed form, which is linear credit over distinct channels; and, apart, the game of rates."""

from math import comb

import numpy as np
import pandas as pd

from revops.analysis.credit.groups import Groups, channel_groups
from revops.analysis.credit.paths import Paths
from revops.errors import MeasureError

__all__ = ["MOST_CHANNELS", "deals_touched", "rate_game", "shapley_weights"]

Array = np.ndarray
MOST_CHANNELS = 20
"""More channels than these have too many coalitions for the game of rates."""


def shapley_weights(paths: Paths) -> Array:
    """Return the share of its journey's credit that each touch has under the Shapley value of conversions.

    Question
        What would a fair division among the channels of each journey give?

    Returns
        One share per touch [0 to 1]; those of a journey sum to 1. Each distinct channel of a journey has the same; one
        seen often has it split over its touches.

    Formula
        v(S) = conversions of journeys whose channels all lie in S. Its Shapley value is, journey by journey, 1 / the
        number of distinct channels to each of them.

    Source
        Zhao, Mahboobi and Bagheri 2018 (arXiv:1804.05327).

    Limits
        So it is linear credit over distinct channels: it uses no lost journey and no order, and tells nothing of what
        a channel adds.
    """
    pair, is_first = _pairs(paths, channel_groups(paths))
    times = np.bincount(pair)[pair] if len(pair) else np.ones(0)
    return 1 / (np.bincount(paths.journey[is_first], minlength=len(paths.journeys))[paths.journey] * times)


def deals_touched(paths: Paths, *, by: Groups | None = None) -> Array:
    """Return how many conversions each channel (or group of touches) was on the journey of."""
    by = by or channel_groups(paths)
    _, is_first = _pairs(paths, by)
    is_first &= by.code >= 0
    wins = paths.values("wins")[paths.journey[is_first]]
    return np.bincount(by.code[is_first], wins, len(by.names))


def rate_game(paths: Paths) -> pd.DataFrame:
    """Return `rate_effect`: how much higher the rate of conversion is with a channel, in the mean over coalitions.

    Question
        With which channels do journeys convert more often? How much comes from them is another question:
        never in one table with credit.

    Returns
        One row per channel, sorted: channel, rate_effect (they sum to the conversion rate; may be negative),
        rate_share (of that sum), amount_effect (amount per journey, likewise), amount_share

    Formula
        v(S) = wins / (wins + losses) of journeys whose channels all lie in S; 0 where there are none. Exact Shapley
        value of v over all 2^n coalitions.

    Raises
        MeasureError: more than MOST_CHANNELS channels; no conversions.

    Limits
        A coalition that few journeys are in counts as much as a common one.
    """
    n = len(paths.channels)
    if n > MOST_CHANNELS:
        raise MeasureError(
            f"Game of rates: there must be at most {MOST_CHANNELS} channels; found {n}. Join small ones, or do without."
        )
    if not paths.values("wins").sum() > 0:
        raise MeasureError(
            f"Game of rates: there must be a conversion; found none in {len(paths.journeys)} journeys. Leave it out."
        )
    found = np.bitwise_or.reduceat(np.int64(1) << paths.channel.astype("int64"), paths.starts)
    wins, losses, amount = (np.bincount(found, paths.values(name), 1 << n) for name in ("wins", "losses", "amount"))
    journeys = _within(wins + losses, n)
    table = pd.DataFrame({"channel": list(paths.channels)})
    for name, part in (("rate", wins), ("amount", amount)):
        value = np.where(journeys > 0, _within(part, n) / np.where(journeys > 0, journeys, 1.0), 0.0)
        effect = _shapley(value, n)
        table[f"{name}_effect"], table[f"{name}_share"] = effect, effect / (value[-1] or np.nan)
    return table


def _pairs(paths: Paths, by: Groups) -> tuple[Array, Array]:
    """Return the number of each touch's pair of journey and group, and whether it is the first of its pair."""
    small = np.int16 if len(by.names) < 2**15 else np.int32
    order = np.argsort(by.code.astype(small), kind="stable")
    journey, channel = paths.journey[order], by.code[order]
    new = np.r_[True, (np.diff(journey) != 0) | (np.diff(channel) != 0)][: len(order)]
    pair, is_first = np.empty(len(order), dtype="int64"), np.empty(len(order), dtype=bool)
    pair[order], is_first[order] = np.cumsum(new) - 1, new
    return pair, is_first


def _within(exactly: Array, n: int) -> Array:
    """Return for each set the sum over its subsets."""
    sums = exactly.astype(float)
    for bit in range(n):
        halves = sums.reshape(-1, 2, 1 << bit)
        halves[:, 1] += halves[:, 0]
    return sums


def _shapley(value: Array, n: int) -> Array:
    """Return the Shapley value of each player of a game told by the value of each set."""
    size = np.bitwise_count(np.arange(1 << n, dtype="uint32"))
    weight = np.array([1 / (n * comb(n - 1, others)) for others in range(n)] + [0.0])[size]
    effects = np.empty(n)
    for bit in range(n):
        halves = value.reshape(-1, 2, 1 << bit)
        effects[bit] = ((halves[:, 1] - halves[:, 0]) * weight.reshape(halves.shape)[:, 0]).sum()
    return effects
