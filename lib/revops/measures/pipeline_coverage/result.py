"""Everything the pipeline coverage report shows, computed once: tables of different grain that must agree."""

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from revops.analysis.movement import movement
from revops.analysis.pace import daily_pipeline, frozen_bookings, frozen_on
from revops.analysis.people import owner_labels
from revops.analysis.quotas import CompanyQuota, company_quota, quotas_in_force, quotas_of_slice
from revops.analysis.standing import OPEN_PIPELINE, STANDINGS, standing
from revops.book import UNASSIGNED, AsOf
from revops.errors import MeasureError
from revops.measures.pipeline_coverage.coverage import (
    coverage_by_group,
    earlier_quarters,
    open_amounts_by_standing,
    past_quarters,
)
from revops.measures.pipeline_coverage.created import created_by_source
from revops.measures.pipeline_coverage.groups import with_outlook
from revops.measures.pipeline_coverage.knobs import Knobs
from revops.measures.pipeline_coverage.outlook import Outlook, outlook
from revops.periods import Period
from revops.ratios import effective_count, top_share

__all__ = ["CoverageResult", "measure"]


@dataclass(frozen=True)
class CoverageResult:
    """The tables behind one pipeline coverage report.

    headline and next_period are rows of coverage_by_group, by_group its tables by dimension; standings, created,
    earlier and pace are the results of open_amounts_by_standing, created_by_source, earlier_quarters and past_quarters;
    moved that of movement, since the end of moved_from, when open_before was open. pace and moved are None without
    history. top_deals and records have a row per opportunity. start_coverage is a multiple, top_share lies in [0, 1].
    outlook says what is needed and how likely it is, None where the past cannot say. labels says what to call an
    owner; unavailable maps a metric to what it needs.
    """

    view: AsOf
    knobs: Knobs
    period: Period
    quota: CompanyQuota
    headline: pd.Series
    next_period: pd.Series
    by_group: dict[str, pd.DataFrame]
    standings: pd.DataFrame
    created: pd.DataFrame
    pace: pd.DataFrame | None
    earlier: pd.DataFrame
    start_coverage: float
    moved: pd.DataFrame | None
    moved_from: dt.date
    open_before: float
    top_deals: pd.DataFrame
    top_share: float
    effective_deals: float
    records: pd.DataFrame
    outlook: Outlook | None
    labels: dict[str, str]
    unavailable: dict[str, str]

    @property
    def needed_coverage(self) -> tuple[float, float, float] | None:
        """Return `required_coverage` with its range: low, value, high [x]; None where it cannot be told."""
        need = None if self.outlook is None else self.outlook.required
        if need is None:
            return None
        remaining = float(self.headline["remaining_amount"])
        return need.low / remaining, need.amount / remaining, need.high / remaining

    @property
    def stalled(self) -> frozenset[str]:
        """Return the opportunities longer in their stage than the age at which the chance to move on has halved."""
        if self.outlook is None:
            return frozenset()
        deals = self.outlook.deals
        return frozenset(deals.loc[deals["days_in_stage"] > deals["halving_days"], "opportunity_id"])

    @property
    def gap(self) -> tuple[float, float, float]:
        """Return `pipeline_gap_amount` with its range: low, value, high [company currency]; NaN where unknown."""
        need = None if self.outlook is None else self.outlook.required
        if need is None:
            return (float("nan"),) * 3
        now = float(self.headline["open_pipeline_amount"])
        return tuple(max(amount - now, 0.0) for amount in (need.low, need.amount, need.high))


def measure(view: AsOf, knobs: Knobs) -> CoverageResult:
    """Return everything the report shows, for the company or for the slice that `knobs` names.

    Question
        Is there enough pipeline to make the number; if not, where is it short?

    Raises
        MeasureError: the slice names a group that no opportunity belongs to.
    """
    day, company = view.day, view.company
    period = view.calendar.resolve(knobs.period, day)
    state = _sliced(view.opportunities, knobs.slice)
    inside = set(state["opportunity_id"])
    quotas = quotas_of_slice(view.book.table("quotas"), view.owners, knobs.slice)
    common = {"quotas": quotas, "owners": view.owners, "as_of": day, "company": company}
    settled = _settled(view, period, knobs, inside)
    headline = coverage_by_group(state, period=period, settled=settled, **common).iloc[0]
    in_force = quotas_in_force(quotas, period=period, as_of=day, covers=company.quota_covers)
    following = view.calendar.shift(period, 1)
    where = standing(state, period=period, day=day, company=company)
    pipeline = state[where.eq(OPEN_PIPELINE)]
    pace = _pace(view, period, knobs, inside, quotas)
    moved_from = day - dt.timedelta(days=knobs.movement_days)
    moved, open_before = _moved(view, period, knobs, moved_from, state)
    told = outlook(view, period, knobs, quotas=quotas, inside=inside if knobs.slice else None)
    return CoverageResult(
        view=view,
        knobs=knobs,
        period=period,
        quota=company_quota(in_force, view.owners),
        headline=headline,
        next_period=coverage_by_group(state, period=following, **common).iloc[0],
        by_group={
            by: with_outlook(
                coverage_by_group(state, period=period, by=by, settled=settled, **common),
                told,
                _groups(state, by),
                level=knobs.level,
            )
            for by in ("type", *knobs.by)
        },
        standings=open_amounts_by_standing(state, period=period, as_of=day, company=company),
        created=created_by_source(state, period=period, as_of=day, company=company),
        pace=pace,
        earlier=_earlier(view, period, knobs, state, inside, quotas, pace),
        start_coverage=_start(pace, period),
        moved=moved,
        moved_from=moved_from,
        open_before=open_before,
        top_deals=pipeline.sort_values(["amount", "opportunity_id"], ascending=[False, True]).head(knobs.top_deals),
        top_share=top_share(pipeline["amount"], knobs.top_deals),
        effective_deals=effective_count(pipeline["amount"]),
        records=_records(state, where, view.left_out),
        outlook=told,
        labels=owner_labels(view.owners, {*state["owner_id"].dropna(), *quotas["member"]}, show=knobs.show_owners)
        | {UNASSIGNED: UNASSIGNED},
        unavailable=_unavailable(view, moved_from, period, pace),
    )


def _groups(state: pd.DataFrame, by: str) -> pd.Series:
    """Return the group of each opportunity: opportunity_id -> group."""
    return state.set_index("opportunity_id")[{"owner": "owner_id"}.get(by, by)].fillna(UNASSIGNED)


def _sliced(state: pd.DataFrame, slice: dict[str, str]) -> pd.DataFrame:
    """Return the opportunities of the slice; membership is that of the as-of day."""
    for name, wanted in slice.items():
        column = {"owner": "owner_id"}.get(name, name)
        kept = state[state[column].eq(wanted)]
        if kept.empty:
            known = ", ".join(sorted(state[column].dropna().unique()))
            raise MeasureError(
                f"slice {name}={wanted}: must name a group with opportunities; found none. Known: {known}."
            )
        state = kept
    return state.reset_index(drop=True)


def _pace(view: AsOf, period: Period, knobs: Knobs, inside: set[str], quotas: pd.DataFrame) -> pd.DataFrame | None:
    """Return the quarter and its predecessors day by day, as far back as history knows; None without history."""
    if not view.book.has_history:
        return None
    periods = [p for p in [*view.calendar.before(period, knobs.past_quarters), period] if view.knows(p.start)]
    timeline = view.timeline
    if knobs.slice:
        timeline = timeline[timeline["opportunity_id"].isin(inside)]
    records = view.book.table("opportunities")
    pace = daily_pipeline(timeline, records, periods, as_of=view.day, company=view.company)
    return past_quarters(pace, quotas, view.owners, periods, as_of=view.day, company=view.company)


def _settled(view: AsOf, period: Period, knobs: Knobs, inside: set[str]) -> pd.DataFrame | None:
    """Return the opportunities on the day a past period's bookings were frozen; None where that is the as-of day."""
    day = frozen_on(period, view.day, view.company.grace_days)
    if day == view.day or not view.knows(day):
        return None
    state = view.state(day)
    return state[state["opportunity_id"].isin(inside)] if knobs.slice else state


def _earlier(
    view: AsOf,
    period: Period,
    knobs: Knobs,
    state: pd.DataFrame,
    inside: set[str],
    quotas: pd.DataFrame,
    pace: pd.DataFrame | None,
) -> pd.DataFrame:
    """Return the quarters before this one; without history their bookings are those that the records show today."""
    past = [p for p in view.calendar.before(period, knobs.past_quarters) if p.end < view.day]
    records = view.book.table("opportunities")
    timeline = view.timeline[view.timeline["opportunity_id"].isin(inside)] if knobs.slice else view.timeline
    if view.book.has_history:
        past = [p for p in past if view.knows(p.start)]
    else:
        timeline = timeline.assign(changed_at=timeline["close_date"])
    bookings = frozen_bookings(timeline, records, past, as_of=view.day, company=view.company)
    day = period.day_of(period.clip(view.day))
    common = {"day_of_quarter": day, "as_of": view.day, "company": view.company}
    return earlier_quarters(bookings, pace, quotas, view.owners, past, **common)


def _start(pace: pd.DataFrame | None, period: Period) -> float:
    """Return `start_coverage`: open pipeline at the end of the period's first day over its full quota."""
    if pace is None:
        return float("nan")
    first = pace[pace["period"].eq(period.name) & pace["day"].eq(1)]
    return float(first["start_coverage"].iloc[0]) if len(first) else float("nan")


def _moved(
    view: AsOf, period: Period, knobs: Knobs, start: dt.date, state: pd.DataFrame
) -> tuple[pd.DataFrame | None, float]:
    """Return what moved since `start` and the open pipeline of that day; None and NaN where it cannot be rebuilt."""
    if not view.book.has_history or not view.knows(start):
        return None, float("nan")
    before = view.state(start)
    if knobs.slice:
        before = before[before["opportunity_id"].isin(state["opportunity_id"])]
    where = standing(before, period=period, day=start, company=view.company)
    moved = movement(before, state, period=period, start=start, end=view.day, company=view.company)
    return moved, float(before.loc[where.eq(OPEN_PIPELINE), "amount"].sum())


def _records(state: pd.DataFrame, where: pd.Series, left_out: pd.DataFrame) -> pd.DataFrame:
    """Return every opportunity with the number it counts in or the reason why in none."""
    columns = ["opportunity_id", "opportunity_name", "account_name", "owner_id", "segment", "region", "type", "source",
               "stage_name", "outcome", "created_at", "close_date", "amount"]  # fmt: skip
    kept = state[columns].assign(counts_as=where, reason=where.map(STANDINGS))
    gone = left_out[["opportunity_id", "amount", "reason"]].assign(counts_as="left_out")
    records = (
        pd.concat([kept, gone.astype({"reason": "str", "counts_as": "str"})], ignore_index=True) if len(gone) else kept
    )
    return records.sort_values("opportunity_id", ignore_index=True)


def _unavailable(view: AsOf, moved_from: dt.date, period: Period, pace: pd.DataFrame | None) -> dict[str, str]:
    """Return which metrics cannot be given, and what they need."""
    needs = {}
    if not view.book.has_history:
        history = "opportunity history (OpportunityHistory, Opportunity Field History, or dated copies of the exports)"
        needs = dict.fromkeys(("pipeline_movement_amount", "start_coverage"), history)
    elif not view.knows(moved_from):
        needs = {"pipeline_movement_amount": f"history back to {moved_from}"}
    if pace is not None and not view.knows(period.start):
        needs["start_coverage"] = f"history back to {period.start}"
    if view.book.table("quotas").empty:
        needs |= dict.fromkeys(("quota_amount", "coverage", "start_coverage"), "a quota sheet that covers the period")
    return needs
