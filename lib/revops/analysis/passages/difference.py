"""The difference of two shares, or of two means, and how far chance and luck leave it open: range and p-value."""

import numpy as np
from scipy.special import stdtr, stdtrit

from revops.analysis.passages.luck import NO_LUCK, Luck

__all__ = ["mean_difference", "share_difference"]

Array = np.ndarray
_HALVINGS = 70
_FARTHEST = 1e4
_CERTAIN = 1e9


def share_difference(
    now: Array, n_now: Array, past: Array, n_past: Array, *, luck: Luck = NO_LUCK, windows: float = 1,
    level: float = 0.8,
) -> tuple[Array, Array, Array]:  # fmt: skip
    """Return low, high and p-value of the difference now - past of shares.

    Parameters
        now, n_now, past, n_past : shares, and of how many equal independent subjects each is worth
        luck : how much windows differ by luck; windows : how many of them `past` is the mean of (now is one)
        level : share of cases in which the range is to hold the difference

    Returns
        low, high, p_value [arrays]; NaN where a share or its n is unknown. p < 1 - level where and only where the
        range leaves out 0.

    Formula
        n of a share with luck = 1 / (1 / n + q spread^2 / windows), q = p (1 - p), p = (share n + 1) / (n + 2).
        Newcombe's hybrid of the two Wilson ranges: d - sqrt((now - now_low)^2 + (past_high - past)^2) and likewise
        above; t instead of normal quantiles, with 4 + df (variance / luck's part of it)^2 degrees of freedom, the
        variance times 1 - 2 / those: the variance and the tails of a normal with so uncertain a variance. p is 1 -
        the level at which an end touches 0.

    Source
        Newcombe, Statistics in Medicine 17 (1998) 873-890, method 10; deviations: luck, t.

    Limits
        Measured where nothing changed, luck known (0, 0.2, 0.4), 40 and 400 entries: 80 % ranges held 0 in 79 to 80 %;
        luck estimated from eight windows, 600 companies a case: 75 to 84 %, the least at luck 0.4.
    """
    now, n_now, past, n_past = (np.asarray(part, dtype=float) for part in (now, n_now, past, n_past))
    (one, of_one), (two, of_two) = _parts(now, n_now, luck, 1), _parts(past, n_past, luck, windows)
    freedom, factor = _freedom(one + two, of_one + of_two, luck)
    with np.errstate(invalid="ignore", divide="ignore"):
        n_now, n_past = n_now * (one - of_one) / (one * factor), n_past * (two - of_two) / (two * factor)
        low, high = _newcombe(now, n_now, past, n_past, stdtrit(freedom, (1 + level) / 2))
    is_known = np.isfinite(low) & np.isfinite(high)
    p_value = 2 * stdtr(freedom, -_touching(now, n_now, past, n_past))
    return low, high, np.where(is_known, np.minimum(p_value, 1.0), np.nan)


def mean_difference(
    now: Array, error_now: Array, past: Array, error_past: Array, *, luck: Luck = NO_LUCK, windows: float = 1,
    level: float = 0.8,
) -> tuple[Array, Array, Array]:  # fmt: skip
    """Return low, high and p-value of the difference now - past of means with their standard errors.

    Parameters, degrees of freedom as in `share_difference`; luck is on the scale of logarithms.

    Formula
        d +- t x sqrt(variance x (1 - 2 / df)), variance = errors^2 + spread^2 (now^2 + past^2 / windows)
    """
    now, error_now, past, error_past = (np.asarray(part, dtype=float) for part in (now, error_now, past, error_past))
    of_luck = luck.spread**2 * (now**2 + past**2 / windows)
    variance = error_now**2 + error_past**2 + of_luck
    freedom, factor = _freedom(variance, of_luck, luck)
    error = np.sqrt(variance * factor)
    reach = stdtrit(freedom, (1 + level) / 2) * error
    change = now - past
    with np.errstate(invalid="ignore", divide="ignore"):
        p_value = 2 * stdtr(freedom, -np.abs(change) / error)
    return change - reach, change + reach, np.where(error > 0, p_value, np.nan)


def _parts(share: Array, n: Array, luck: Luck, windows: float) -> tuple[Array, Array]:
    """Return the variance of a share, and luck's part of it."""
    p = (share * n + 1) / (n + 2)
    q = p * (1 - p)
    of_luck = (q * luck.spread) ** 2 / windows
    with np.errstate(divide="ignore"):
        return q / n + of_luck, of_luck


def _freedom(variance: Array, of_luck: Array, luck: Luck) -> tuple[Array, Array]:
    """Return the degrees of freedom of a variance of which luck's part is uncertain, and the factor it is to have."""
    with np.errstate(divide="ignore", invalid="ignore"):
        freedom = 4 + luck.df * np.square(variance / of_luck)
    freedom = np.where(of_luck > 0, np.minimum(freedom, _CERTAIN), _CERTAIN)
    return freedom, 1 - 2 / freedom


def _newcombe(now: Array, n_now: Array, past: Array, n_past: Array, z: Array) -> tuple[Array, Array]:
    (now_low, now_high), (past_low, past_high) = _wilson(now, n_now, z), _wilson(past, n_past, z)
    below, above = np.hypot(now - now_low, past_high - past), np.hypot(now_high - now, past - past_low)
    return now - past - below, now - past + above


def _touching(now: Array, n_now: Array, past: Array, n_past: Array) -> Array:
    """Return how many standard errors wide Newcombe's range is when it touches 0, by halving."""
    upper, n_upper = np.where(now >= past, now, past), np.where(now >= past, n_now, n_past)
    lower, n_lower = np.where(now >= past, past, now), np.where(now >= past, n_past, n_now)
    near, far = np.zeros(np.shape(now)), np.full(np.shape(now), _FARTHEST)
    with np.errstate(invalid="ignore", divide="ignore"):
        for _ in range(_HALVINGS):
            middle = (near + far) / 2
            is_out = _newcombe(upper, n_upper, lower, n_lower, middle)[0] > 0
            near, far = np.where(is_out, middle, near), np.where(is_out, far, middle)
    return near


def _wilson(share: Array, n: Array, z: Array) -> tuple[Array, Array]:
    """Return the ends of Wilson's range, z standard errors wide."""
    middle, part = share + z**2 / (2 * n), z**2 / n
    half = z * np.sqrt(share * (1 - share) / n + part / (4 * n))
    return np.maximum((middle - half) / (1 + part), 0.0), np.minimum((middle + half) / (1 + part), 1.0)
