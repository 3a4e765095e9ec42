"""Resamples of customers, ranges of figures from their resamples, and which of several verdicts these make sure."""

import numpy as np
from scipy.special import ndtr, stdtrit

__all__ = ["customer_counts", "customers_drawn", "drawn_range", "surely"]

Array = np.ndarray
_STREAM = 73
_EVEN = 1e-9
_BLOCK = 2**14


def customer_counts(n: int, seed: int, n_draws: int = 500) -> Array:
    """Return how often each of n customers is taken in each resample [customers x draws].

    Poisson counts of mean 1, so that how many customers there are varies too: that a month won nine and not twelve is
    chance as much as which nine. The same seed gives the same counts.

    Source
        Hanley and MacGibbon, Computer Methods and Programs in Biomedicine 83 (2006): the Poisson bootstrap.
    """
    return np.random.default_rng([seed, _STREAM]).poisson(1.0, (n, n_draws)).astype(float)


def customers_drawn(n: int, seed: int, n_draws: int = 500) -> Array:
    """Return how many customers each resample holds in all [draws]: the sums of customer_counts, without keeping it."""
    random, drawn = np.random.default_rng([seed, _STREAM]), np.zeros(n_draws)
    for first in range(0, n, _BLOCK):
        drawn += random.poisson(1.0, (min(_BLOCK, n - first), n_draws)).sum(axis=0)
    return drawn


def drawn_range(values: Array, n: Array, *, level: float = 0.8) -> tuple[Array, Array]:
    """Return the ends of a range of figures from their resamples, wider than the plain percentiles where few accounts
    stand behind them.

    Parameters
        values : the figure in each resample [figures x draws]
        n : of each figure, how many independent parts stand behind it (CreditDraws.behind); fewer than 2 count as 2

    Returns
        low, high; NaN without draws

    Formula
        Percentiles a and 1 - a, a = Phi(-sqrt(n / (n - 1)) t), t the quantile of (1 + level) / 2 of Student's t with
        n - 1 degrees of freedom: of a mean of n the plain percentiles have neither factor.

    Source
        Hesterberg, What Teachers Should Know About the Bootstrap, The American Statistician 69 (2015), section 5.3
        (expanded percentile interval); deviation: n is what a channel is credited with, not the size of the sample.
    """
    if not values.size:
        return np.full(len(values), np.nan), np.full(len(values), np.nan)
    size = np.maximum(np.nan_to_num(np.asarray(n, dtype=float), nan=2.0), 2.0)
    tail = ndtr(-np.sqrt(size / (size - 1)) * stdtrit(size - 1, (1 + level) / 2))
    ends = [np.quantile(row, [part, 1 - part]) for row, part in zip(values, tail, strict=True)]
    low, high = np.array(ends).T
    return low, high


def surely(held: Array, n_draws: int, sure: float, *, judged: Array, stays: Array) -> Array:
    """Return which of several verdicts are sure: not by chance, though several are looked at.

    Parameters
        held : of each verdict, the share of resamples that agree with it; NaN where there are none
        sure : share of the sure verdicts that are to be right
        judged : which verdicts are looked at; the others are not sure
        stays : which are not turned by anything but chance; the others count among those looked at, and are not sure

    Formula
        p = (1 + resamples that do not agree) / (1 + resamples), never 0; 1 where it does not stay. Sure: p passes
        Benjamini-Hochberg at 1 - sure over the verdicts judged.

    Source
        Davison and Hinkley, Bootstrap Methods and their Application (1997), 4.2.3, for p; Benjamini and Hochberg,
        JRSS B 57 (1995) 289-300, as implemented by statsmodels.stats.multitest.multipletests.
    """
    from statsmodels.stats.multitest import multipletests  # wanted by few callers

    judged, found = np.asarray(judged, dtype=bool), np.zeros(len(judged), dtype=bool)
    if judged.any():
        wrong = ((1 - np.asarray(held, dtype=float)) * n_draws).round()
        p = np.where(stays, (1 + wrong) / (1 + n_draws), 1.0)
        found[judged] = multipletests(p[judged], alpha=1 - sure + _EVEN, method="fdr_bh")[0]
    return found
