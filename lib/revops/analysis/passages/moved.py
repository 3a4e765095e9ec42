"""Which horizon a step is compared at, and what moved beyond noise of all that is compared in one report."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from revops.analysis.passages.compared import MOVES

__all__ = ["beyond_chance", "compared_horizons", "moved"]

Array = np.ndarray
_EVEN = 1e-9
_COUNTS = ("n_now", "n_past")
_WORDS = ("what", "step", "dimension", "group", "why")


def compared_horizons(
    now: pd.DataFrame, past: pd.DataFrame, horizons: Sequence[int], *, fewest_followed: int = 10
) -> pd.Series:
    """Return the horizon each step is compared at: step -> days; NaN where no horizon has enough followed.

    Parameters
        now, past : `converted` by step alone
            Uses step, horizon_days, n_followed, share.
        horizons : ages in days, rising
        fewest_followed : so many were followed that long, in both

    Formula
        The first horizon by which half of those who moved on in the past windows (by the last horizon that is known)
        had; brought down to the largest one at which both have fewest_followed.
    """
    table = past.merge(now, on=["step", "horizon_days"], how="left", suffixes=("", "_now"), validate="one_to_one")
    table = table[table["horizon_days"].isin(list(horizons))].sort_values("horizon_days", kind="stable")
    known = table[table["n_followed"].ge(fewest_followed) & table["share"].notna()]
    last = known.groupby("step")["share"].transform("last")
    half = known[known["share"] >= last / 2 - _EVEN].groupby("step")["horizon_days"].first()
    both = known[known["n_followed_now"].ge(fewest_followed) & known["share_now"].notna()]
    fits = both[both["horizon_days"] <= half.reindex(both["step"]).to_numpy()].groupby("step")["horizon_days"].last()
    return fits.reindex(past["step"].drop_duplicates()).astype("float64").rename("horizon_days")


def moved(tables: Sequence[pd.DataFrame], *, sure: float = 0.9) -> pd.DataFrame:
    """Return all that is compared in one report, and what of it moved beyond noise.

    Question
        What moved, and what is only noise?

    Parameters
        tables : MOVES of everything that the report compares
        sure : of what is said to have moved, the share that is to be right

    Returns
        MOVES, in the order of the tables, with verdict: up, down, none, not tested.

    Formula
        Benjamini-Hochberg at 1 - sure over all rows with a p-value.

    Source
        Benjamini and Hochberg, JRSS B 57 (1995) 289-300, as implemented by
        statsmodels.stats.multitest.multipletests.

    Limits
        The company, its segments and its steps are not independent: they share subjects and luck. The rate is proven
        for independent and for positively dependent tests, such as a company and its parts, not for all. Measured at
        sure 0.9 on made-up companies of four steps and three segments, 80 to 100 a case, shares by plain chance
        (simulation alone leaves +/- 6 points), luck of sd 0, 0.1, 0.2 and 0.4, shared by steps or not: where nothing
        changed, something was said to have moved at 5 to 11 % of companies with 17 entries a window and segment, 5 to
        9 % with 50, 0 to 9 % with 150 and 0 to 5 % with 500. Conversion of one segment halved from 40 % was found with
        50 entries in it a window at 31 to 48 % of companies (luck 0 and 0.1) and at 19 and 24 % (0.2 and 0.4), with
        150 at 98 and 91 % and at 76 %, with 500 at all; at most 10 % of what was said to have moved had not. With 17
        entries a segment is not tested. With censoring, horizons and growth of 0.85 to 1.2 a window
        (lib/tests/calibration/moves.py, 96 companies): 7 % (4 to 14) were told of a change where nothing had changed;
        of the halved segment 17, 67 and 96 % were found with 50, 150 and 500 entries in it a window (24 companies
        each, about 28 to 14 % by day 30), and 15, 12 and 3 % of what was said to have moved had not. What one kind of
        passage gains in weight counts as change of the whole: compare types.
    """
    told = [table for table in tables if len(table)]
    if not told:
        return _nothing()
    rows = pd.concat(told, ignore_index=True)[MOVES]
    p_value = rows["p_value"].to_numpy(dtype=float)
    signs = np.where(rows["change"] > 0, "up", "down")
    verdict = np.where(np.isnan(p_value), "not tested", np.where(beyond_chance(p_value, sure), signs, "none"))
    return rows.assign(verdict=pd.Series(verdict, rows.index, dtype="str"))


def beyond_chance(p_value: Array, sure: float) -> Array:
    """Return which of the p-values pass Benjamini-Hochberg at 1 - sure; those not known neither pass nor count."""
    from statsmodels.stats.multitest import multipletests  # wanted by few callers

    p_value = np.asarray(p_value, dtype=float)
    known, found = np.isfinite(p_value), np.zeros(p_value.shape, dtype=bool)
    if known.any():
        found[known] = multipletests(p_value[known], alpha=1 - sure + _EVEN, method="fdr_bh")[0]
    return found


def _nothing() -> pd.DataFrame:
    types = {name: "int64" if name in _COUNTS else "str" if name in _WORDS else "float64" for name in MOVES}
    types["why"] = "object"
    return pd.DataFrame({name: pd.Series(dtype=type) for name, type in (types | {"verdict": "str"}).items()})
