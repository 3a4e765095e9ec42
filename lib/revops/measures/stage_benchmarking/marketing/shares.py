"""Shares of rows, with as many equal independent ones as they are worth."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from revops.analysis.passages.wilson import wilson

__all__ = ["SHARES", "shares_of"]

SHARES = {"n": "int64", "n_right": "int64"} | dict.fromkeys(("share", "low", "high", "error", "n_worth"), "float64")
"""Columns and types of what shares_of tells of a group."""

_NOTHING = 1e-12


def shares_of(rows: pd.DataFrame, by: Sequence[str], *, level: float) -> pd.DataFrame:
    """Return which share of the rows of each group is right, with its range.

    Parameters
        rows : by..., is_right (bool), cluster (text: rows of one cluster are alike)
        level : share of cases in which the range is to hold the long-run share

    Returns
        by..., n, n_right (counts), share, low, high, error (standard error), n_worth: sorted by `by`.

    Formula
        spread^2 = sum over clusters of (right - share x rows)^2 / n^2. n_worth = share (1 - share) / spread^2, at most
        n; where all or none are right, or clusters do not differ, n^2 / sum of squared sizes of clusters. error =
        square root of share (1 - share) / n_worth. The range is Wilson's at n_worth.

    Source
        Cochran, Sampling Techniques (1977), section 3.12; Wilson, JASA 22 (1927).
    """
    keys = [*by, "cluster"]
    each = rows.assign(n=1.0, n_right=rows["is_right"].astype(float)).groupby(keys, sort=True, dropna=False)
    parts = each[["n", "n_right"]].sum().reset_index()
    groups = parts.groupby([*by], sort=True, dropna=False)
    sums = groups[["n", "n_right"]].sum()
    share = sums["n_right"] / sums["n"]
    place = groups.ngroup()
    off = parts["n_right"] - share.to_numpy()[place] * parts["n"]
    squares, sizes = (np.bincount(place, weights, len(sums)) for weights in (off**2, parts["n"] ** 2))
    n, p = sums["n"].to_numpy(), share.to_numpy()
    is_told = (p > 0) & (p < 1) & (squares > _NOTHING * sizes)
    worth = np.where(is_told, p * (1 - p) * n**2 / np.where(is_told, squares, 1.0), n**2 / sizes)
    worth = np.clip(worth, 1.0, n)
    low, high = wilson(p, worth, level)
    found = sums.reset_index().assign(share=p, low=low, high=high, error=np.sqrt(p * (1 - p) / worth), n_worth=worth)
    return found.astype(SHARES)[[*by, *SHARES]]
