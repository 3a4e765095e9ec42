"""Slippage: of the amount due in the quarter on its first day, what was won, lost, or moved out."""

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pandas as pd

from revops.analysis.by_quarter import by_quarter, counts_by_quarter
from revops.analysis.pace import frozen_on
from revops.analysis.spans import on_day
from revops.company import Company
from revops.periods import Period
from revops.ratios import safe_ratio

__all__ = ["FATES", "fates", "slippage"]

Array = np.ndarray
FATES = ("won", "lost", "slipped", "overdue", "other")
"""What became of a deal that was due: see `fates`."""
_COMMIT = "Forecast"
_PUSHES = ("0", "1", "2+")


def fates(states: pd.DataFrame, periods: Sequence[Period], *, as_of: dt.date, company: Company) -> pd.DataFrame:
    """Return the deals due in each quarter on its first day, and what had become of them when it was frozen.

    Parameters
        states : spans of days (analysis.spans.spans); forecast_category where they have it
        periods : quarters; those not over on `as_of` are left out
        as_of : the last day that counts

    Returns
        One row per quarter x deal that was open at the end of the first day, at or past the qualifying stage, with a
        close date from that day to the quarter's end: period, opportunity_id, type, stage_name, pushes (count),
        amount [company currency], forecast_category (null where unknown), all as on that day, and fate, the first that
        holds on the day the quarter's bookings are frozen (`analysis.pace.frozen_on`):
        won       won, with a close date in the quarter
        lost      lost, with a close date up to the quarter's end, or already lost on its last day
        slipped   its close date lies after the quarter: moved out, whether open, won or lost since
        overdue   open, with a close date that has passed
        other     deleted, of another type by now, or won with a close date before the quarter

    Limits
        A deal that slipped and came back is what it was when frozen. Dates moved within the quarter are no slip.
    """
    over = [period for period in periods if period.end <= as_of]
    columns = ["opportunity_id", "type", "stage_name", "pushes", "amount", "forecast_category"]
    tables = [_fates(states, period, as_of, company) for period in over]
    empty = states.iloc[:0].reindex(columns=columns).assign(fate=pd.Series(dtype="str"))
    empty.insert(0, "period", pd.Series(dtype="str"))
    return pd.concat(tables, ignore_index=True) if tables else empty


def _fates(states: pd.DataFrame, period: Period, as_of: dt.date, company: Company) -> pd.DataFrame:
    first, end = pd.Timestamp(period.start), pd.Timestamp(period.end)
    opened = on_day(states, period.start)
    is_due = opened["outcome"].eq("open") & opened["close_date"].between(first, end)
    due = opened[is_due & (opened["stage_order"] >= company.qualifying_order)]
    frozen, ended = (
        on_day(states, day).set_index("opportunity_id")[["outcome", "close_date"]].reindex(due["opportunity_id"])
        for day in (frozen_on(period, as_of, company.grace_days), period.end)
    )
    outcome, close = frozen["outcome"], frozen["close_date"]
    is_lost = outcome.eq("lost") & (close.le(end) | ended["outcome"].eq("lost"))
    rules = [outcome.eq("won") & close.between(first, end), is_lost, close.gt(end), outcome.eq("open")]
    fate = np.select([rule.to_numpy(dtype=bool) for rule in rules], FATES[:-1], FATES[-1])
    columns = ["opportunity_id", "type", "stage_name", "pushes", "amount", "forecast_category"]
    found = due.reindex(columns=columns).assign(fate=pd.Series(fate, index=due.index, dtype="str"))
    found.insert(0, "period", pd.Series(period.name, index=due.index, dtype="str"))
    return found


def slippage(deals: pd.DataFrame, *, level: float = 0.8) -> pd.DataFrame:
    """Return `slipped_share` of the amount due on day 1, with the shares won, lost and overdue, by earlier pushes.

    Question
        Of what is due this quarter on its first day, how much will move out, and do deals moved before move again?

    Parameters
        deals : rows of `fates`; uses period, pushes, amount [as on day 1], forecast_category, fate

    Returns
        One row per scope x pushes: scope (due, and commit: category Forecast, where any category is known), pushes
        (all, 0, 1, 2+: how often the close date had been moved back before), n, n_periods, amount [company currency],
        and for each fate its share of the amount [0 to 1] with its range: won_share, won_low, won_high, lost_share,
        …, slipped_share, …, overdue_share, …, other_share, … . The five shares add up to 1; NaN where nothing was due.

    Formula
        Sums of all quarters over sums of all; ranges leave out one quarter at a time (`by_quarter`), cut to 0 to 1.

    Limits
        No range with one quarter, nor where a share is the same in all, as one that never happened. Blank amounts
        count in n and as 0. At a nominal 80 %, 1,020 companies (lib/tests/calibration/deals.py): held 79 %, also among
        deals pushed before.
    """
    has_category = deals["forecast_category"].notna().any()
    is_commit = deals["forecast_category"].astype("object").eq(_COMMIT)
    scopes = {"due": deals, **({"commit": deals[is_commit]} if has_category else {})}
    rows = [
        {"scope": scope, "pushes": pushes, **_shares(part, level)}
        for scope, rows in scopes.items()
        for pushes, part in _by_pushes(rows).items()
    ]
    ends = [f"{fate}_{end}" for fate in FATES for end in ("share", "low", "high")]
    table = pd.DataFrame(rows, columns=["scope", "pushes", "n", "n_periods", "amount", *ends])
    return table.astype({"scope": "str", "pushes": "str"})


def _by_pushes(deals: pd.DataFrame) -> dict[str, pd.DataFrame]:
    pushes = deals["pushes"].clip(upper=len(_PUSHES) - 1)
    return {"all": deals, **{label: deals[pushes.eq(number)] for number, label in enumerate(_PUSHES)}}


def _shares(deals: pd.DataFrame, level: float) -> dict[str, float]:
    """Return the share of each fate in the amount, with its range."""
    amount, code = deals["amount"].to_numpy(dtype=float), pd.Index(FATES).get_indexer(deals["fate"])
    sums = counts_by_quarter(deals["period"], code, len(FATES), amount)
    paid = sums[sums.sum(axis=1) > 0]
    low, high = by_quarter(paid, _of_whole, level=level)
    ends = zip(FATES, _of_whole(paid), low.clip(0, 1), high.clip(0, 1), strict=True)
    row = {"n": len(deals), "n_periods": len(sums), "amount": amount.sum()}
    for fate, share, below, above in ends:
        row |= {f"{fate}_share": share, f"{fate}_low": below, f"{fate}_high": above}
    return row


def _of_whole(sums: Array) -> Array:
    whole = sums.sum()
    return np.array([safe_ratio(part, whole) for part in sums.sum(axis=0)])
