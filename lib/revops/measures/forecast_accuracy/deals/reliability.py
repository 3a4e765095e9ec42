"""Of the deals told a chance, how many were won: the reliability curve, and what commit came to."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.analysis.by_quarter import FEW, by_quarter, counts_by_quarter, share_range
from revops.ratios import safe_ratio, share_interval

__all__ = ["UNTOLD", "Reliability", "bin_numbers", "commit_hits", "due_deals", "reliability"]

Array = np.ndarray
UNTOLD = "Unknown"
_CATEGORIES = ("Forecast", "MostLikely", "BestCase", "Pipeline", "Omitted")
_FEW_VALUES = 12


@dataclass(frozen=True)
class Reliability:
    """table: one row per bin, rising (see `reliability`). n: deals in it; n_without: due deals told no probability."""

    table: pd.DataFrame
    n: int
    n_without: int


def due_deals(deals: pd.DataFrame, types: Collection[str] | None = None) -> pd.DataFrame:
    """Return the deals due in their quarter and qualified (place due), of some types; by default of all."""
    kept = deals["place"].eq("due") & (True if types is None else deals["type"].isin(types))
    return deals[kept]


def reliability(
    deals: pd.DataFrame, probability: str = "win_probability", *, types: Collection[str] | None = None,
    bins: int = 10, level: float = 0.8,
) -> Reliability:  # fmt: skip
    """Return of the deals told about the same chance, how many were won within the quarter, with ranges.

    Question
        Of the deals marked 70 %, how many do we win in the quarter they are due?

    Parameters
        deals : one row per quarter x deal open on the day (SameDay.deals); uses period, place, type, amount, is_won
        probability : column of what was told [0 to 1, NaN where nothing was]
        types : opportunity types; by default all
        bins : count, where more than 12 different chances were told; else each has a bin of its own

    Returns
        table, one row per bin, rising:
        told                   mean chance told [0 to 1]
        won_share, low, high   share won, by count, with its range by quarters (`share_range`)
        wilson_low, wilson_high   its range if no two deals shared any luck
        n, n_periods           deals, and quarters with such deals
        amount, won_amount     as on the day; what the won ones brought [company currency]
        won_amount_share       amount of the won ones over amount, both as on the day [0 to 1]
        is_few                 fewer than 50 deals: proves nothing
        differs                the range excludes what was told

    Formula
        won_share = won / n. Bins of equal count otherwise: a chance goes where the middle of the deals told it falls.

    Source
        Bröcker and Smith, Weather and Forecasting 22 (2007), for ranges beside reliability curves; METHODS 4.2.

    Limits
        Won later than in the quarter counts as not won; a CRM's probability often means won ever (see `recalibrated`).
        Ranges hold one by one: of ten bins that are right, two of the 80 % ranges exclude what was told.
    """
    due = due_deals(deals, types)
    known = due[due[probability].notna()]
    told = known[probability].to_numpy(dtype=float)
    code = bin_numbers(told, bins)
    rows = [_bin(known[code == number], told[code == number], level) for number in range(code.max(initial=-1) + 1)]
    columns = ["told", "won_share", "low", "high", "wilson_low", "wilson_high", "n", "n_periods", "amount",
               "won_amount", "won_amount_share", "is_few", "differs"]  # fmt: skip
    table = pd.DataFrame(rows, columns=columns)
    counts, flags = dict.fromkeys(["n", "n_periods"], "int64"), dict.fromkeys(["is_few", "differs"], "bool")
    table = table.astype(dict.fromkeys(columns, "float64") | counts | flags)
    return Reliability(table, len(known), len(due) - len(known))


def bin_numbers(told: Array, bins: int) -> Array:
    """Return the bin of each chance told, from 0, rising: equal chances always share one."""
    values, at, counts = np.unique(told, return_inverse=True, return_counts=True)
    if len(values) <= _FEW_VALUES:
        return at
    number = np.floor((np.cumsum(counts) - counts / 2) / len(told) * bins)
    return np.unique(number, return_inverse=True)[1][at]


def _bin(deals: pd.DataFrame, told: Array, level: float) -> dict[str, float]:
    """Return one row of the reliability table."""
    row = _won(deals, level)
    mean = float(told.mean()) if np.ptp(told) else float(told[0])
    wilson = share_interval(row["n_won"], row["n"], level=level)
    outside = not row["low"] <= mean <= row["high"]
    return row | {"told": mean, "wilson_low": wilson[0], "wilson_high": wilson[1], "differs": outside}


def _won(deals: pd.DataFrame, level: float) -> dict[str, float]:
    """Return what deals came to: by count with its range by quarters, and by amount."""
    won, amount = deals["is_won"].to_numpy(dtype=int), deals["amount"].to_numpy(dtype=float)
    one = np.zeros(len(deals), dtype=int)
    n = counts_by_quarter(deals["period"], one, 1)[:, 0]
    low, high = share_range(counts_by_quarter(deals["period"], one, 1, won)[:, 0], n, level=level)
    return {
        "won_share": safe_ratio(int(won.sum()), len(won)), "low": low, "high": high, "n": len(won),
        "n_won": int(won.sum()), "n_periods": len(n), "amount": amount.sum(),
        "won_amount": deals["won_amount"].to_numpy(dtype=float).sum(),
        "won_amount_share": safe_ratio(amount[won == 1].sum(), amount.sum()), "is_few": len(won) < FEW,
    }  # fmt: skip


def commit_hits(deals: pd.DataFrame, *, types: Collection[str] | None = None, level: float = 0.8) -> pd.DataFrame:
    """Return `commit_hit_rate` in the row of commit (category Forecast), and the same of every other category.

    Question
        What we commit to on this day: how much of it do we win in the quarter?

    Parameters
        deals : as in `reliability`, with forecast_category as it stood on the day (null: row Unknown)
        types : opportunity types; by default all

    Returns
        One row per category, Forecast first; those of Salesforce always, others where there are such deals:
        category
        n, n_periods, n_won    due deals, quarters with such deals, won in the quarter
        hit_rate, low, high    won / n [0 to 1], with its range by quarters (`share_range`)
        amount, won_amount     as on the day; what the won ones brought [company currency]
        hit_rate_by_amount, by_amount_low, by_amount_high   amount of the won ones over amount, as on the day [0 to 1]
        is_few                 fewer than 50 deals: proves nothing

    Limits
        Deals due in the quarter only. Won later counts as not won. The range by amount (`by_quarter`, cut to 0 and 1)
        is NaN with one quarter, and where quarters agree exactly. At a nominal 80 %, 1,020 companies
        (lib/tests/calibration/deals.py): held 86 % by count, 82 % by amount.
    """
    due = due_deals(deals, types)
    category = due["forecast_category"].astype("object").where(due["forecast_category"].notna(), UNTOLD)
    others = sorted(set(category) - set(_CATEGORIES) - {UNTOLD}) + [UNTOLD] * int(category.eq(UNTOLD).any())
    rows = [{"category": name, **_hits(due[category.eq(name)], level)} for name in (*_CATEGORIES, *others)]
    columns = ["category", "n", "n_periods", "n_won", "hit_rate", "low", "high", "amount", "won_amount",
               "hit_rate_by_amount", "by_amount_low", "by_amount_high", "is_few"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns).astype({"category": "str"})


def _hits(deals: pd.DataFrame, level: float) -> dict[str, float]:
    row = _won(deals, level)
    amount, won = deals["amount"].to_numpy(dtype=float), deals["is_won"].to_numpy(dtype=float)
    one = np.zeros(len(deals), dtype=int)
    sums = np.hstack([counts_by_quarter(deals["period"], one, 1, part) for part in (amount * won, amount)])
    low, high = by_quarter(sums[sums[:, 1] > 0], _ratio, level=level)
    by_amount = {"by_amount_low": float(np.maximum(low, 0)), "by_amount_high": float(np.minimum(high, 1))}
    return row | by_amount | {"hit_rate": row["won_share"], "hit_rate_by_amount": row["won_amount_share"]}


def _ratio(sums: Array) -> float:
    return safe_ratio(sums[:, 0].sum(), sums[:, 1].sum())
