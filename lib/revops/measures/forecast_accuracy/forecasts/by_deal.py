"""Forecasts by arithmetic from the deals of a day: by category, by the CRM's chance, by what past deals came to."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.analysis.backtest import FEWEST_BEFORE
from revops.analysis.chances import cells_told, codes_of, stages_of
from revops.analysis.landing import haircuts_of
from revops.analysis.same_day import SameDay, booked_on_days, open_on_days, same_day
from revops.company import TYPES, Company
from revops.measures.forecast_accuracy.forecasts.quarters import Quarters
from revops.periods import Period

__all__ = ["ByDeal", "by_deal", "days_left"]

_CATEGORIES = {
    "commit": ("Forecast",),
    "most_likely": ("Forecast", "MostLikely"),
    "best_case": ("Forecast", "MostLikely", "BestCase"),
}
_OPEN = [*_CATEGORIES, "crm_weighted", "weighted"]
_USUAL = ["booked_then", "booked", "new"]
_AT = ["period", "horizon_weeks"]
_ALSO = ("owner_id", "win_probability", "forecast_category", "close_date")
_TOTALS = ("booked", "won_from_new")
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
    """

    sums: pd.DataFrame
    usual: pd.DataFrame


def by_deal(
    states: pd.DataFrame,
    quarters: Quarters,
    days: Mapping[Period, Mapping[int, dt.date]],
    *,
    as_of: dt.date,
    company: Company,
    window: int,
    middle: int,
) -> ByDeal:
    """Return what the deals of each day add up to, told from quarters that were frozen by that day alone.

    Parameters
        states : quarters.states_of, of the subject
        quarters : the past
        days : quarter -> horizon_weeks -> day on which it is told; the one under way too
        window : quarters before a quarter that it is told from
        middle : the day of the week (0 to 6, from the quarter's first day) on which past deals are looked at

    Formula
        chance: analysis.chances, without ages, from the quarters before on that day of the same week. Haircut:
        analysis.landing. new: what came from deals not there yet, over the mean bookings of the four quarters before,
        pooled, times that mean. booked_then: with exactly as many days left.

    Source
        METHODS 4.1, stage-weighted.
    """
    at = [_At(period, week, day) for period, weeks in days.items() for week, day in weeks.items()]
    past = {
        week: same_day(states, quarters.periods, days_left=days_left(week, middle), as_of=as_of, company=company)
        for week in sorted({one.week for one in at})
        if quarters.periods
    }
    names = [period.name for period in quarters.periods]
    before = [_last(len(quarters.before(one.period, one.day)), window) for one in at]
    index = pd.DataFrame({"period": [one.period.name for one in at], "horizon_weeks": [one.week for one in at]})
    told = {week: _Past.of(found, names, stages_of(states)) for week, found in past.items()}
    sums = _sums(states, at, before, told, company)
    bookings = {week: _Bookings.of(found, names) for week, found in past.items()}
    usual = _usual(bookings, at, before, _booked_then(states, quarters.periods, at, before))
    return ByDeal(*(index.join(t.set_index("at"), how="inner").reset_index(drop=True) for t in (sums, usual)))


def days_left(week: int, middle: int) -> int:
    """Return the days left of a usual quarter on a day of a week: day 0 of week 1 is its first of 91."""
    return max(90 - 7 * (week - 1) - middle, 0)


@dataclass(frozen=True)
class _At:
    """One day of one week of a quarter."""

    period: Period
    week: int
    day: dt.date


def _last(n: int, window: int) -> slice:
    """Return which of the past quarters one is told from: the last of the first `n`."""
    return slice(max(n - window, 0), n)


def _booked_then(
    states: pd.DataFrame, periods: Sequence[Period], at: Sequence[_At], before: Sequence[slice]
) -> np.ndarray:
    """Return by day and type what the quarters before had booked with as many days left."""
    places, on = [], []
    for place, (one, some) in enumerate(zip(at, before, strict=True)):
        left = one.period.days_left(one.day)
        on += [(p, max(p.end - dt.timedelta(days=left), p.start)) for p in periods[some]]
        places += [place] * (some.stop - some.start)
    sums = np.zeros(len(at) * len(TYPES))
    if on:
        rows = booked_on_days(states, on)
        code = np.array(places)[rows["at"]] * len(TYPES) + pd.Index(TYPES).get_indexer(rows["type"])
        sums = np.bincount(code, rows["amount"].to_numpy(dtype=float), len(sums))
    return sums.reshape(len(at), len(TYPES))


@dataclass(frozen=True)
class _Past:
    """Deals of past quarters on one day of a week, quarter after quarter: whose rows begin at `starts`; with their
    cells (analysis.chances) among some stages."""

    deals: pd.DataFrame
    starts: np.ndarray
    stages: pd.Index
    codes: np.ndarray

    @classmethod
    def of(cls, past: SameDay, names: Sequence[str], stages: pd.Index) -> "_Past":
        quarter = pd.Index(names).get_indexer(past.deals["period"])
        starts = np.searchsorted(quarter, np.arange(len(names) + 1))
        return cls(past.deals, starts, stages, codes_of(past.deals, stages))

    def worth(self, before: slice, codes: np.ndarray, amount: np.ndarray) -> np.ndarray:
        """Return what deals of some cells and amounts are expected to bring, told from some quarters."""
        rows = slice(self.starts[before.start], self.starts[before.stop])
        past, then = self.deals.iloc[rows], self.codes[rows]
        cells = cells_told(then, past["is_won"].to_numpy(dtype=bool), self.stages)
        return cells.mean[codes] * amount * haircuts_of(past, cells.mean[then]).to_numpy()[cells.types(codes)]


def _sums(
    states: pd.DataFrame, at: Sequence[_At], before: Sequence[slice], past: Mapping[int, _Past], company: Company
) -> pd.DataFrame:
    """Return what the deals of each day add up to, by type and owner; at: the place of the day."""
    if not at:
        return pd.DataFrame(columns=["at", "type", "owner_id", "booked", *_OPEN])
    on = [(one.period, one.day) for one in at]
    deals = open_on_days(states, on, company, also=_ALSO)
    deals = _valued(deals, at).assign(weighted=_worth(deals, at, before, past, stages_of(states)))
    booked = booked_on_days(states, on).rename(columns={"amount": "booked"})
    rows = pd.concat([deals, booked])[["at", "type", "owner_id", "booked", *_OPEN]]
    sums = rows.groupby(["at", "type", "owner_id"], as_index=False).sum()
    for names, field in ((list(_CATEGORIES), "forecast_category"), (["crm_weighted"], "win_probability")):
        is_told = deals[field].notna().groupby(deals["at"]).any()
        sums.loc[sums["at"].isin(is_told.index[~is_told]), names] = np.nan
    untold = [place for place, some in enumerate(before) if some.stop - some.start < FEWEST_BEFORE]
    sums.loc[sums["at"].isin(untold), "weighted"] = np.nan
    return sums


def _valued(deals: pd.DataFrame, at: Sequence[_At]) -> pd.DataFrame:
    """Return the open deals of all days with what each counts for by its category and the CRM's chance."""
    start = np.array([one.period.start for one in at], dtype="datetime64[us]")[deals["at"]]
    due = deals["place"].ne("later") & (deals["close_date"] >= start)
    for name, inside in _CATEGORIES.items():
        deals[name] = deals["amount"] * (due & deals["forecast_category"].isin(inside))
    return deals.assign(crm_weighted=(deals["amount"] * deals["win_probability"]).where(due, 0.0))


def _worth(
    deals: pd.DataFrame, at: Sequence[_At], before: Sequence[slice], past: Mapping[int, _Past], stages: pd.Index
) -> np.ndarray:
    """Return what each of the open deals of all days is expected to bring [company currency]; 0 where nothing tells."""
    codes, amount, worth = codes_of(deals, stages), deals["amount"].to_numpy(), np.zeros(len(deals))
    ends = np.searchsorted(deals["at"], np.arange(len(at) + 1))
    for one, some, rows in zip(at, before, map(slice, ends, ends[1:]), strict=True):
        if some.stop - some.start >= FEWEST_BEFORE:
            worth[rows] = past[one.week].worth(some, codes[rows], amount[rows])
    return worth


@dataclass(frozen=True)
class _Bookings:
    """Bookings of past quarters, oldest first, by type in the order of TYPES: in all, from deals not there yet on one
    day, the mean of the four up to each, and of the four before it."""

    booked: np.ndarray
    won_from_new: np.ndarray
    base: np.ndarray
    base_before: np.ndarray

    @classmethod
    def of(cls, past: SameDay, names: Sequence[str]) -> "_Bookings":
        wide = past.totals.pivot(index="period", columns="type")
        tables = [wide[name].reindex(index=names, columns=list(TYPES)) for name in _TOTALS]
        base = tables[0].rolling(_SEASON, min_periods=1).mean()
        return cls(*(table.to_numpy() for table in (*tables, base, base.shift().bfill())))

    def usual(self, before: slice) -> np.ndarray:
        """Return by type what the quarters before booked, and what is new in one more."""
        new = np.full(len(TYPES), np.nan)
        if before.stop - before.start >= FEWEST_BEFORE:
            then, came = self.base_before[before].sum(axis=0), self.won_from_new[before].sum(axis=0)
            new = np.divide(came, then, out=np.zeros(len(TYPES)), where=then > 0) * self.base[before.stop - 1]
        return np.column_stack([self.booked[before].sum(axis=0), new])


def _usual(
    bookings: Mapping[int, _Bookings], at: Sequence[_At], before: Sequence[slice], booked_then: np.ndarray
) -> pd.DataFrame:
    """Return what is usual on each day, by type; at: the place of the day."""
    places = [place for place, one in enumerate(at) if one.week in bookings]
    found = [bookings[at[place].week].usual(before[place]) for place in places]
    table = pd.DataFrame(np.concatenate(found) if found else np.zeros((0, 2)), columns=_USUAL[1:])
    table.insert(0, "type", np.tile(TYPES, len(places)))
    return table.assign(at=np.repeat(places, len(TYPES)), booked_then=booked_then[places].ravel())
