"""How much of the recurring revenue of some time ago is left: with what it grew by, without it, and in customers."""

from dataclasses import dataclass

import numpy as np

__all__ = ["Retention", "retention"]

Array = np.ndarray


@dataclass(frozen=True)
class Retention:
    """nrr, grr, logo_churn_rate: numbers, or an array with one of each resample; NaN where nobody paid then."""

    nrr: float | Array
    grr: float | Array
    logo_churn_rate: float | Array


def retention(then: Array, now: Array, weights: Array | None = None, *, stays: Array | None = None) -> Retention:
    """Return `nrr`, `grr` and `logo_churn_rate` of the customers that paid `then`.

    Question
        Would revenue grow or shrink if no new customer came?

    Parameters
        then, now : recurring revenue of each customer at the two times [currency a month]
        weights : how often each customer counts in each resample [customers x draws]; without it, once
        stays : true for who stays a customer though it pays nothing now (paused); without it, nobody

    Formula
        Of customers with then > 0: nrr = sum(now) / sum(then); grr = sum(min(now, then)) / sum(then), each customer by
        itself; logo_churn_rate = share with now = 0 that do not stay.

    Limits
        Who paid nothing then is not looked at: new since, or back since.
    """
    paid = then > 0
    left = paid & ~(now > 0) & (True if stays is None else ~stays)
    parts = np.column_stack([np.where(paid, now, 0.0), np.where(paid, np.minimum(now, then), 0.0), left])
    each = np.ones((len(then), 1)) if weights is None else weights
    whole = np.column_stack([np.where(paid, then, 0.0)] * 2 + [paid])
    sums, wholes = parts.T @ each, whole.T @ each
    shares = np.divide(sums, wholes, out=np.full(sums.shape, np.nan), where=wholes > 0)
    return Retention(*(shares if weights is not None else shares[:, 0].tolist()))
