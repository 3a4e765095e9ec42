"""Forecasts by arithmetic from the deals of a day: by category, by the CRM's chance, by what past deals came to."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.analysis.backtest import FEWEST_BEFORE
from revops.analysis.chances import Cells, fit_cells
from revops.analysis.landing import haircuts_of
from revops.analysis.same_day import SameDay, booked_on_day, open_on_day, same_day
from revops.company import TYPES, Company
from revops.measures.forecast_accuracy.quarters import WEEKS, Quarters
from revops.periods import Period

__all__ = ["ByDeal", "by_deal"]

_IN_COMMIT = ("Forecast",)
_IN_MOST_LIKELY = (*_IN_COMMIT, "MostLikely")
_IN_BEST_CASE = (*_IN_MOST_LIKELY, "BestCase")
_KEY = ["period", "horizon_weeks", "type", "owner_id"]


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
    common = {"as_of": as_of, "company": company}
    left = {week: _usual_left(days, week) for week in WEEKS}
    past = {
        week: same_day(states, quarters.periods, days_left=left[week], **common)
        for week in WEEKS
        if quarters.periods and left[week] is not None
    }
    names, sums, usual = [period.name for period in quarters.periods], [], []
    bookings = {week: _Bookings.of(found, names) for week, found in past.items()}
    for period, weeks in days.items():
        before = names[: names.index(period.name)] if period.name in names else names
        inside = _near(states, period)
        for week, day in weeks.items():
            told = _Told.of(past.get(week), before[-window:])
            at = {"period": period.name, "horizon_weeks": week}
            sums.append(_sums(inside, period, day, company, told).assign(**at))
            if week in bookings:
                usual.append(bookings[week].usual(before, window).assign(**at))
    nothing = [pd.DataFrame(columns=[*_KEY, "booked", *_OPEN]), pd.DataFrame(columns=[*_KEY[:3], *_USUAL])]
    tables = [pd.concat(parts, ignore_index=True) if parts else nothing[at] for at, parts in enumerate((sums, usual))]
    return ByDeal(*tables, past)


_USUAL = ["booked_then", "booked", "new"]
_OPEN = ["commit", "most_likely", "best_case", "crm_weighted", "weighted"]


@dataclass(frozen=True)
class _Told:
    """What earlier quarters tell of a deal: its chance, and its haircut by type; None where they are too few."""

    cells: Cells | None
    kept: pd.Series | None

    @classmethod
    def of(cls, past: SameDay | None, before: Sequence[str]) -> "_Told":
        if past is None or len(before) < FEWEST_BEFORE:
            return cls(None, None)
        deals = past.deals[past.deals["period"].isin(before)]
        cells = fit_cells(deals)
        return cls(cells, haircuts_of(deals, cells.mean[cells.of(deals)]))

    def worth(self, deals: pd.DataFrame) -> np.ndarray:
        if self.cells is None:
            return np.full(len(deals), np.nan)
        return self.cells.mean[self.cells.of(deals)] * self.kept.reindex(deals["type"]).to_numpy(dtype=float)


def _usual_left(days: Mapping[Period, Mapping[int, dt.date]], week: int) -> int | None:
    """Return the middle number of days left on a week's day, over all quarters that have one."""
    left = sorted(period.days_left(weeks[week]) for period, weeks in days.items() if week in weeks)
    return left[len(left) // 2] if left else None


def _near(states: pd.DataFrame, period: Period) -> pd.DataFrame:
    """Return the states that stood in a quarter: fewer to look through on each of its days."""
    stood = (states["first"] <= pd.Timestamp(period.end)) & (states["last"] >= pd.Timestamp(period.start))
    return states[stood]


def _sums(states: pd.DataFrame, period: Period, day: dt.date, company: Company, told: _Told) -> pd.DataFrame:
    """Return what the deals of one day add up to, by type and owner."""
    also = ("owner_id", "win_probability", "forecast_category", "close_date")
    deals = open_on_day(states, period, day, company, also=also)
    due = deals["close_date"].between(pd.Timestamp(period.start), pd.Timestamp(period.end))
    category, amount, chance = deals["forecast_category"], deals["amount"], deals["win_probability"]
    for name, inside in zip(_OPEN, (_IN_COMMIT, _IN_MOST_LIKELY, _IN_BEST_CASE), strict=False):
        deals[name] = amount * (due & category.isin(inside))
    deals["crm_weighted"] = (amount * chance).where(due, 0.0)
    deals["weighted"] = amount * told.worth(deals)
    booked = booked_on_day(states, period, day).rename(columns={"amount": "booked"})
    rows = pd.concat([deals, booked])[["type", "owner_id", "booked", *_OPEN]]
    sums = rows.groupby(["type", "owner_id"], as_index=False).sum()
    unknown = [name for name in _OPEN[:3] if len(deals) and category.isna().all()]
    unknown += ["crm_weighted"] if len(deals) and chance.isna().all() else []
    unknown += ["weighted"] if told.cells is None else []
    return sums.assign(**dict.fromkeys(unknown, np.nan))


@dataclass(frozen=True)
class _Bookings:
    """What quarters had booked by one day, in all, from new deals, and the mean of the four up to each: period x type,
    oldest first."""

    booked_then: pd.DataFrame
    booked: pd.DataFrame
    won_from_new: pd.DataFrame
    base: pd.DataFrame

    @classmethod
    def of(cls, past: SameDay, names: Sequence[str]) -> "_Bookings":
        wide = past.totals.pivot(index="period", columns="type")
        tables = [
            wide[name].reindex(index=names, columns=list(TYPES)) for name in ("booked_then", "booked", "won_from_new")
        ]
        return cls(*tables, tables[1].rolling(4, min_periods=1).mean())

    def usual(self, before: Sequence[str], window: int) -> pd.DataFrame:
        """Return by type what the last quarters had booked by the day and in all, and what is new in one more."""
        recent, nothing = list(before[-window:]), pd.Series(np.nan, index=TYPES)
        new = nothing
        if len(recent) >= FEWEST_BEFORE:
            then = self.base.shift().bfill().loc[recent].sum()
            share = self.won_from_new.loc[recent].sum() / then.where(then > 0)
            new = (share * self.base.loc[recent[-1]]).fillna(0.0)
        sums = {"booked_then": self.booked_then.loc[recent].sum(), "booked": self.booked.loc[recent].sum(), "new": new}
        return pd.DataFrame(sums).rename_axis("type").reset_index()
