"""How much each subject moves a share of survival: standard errors by influence, with weights and clusters."""

import numpy as np

from revops.analysis.survival.counted import counted

__all__ = ["error_of", "incidence_influence", "summed", "survival_influence"]

Array = np.ndarray


def incidence_influence(
    age: Array, event: Array, ages: Array, *, weights: Array | None = None, groups: Array | None = None
) -> tuple[Array, Array]:
    """Return the share to whom event 1 has come by each of some ages [ages], and what each subject moves it by
    [subjects x ages].

    Parameters
        age : whole age at which the first event came, or up to which it would have been seen
        event : 1, or 2 that makes 1 impossible; 0 = neither yet (censored), and at risk at that age
        ages : whole ages that are asked for, rising
        weights : how much each counts; None = once
        groups : number of the group of each, from 0: the share is told of each [groups x ages], and each subject moves
            that of its own; None = all are one

    Formula
        F(t) = sum over a <= t of S(a-) h1(a), with h1 the part of those at risk to whom event 1 comes, h any event,
        S(a-) the part to whom nothing has come before. What subject i moves it by (the derivative by its weight, times
        its weight):
        sum over a <= t of S(a-) dh1_i(a) - sum over u < t of dh_i(u) / (1 - h(u)) x (F(t) - F(u)), where
        dh_i(a) = w_i (1[event of i at a] - h(a) 1[i at risk at a]) / Y(a), Y the weight at risk. Where h(u) = 1 nobody
        is left whose hazard could move, and the second part is 0.

    Source
        Infinitesimal jackknife: Efron, The Jackknife, the Bootstrap and Other Resampling Plans (1982), chapter 6; of
        the Aalen-Johansen estimator: Therneau, Crowson and Atkinson, Multi-state models and competing risks (the
        survival package of R), section on the IJ.
    """
    weights = np.ones(len(age)) if weights is None else np.asarray(weights, dtype=float)
    age, event, ages = (np.asarray(value, dtype="int64") for value in (age, event, ages))
    horizon = int(ages.max(initial=0))
    own = np.zeros((len(age), 1), dtype="int64") if groups is None else np.asarray(groups, dtype="int64")[:, None]
    found = counted(age, event, horizon=horizon, weights=weights, groups=own[:, 0], n_events=2)
    hazards, alive = found.hazards, found.alive
    before = np.concatenate([np.ones_like(alive[:1]), alive[:-1]])
    first, hazard, each = hazards[0], hazards.sum(axis=0), _over(1.0, found.at_risk)
    share = np.cumsum(before * first, axis=0)
    left, kept = _over(hazard, 1 - hazard), _over(1.0, 1 - hazard)
    at_risk = np.stack([before * first * each, left * each, left * each * share]).cumsum(axis=1)
    place, seen = np.minimum(age, horizon)[:, None], np.minimum(age[:, None], ages)
    happened = age[:, None] <= ages
    gain, out, out_share = at_risk[:, seen, own]
    reached = share[ages, own]
    moved = (event == 1)[:, None] * happened * (before * each)[place, own] - gain
    moved -= (event > 0)[:, None] * happened * (reached - share[place, own]) * (kept * each)[place, own]
    moved += reached * out - out_share
    return share[ages, 0] if groups is None else share[ages].T, weights[:, None] * moved


def survival_influence(age: Array, left: Array, ages: Array, *, weights: Array | None = None) -> tuple[Array, Array]:
    """Return the share still there after each of some ages [ages], and what each subject moves it by [subjects x ages].

    Parameters
        age : whole age at which each left, or up to which it would have been seen to leave
        left : whether it left then; else it is censored, and at risk at that age
        ages, weights : as in incidence_influence

    Formula
        What subject i moves S(t) by: -S(t) x sum over u <= t of dh_i(u) / (1 - h(u)); 0 where S(t) is.

    Source
        As incidence_influence. Without weights and clusters its squares add up to Greenwood's variance.
    """
    weights = np.ones(len(age)) if weights is None else np.asarray(weights, dtype=float)
    age, left, ages = np.asarray(age, dtype="int64"), np.asarray(left, dtype=bool), np.asarray(ages, dtype="int64")
    horizon = int(ages.max(initial=0))
    found = counted(age, left, horizon=horizon, weights=weights)
    hazard, each = found.hazards[0, :, 0], _over(1.0, found.at_risk[:, 0])
    at_risk = np.cumsum(_over(hazard, 1 - hazard) * each)
    happened = left[:, None] & (age[:, None] <= ages)
    own = happened * (_over(1.0, 1 - hazard) * each)[np.minimum(age, horizon)][:, None]
    alive = found.alive[ages, 0]
    return alive, weights[:, None] * alive * (at_risk[np.minimum(age[:, None], ages)] - own)


def summed(influence: Array, clusters: Array | None = None, *, weights: Array | None = None) -> Array:
    """Return what each cluster moves figures by [clusters x figures].

    Parameters
        influence : what each subject moves them by [subjects x figures]
        clusters : number of the cluster of each, from 0; None = each its own
        weights : how much each counts; given, what a cluster moves a figure by is divided by sqrt(1 - its part of all),
            as one that counts much pulls the figure towards itself. NaN where one is all.

    Source
        Bell and McCaffrey, Survey Methodology 28 (2002): reduced bias where clusters are few, for a mean exact.
    """
    sums, parts = influence, weights
    if clusters is not None and len(clusters):
        n = int(clusters.max()) + 1
        sums = np.stack([np.bincount(clusters, column, n) for column in influence.T], axis=1)
        parts = None if weights is None else np.bincount(clusters, weights, n)
    if parts is None:
        return sums
    rest = 1 - parts / parts.sum()
    return sums / np.sqrt(np.where(rest > 1e-12, rest, np.nan))[:, None]


def error_of(influence: Array, clusters: Array | None = None, *, weights: Array | None = None) -> Array:
    """Return the standard error of figures from what each subject moves them by [subjects x figures].

    Parameters
        influence, clusters, weights : as in summed

    Formula
        sqrt(sum over clusters of (sum of what their subjects move it by)^2)
    """
    return np.sqrt(np.square(summed(influence, clusters, weights=weights)).sum(axis=0))


def _over(part: Array | float, whole: Array) -> Array:
    """Return part / whole, 0 where the whole is nothing."""
    some = whole > 1e-12
    return np.where(some, part / np.where(some, whole, 1.0), 0.0)
