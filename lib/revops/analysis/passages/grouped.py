"""The rows of each group, steps in their order."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

__all__ = ["clusters_of", "effective", "grouped"]


def grouped(table: pd.DataFrame, by: Sequence[str]) -> Iterator[tuple[tuple, pd.DataFrame]]:
    """Yield the words of each group and its rows: steps by place, stages by order, other words by the alphabet.

    Rows of no group (an unknown segment) are in none; without `by` all rows are one group.
    """
    by = list(by)
    if not by:
        yield from [((), table)] if len(table) else []
        return
    order = {"step": "place", "stage_name": "stage_order"}
    keys = [key for name in by for key in ((order[name], name) if order.get(name) in table else (name,))]
    shown = [keys.index(name) for name in by]
    for words, rows in table.groupby(keys, sort=True, observed=True):
        yield tuple(words[place] for place in shown), rows


def clusters_of(rows: pd.DataFrame) -> np.ndarray | None:
    """Return the number of each row's cluster, from 0; None where each is its own, as who has none is."""
    if "cluster" not in rows:
        return None
    number, words = pd.factorize(rows["cluster"])
    alone = number < 0
    number[alone] = len(words) + np.arange(alone.sum())
    return number if len(np.unique(number)) < len(number) else None


def effective(weights: np.ndarray, clusters: np.ndarray | None = None) -> float:
    """Return how many equal ones would be as concentrated: (sum of weights)^2 / sum of squares, by cluster."""
    each = weights if clusters is None else np.bincount(clusters, weights)
    return float(weights.sum() ** 2 / np.square(each).sum()) if len(weights) else 0.0
