"""Forecasts that a sheet of arithmetic makes, for any opportunity types: what people's calls must beat."""

import datetime as dt
from collections.abc import Collection, Mapping

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
    *,
    time_series: bool = True,
) -> pd.DataFrame:
    """Return the forecasts that need nobody's call, for some opportunity types.

    Returns
        One row per period x horizon_weeks x category: forecast_amount [company currency; NaN where it cannot be made].

    Formula
        crm_commit: booked to date + open deals in commit; crm_weighted: booked + open deals due x the CRM's chance;
        stage_weighted: booked + open deals x the chance of past deals like them; weighted_and_new: with what deals not
        there yet have brought; booked_share: booked to date over the share that earlier quarters had booked by this
        day; last_quarter, same_quarter_last_year, time_series: naive.from_bookings.
    """
    at = pd.MultiIndex.from_tuples([(p.name, week) for p, weeks in days.items() for week in weeks], names=_AT)
    names = [period.name for period in days]
    booked = quarters.booked(types)
    booked = booked.reindex([*booked.index, *quarters.unfrozen])
    before = from_bookings(booked, names, time_series=time_series).set_index("period")
    wide = before.reindex(at.get_level_values("period")).set_axis(at)
    if len(found.sums):
        wide = wide.join(_of_deals(found, at, types))
    return wide.melt(ignore_index=False, var_name="category", value_name="forecast_amount").reset_index()


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
