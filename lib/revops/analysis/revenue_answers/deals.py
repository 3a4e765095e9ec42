"""Deals won in quarters and open deals due in them, of any type, and whether marketing touched their people."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from revops.analysis.among import is_among
from revops.analysis.forecast_categories import CATEGORY_ROLES
from revops.analysis.journeys import JourneyKnobs, Known, journeys_of, known_on
from revops.analysis.pace import frozen_on
from revops.analysis.standing import BOOKED, BOOKED_WITHOUT_QUOTA, is_open, standing
from revops.book import AsOf
from revops.book.parts import in_parts, over
from revops.company import TYPES
from revops.periods import Period

__all__ = ["cents", "deals_in"]

_DEAL = ["opportunity_id", "opportunity_name", "account_id", "account_name", "owner_id", "type", "source",
         "forecast_category", "close_date", "amount"]  # fmt: skip
_Rows = tuple[str, pd.DataFrame]  # of a quarter, by its name


@dataclass(frozen=True)
class _Found:
    """Deals as known on one day, of a company or of one part of it, by quarter; and how many touches are known then."""

    deals: list[_Rows]
    n_touches: int


def deals_in(view: AsOf, periods: Sequence[Period], *, with_touches: bool) -> dict[str, pd.DataFrame]:
    """Return by quarter its deals: one row per deal and part, by opportunity_id (columns: counted.Counted.deals).

    Parameters
        with_touches : whether is_touched is asked for; where not, it is False

    Formula
        Won: as known on the day the quarter's bookings were frozen (pace.frozen_on), where that day can be rebuilt.
        Open: as known on the day of the view. Each part of a large company is gone through once, for all quarters.
    """
    find = partial(_found, periods=periods, with_touches=with_touches)
    parts = over(view, partial(find, by_conversions=not in_parts(view)))
    silent = [day for day in parts[0] if not any(part[day].n_touches for part in parts)]
    if with_touches and in_parts(view) and silent:  # that nobody was touched, all parts together tell
        again = over(view, partial(find, by_conversions=True, days=silent))
        parts = [part | other for part, other in zip(parts, again, strict=True)]
    rows = [row for part in parts for found in part.values() for row in found.deals]
    tables = {p.name: pd.concat([table for name, table in rows if name == p.name]) for p in periods}
    types = {"is_touched": "bool", "cents": "int64"}
    return {name: table.astype(types).sort_values(["opportunity_id", "part"], ignore_index=True)
            for name, table in tables.items()}  # fmt: skip


def cents(amounts: pd.Series | np.ndarray) -> np.ndarray:
    """Return amounts as whole cents; a blank one as 0."""
    return np.rint(np.nan_to_num(np.asarray(amounts, dtype="float64")) * 100).astype("int64")


def _found(
    view: AsOf, *, periods: Sequence[Period], with_touches: bool, by_conversions: bool,
    days: Collection[dt.date] | None = None,
) -> dict[dt.date, _Found]:  # fmt: skip
    """Return by day the deals that are told as known on it.

    Parameters
        by_conversions : whether first and last conversions stand in where there is no touch
        days : those wanted; None = all
    """
    frozen = {period.name: _frozen_on(view, period) for period in periods}
    found = {}
    for day in sorted({view.day, *frozen.values()} if days is None else days):
        then = view if day == view.day else replace(view, day=day, _states={})
        told = [(p.name, _won(then, p, view.day)) for p in periods if frozen[p.name] == day]
        told += [(p.name, _open(view, p)) for p in periods if day == view.day]
        n_touches = 0
        if with_touches and not (by_conversions and all(rows.empty for _, rows in told)):
            known = known_on(then, conversions=by_conversions)
            told = _touched(told, then, known)
            n_touches = sum(len(part.touched.table) for part in known)
        found[day] = _Found(told, n_touches)
    return found


def _frozen_on(view: AsOf, period: Period) -> dt.date:
    """Return the day whose state counts as the quarter's bookings."""
    on = frozen_on(period, view.day, view.company.grace_days)
    return on if view.knows(on) else view.day


def _won(view: AsOf, period: Period, day: dt.date) -> pd.DataFrame:
    """Return what was won in the quarter, of any type."""
    state = view.opportunities
    where = standing(state, period=period, day=day, company=view.company)
    return _described(state[where.isin([BOOKED, BOOKED_WITHOUT_QUOTA])], "booked")


def _open(view: AsOf, period: Period) -> pd.DataFrame:
    """Return open deals due in the rest of the quarter, and those that are overdue, of any type."""
    state = view.opportunities
    state, today = state[is_open(state)], pd.Timestamp(view.day)
    due = state["close_date"].between(max(today, pd.Timestamp(period.start)), pd.Timestamp(period.end))
    overdue = state["close_date"] < today
    return pd.concat([_described(state[due], "committed"), _described(state[overdue], "overdue")])


def _described(state: pd.DataFrame, part: str) -> pd.DataFrame:
    category = state["forecast_category"].astype("object")
    role = category.map(CATEGORY_ROLES).where(category.isin(list(CATEGORY_ROLES)), "other").where(category.notna())
    return state[_DEAL].assign(part=part, role=role.astype("str"), cents=cents(state["amount"]), is_touched=False)


def _touched(told: list[_Rows], view: AsOf, known: tuple[Known, ...]) -> list[_Rows]:
    """Return the deals with is_touched: whether a touch of marketing reached their people."""
    asked = pd.Index(pd.concat([rows["opportunity_id"] for _, rows in told]).unique())
    knobs = JourneyKnobs(types=TYPES, never_converted="off", lost=False, keep_open=True)
    journeys = journeys_of(view, knobs, only=asked, known=known).journeys
    reached = journeys.loc[journeys["kind"].isin(["won", "open"]), "opportunity_id"]
    return [(name, rows.assign(is_touched=is_among(rows["opportunity_id"], reached))) for name, rows in told]
