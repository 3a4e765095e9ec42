"""How many are at risk at each whole age, and to how many each event comes."""

from dataclasses import dataclass

import numpy as np

__all__ = ["Counted", "counted"]

Array = np.ndarray


@dataclass(frozen=True)
class Counted:
    """at_risk: who is still there at each age, before anything happens at it [ages from 0 x draws, or groups].
    events: to whom each event comes at that age [events x ages x draws, or groups].
    """

    at_risk: Array
    events: Array

    @property
    def hazards(self) -> Array:
        """Return the share of those at risk to whom each event comes; 0 where nobody is at risk."""
        return np.divide(self.events, self.at_risk, out=np.zeros_like(self.events), where=self.at_risk > 0)

    @property
    def alive(self) -> Array:
        """Return the share of all to whom nothing has come by the end of each age [ages x draws, or groups]."""
        return np.cumprod(1 - self.hazards.sum(axis=0), axis=0)

    @property
    def is_known(self) -> Array:
        """Return the ages that are known: somebody is at risk, or nobody is left to whom anything can come."""
        over = self.alive <= 1e-12
        return (self.at_risk > 0) | (np.cumsum(over, axis=0) > 0)


def counted(
    age: Array, event: Array, *, horizon: int, weights: Array | None = None, groups: Array | None = None,
    n_events: int = 1,
) -> Counted:  # fmt: skip
    """Return who is at risk, and to whom each event comes, at whole ages 0 to the horizon.

    Parameters
        age : whole age at which each was last seen [n], or in each draw [n x draws]
        event : what came then: 0 nothing (censored), 1 to n_events [as age]
        horizon : the oldest age that is told; who is older is at risk up to it
        weights : how often each counts [n], or in each draw [n x draws]; None = once
        groups : number of the group that each is counted in, from 0 [n]; None = all are in one, or in draws

    Who is censored at an age is at risk at it.
    """
    weights = np.ones(len(age)) if weights is None else np.asarray(weights, dtype=float)
    weights = weights[:, None] if weights.ndim == 1 else weights
    column = np.arange(weights.shape[1]) if groups is None else np.asarray(groups, dtype="int64")[:, None]
    n_columns, n_ages = int(column.max(initial=0)) + 1, horizon + 2
    age, event = (np.asarray(value, dtype="int64") for value in (age, event))
    age, event = (value[:, None] if value.ndim == 1 else value for value in (age, event))
    is_old = age > horizon
    place = np.where(is_old, 0, event) * n_ages + np.where(is_old, horizon + 1, age)
    place = place * n_columns + column
    sums = np.bincount(
        place.ravel(), np.broadcast_to(weights, place.shape).ravel(), (n_events + 1) * n_ages * n_columns
    )
    sums = sums.astype(float).reshape(n_events + 1, n_ages, n_columns)
    at_risk = sums.sum(axis=0)[::-1].cumsum(axis=0)[::-1]
    return Counted(at_risk[: horizon + 1], sums[1:, : horizon + 1])
