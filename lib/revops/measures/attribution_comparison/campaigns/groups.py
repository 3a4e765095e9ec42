"""Sums over groups of campaigns: what they return for their cost, and whether every rule says so."""

import numpy as np
import pandas as pd

from revops.analysis.spending import earns
from revops.measures.attribution_comparison.campaigns.known import Known

__all__ = ["are_mature", "returns_of", "spend_of", "summed", "top_deal_shares", "verdicts"]

Array = np.ndarray


def summed(values: Array, of: Array, n: int) -> Array:
    """Return sums over groups: [any x campaign] -> [any x group]; `of` is the group of each campaign."""
    found = np.zeros((n, len(values)))
    np.add.at(found, of, values.T)
    return found.T


def spend_of(known: Known, of: Array, n: int) -> Array:
    """Return what groups of campaigns cost so far, as far as it is known; NaN where nothing is."""
    spend = known.listed.table["spend_amount"].to_numpy(dtype=float)
    has = np.bincount(of, np.isfinite(spend), n) > 0
    return np.where(has, np.bincount(of, np.nan_to_num(spend), n), np.nan)


def returns_of(known: Known, credited: Array, of: Array, n: int) -> Array:
    """Return contribution over spend [any x group] of CRM campaigns with a cost; NaN where none has one above 0."""
    spend, credited = _with_cost(known, credited, of, n)
    return (credited * known.costs.margin - spend) / spend


def verdicts(known: Known, of: Array, n: int) -> Array:
    """Return whether all, some or none of the rules earn the cost of groups; blank without cost, rule or threshold.

    A cost that matches no CRM campaign has none: no touch can be told to be its.
    """
    spend, credited = _with_cost(known, known.amount, of, n)
    most = known.costs.most_cost
    n_earn = earns(spend, credited, most).sum(axis=0)
    told = np.isfinite(spend) & (len(credited) > 0) & np.isfinite(most)
    return np.select([~told, n_earn == len(credited), n_earn > 0], ["", "all", "some"], "none")


def top_deal_shares(known: Known, of: Array, n: int) -> Array:
    """Return the largest deal's share of the credit of groups under the reference rule; NaN where it has none."""
    group = np.append(of, -1)[known.listed.of_touch]
    by_deal = pd.Series(known.of_deal).groupby([group, known.paths.journey]).sum()
    largest = by_deal.groupby(level=0).max().reindex(range(n)).to_numpy(dtype=float)
    total = np.bincount(group[group >= 0], known.of_deal[group >= 0], n)
    return largest / np.where(total > 0, total, np.nan)


def are_mature(known: Known, of: Array, n: int) -> Array:
    """Return whether all campaigns of groups did their last at least the usual days from touch to close before the day.

    None is where no touch of a won deal tells how many days are usual.
    """
    days, last = known.costs.lag_days, known.listed.table["last"]
    if "lag_days" in known.costs.why:
        return np.zeros(n, dtype=bool)
    since = (pd.Timestamp(known.window.view.day) - last.dt.normalize()) / pd.Timedelta(days=1)
    return np.bincount(of, ~(since >= days).to_numpy(), n) == 0


def _with_cost(known: Known, credited: Array, of: Array, n: int) -> tuple[Array, Array]:
    """Return spend of groups (NaN where nothing is spent), and the credit of those of their campaigns that cost."""
    has = np.isfinite(known.spend)
    spend = np.bincount(of, np.where(has, known.spend, 0.0), n)
    return np.where(spend > 0, spend, np.nan), summed(np.where(has, credited, 0.0), of, n)
