"""A sensitivity beside credit: what conversions a logit on the presence of channels would lose without each of them."""

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd

from revops.analysis.credit.paths import Paths
from revops.analysis.credit.shapley import deals_touched
from revops.errors import MeasureError, examples

__all__ = ["FEWEST_EACH", "switch_off"]

Array = np.ndarray
FEWEST_EACH = 5
"""Conversions, and journeys without one, that the model needs for each of its channels."""
_HIGHEST = 12.0
_DEPENDENT = 1e-8


@dataclass(frozen=True)
class _Presence:
    """Journeys that the model is fitted to, by which of its channels they hold.

    told: number of each channel of the model. of: the journeys, by number; pattern: of each, the row of patterns:
    intercept, then 1 for a channel that is there. wins, losses: of each journey.
    """

    told: Array
    of: Array
    pattern: Array
    patterns: Array
    wins: Array
    losses: Array


def switch_off(paths: Paths, *, level: float = 0.8) -> pd.DataFrame:
    """Return `switch_off_share`: by channel, the share of conversions that a logit loses with the channel set absent.

    Question
        If journeys without this channel are like those with it but for the channel, how many conversions would go with
        it? A sensitivity, not credit; only a test with a group held back can tell.

    Parameters
        level : share of cases in which a range holds, were the model true

    Returns
        One row per channel, sorted: channel, switch_off_share [of all conversions; below 0 where journeys with the
        channel convert less often; they add up to nothing in particular], low, high, n_deals (conversions with the
        channel). NaN for a channel on every journey or on no won one: nothing to compare.

    Formula
        chance = 1 / (1 + exp(-(a + sum of b of the channels that are there))), fitted to the wins and losses of
        journeys. share = sum over journeys of (chance - chance with the channel absent) / wins. Ranges by the delta
        method with accounts as what is drawn (infinitesimal jackknife), which takes in both the coefficients and which
        journeys came. Journeys with a channel that never won are set aside: by the fit they never convert.

    Source
        Shao and Li, KDD 2011, for the model, by statsmodels GLM; Efron, The Jackknife, the Bootstrap and Other
        Resampling Plans (1982), chapter 6, for ranges; Vittinghoff and McCulloch, Am. J. Epidemiology 165 (2007),
        710-718, for FEWEST_EACH.

    Raises
        MeasureError: no conversions, no losses, too few of either, no channel that some journeys have and others have
        not, channels that cannot be told apart, channels that part won from lost without overlap.

    Limits
        True only if buyers who met the channel would not have been keener anyway: planted.planted shows what comes of
        it otherwise. Order, repeats and days count for nothing.
    """
    present = _present(paths)
    _check(present, paths)
    share, error = _shares(present, _fitted(present, paths), paths.values("account"))
    reach = NormalDist().inv_cdf((1 + level) / 2) * error
    table = pd.DataFrame({"channel": list(paths.channels)})
    for name, values in (("switch_off_share", share), ("low", share - reach), ("high", share + reach)):
        found = np.full(len(table), np.nan)
        found[present.told] = values
        table[name] = found
    return table.assign(n_deals=deals_touched(paths))


def _present(paths: Paths) -> _Presence:
    is_there = np.zeros((len(paths.journeys), len(paths.channels)), dtype=bool)
    is_there[paths.journey, paths.channel] = True
    has_won = deals_touched(paths) > 0
    of = np.flatnonzero(~is_there[:, ~has_won].any(axis=1))
    told = np.flatnonzero(has_won & ~is_there[of].all(axis=0))
    packed = np.packbits(is_there[of][:, told], axis=1)
    _, first, pattern = np.unique(packed, axis=0, return_index=True, return_inverse=True)
    patterns = np.insert(is_there[of[first]][:, told].astype("float64"), 0, 1.0, axis=1)
    return _Presence(told, of, pattern.ravel(), patterns, *(paths.values(name)[of] for name in ("wins", "losses")))


def _check(present: _Presence, paths: Paths) -> None:
    wins, losses, least = present.wins.sum(), present.losses.sum(), FEWEST_EACH * len(present.told)
    if not wins > 0:
        _refuse("there must be a conversion", f"none in {len(paths.journeys)} journeys")
    if not losses > 0:
        _refuse("there must be journeys that did not convert", f"none in {len(paths.journeys)}")
    if not len(present.told):
        _refuse("some journeys must have a channel that others have not", "none such", paths.channels)
    if min(wins, losses) < least:
        _refuse(f"{len(present.told)} channels need {least} conversions and {least} journeys without",
                f"{wins:g} and {losses:g}")  # fmt: skip
    _, values, directions = np.linalg.svd(present.patterns.T @ present.patterns)
    if values[-1] <= _DEPENDENT * values[0]:
        same = (np.abs(directions[values <= _DEPENDENT * values[0]]) > _DEPENDENT**0.5).any(axis=0)[1:]
        names = _names(present, paths, same)
        _refuse("no channel may follow from the others",
                f"{len(names)} of {len(present.told)} that cannot be told apart", names)  # fmt: skip


def _fitted(present: _Presence, paths: Paths) -> Array:
    """Return the intercept and the coefficient of each channel."""
    from statsmodels.api import GLM, families  # a second of imports, wanted by few callers
    from statsmodels.tools.sm_exceptions import PerfectSeparationWarning

    counts = [np.bincount(present.pattern, values, len(present.patterns)) for values in (present.wins, present.losses)]
    with warnings.catch_warnings(), np.errstate(divide="ignore", invalid="ignore"):  # of a scale nobody asks for
        warnings.simplefilter("ignore", PerfectSeparationWarning)  # refused below
        found = GLM(np.stack(counts, axis=1), present.patterns, family=families.Binomial()).fit()
    beyond = np.abs(found.params[1:]) > _HIGHEST
    if beyond.any() or not found.converged:
        names = _names(present, paths, beyond)
        _refuse("no channels may part journeys won from the others", f"{len(names)} of {len(beyond)} that do", names)
    return np.asarray(found.params)


def _shares(present: _Presence, coefficients: Array, account: Array) -> tuple[Array, Array]:
    """Return the share lost without each channel of the model, and its standard error."""
    design, row, wins = present.patterns, present.pattern, present.wins
    weight, whole = wins + present.losses, wins.sum()
    chance = _chance(design, coefficients)
    slope, n = chance * (1 - chance), np.bincount(row, weight, len(design))
    inverse = np.linalg.inv((design * (slope * n)[:, None]).T @ design)
    _, account = np.unique(account[present.of], return_inverse=True)
    share, error = np.empty((2, len(present.told)))
    for place in range(len(present.told)):
        without = design.copy()
        without[:, place + 1] = 0.0
        less = _chance(without, coefficients)
        share[place] = n @ (chance - less) / whole
        by_coefficient = n @ (slope[:, None] * design - (less * (1 - less))[:, None] * without)
        pull = design @ inverse @ by_coefficient
        moved = weight * (chance - less)[row] - share[place] * wins + (wins - weight * chance[row]) * pull[row]
        error[place] = np.sqrt((np.bincount(account, moved) ** 2).sum()) / whole
    return share, error


def _chance(design: Array, coefficients: Array) -> Array:
    return 1 / (1 + np.exp(-(design @ coefficients)))


def _names(present: _Presence, paths: Paths, which: Array) -> list[str]:
    return [paths.channels[number] for number in present.told[which]]


def _refuse(rule: str, found: str, which: Iterable[str] = ()) -> None:
    named = f" ({examples(which)})" if which else ""
    raise MeasureError(f"Switch-off: {rule}; found {found}{named}. Do without, or take a longer span of time.")
