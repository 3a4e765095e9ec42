"""The rows of each group, steps in their order."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

__all__ = ["clusters_in", "clusters_of", "effective", "grouped", "numbered"]


def grouped(table: pd.DataFrame, by: Sequence[str]) -> Iterator[tuple[tuple, pd.DataFrame]]:
    """Yield the words of each group and its rows: steps by place, stages by order, other words by the alphabet.

    Rows of no group (an unknown segment) are in none; without `by` all rows are one group.
    """
    if not by:
        yield from [((), table)] if len(table) else []
        return
    number, groups = numbered(table, by)
    order = np.argsort(number, kind="stable")
    ends = np.searchsorted(number[order], np.arange(len(groups) + 1))
    for words, first, last in zip(groups.itertuples(index=False, name=None), ends, ends[1:], strict=False):
        yield words, table.iloc[order[first:last]]


def numbered(table: pd.DataFrame, by: Sequence[str]) -> tuple[np.ndarray, pd.DataFrame]:
    """Return the number of each row's group, from 0 in the order of `grouped`, -1 of none; and the words of each."""
    if not by:
        return np.zeros(len(table), dtype="int64"), pd.DataFrame(index=range(min(len(table), 1)))
    number = np.zeros(len(table), dtype="int64")
    for key in _keys(table, by):
        code, words = pd.factorize(table[key], sort=True)
        number = np.where((number < 0) | (code < 0), -1, number * len(words) + code)
    groups, first, number = np.unique(number, return_index=True, return_inverse=True)
    n_none = int((groups < 0).sum())
    return number - n_none, table[list(by)].iloc[first[n_none:]].reset_index(drop=True)


def _keys(table: pd.DataFrame, by: Sequence[str]) -> list[str]:
    """Return what groups are told apart by, and put in order."""
    order = {"step": "place", "stage_name": "stage_order"}
    return [key for name in by for key in ((order[name], name) if order.get(name) in table else (name,))]


def clusters_of(rows: pd.DataFrame) -> np.ndarray | None:
    """Return the number of each row's cluster, from 0; None where each is its own, as who has none is."""
    if "cluster" not in rows:
        return None
    number, words = pd.factorize(rows["cluster"])
    alone = number < 0
    number[alone] = len(words) + np.arange(alone.sum())
    return number if len(np.unique(number)) < len(number) else None


def clusters_in(rows: pd.DataFrame, group: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the number of each row's cluster, from 0, clusters of two groups being two; and the group of each."""
    if "cluster" not in rows:
        return np.arange(len(rows)), group
    number, words = pd.factorize(rows["cluster"])
    most = len(words) + len(rows)
    number = np.where(number < 0, len(words) + np.arange(len(rows)), number)
    cluster, pairs = pd.factorize(group * most + number)
    return cluster, pairs // most


def effective(weights: np.ndarray, clusters: np.ndarray | None = None) -> float:
    """Return how many equal ones would be as concentrated: (sum of weights)^2 / sum of squares, by cluster."""
    each = weights if clusters is None else np.bincount(clusters, weights)
    return float(weights.sum() ** 2 / np.square(each).sum()) if len(weights) else 0.0
