"""Forecasts by arithmetic from the deals of a day: by category, by the CRM's chance, by what past deals came to."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.analysis.backtest import FEWEST_BEFORE
from revops.analysis.chances import fit_cells
from revops.analysis.landing import haircuts_of
from revops.analysis.same_day import SameDay, booked_on_days, open_on_days, same_day
from revops.company import TYPES, Company
from revops.measures.forecast_accuracy.forecasts.quarters import WEEKS, Quarters
from revops.periods import Period

__all__ = ["ByDeal", "by_deal"]

_CATEGORIES = {
    "commit": ("Forecast",),
    "most_likely": ("Forecast", "MostLikely"),
    "best_case": ("Forecast", "MostLikely", "BestCase"),
}
_OPEN = [*_CATEGORIES, "crm_weighted", "weighted"]
_USUAL = ["booked_then", "booked", "new"]
_AT = ["period", "horizon_weeks"]
_ALSO = ("owner_id", "win_probability", "forecast_category", "close_date")
_TOTALS = ("booked_then", "booked", "won_from_new")
_SEASON = 4


@dataclass(frozen=True)
class ByDeal:
    """What the deals of each day add up to [company currency].

    sums: one row per period x horizon_weeks x type x owner_id: booked (by the day), commit, most_likely, best_case
    (open deals of that forecast category or a nearer one, with a close date in the quarter), crm_weighted (open deals
    with a close date in the quarter x the CRM's chance), weighted (all open deals x the chance that past deals like
    them had on this day x the haircut of its type). NaN where nothing tells: no history of the category or the chance,
    fewer than 4 quarters before.
    usual: one row per period x horizon_weeks x type, from the quarters before: booked_then, booked (sums over them),
    new (what deals not there yet bring, NaN likewise).
    past: horizon_weeks -> the past quarters on the same day.
    """

    sums: pd.DataFrame
    usual: pd.DataFrame
    past: Mapping[int, SameDay]


def by_deal(
    states: pd.DataFrame,
    quarters: Quarters,
    days: Mapping[Period, Mapping[int, dt.date]],
    *,
    as_of: dt.date,
    company: Company,
    window: int,
) -> ByDeal:
    """Return what the deals of each day add up to, told from earlier quarters alone.

    Parameters
        states : quarters.states_of, of the subject
        quarters : the past
        days : quarter -> horizon_weeks -> day on which it is told; the one under way too
        window : quarters before a quarter that it is told from

    Formula
        chance: analysis.chances, without ages, from the quarters before on the same number of days left (the middle one
        of all quarters' days of that week). Haircut: analysis.landing. new: what came from deals not there yet, over
        the mean bookings of the four quarters before, pooled, times that mean.

    Source
        METHODS 4.1, stage-weighted.
    """
    at = [_At(period, week, day) for period, weeks in days.items() for week, day in weeks.items()]
    past = {
        week: same_day(states, quarters.periods, days_left=left, as_of=as_of, company=company)
        for week, left in _usual_left(at).items()
        if quarters.periods
    }
    names = [period.name for period in quarters.periods]
    before = [_before(names, one.period.name, window) for one in at]
    index = pd.DataFrame({"period": [one.period.name for one in at], "horizon_weeks": [one.week for one in at]})
    told = [_Told.of(past.get(one.week), names[some]) for one, some in zip(at, before, strict=True)]
    sums = _sums(states, at, told, company)
    usual = _usual({week: _Bookings.of(found, names) for week, found in past.items()}, at, before)
    return ByDeal(*(index.join(t.set_index("at"), how="inner").reset_index(drop=True) for t in (sums, usual)), past)


@dataclass(frozen=True)
class _At:
    """One day of one week of a quarter."""

    period: Period
    week: int
    day: dt.date


def _usual_left(at: Sequence[_At]) -> dict[int, int]:
    """Return the middle number of days left on each week's day, over all quarters that have one."""
    left = {week: sorted(one.period.days_left(one.day) for one in at if one.week == week) for week in WEEKS}
    return {week: found[len(found) // 2] for week, found in left.items() if found}


def _before(names: Sequence[str], name: str, window: int) -> slice:
    """Return which of the past quarters a quarter may be told from."""
    stop = names.index(name) if name in names else len(names)
    return slice(max(stop - window, 0), stop)


@dataclass(frozen=True)
class _Told:
    """What earlier quarters tell of a deal: its chance by cell, and its haircut by type."""

    past: pd.DataFrame

    @classmethod
    def of(cls, past: SameDay | None, before: Sequence[str]) -> "_Told | None":
        """Return what some quarters tell; None where they are too few."""
        if past is None or len(before) < FEWEST_BEFORE:
            return None
        return cls(past.deals[past.deals["period"].isin(before)])

    def worth(self, deals: pd.DataFrame) -> np.ndarray:
        """Return what each deal is expected to bring [company currency]."""
        cells = fit_cells(self.past)
        kept = haircuts_of(self.past, cells.mean[cells.of(self.past)])
        return cells.mean[cells.of(deals)] * deals["amount"].to_numpy() * kept.reindex(deals["type"]).to_numpy()


def _sums(states: pd.DataFrame, at: Sequence[_At], told: Sequence[_Told | None], company: Company) -> pd.DataFrame:
    """Return what the deals of each day add up to, by type and owner; at: the place of the day."""
    if not at:
        return pd.DataFrame(columns=["at", "type", "owner_id", "booked", *_OPEN])
    on = [(one.period, one.day) for one in at]
    deals = _valued(open_on_days(states, on, company, also=_ALSO), at, told)
    booked = booked_on_days(states, on).rename(columns={"amount": "booked"})
    rows = pd.concat([deals, booked])[["at", "type", "owner_id", "booked", *_OPEN]]
    sums = rows.groupby(["at", "type", "owner_id"], as_index=False).sum()
    for names, field in ((list(_CATEGORIES), "forecast_category"), (["crm_weighted"], "win_probability")):
        is_told = deals[field].notna().groupby(deals["at"]).any()
        sums.loc[sums["at"].isin(is_told.index[~is_told]), names] = np.nan
    sums.loc[sums["at"].isin([place for place, some in enumerate(told) if some is None]), "weighted"] = np.nan
    return sums


def _valued(deals: pd.DataFrame, at: Sequence[_At], told: Sequence[_Told | None]) -> pd.DataFrame:
    """Return the open deals of all days with what each counts for in each way of adding them up."""
    start = np.array([one.period.start for one in at], dtype="datetime64[us]")[deals["at"]]
    due = deals["place"].ne("later") & (deals["close_date"] >= start)
    for name, inside in _CATEGORIES.items():
        deals[name] = deals["amount"] * (due & deals["forecast_category"].isin(inside))
    ends = np.searchsorted(deals["at"], np.arange(len(at) + 1))
    worth = [
        some.worth(deals.iloc[first:last]) if some else np.zeros(last - first)
        for some, first, last in zip(told, ends, ends[1:], strict=False)
    ]
    return deals.assign(
        crm_weighted=(deals["amount"] * deals["win_probability"]).where(due, 0.0), weighted=np.concatenate(worth)
    )


@dataclass(frozen=True)
class _Bookings:
    """Bookings of past quarters, oldest first, by type in the order of TYPES: what they had booked by one day, in all,
    from deals not there yet on that day, the mean of the four up to each, and of the four before it."""

    booked_then: np.ndarray
    booked: np.ndarray
    won_from_new: np.ndarray
    base: np.ndarray
    base_before: np.ndarray

    @classmethod
    def of(cls, past: SameDay, names: Sequence[str]) -> "_Bookings":
        wide = past.totals.pivot(index="period", columns="type")
        tables = [wide[name].reindex(index=names, columns=list(TYPES)) for name in _TOTALS]
        base = tables[1].rolling(_SEASON, min_periods=1).mean()
        return cls(*(table.to_numpy() for table in (*tables, base, base.shift().bfill())))

    def usual(self, before: slice) -> np.ndarray:
        """Return by type what the quarters before had booked by the day and in all, and what is new in one more."""
        new = np.full(len(TYPES), np.nan)
        if before.stop - before.start >= FEWEST_BEFORE:
            then, came = self.base_before[before].sum(axis=0), self.won_from_new[before].sum(axis=0)
            new = np.divide(came, then, out=np.zeros(len(TYPES)), where=then > 0) * self.base[before.stop - 1]
        return np.column_stack([self.booked_then[before].sum(axis=0), self.booked[before].sum(axis=0), new])


def _usual(bookings: Mapping[int, _Bookings], at: Sequence[_At], before: Sequence[slice]) -> pd.DataFrame:
    """Return what is usual on each day, by type; at: the place of the day."""
    places = [place for place, one in enumerate(at) if one.week in bookings]
    found = [bookings[at[place].week].usual(before[place]) for place in places]
    table = pd.DataFrame(np.concatenate(found) if found else np.zeros((0, len(_USUAL))), columns=_USUAL)
    table.insert(0, "type", np.tile(TYPES, len(places)))
    return table.assign(at=np.repeat(places, len(TYPES)))
