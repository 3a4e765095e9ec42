"""Ids as numbers, and rows matched by them."""

import numpy as np
import pandas as pd

__all__ = ["NEVER", "Array", "earliest", "matched", "moments", "numbered"]

Array = np.ndarray
NEVER = np.iinfo(np.int64).max
"""The moment of what has not happened, in microseconds."""


def numbered(*columns: pd.Series) -> tuple[list[Array], pd.Index]:
    """Return columns of ids as numbers, the same for the same id in all of them, -1 for none; and the ids."""
    codes, ids = pd.factorize(pd.concat(columns, ignore_index=True))
    return np.split(codes, np.cumsum([len(column) for column in columns])[:-1]), ids


def matched(left: Array, right: Array) -> tuple[Array, Array]:
    """Return all pairs of rows that hold the same number, in the order of `left`, then of `right`; below 0 is none."""
    order = np.argsort(right, kind="stable")
    order = order[np.searchsorted(right[order], 0) :]
    counts = np.bincount(right[order], minlength=int(left.max(initial=-1)) + 1)
    starts = np.cumsum(counts) - counts
    rows = np.flatnonzero(left >= 0)
    each = counts[left[rows]]
    within = np.arange(each.sum()) - np.repeat(np.cumsum(each) - each, each)
    return np.repeat(rows, each), order[np.repeat(starts[left[rows]], each) + within]


def moments(stamps: pd.Series, end: pd.Timestamp | None = None) -> Array:
    """Return stamps as whole microseconds; NEVER where there is none, or none up to `end`."""
    known = stamps.notna() if end is None else stamps <= end
    return np.where(known, stamps.to_numpy("datetime64[us]").view("int64"), NEVER)


def earliest(n: int, of: Array, at: Array) -> Array:
    """Return the earliest of the moments of each of n; NEVER where there is none. Entries of -1 are of none."""
    found = np.full(n + 1, NEVER)
    np.minimum.at(found, of, at)
    return found[:-1]
