"""One simulated company on some days of one quarter: what is known then, and what the quarter came to."""

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from revops.analysis.aging import halving_ages
from revops.analysis.pace import frozen_on
from revops.analysis.same_day import SameDay, booked_on_day, open_on_day, same_day
from revops.analysis.spans import spans
from revops.company import TYPES, Company
from revops.periods import FiscalCalendar, Period

__all__ = ["COVERED", "DAYS", "Case", "Known", "case_of", "known_on"]

DAYS = (1, 15, 45, 75)
COVERED = ("new", "expansion")


@dataclass(frozen=True)
class Case:
    """One company and its quarter. kinds: what it is like (growth, luck, …); quotas: by period, the target's too."""

    seed: int
    kinds: dict[str, str]
    company: Company
    states: pd.DataFrame
    probabilities: pd.DataFrame
    past: list[Period]
    target: Period
    quotas: pd.Series

    @property
    def actual(self) -> float:
        """Return what the quarter booked of the types that the quota covers, frozen after the days of grace."""
        until = self.target.end + dt.timedelta(days=self.company.grace_days)
        return _covered(booked_on_day(self.states, self.target, until))["amount"].sum()


@dataclass(frozen=True)
class Known:
    """What a day knows: past quarters on the same day, deals open now, bookings so far by type, and the CRM's own
    chance of each open deal. then: the quarter itself as same_day tells it once it is over, for the verdict."""

    day: int
    past: SameDay
    deals: pd.DataFrame
    booked: pd.Series
    crm: pd.Series
    then: SameDay


def case_of(
    tables: dict[str, pd.DataFrame], seed: int, kinds: dict[str, str], company: Company, n_past: int, quotas: pd.Series,
    target: Period,
) -> Case:  # fmt: skip
    """Return the case that canonical tables make, as known some days after the quarter."""
    as_of = target.end + dt.timedelta(days=company.grace_days)
    history = tables["opportunity_history"]
    states = spans(history, tables["opportunities"], as_of=as_of, company=company, types=TYPES)
    chances = history[["opportunity_id", "changed_at", "win_probability"]]
    past = FiscalCalendar(company.fiscal_year_starts).before(target, n_past)
    return Case(seed, kinds, company, states, chances, past, target, quotas)


def known_on(case: Case, day: int) -> Known:
    """Return what is known at the end of a day of the quarter (1 on its first day)."""
    date = case.target.start + dt.timedelta(days=day - 1)
    left = case.target.days_left(date)
    halving = halving_ages(_until(case.states, date))
    common = {"days_left": left, "company": case.company, "halving": halving}
    past = same_day(case.states, case.past, as_of=date, **common)
    deals = open_on_day(case.states, case.target, date, case.company, halving)
    booked = booked_on_day(case.states, case.target, date).groupby("type")["amount"].sum()
    over = frozen_on(case.target, dt.date.max, case.company.grace_days)
    then = same_day(case.states, [case.target], as_of=over, **common)
    return Known(day, past, deals, booked, _crm(case, date, deals), then)


def _until(states: pd.DataFrame, date: dt.date) -> pd.DataFrame:
    """Return the states as spans of days that end with a day."""
    stamp = pd.Timestamp(date)
    known = states[states["first"] <= stamp]
    return known.assign(last=known["last"].clip(upper=stamp))


def _crm(case: Case, date: dt.date, deals: pd.DataFrame) -> pd.Series:
    """Return the win probability on the record of each open deal at the end of a day, in the order of `deals`."""
    told = case.probabilities[case.probabilities["changed_at"] < pd.Timestamp(date) + pd.Timedelta(days=1)]
    last = told.groupby("opportunity_id")["win_probability"].last()
    return deals["opportunity_id"].map(last).fillna(0.0)


def _covered(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["type"].isin(COVERED)]
