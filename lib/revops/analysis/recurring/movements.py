"""What moved recurring revenue: the bridge from one period to the next, customer by customer and month by month."""

import numpy as np
import pandas as pd

from revops.analysis.recurring.customer_months import CustomerMonths

__all__ = ["MOVES", "added", "movements"]

Array = np.ndarray
MOVES = ("new", "expansion", "contraction", "churn", "reactivation")
_COUNTED = ("new", "churn", "reactivation")
_ADDED = ("new", "expansion", "reactivation")


def movements(months: CustomerMonths, by: pd.Series | None = None) -> pd.DataFrame:
    """Return `recurring_movement_amount` by period and what moved it [currency a month].

    Question
        Does recurring revenue grow by new customers or by those we have, and what do those who leave take away?

    Parameters
        by : the name of the period of each month, in the order of months.months; without it, each month by itself

    Returns
        One row per period in order of time, from the one that holds the second month on:
        period, opening, new, expansion, contraction, churn, reactivation, closing   recurring a month [currency]
        n_opening, n_new, n_churn, n_reactivation, n_closing   customers
        n_months   months whose movements are in it: fewer than the period has where it is cut off

    Formula
        opening + new + expansion + contraction + churn + reactivation = closing, and the same of customers; contraction
        and churn are at most 0. Movements are those from each month to the next, added over the period. The first month
        of all is the opening of the second. A pause is a contraction to 0 and its end an expansion; a customer that was
        away and comes back is a reactivation.

    Limits
        Rates of exchange and rises of price are in expansion and contraction. Who is missing in the last months, which
        are not settled, is in churn.
    """
    n = len(months.months)
    names = pd.Series(months.months.strftime("%Y-%m"), dtype="str") if by is None else by.reset_index(drop=True)
    if len(names) != n:
        raise ValueError(f"movements: by must name a period for each of the {n} months; found {len(names)}.")
    codes, periods = pd.factorize(names[1:])
    kinds, change = _kinds(months), np.diff(months.amount, axis=1)
    total, there = months.amount.sum(axis=0), months.there.sum(axis=0)
    first = np.flatnonzero(np.diff(codes, prepend=-1))
    last = np.append(first[1:], len(codes))[: len(first)]

    def added(values: Array) -> Array:
        return np.bincount(codes, values.sum(axis=0), len(periods))

    sums = {name: added(np.where(kinds[name], change, 0.0)) for name in MOVES}
    heads = {f"n_{name}": added(kinds[name]).astype(int) for name in _COUNTED}
    return pd.DataFrame({
        "period": pd.Series(periods, dtype="str"), "opening": total[first], **sums, "closing": total[last],
        "n_opening": there[first], **heads, "n_closing": there[last], "n_months": np.bincount(codes),
    })  # fmt: skip


def added(months: CustomerMonths, within: pd.DatetimeIndex) -> Array:
    """Return what each customer added to recurring revenue in some months [currency a month], in the order of
    months.customers: new, expansion and reactivation of `movements`, from the month before each; nothing in the first
    month of all."""
    kinds, change = _kinds(months), np.diff(months.amount, axis=1)
    counts = np.logical_or.reduce([kinds[name] for name in _ADDED]) & months.months[1:].isin(within)
    return np.where(counts, change, 0.0).sum(axis=1)


def _kinds(months: CustomerMonths) -> dict[str, Array]:
    """Return by kind whose revenue so moved from each month to the next [customers x months but one]."""
    change = np.diff(months.amount, axis=1)
    before, now = months.there[:, :-1], months.there[:, 1:]
    is_first = np.arange(1, len(months.months)) == months.customers["start"].to_numpy()[:, None]
    return {
        "new": ~before & now & is_first,
        "expansion": before & now & (change > 0),
        "contraction": before & now & (change < 0),
        "churn": before & ~now,
        "reactivation": ~before & now & ~is_first,
    }
