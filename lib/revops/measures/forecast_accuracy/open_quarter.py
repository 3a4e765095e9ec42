"""The open quarter: today's call corrected by what past calls in this week brought, beside where the deals land."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.analysis.landing import outcome_range
from revops.analysis.outlook import Subject, is_stale, landed, past_of
from revops.analysis.same_day import booked_on_day
from revops.measures.forecast_accuracy.confidence import confidence
from revops.measures.forecast_accuracy.forecasts.frozen import Frozen
from revops.measures.forecast_accuracy.projection import Projection, project, projection_backtest

__all__ = ["OpenQuarter", "open_quarter", "why_no_open_quarter"]


@dataclass(frozen=True)
class OpenQuarter:
    """What past calls in the same week say of today's.

    week: of the quarter, 1 to 13. booked: so far [company currency]. backtest: projection.projection_backtest at this
    week. confidence: high, medium or low, and why. landing: low, median and high of what the coverage report tells,
    from the open deals one by one [company currency]; landing_parts: what it expects of them, and of deals not there
    yet; both None where it tells nothing.
    """

    week: int
    booked: float
    projection: Projection
    backtest: pd.DataFrame
    confidence: str
    reasons: tuple[str, ...]
    landing: tuple[float, float, float] | None
    landing_parts: tuple[float, float] | None

    @property
    def agrees(self) -> bool | None:
        """Return whether each of projection and landing lies in the other's range; None without two ranges."""
        told = self.projection
        if self.landing is None or np.isnan(told.conservative):
            return None
        low, median, high = self.landing
        return low <= told.projected_amount <= high and told.conservative <= median <= told.optimistic


def why_no_open_quarter(subject: Subject, found: Frozen) -> str | None:
    """Return what a projection needs that there is not; None where it can be told."""
    if not subject.period.start <= subject.view.day <= subject.period.end:
        return "a period that is under way"
    if is_stale(subject.view, subject.knobs):
        return f"newer exports: the last record is of {subject.view.last_stamp:%Y-%m-%d}"
    return None if len(_calls(found, subject)) else "a call for the quarter under way"


def open_quarter(subject: Subject, found: Frozen) -> OpenQuarter | None:
    """Return the projection of the quarter under way; None where why_no_open_quarter has a reason.

    Question
        The call says this much; what will come?

    Formula
        projection.project on all past quarters with a call in the same week; the landing as in the coverage report.
    """
    if why_no_open_quarter(subject, found) is not None:
        return None
    view, period, knobs = subject.view, subject.period, subject.knobs
    week = period.week_of(view.day)
    past = found.at(week)
    past = past[past["category"].eq(found.call)].assign(is_last_known=lambda rows: _is_last_known(rows, found, week))
    rows = booked_on_day(found.states, period, view.day)
    booked = float(rows.loc[rows["type"].isin(found.covers), "amount"].sum())
    now = float(_calls(found, subject)["forecast_amount"].iloc[-1])
    told = project(past, now, booked=booked, level=knobs.level)
    backtest = projection_backtest(past, level=knobs.level)
    limits = {"high_width": knobs.narrow_width, "medium_width": knobs.wide_width}
    word, reasons = confidence(told, backtest, **limits)
    return OpenQuarter(week, booked, told, backtest, word, reasons, *_landing(subject))


def _is_last_known(rows: pd.DataFrame, found: Frozen, week: int) -> list[bool]:
    """Return of each past quarter whether the one before it was frozen on the day of its call."""
    days = {period.name: (period, weeks[week]) for period, weeks in found.days.items() if week in weeks}
    told = [days[name] for name in rows["period"]]
    grace = dt.timedelta(days=found.quarters.grace_days)
    return [day >= period.start - dt.timedelta(days=1) + grace for period, day in told]


def _calls(found: Frozen, subject: Subject) -> pd.DataFrame:
    """Return the company's calls of the quarter under way, week by week."""
    rows = found.pairs
    is_call = rows["level"].eq("company") & rows["category"].eq(found.call) & rows["is_open"]
    return rows[is_call & rows["period"].eq(subject.period.name)].sort_values("horizon_weeks")


def _landing(subject: Subject) -> tuple[tuple[float, float, float] | None, tuple[float, float] | None]:
    """Return low, median and high of the landing, as the coverage report tells it, and its parts."""
    past = past_of(subject) if subject.covers else None
    if past is None:
        return None, None
    now, covers = landed(subject, past), list(subject.covers)
    of_deals = float(now.deals.loc[now.deals["type"].isin(covers), "expected_amount"].sum())
    ends = outcome_range(now.landing.outcomes(covers), subject.knobs.level)
    return ends, (of_deals, float(now.landing.expected_new[covers].sum()))
