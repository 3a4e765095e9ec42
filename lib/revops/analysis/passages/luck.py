"""How much windows of weeks differ by luck alone: more than the number of those who came in explains."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

__all__ = ["NO_LUCK", "Luck", "luck_of", "luck_of_days"]

Array = np.ndarray
_SPREADS = np.linspace(0.0, 1.2, 49)
_USUAL_SPREAD = 0.35
_TOGETHER = np.array([0.0, 0.5, 1.0])


@dataclass(frozen=True)
class Luck:
    """How much windows differ by luck that all who came in share.

    spread: sd of a window's luck [logit of a share; logarithm of days], the root of its mean square.
    df: as how many degrees of freedom its square is known (2 x mean^2 / variance); infinite where it is certain.
    n: windows it is read off; 0 = none, it is then what is usual.
    """

    spread: float
    df: float
    n: int = 0


NO_LUCK = Luck(0.0, float("inf"))
"""What is compared within the same weeks: both sides had the same luck."""


def luck_of(shares: pd.DataFrame, horizon_of: pd.Series | None = None) -> Luck:
    """Return how much the conversion of windows differs beyond sampling, all steps together.

    Question
        By how much does a quarter differ from the next where nothing has changed?

    Parameters
        shares : one row per step and window (`converted` by window and step; other shares alike)
            Uses step, window (0 = the last weeks, which are left out, 1 = those before them ...), share, n_worth;
            horizon_days where there is `horizon_of`.
        horizon_of : step -> the horizon it is compared at; None = shares has one row per step and window

    Returns
        Luck on the logit scale; what is usual, little certain, where fewer than two windows of a step are known.

    Formula
        share of a window = share of its step + chance (variance q / n_worth, q = share (1 - share) of the step) + luck
        (sd q x spread). Restricted likelihood of the spread, the steps' own levels flat; averaged over luck that steps
        of a window share not at all, half and wholly; prior exp(-spread^2 / (2 x 0.35^2)).

    Source
        DerSimonian and Laird, Controlled Clinical Trials 7 (1986), for the model; Chung and others, Psychometrika 78
        (2013), for a prior that leaves 0: deviation: half normal, and the spread is averaged over, not maximised.

    Limits
        A drift over the windows counts as luck. Few windows of few entries tell little: the spread is then near
        what is usual, which hides small moves. Luck of one group alone is not seen.
    """
    table = shares[shares["window"].ge(1)]
    if horizon_of is not None:
        table = table[table["horizon_days"].eq(table["step"].map(horizon_of))]
    table = table[table["share"].notna() & table["n_worth"].gt(0)]
    level = _level(table["share"], table["n_worth"], table["step"])
    scale = level * (1 - level)
    return _luck(table, table["share"].to_numpy(dtype=float), scale / table["n_worth"].to_numpy(dtype=float), scale)


def luck_of_days(days: pd.DataFrame) -> Luck:
    """Return how much the mean days of windows differ beyond sampling, as `luck_of`, on the scale of logarithms.

    Parameters
        days : one row per step and window (`times` by window and step, restricted to the same age)
            Uses step, window, restricted_days, restricted_error.
    """
    table = days[days["window"].ge(1) & days["restricted_days"].gt(0) & days["restricted_error"].gt(0)]
    value, error = (table[name].to_numpy(dtype=float) for name in ("restricted_days", "restricted_error"))
    level = table["restricted_days"].groupby(table["step"]).transform("mean").to_numpy(dtype=float)
    return _luck(table, value, error**2, level)


def _level(share: pd.Series, n: pd.Series, step: pd.Series) -> Array:
    """Return the share of each row's step, all windows together, never 0 or 1."""
    sums = pd.DataFrame({"events": share * n, "n": n}).groupby(step).transform("sum")
    return ((sums["events"] + 0.5) / (sums["n"] + 1)).to_numpy(dtype=float)


def _luck(table: pd.DataFrame, value: Array, chance: Array, scale: Array) -> Luck:
    """Return the luck that values of steps and windows show: its square's mean, and how certain that is."""
    many = table.groupby("step")["window"].transform("nunique").gt(1).to_numpy(dtype=bool)
    step, window = (pd.factorize(table[name][many])[0] for name in ("step", "window"))
    prior = -0.5 * (_SPREADS / _USUAL_SPREAD) ** 2
    likely = prior + _likely(value[many], chance[many], scale[many], step, window) if many.any() else prior
    weights = np.exp(likely - likely.max())
    weights /= weights.sum()
    square = float(weights @ _SPREADS**2)
    spread_of_square = float(weights @ _SPREADS**4) - square**2
    return Luck(square**0.5, 2 * square**2 / spread_of_square, len(np.unique(window)))


def _likely(value: Array, chance: Array, scale: Array, step: Array, window: Array) -> Array:
    """Return the restricted log-likelihood of each spread, averaged over how much of a window's luck steps share."""
    alike, same = step[:, None] == step, window[:, None] == window
    together = np.where(alike, 1.0, _TOGETHER[:, None, None]) * same * np.outer(scale, scale)
    cover = np.diag(chance) + _SPREADS[:, None, None, None] ** 2 * together
    levels = (step[:, None] == np.unique(step)).astype(float)
    sought = np.column_stack([levels, value])
    solved = np.linalg.solve(cover, np.broadcast_to(sought, (*cover.shape[:-1], sought.shape[1])))
    inner = levels.T @ solved[..., :-1]
    crossed = levels.T @ solved[..., -1:]
    rest = (value @ solved[..., -1:])[..., 0] - (crossed * np.linalg.solve(inner, crossed)).sum(axis=(-1, -2))
    each = -0.5 * (np.linalg.slogdet(cover)[1] + np.linalg.slogdet(inner)[1] + rest)
    most = each.max()
    return np.log(np.exp(each - most).mean(axis=1) + 1e-300) + most
