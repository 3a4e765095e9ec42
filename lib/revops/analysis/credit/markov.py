"""Markov credit: the chance to convert that a chain of touches loses without a channel, solved exactly."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.linalg import splu

from revops.analysis.credit.paths import Paths
from revops.errors import MeasureError

__all__ = ["HIGHEST_ORDER", "Markov", "brought", "markov", "order_one_effects"]

Array = np.ndarray
HIGHEST_ORDER = 4
_MOST_CELLS = 4_000_000
_MOST_STEPS = 2000
_LEFT = 1e-15


@dataclass(frozen=True)
class Markov:
    """Credit by removal effect.

    table: one row per channel, sorted: channel, removal_effect (share of conversions that the chain loses without the
    channel, 0 to 1), amount_effect (the same of amount; NaN where it is not above 0), credited_deals, credited_amount.
    start_rate, start_amount: conversions and amount per journey as the chain tells them, equal to those of the data.
    n_states: of the chain, start and ends apart. is_degenerate: no journey was lost, so that an effect is only the
    share of conversions that pass the channel in the chain, not what it adds.
    """

    table: pd.DataFrame
    order: int
    start_rate: float
    start_amount: float
    n_states: int
    is_degenerate: bool


@dataclass(frozen=True)
class _Chain:
    """Counts between states: from the start, from state to state, from each state to conversion (brought)."""

    start: Array
    moves: sparse.csc_array
    ends: Array
    holds: Array


def markov(paths: Paths, order: int = 1, *, with_losses: bool = True) -> Markov:
    """Return the `removal_effect` of channels in a Markov chain of the given order, and credit by it.

    Question
        How many conversions hang on journeys that pass through this channel?

    Parameters
        order : 1 to 4 touches that a state remembers
        with_losses : False leaves out journeys' losses, which is another question (see Limits)

    Formula
        States: windows of `order` touches in a row (x1..xk, x2..xk+1, ...; no padding); a journey with no more touches
        than that is one state. Counts of moves, each journey with weight wins + losses; p = chance to get from the
        start to a conversion. Without a channel, what would enter a state that holds it is lost: p_without.
        removal_effect = 1 - p_without / p; credited_deals = wins x removal_effect / their sum. amount_effect likewise
        with the mean amount that leaves from a state in place of the share that converts; amounts below 0 (credit
        notes) are shared by an effect of their own, so that they cannot turn the signs of the others.

    Source
        Anderl, Becker, von Wangenheim and Schumann, IJRM 33 (2016), 457-474. Windows as in the package
        ChannelAttribution, which simulates what is solved here.

    Raises
        MeasureError: no conversions; an order out of range.

    Limits
        Credit, not effect: channels that buyers meet anyway are credited too. Of higher orders states get rare and the
        effect tends to the share of conversions whose own journey holds the channel. A move from a state to itself
        changes no effect, nor would blanks put before the first touch; at orders above 1 runs of one channel are part
        of the windows (paths.kept joins them).
        Without losses the chance is 1 and credit is by share of journeys passed: is_degenerate.
    """
    if order not in range(1, HIGHEST_ORDER + 1):
        raise MeasureError(f"Markov credit: the order must be 1 to {HIGHEST_ORDER}; found {order}. Choose one of them.")
    wins, losses = paths.values("wins"), paths.values("losses") * with_losses
    if not wins.sum() > 0:
        raise MeasureError(
            f"Markov credit: there must be a conversion; found none in {len(wins)} journeys. "
            "Leave this model out, or take a longer span of time."
        )
    chain = _chain(paths, order, wins + losses)
    whole, effects = _order_one(chain) if order == 1 else _by_removal(chain)
    totals, sums = brought(paths).sum(axis=0), effects.sum(axis=1)
    credited = np.where(sums != 0, totals / np.where(sums != 0, sums, 1.0), 0.0)[:, None] * effects
    whole, effects = (np.stack([kinds[0], kinds[1:].sum(axis=0)]) for kinds in (whole, effects))
    found = [np.where(whole[i] > 0, effects[i] / (whole[i] or 1.0), np.nan) for i in range(2)]
    table = pd.DataFrame({"channel": list(paths.channels), "removal_effect": found[0], "amount_effect": found[1]})
    table["credited_deals"], table["credited_amount"] = credited[0], credited[1:].sum(axis=0)
    per_journey = whole / (wins + losses).sum()
    return Markov(table, order, *map(float, per_journey), len(chain.start), bool(losses.sum() == 0))


def brought(paths: Paths) -> Array:
    """Return what each journey brings [journeys x kinds]: wins, amount, and apart, if there are any, those below 0."""
    wins, amount = paths.values("wins"), paths.values("amount")
    below = [np.minimum(amount, 0.0)] if (amount < 0).any() else []
    return np.stack([wins, np.maximum(amount, 0.0), *below], axis=1)


def order_one_effects(moves: Array, starts: Array, ends: Array) -> tuple[Array, Array]:
    """Return what the whole chain of order 1 brings, and what it brings less without each channel; of many chains.

    Parameters
        moves : counts from channel to channel [chains x channels x channels]
        starts : how many journeys start in each channel [chains x channels]
        ends : what leaves from each channel: wins and amount, say [chains x channels x kinds]

    Returns
        whole [chains x kinds], loss [chains x channels x kinds]

    Formula
        N = inverse(diag(starts + inflow) - moves); whole = starts N ends; loss_a = (starts N)_a (N ends)_a / N_aa: who
        ever comes to the channel, times what follows from it. One inverse serves all removals.
    """
    n = moves.shape[-1]
    weight = starts + moves.sum(axis=-2)
    system = -np.asarray(moves, dtype=float)
    system[..., np.arange(n), np.arange(n)] += np.where(weight > 0, weight, 1.0)
    inverse = np.linalg.inv(system)
    reached = np.einsum("bi,bij->bj", starts, inverse)
    brings = inverse @ ends
    diagonal = np.diagonal(inverse, axis1=-2, axis2=-1)
    return np.einsum("bi,bik->bk", starts, brings), (reached / diagonal)[..., None] * brings


def _order_one(chain: _Chain) -> tuple[Array, Array]:
    whole, loss = order_one_effects(chain.moves.toarray()[None], chain.start[None], chain.ends[None])
    return whole[0], loss[0].T


def _by_removal(chain: _Chain) -> tuple[Array, Array]:
    """Return whole and loss [kinds; kinds x channels]: the chain run without each channel, and with all of them."""
    held = np.insert(chain.holds, 0, False, axis=1)
    at_once = max(1, _MOST_CELLS // len(held))
    parts = [held[:, first : first + at_once] for first in range(0, held.shape[1], at_once)]
    left = np.concatenate([_stepped(chain, part) for part in parts], axis=1)
    return left[:, 0], (left[:, :1] - left[:, 1:]) * chain.holds.any(axis=0)


def _stepped(chain: _Chain, held: Array) -> Array:
    """Return what the chain brings [kinds x removals] without the states held back, by removal.

    Step by step, until what has not left could no longer change a result in its 14th digit: journeys end, so that a
    few steps do, where factors of many states would fill up. Chains that hardly ever end are solved by factors.
    """
    weight = np.maximum(chain.start + chain.moves.sum(axis=0), np.finfo(float).tiny)
    back = sparse.csr_array((chain.moves / weight[:, None]).T)
    leaves = sparse.csr_array((chain.ends / weight[:, None]).T)
    most = np.abs(chain.ends / np.maximum(chain.ends[:, :1], np.finfo(float).tiny)).max(axis=0)
    at, brings = np.where(held, 0.0, chain.start[:, None]), np.zeros((chain.ends.shape[1], held.shape[1]))
    for _ in range(_MOST_STEPS):
        brings += leaves @ at
        if (at.sum(axis=0).max() * most <= _LEFT * np.abs(chain.ends.sum(axis=0))).all():
            return brings
        at = back @ at
        at[held] = 0.0
    return _factored(chain, held)


def _factored(chain: _Chain, held: Array) -> Array:
    """Return the same as _stepped, each removal by a sparse factorisation of its own."""
    weight = chain.start + chain.moves.sum(axis=0)
    system = sparse.csc_array(sparse.diags_array(np.where(weight > 0, weight, 1.0)) - chain.moves)
    brings = np.zeros((chain.ends.shape[1], held.shape[1]))
    for removal, gone in enumerate(held.T):
        left = np.flatnonzero(~gone)
        if len(left):
            brings[:, removal] = chain.start[left] @ splu(system[left][:, left].tocsc()).solve(chain.ends[left])
    return brings


def _chain(paths: Paths, order: int, weight: Array) -> _Chain:
    """Return the chain's counts, journeys weighted."""
    state, holds, journey = _states(paths, order)
    n, inner = len(holds), np.diff(journey) == 0
    first, last = np.r_[True, ~inner], np.r_[~inner, True]
    start = np.bincount(state[first], weight, n)
    ends = [np.bincount(state[last], kind, n) for kind in brought(paths).T]
    before, after = state[:-1][inner], state[1:][inner]
    passed = weight[journey[1:][inner]]
    if n * n <= _MOST_CELLS:
        moves = sparse.csc_array(np.bincount(before * n + after, passed, n * n).reshape(n, n))
    else:
        moves = sparse.coo_array((passed, (before, after)), shape=(n, n)).tocsc()
    return _Chain(start, moves, np.stack(ends, axis=1), holds)


def _states(paths: Paths, order: int) -> tuple[Array, Array, Array]:
    """Return the state of each window, which channels each state holds, and each window's journey."""
    n = len(paths.channels)
    if order == 1:
        return paths.channel.astype("int64"), np.eye(n, dtype=bool), paths.journey
    is_window = paths.position >= order - 1
    is_window[(paths.starts + paths.lengths - 1)[paths.lengths < order]] = True
    at = np.flatnonzero(is_window)
    code = np.zeros(len(at), dtype="int64")
    for lag in range(order):
        seen = paths.position[at] >= lag
        code = code * (n + 1) + np.where(seen, paths.channel[np.maximum(at - lag, 0)] + 1, 0)
    state, codes = pd.factorize(code, sort=True)
    holds = np.zeros((len(codes), n + 1), dtype=bool)
    while codes.any():
        holds[np.arange(len(codes)), codes % (n + 1)] = True
        codes = codes // (n + 1)
    return state, holds[:, 1:], paths.journey[at]
