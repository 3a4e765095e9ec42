"""Figures of groups drawn to the company's where little is known, and which of them noise cannot explain."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

__all__ = ["Drawn", "Values", "drawn_to_whole", "surely"]

Array = np.ndarray
_SPREADS = np.linspace(0.02, 1.5, 60)
_USUAL_SPREAD = 0.4
_AS_IF = 5.0


@dataclass(frozen=True)
class Values:
    """Groups by name: n customers, the amount they pay, and the sum of the squares of what each pays."""

    names: list[str]
    n: Array
    amount: Array
    squares: Array


@dataclass(frozen=True)
class Drawn:
    """middle, low, high: figures of groups drawn to the company's; NaN where a group has no figure. factor: over the
    company's, 1 where there is none; customers times factors add up to the customers."""

    middle: Array
    low: Array
    high: Array
    factor: Array


def drawn_to_whole(figure: Array, values: Values, level: float, *, of_amounts: bool) -> Drawn:
    """Return a cost per customer, or per amount paid, of groups drawn to that of all of them.

    Question
        How much of what sets a segment apart is more than the luck of a few customers?

    Parameters
        figure : cost / n, or cost / amount in any unit, of each group; NaN: none
        of_amounts : whether it is per amount

    Formula
        y = log of the figure, whose variance from chance is v = (1 + c2) / n, as Poisson resamples of customers have it
        (c2: relative variance of amounts, the group's own and, as if of 5 more customers, that of all within their
        groups; 0 per customer). True figures are normal about the company's with spread t: y is drawn to the company's
        by v / (v + t^2), averaged over how likely each t is: likelihood of the groups' y, each counting 1 - its share
        of the whole, x t exp(-t^2 / (2 x 0.4^2)). The range has v, t and the company's own variance in it.

    Source
        DerSimonian and Laird, Controlled Clinical Trials 7 (1986), the normal-normal model; Chung and others,
        Psychometrika 78 (2013), for a prior that leaves 0.

    Limits
        Ranges hold on average over groups, not for the one that happens to be dearest. Cost is taken as certain.
    """
    base = values.amount if of_amounts else values.n
    known = ~np.isnan(figure) & (base > 0)
    if not known.any():
        none = np.full(len(figure), np.nan)
        return Drawn(none, none, none, np.ones(len(figure)))
    y, n, weight = np.log(figure[known]), values.n[known], base[known]
    share = weight / weight.sum()
    centre = np.log((figure[known] * weight).sum() / weight.sum())
    spread = _relative(values)[known] if of_amounts else np.zeros(known.sum())
    v = (1 + spread) / n
    likely, kept = _likely(y - centre, v, share), _SPREADS**2 / (v[:, None] + _SPREADS**2)
    each = kept * (y - centre)[:, None]
    middle = each @ likely
    variance = (kept * v[:, None] + (1 - kept) ** 2 * (share**2 * v).sum() + each**2) @ likely - middle**2
    reach = ndtri((1 + level) / 2) * np.sqrt(variance)
    ends = (np.exp(centre + middle + step) for step in (np.zeros(len(y)), -reach, reach))
    return Drawn(
        *(_filled(end, known, np.nan) for end in ends), _readded(_filled(np.exp(middle), known, 1.0), values.n)
    )


def surely(payback: Array, is_above: Array, target: float, *, may: Array, sure: float) -> Array:
    """Return above or below for groups whose payback is so beyond noise, else "".

    Parameters
        is_above : whether it is above the target in each resample [groups x draws]
        may : groups that may be called sure

    Formula
        p = share of resamples on the other side of the target (one more of either kind); by Benjamini and Hochberg over
        the groups that may, at 1 - sure.

    Source
        Benjamini and Hochberg, Journal of the Royal Statistical Society B 57 (1995).
    """
    above = payback > target
    other = (is_above != above[:, None]).sum(axis=1)
    p = np.where(may & ~np.isnan(payback), (other + 1) / (is_above.shape[1] + 1), np.nan)
    tested = np.sort(p[~np.isnan(p)])
    passing = tested[tested <= (1 - sure) * np.arange(1, len(tested) + 1) / max(len(tested), 1)]
    is_sure = p <= (passing.max() if len(passing) else -1.0)
    return np.where(is_sure, np.where(above, "above", "below"), "")


def _relative(values: Values) -> Array:
    """Return the relative variance of amounts in each group: its own, and that of all within groups as if of 5 more."""
    n = np.maximum(values.n, 1)
    mean = np.where(values.amount > 0, values.amount, 1.0) / n
    inside = np.maximum(values.squares / mean**2 - n, 0.0)
    free = np.maximum(values.n - 1, 0)
    of_all = inside.sum() / free.sum() if free.sum() else 1.0
    return (inside + _AS_IF * of_all) / (free + _AS_IF)


def _likely(y: Array, v: Array, share: Array) -> Array:
    """Return how likely each spread between groups is."""
    variance = v[:, None] + _SPREADS**2
    each = -0.5 * (np.log(variance) + y[:, None] ** 2 / variance)
    log = (1 - share) @ each + np.log(_SPREADS) - 0.5 * (_SPREADS / _USUAL_SPREAD) ** 2
    weights = np.exp(log - log.max())
    return weights / weights.sum()


def _filled(found: Array, known: Array, other: float) -> Array:
    whole = np.full(len(known), other)
    whole[known] = found
    return whole


def _readded(factor: Array, n: Array) -> Array:
    """Return factors such that customers times factors add up to the customers."""
    return np.where(n > 0, factor * n.sum() / max((factor * n).sum(), 1e-12), 1.0)
