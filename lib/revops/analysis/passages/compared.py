"""The last weeks against the windows before them: what changed, by how much, and how likely by chance and luck."""

import numpy as np
import pandas as pd
from scipy.special import ndtri

from revops.analysis.passages.beside_others import beside_others
from revops.analysis.passages.difference import mean_difference, share_difference
from revops.analysis.passages.luck import Luck
from revops.analysis.passages.wilson import wilson

__all__ = ["MOVES", "WHOLE", "at_horizon", "compared", "compared_days"]

Array = np.ndarray
MOVES = ["what", "step", "dimension", "group", "horizon_days", "n_now", "n_past", "now", "now_low", "now_high", "past",
         "past_low", "past_high", "change", "change_low", "change_high", "p_value", "why"]  # fmt: skip
WHOLE = "company"
"""The dimension and the group of what is said of all."""
_NOW, _PAST = "in the last weeks", "in the weeks before"


def compared(
    now: pd.DataFrame, past: pd.DataFrame, luck: Luck, *, horizon_of: pd.Series | None = None,
    dimension: str | None = None, what: str = "conversion", windows: float = 4, fewest: int = 20, level: float = 0.8,
) -> pd.DataFrame:  # fmt: skip
    """Return shares of the last weeks against those of the windows before, one row per step, or per step and group.

    Question
        Did conversion move, or is it noise?

    Parameters
        now, past : one row per step, group and horizon (`converted` of the last weeks, and of the windows before
            pooled; other shares alike, n_worth being n of independent ones)
            Uses step, the column named by `dimension`, n, share, n_worth; horizon_days where there is `horizon_of`.
        luck : how much windows differ by luck (`luck_of`); a group bears the company's
        horizon_of : step -> the horizon compared (`compared_horizons`); None = one row per step and group
        dimension : column of the groups; None = the whole company
        what : what the shares are of, for the name of the rows
        windows : how many windows `past` is the mean of
        fewest : not tested where fewer came in, in either
        level : share of cases between the ends of a range

    Returns
        MOVES: one row per step and group, steps in the order of the tables, groups by name:
        what, step, dimension, group   "company" for the whole
        horizon_days                   NaN without one
        n_now, n_past                  who came in
        now, now_low, now_high, past, past_low, past_high   shares, ranges by sampling alone (Wilson)
        change, change_low, change_high   now - past; sampling and luck in its range
        p_value                        two-sided; NaN where not tested
        why                            why it is not tested; None where it is

    Formula
        share_difference: p < 1 - level where and only where change_low to change_high leaves out 0. But p of a group
        is told beside the other groups where at least two of them show the luck of the weeks better than the past does
        (beside_others): its range holds luck, its p does not.

    Limits
        A group has the luck of the company and none of its own. `windows` are taken to be of one size.
    """
    rows, one, two = _sides(now, past, horizon_of, dimension)
    for name, side in (("now", one), ("past", two)):
        ends = wilson(side["share"], side["n_worth"], level)
        rows[name], (rows[f"{name}_low"], rows[f"{name}_high"]) = side["share"], ends
    parts = (side[name].to_numpy() for side in (one, two) for name in ("share", "n_worth"))
    low, high, p_value = share_difference(*parts, luck=luck, windows=windows, level=level)
    if dimension is not None:
        beside = beside_others(rows.assign(now_worth=one["n_worth"], past_worth=two["n_worth"]), luck, windows)
        p_value = np.where(np.isnan(beside), p_value, beside)
    return _moves(rows, (low, high, p_value), what, dimension, fewest)


def compared_days(
    now: pd.DataFrame, past: pd.DataFrame, luck: Luck, *, dimension: str | None = None, what: str = "days",
    windows: float = 4, fewest: int = 20, level: float = 0.8,
) -> pd.DataFrame:  # fmt: skip
    """Return mean days of the last weeks against those of the windows before, as `compared`.

    Parameters
        now, past : one row per step and group (`times` with one age that both are restricted to)
            Uses step, the column named by `dimension`, n, restricted_days, restricted_error, restricted_to.
        luck : on the scale of logarithms (`luck_of_days`)

    Returns
        MOVES: now, past and change in days, within the first horizon_days (restricted_to); not tested where the two
        are restricted to different ages.
    """
    sides = (table.assign(share=table["restricted_days"], n_worth=table["restricted_error"],
                          horizon_days=table["restricted_to"]) for table in (now, past))  # fmt: skip
    rows, one, two = _sides(*sides, None, dimension)
    z, is_alike = ndtri((1 + level) / 2), one["horizon_days"].eq(two["horizon_days"])
    rows["horizon_days"] = one["horizon_days"].where(is_alike)
    for name, side in (("now", one), ("past", two)):
        value, reach = side["share"], z * side["n_worth"]
        rows[name], rows[f"{name}_low"], rows[f"{name}_high"] = value, (value - reach).clip(lower=0), value + reach
    parts = (side[name].where(is_alike).to_numpy() for side in (one, two) for name in ("share", "n_worth"))
    ends = mean_difference(*parts, luck=luck, windows=windows, level=level)
    return _moves(rows, ends, what, dimension, fewest)


def at_horizon(table: pd.DataFrame, horizon_of: pd.Series | None) -> pd.DataFrame:
    """Return the rows of each step's horizon; where it has none, its first rows without a share."""
    if horizon_of is None:
        return table if "horizon_days" in table else table.assign(horizon_days=np.nan)
    wanted = table["step"].map(horizon_of).astype("float64")
    first = table["horizon_days"].min()
    kept = table[table["horizon_days"].eq(wanted) | (wanted.isna() & table["horizon_days"].eq(first))]
    wanted = wanted[kept.index]
    told = [name for name in ("share", "n_worth", "low", "high") if name in kept]
    return kept.assign(horizon_days=wanted, **{name: kept[name].where(wanted.notna()) for name in told})


def _sides(
    now: pd.DataFrame, past: pd.DataFrame, horizon_of: pd.Series | None, dimension: str | None
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return the keys of all rows with how many came in, and both tables in their order."""
    keys = ["step"] if dimension is None else ["step", dimension]
    one, two = (at_horizon(table, horizon_of).dropna(subset=keys) for table in (now, past))
    both = pd.concat([two[keys], one[keys]]).drop_duplicates(ignore_index=True)
    order = dict(zip(both["step"].drop_duplicates(), range(len(both)), strict=False))
    both = both.sort_values(keys, key=lambda part: part.map(order) if part.name == "step" else part, ignore_index=True)
    index = both.set_index(keys).index
    one, two = (side.set_index(keys).reindex(index).reset_index() for side in (one, two))
    rows = both.assign(horizon_days=one["horizon_days"].fillna(two["horizon_days"]).astype("float64"),
                       n_now=one["n"].fillna(0).astype("int64"), n_past=two["n"].fillna(0).astype("int64"))  # fmt: skip
    return rows, one, two


def _moves(
    rows: pd.DataFrame, ends: tuple[Array, Array, Array], what: str, dimension: str | None, fewest: int
) -> pd.DataFrame:
    """Return the rows in the shape of MOVES, those of too few not tested."""
    group = WHOLE if dimension is None else rows[dimension].astype("str")
    low, high, p_value = ends
    rows = rows.assign(what=what, dimension=dimension or WHOLE, group=group, change=rows["now"] - rows["past"],
                       change_low=low, change_high=high)  # fmt: skip
    why = _why(rows, fewest, np.isnan(p_value))
    rows = rows.assign(p_value=np.where(why.isna(), p_value, np.nan), why=why)
    return rows[MOVES]


def _why(rows: pd.DataFrame, fewest: int, is_unknown: Array) -> pd.Series:
    """Return why each row is not tested, None where it is."""
    days = [f"for {age:.0f} days" if age > 0 else "long enough" for age in rows["horizon_days"]]
    few = np.array([f"too few followed {words} " for words in days], dtype=object)
    reasons = (
        (rows["n_now"] < fewest, f"fewer than {fewest} {_NOW}"),
        (rows["n_past"] < fewest, f"fewer than {fewest} {_PAST}"),
        (rows["now"].isna(), few + _NOW),
        (rows["past"].isna(), few + _PAST),
        (is_unknown & rows["horizon_days"].isna(), "not seen equally long"),
        (is_unknown, "no range"),
    )
    why = np.select(*zip(*reasons, strict=True), default=None)
    return pd.Series(why, rows.index, dtype=object)
