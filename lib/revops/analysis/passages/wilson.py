"""Ranges of shares, also where they are worth a broken number of subjects, or of few."""

import numpy as np
from scipy.special import ndtri, stdtrit

__all__ = ["reach_of", "wilson"]

Array = np.ndarray


def wilson(share: Array, n: Array, level: float) -> tuple[Array, Array]:
    """Return low and high [0 to 1] of shares that are worth n independent subjects each; NaN where either is.

    Source
        Wilson, JASA 22 (1927); with an effective number: Korn and Graubard, Survey Methodology 24 (1998).
    """
    share, n = np.asarray(share, dtype=float), np.asarray(n, dtype=float)
    square = ndtri((1 + level) / 2) ** 2
    middle = (share * n + square / 2) / (n + square)
    reach = np.sqrt(square * (share * (1 - share) * n + square / 4)) / (n + square)
    return np.clip(middle - reach, 0.0, 1.0), np.clip(middle + reach, 0.0, 1.0)


def reach_of(level: float, n: float | Array | None) -> float | Array:
    """Return how many standard errors a range reaches: by the normal distribution, or by Student's t where the error
    itself was told by n independent parts only."""
    return ndtri((1 + level) / 2) if n is None else stdtrit(np.maximum(n - 1, 1.0), (1 + level) / 2)
