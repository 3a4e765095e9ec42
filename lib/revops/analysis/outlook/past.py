"""Earlier quarters on the same day: what the outlook rests on, and what it is held against."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from revops.analysis.aging import halving_ages
from revops.analysis.outlook.knobs import OutlookKnobs
from revops.analysis.outlook.subject import Subject
from revops.analysis.pace import frozen_on
from revops.analysis.same_day import SameDay, same_day
from revops.book import AsOf
from revops.periods import Period

__all__ = ["FEWEST", "Past", "is_stale", "past_of"]

FEWEST = 4
"""Past quarters without which nothing is said of this one."""


@dataclass(frozen=True)
class Past:
    """Earlier quarters on the same day, oldest first.

    company, own: of the whole company, and of the subject where that is a slice (else the same). quotas, scales: the
    company's quota of each period (the one under way too), in force on its day, and what new business grows with: the
    quota or its stand-in; own_quotas, own_scales: the subject's. halving: stage_name -> days after which the chance to
    move on has halved (analysis.aging).

    Limits
        halving, and which deals belong to a slice, are those of the as-of day in all quarters: a back-test knows them.
    """

    periods: tuple[Period, ...]
    company: SameDay
    own: SameDay
    quotas: pd.Series
    scales: pd.Series
    own_quotas: pd.Series
    own_scales: pd.Series
    halving: pd.Series

    def names(self, last: int) -> list[str]:
        """Return the names of the last periods, at most `last`."""
        return [p.name for p in self.periods[-last:]] if last else []


def is_stale(view: AsOf, knobs: OutlookKnobs) -> bool:
    """Return whether the exports end too long before the as-of day to say anything of what is to come."""
    return view.days_without_news > knobs.stale_after_days


def past_of(subject: Subject) -> Past | None:
    """Return the subject's earlier quarters on the same day, from the company's first with bookings; None where fewer
    than 4 can be rebuilt or are asked for, the period is not the one under way, or the exports end too long before."""
    view, period, knobs = subject.view, subject.period, subject.knobs
    if not (view.book.has_history and period.start <= view.day <= period.end) or is_stale(subject.view, subject.knobs):
        return None
    wanted = max(knobs.past_quarters, knobs.backtest_quarters)
    periods = [p for p in view.calendar.before(period, wanted) if _is_over(subject, p)]
    if min(len(periods), knobs.past_quarters) < FEWEST:
        return None
    halving = halving_ages(subject.company_states)
    common = {"days_left": period.days_left(view.day), "as_of": view.day, "company": view.company, "halving": halving}
    covers, days = view.company.quota_covers, same_day(subject.company_states, periods, **common)
    periods = _from_first_booking(periods, days.sums(covers)["booked"])
    if len(periods) < FEWEST:
        return None
    days = days.of([p.name for p in periods])
    own = same_day(subject.states, periods, **common) if subject.is_slice else days
    quotas = _quotas(subject, view.book.table("quotas"), [*periods, period])
    scales = _scales(quotas, days.sums(covers).set_index("period")["booked"])
    own_quotas, own_scales = quotas, scales
    if subject.is_slice:
        own_quotas = _quotas(subject, subject.quotas, [*periods, period])
        share = _share_before(own.sums(subject.covers), days.sums(subject.covers), scales.index)
        stands_in = "type" in knobs.slice  # new business of one type grows with the quota of all
        own_scales = own_quotas.where((own_quotas > 0) & (not stands_in), scales * share).clip(lower=1.0)
    return Past(tuple(periods), days, own, quotas, scales, own_quotas, own_scales, halving)


def _from_first_booking(periods: Sequence[Period], booked: pd.Series) -> list[Period]:
    """Return the periods from the first that booked anything: those before tell nothing of one more."""
    sold = booked.ne(0).cummax()
    return [period for period, begun in zip(periods, sold, strict=True) if begun]


def _is_over(subject: Subject, period: Period) -> bool:
    """Return whether a quarter is known from its first day to the day its bookings were frozen."""
    view = subject.view
    frozen = period.end + dt.timedelta(days=view.company.grace_days)
    return view.knows(period.start) and frozen <= view.day and frozen_on(period, view.day, 0) == period.end


def _quotas(subject: Subject, sheet: pd.DataFrame, periods: Sequence[Period]) -> pd.Series:
    """Return each period's quota as in force on its day: the one on which as many days were left as are today."""
    left = subject.period.days_left(subject.view.day)
    days = [max(p.end - dt.timedelta(days=left), p.start) for p in periods]
    amounts = [subject.quota_in(sheet, p, day).amount for p, day in zip(periods, days, strict=True)]
    return pd.Series(amounts, index=[p.name for p in periods], dtype="float64")


def _scales(quotas: pd.Series, booked: pd.Series) -> pd.Series:
    """Return what new business grows with: each period's quota; where there is none, the bookings before it."""
    before = booked.reindex(quotas.index).rolling(4, min_periods=1).mean().shift().bfill().ffill()
    return quotas.where(quotas > 0, before).clip(lower=1.0)


def _share_before(own: pd.DataFrame, company: pd.DataFrame, periods: pd.Index) -> pd.Series:
    """Return by period the subject's part of what the company had booked in the quarters up to the one before."""
    booked = company.set_index("period")["booked"].cumsum()
    share = own.set_index("period")["booked"].cumsum() / booked.where(booked > 0)
    return share.reindex(periods).shift().ffill().bfill().fillna(0.0)
