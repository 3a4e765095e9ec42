"""Forecasts as they were frozen week by week, beside what came: one long table for all that is judged."""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from revops.analysis.outlook import Subject
from revops.company import TYPES
from revops.measures.forecast_accuracy.forecasts.arithmetic import arithmetic
from revops.measures.forecast_accuracy.forecasts.by_deal import ByDeal, by_deal
from revops.measures.forecast_accuracy.forecasts.called import ROLES, called_of, source_of
from revops.measures.forecast_accuracy.forecasts.known_calls import calls_of, known_calls
from revops.measures.forecast_accuracy.forecasts.quarters import (
    Quarters,
    early_bookings,
    quarters_of,
    states_of,
    week_days,
)
from revops.measures.forecast_accuracy.forecasts.steps import unit_pairs
from revops.periods import Period

__all__ = ["LABELS", "MIDDLE", "Frozen", "company_calls", "frozen"]

LABELS = {
    "commit": "Commit",
    "most_likely": "Most likely",
    "best_case": "Best case",
    "crm_commit": "Deals in commit",
    "stage_weighted": "Stage-weighted",
    "weighted_and_new": "Stage-weighted, with deals to come",
    "crm_weighted": "CRM probability",
    "last_quarter": "Last quarter",
    "same_quarter_last_year": "Same quarter last year",
    "booked_share": "Booked over usual share",
    "time_series": "Time series",
    "rep": "Reps added up",
    "manager": "Managers added up",
    "final": "Company call",
}
"""Each forecast, and what it is called on the page."""
MIDDLE = {"sheet": 3, "history": 0}
"""The day of the week, from the quarter's first day on, on which past deals are looked at, by source of calls."""


@dataclass(frozen=True)
class Frozen:
    """All forecasts of the judged quarters and of the one under way, and what came.

    pairs: one row per period x horizon_weeks x category x level x member: forecast_amount, actual_amount (frozen; NaN
    while the quarter is under way), is_carried (from a call made in an earlier week), is_open (the quarter under way).
    level is company (member company; all categories of LABELS), team or owner (category commit). by_type: the same of
    the company for each opportunity type and for all of them (type), from deals and bookings alone.
    source: sheet (calls that people made), or history (deals in commit, as they stood). call: the category that is
    judged; caller: the step of the roll-up whose call it is; callers: steps.callers. covers: the opportunity types
    of these numbers. known: known_calls of all quarters. days: quarter -> horizon_weeks -> day.
    """

    quarters: Quarters
    states: pd.DataFrame
    deals: ByDeal
    known: pd.DataFrame
    pairs: pd.DataFrame
    by_type: pd.DataFrame
    source: str
    call: str
    caller: str
    callers: pd.Series
    covers: tuple[str, ...]
    days: Mapping[Period, Mapping[int, dt.date]]

    @cached_property
    def company(self) -> pd.DataFrame:
        """Return the company's forecasts of the judged quarters."""
        return self.pairs[self.pairs["level"].eq("company") & ~self.pairs["is_open"]].reset_index(drop=True)

    def at(self, week: int, level: str = "company") -> pd.DataFrame:
        """Return the forecasts of the judged quarters at one week, of one level."""
        rows = self.pairs[self.pairs["level"].eq(level) & self.pairs["horizon_weeks"].eq(week)]
        return rows[~rows["is_open"]].reset_index(drop=True)


def frozen(subject: Subject) -> Frozen | None:
    """Return all forecasts as they were frozen, beside what came; None where there is neither call nor history,
    or no quarter to tell.

    Question
        What did we forecast, when, and what came?

    Formula
        Calls of sheets where they cover at least 4 judged quarters, and come from those who book 80 % of what is
        booked, or history has nothing to offer; else deals in commit as they stood. Calls of fewer are none of the
        company's. The last call before a week counts until the next. Actuals are frozen some grace days after the end.
    """
    states = subject.part_of(states_of(subject))
    quarters = quarters_of(subject, states, subject.knobs.judged_quarters)
    calls = calls_of(subject)
    source = source_of(subject, calls, quarters)
    days = _days(subject, quarters, calls if source == "sheet" else calls.iloc[:0])
    if source is None or not days:
        return None
    view, covers = subject.view, subject.covers or TYPES
    found, early = _by_deal(subject, states, quarters, days, source), early_bookings(states, quarters, days)
    known = _known(calls, days) if source == "sheet" else _rebuilt(found, covers)
    told = called_of(known, quarters, covers, view.owners, source)
    return Frozen(
        quarters=quarters,
        states=states,
        deals=found,
        known=known,
        pairs=pd.concat(
            [
                _of_company(
                    told.forecasts, arithmetic(found, quarters, days, covers, early), source, quarters.booked(covers)
                ),
                _of_units(known, told.call, quarters, covers, view.owners),
            ],
            ignore_index=True,
        ),
        by_type=_by_type(found, quarters, days, early),
        source=source,
        call=told.call,
        caller=told.caller,
        callers=told.callers,
        covers=tuple(covers),
        days=days,
    )


def company_calls(subject: Subject, week: int) -> pd.DataFrame | None:
    """Return the company's own calls of the judged quarters at one week beside what came: the rows of its call in
    frozen(subject).at(week), to the number, without any other forecast; None where `frozen` is None.
    """
    states = subject.part_of(states_of(subject))
    quarters = quarters_of(subject, states, subject.knobs.judged_quarters)
    calls = calls_of(subject)
    source = source_of(subject, calls, quarters)
    days = _days(subject, quarters, calls if source == "sheet" else calls.iloc[:0])
    if source is None or not days:
        return None
    covers = subject.covers or TYPES
    if source == "sheet":
        known = _known(calls, days)
    else:
        at_week = {period: {week: weeks[week]} for period, weeks in days.items() if week in weeks}
        known = _rebuilt(_by_deal(subject, states, quarters, at_week, source), covers)
    told = called_of(known, quarters, covers, subject.view.owners, source)
    rows = told.forecasts.get(told.call, known.iloc[:0])
    rows = rows.assign(category=told.call, level="company", member="company")
    rows = _beside(rows[rows["horizon_weeks"].eq(week)], quarters.booked(covers))
    return rows[~rows["is_open"]].reset_index(drop=True)


def _days(subject: Subject, quarters: Quarters, calls: pd.DataFrame) -> dict[Period, dict[int, dt.date]]:
    """Return the day of each week of the judged quarters, and of the weeks so far of the one under way."""
    called = {name: set(part["snapshot_date"].dt.date) for name, part in calls.groupby("period")}
    days = {period: week_days(period, called.get(period.name, ())) for period in quarters.last}
    period, today = subject.period, subject.view.day
    if period.start <= today <= period.end:
        now = period.week_of(today)
        so_far = week_days(period, {day for day in called.get(period.name, ()) if day <= today})
        days[period] = {week: day for week, day in so_far.items() if week < now} | {now: today}
    return days


def _by_deal(
    subject: Subject,
    states: pd.DataFrame,
    quarters: Quarters,
    days: Mapping[Period, Mapping[int, dt.date]],
    source: str,
) -> ByDeal:
    """Return what deals add up to; nothing without history, which alone tells how they stood.

    Past deals are looked at on the day that weeks of rebuilt calls are told, else on the middle one of the week.
    """
    view = subject.view
    known = days if view.book.has_history else {}
    common = {"as_of": view.day, "company": view.company, "window": subject.knobs.past_quarters}
    return by_deal(states, quarters, known, **common, middle=MIDDLE[source])


def _known(calls: pd.DataFrame, days: Mapping[Period, Mapping[int, dt.date]]) -> pd.DataFrame:
    """Return the calls known on each day."""
    return pd.concat([known_calls(calls, period, weeks) for period, weeks in days.items()], ignore_index=True)


def _rebuilt(found: ByDeal, covers: Collection[str]) -> pd.DataFrame:
    """Return calls rebuilt from deals, owner by owner: booked to date, and open deals of a category or a nearer one."""
    sums = found.sums[found.sums["type"].isin(covers)].dropna(subset="commit")
    sums = sums.groupby(["period", "horizon_weeks", "owner_id"], as_index=False)[["booked", *ROLES]].sum()
    told = [role for role in ROLES if role != "most_likely" or not sums["most_likely"].eq(sums["commit"]).all()]
    parts = [sums.assign(category=role, forecast_amount=sums["booked"] + sums[role]) for role in told]
    rows = pd.concat(parts, ignore_index=True).rename(columns={"owner_id": "member"})
    rows = rows.assign(level="owner", group_level="", snapshot_date=pd.NaT, is_carried=False)
    return rows[["period", "horizon_weeks", "level", "group_level", "member", "category", "forecast_amount",
                 "snapshot_date", "is_carried"]]  # fmt: skip


def _of_company(
    called: Mapping[str, pd.DataFrame], simple: pd.DataFrame, source: str, booked: pd.Series
) -> pd.DataFrame:
    """Return the company's forecasts of all categories beside what came."""
    if source == "history":
        simple = simple[simple["category"].ne("crm_commit")]  # the call itself
    parts = [rows.assign(category=name) for name, rows in called.items()]
    rows = pd.concat([*parts, simple.dropna(subset="forecast_amount").assign(is_carried=False)], ignore_index=True)
    return _beside(rows.assign(level="company", member="company"), booked)


def _of_units(
    known: pd.DataFrame, call: str, quarters: Quarters, covers: Collection[str], owners: pd.DataFrame
) -> pd.DataFrame:
    """Return the calls of owners and teams beside what they booked."""
    rows = unit_pairs(known, call, quarters, covers, owners)
    return rows.assign(is_open=rows["actual_amount"].isna())


def _by_type(
    found: ByDeal, quarters: Quarters, days: Mapping[Period, Mapping[int, dt.date]], early: pd.DataFrame
) -> pd.DataFrame:
    """Return the forecasts by arithmetic of each opportunity type, and of all as one number."""
    parts = []
    for name, types in {**{type: (type,) for type in TYPES}, "all": TYPES}.items():
        rows = arithmetic(found, quarters, days, types, early, time_series=False).dropna(subset="forecast_amount")
        parts.append(_beside(rows, quarters.booked(types)).assign(type=name))
    return pd.concat(parts, ignore_index=True)


def _beside(rows: pd.DataFrame, booked: pd.Series) -> pd.DataFrame:
    """Return forecasts with what their quarters booked."""
    actual = rows["period"].map(booked).astype("float64")
    return rows.assign(actual_amount=actual, is_open=actual.isna())
