"""Forecasts that a sheet of arithmetic makes, for any opportunity types: what people's calls must beat."""

import datetime as dt
from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd

from revops.measures.forecast_accuracy.forecasts.by_deal import ByDeal
from revops.measures.forecast_accuracy.forecasts.naive import from_bookings, from_share
from revops.measures.forecast_accuracy.forecasts.quarters import Quarters
from revops.periods import Period

__all__ = ["arithmetic"]

_AT = ["period", "horizon_weeks"]


def arithmetic(
    found: ByDeal,
    quarters: Quarters,
    days: Mapping[Period, Mapping[int, dt.date]],
    types: Collection[str],
    early: pd.DataFrame,
    *,
    time_series: bool = True,
) -> pd.DataFrame:
    """Return the forecasts that need nobody's call, for some opportunity types, as they could be made on each day.

    Parameters
        early : quarters.early_bookings; time_series : as in naive.from_bookings

    Returns
        One row per period x horizon_weeks x category: forecast_amount [company currency; NaN where it cannot be made].

    Formula
        crm_commit: booked to date + open deals in commit; crm_weighted: booked + open deals due x the CRM's chance;
        stage_weighted: booked + open deals x the chance of past deals like them; weighted_and_new: with what deals not
        there yet have brought; booked_share: booked to date over the share that earlier quarters had booked by this
        day; last_quarter, same_quarter_last_year, time_series: naive.from_bookings.
    """
    at = pd.MultiIndex.from_tuples([(p.name, week) for p, weeks in days.items() for week in weeks], names=_AT)
    wide = _of_bookings(quarters, at, types, early, time_series=time_series)
    if len(found.sums):
        wide = wide.join(_of_deals(found, at, types))
    return wide.melt(ignore_index=False, var_name="category", value_name="forecast_amount").reset_index()


def _of_bookings(
    quarters: Quarters, at: pd.MultiIndex, types: Collection[str], early: pd.DataFrame, *, time_series: bool
) -> pd.DataFrame:
    """Return the forecasts that rest on what quarters before had booked, as known on each day."""
    booked = quarters.booked(types)
    names, values = [*booked.index, *(period.name for period in quarters.unfrozen)], booked.to_numpy(dtype=float)
    values = np.append(values, np.full(len(quarters.unfrozen), np.nan))
    known_then = early[early["type"].isin(types)].groupby(_AT)["amount"].sum().to_dict()
    told: dict[tuple[str, float | None], tuple[float, float, float]] = {}
    for name, week in at:
        then = known_then.get((name, week))
        if (name, then) not in told:
            before = values[: names.index(name)].copy() if name in names else values.copy()
            before[-1:] = before[-1:] if then is None else then
            told[name, then] = from_bookings(before, time_series=time_series)
    rows = [told[name, known_then.get((name, week))] for name, week in at]
    return pd.DataFrame(rows, index=at, columns=["last_quarter", "same_quarter_last_year", "time_series"])


def _of_deals(found: ByDeal, at: pd.MultiIndex, types: Collection[str]) -> pd.DataFrame:
    """Return the forecasts that rest on the deals of each day, one column each."""
    sums = found.sums[found.sums["type"].isin(types)].groupby(_AT).sum(min_count=1, numeric_only=True).reindex(at)
    usual = found.usual[found.usual["type"].isin(types)].groupby(_AT)
    usual = usual[["booked_then", "booked", "new"]].sum(min_count=1).reindex(at)
    booked = sums["booked"].fillna(0.0)
    known = found.sums.groupby(_AT)[["commit", "crm_weighted", "weighted"]].count().reindex(at).fillna(0)
    opened = sums[["commit", "crm_weighted", "weighted"]].fillna(0.0).where(known > 0)
    return pd.DataFrame({
        "crm_commit": booked + opened["commit"],
        "crm_weighted": booked + opened["crm_weighted"],
        "stage_weighted": booked + opened["weighted"],
        "weighted_and_new": booked + opened["weighted"] + usual["new"],
        "booked_share": from_share(booked, usual["booked_then"], usual["booked"]),
    })  # fmt: skip
