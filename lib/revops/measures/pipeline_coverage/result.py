"""Everything the pipeline coverage report shows, computed once: tables of different grain that must agree."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from revops.analysis.outlook import FEWEST, Subject, is_stale
from revops.analysis.people import owner_labels
from revops.analysis.quotas import CompanyQuota
from revops.analysis.standing import OPEN_PIPELINE, STANDINGS, standing
from revops.book import UNASSIGNED, AsOf
from revops.measures.pipeline_coverage.coverage import coverage_by_group, open_amounts_by_standing
from revops.measures.pipeline_coverage.created import created_by_source
from revops.measures.pipeline_coverage.knobs import Knobs
from revops.measures.pipeline_coverage.needs import OUTLOOK, lacking
from revops.measures.pipeline_coverage.outlook import Outlook, outlook
from revops.measures.pipeline_coverage.quarters import (
    coverage_by_day,
    earlier_quarters,
    moved_since,
    settled_state,
    start_coverage,
)
from revops.periods import Period
from revops.ratios import effective_count, top_share

__all__ = ["CoverageResult", "measure"]


@dataclass(frozen=True)
class CoverageResult:
    """The tables behind one pipeline coverage report.

    headline and next_period are rows of coverage_by_group, by_group its tables by dimension, with what each group needs
    (groups.GroupOutlook) where the past can say; standings, created, earlier and pace are the results of
    open_amounts_by_standing, created_by_source, earlier_quarters and coverage_by_day; moved that of movement, since the
    end of moved_from, when open_before was open. pace and moved are None without history. top_deals and records have a
    row per opportunity. start_coverage is a multiple, top_share lies in [0, 1]. outlook says what is needed and how
    likely it is, None where the past cannot say. labels says what to call an owner; unavailable maps a metric to what
    it needs.
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
    def is_stale(self) -> bool:
        """Return whether the exports end too long before the as-of day to say anything of what is to come."""
        return is_stale(self.view, self.knobs)

    @property
    def needed_coverage(self) -> tuple[float, float, float] | None:
        """Return `required_coverage` with its range: low, value, high [x]; None where it cannot be told."""
        need = None if self.outlook is None else self.outlook.required
        if need is None:
            return None
        remaining = float(self.headline["remaining_amount"])
        return need.low / remaining, need.amount / remaining, need.high / remaining

    @property
    def gap(self) -> tuple[float, float, float]:
        """Return `pipeline_gap_amount` with its range: low, value, high [company currency]; NaN where unknown."""
        need = None if self.outlook is None else self.outlook.required
        if need is None:
            return (float("nan"),) * 3
        now = float(self.headline["open_pipeline_amount"])
        low, value, high = (max(amount - now, 0.0) for amount in (need.low, need.amount, need.high))
        return low, value, high

    @property
    def short_groups(self) -> pd.DataFrame:
        """Return the groups, of the first dimension with quotas, whose coverage is below the whole range they need.

        Indexed by group: coverage, required_low [x]."""
        columns = ["coverage", "required_low"]
        for by, table in self.by_group.items():
            if by not in ("type", "owner") and "required_low" in table and table["required_low"].notna().any():
                short = (table["coverage"] < table["required_low"]) & ~table["is_few"]
                return table[short].set_index("group")[columns]
        return pd.DataFrame(columns=columns)


def measure(view: AsOf, knobs: Knobs) -> CoverageResult:
    """Return everything the report shows, for the company or for the slice that `knobs` names.

    Question
        Is there enough pipeline to make the number; if not, where is it short?

    Raises
        MeasureError: the slice names a group that no opportunity belongs to.
    """
    subject = Subject(view, knobs)
    state, period = subject.state, subject.period
    common = {"period": period, "as_of": view.day, "company": view.company}
    told, pace = outlook(subject), coverage_by_day(subject)
    moved_from = view.day - dt.timedelta(days=knobs.movement_days)
    moved, open_before = moved_since(subject, moved_from)
    where = standing(state, period=period, day=view.day, company=view.company)
    return CoverageResult(
        view=view,
        knobs=knobs,
        period=period,
        quota=subject.quota(period),
        **_coverage(subject, told),
        standings=open_amounts_by_standing(state, **common),
        created=created_by_source(state, **common),
        pace=pace,
        earlier=earlier_quarters(subject, pace),
        start_coverage=start_coverage(subject, pace),
        moved=moved,
        moved_from=moved_from,
        open_before=open_before,
        **_largest(state[where.eq(OPEN_PIPELINE)], knobs.top_deals),
        records=_records(state, where, view.left_out),
        outlook=told,
        labels=_labels(subject),
        unavailable=_unavailable(subject, moved_from, pace, told),
    )


def _coverage(subject: Subject, told: Outlook | None) -> Mapping[str, object]:
    """Return the headline, the next period's, and the tables by group."""
    view, period = subject.view, subject.period
    common = {"quotas": subject.quotas, "owners": view.owners, "as_of": view.day, "company": view.company}
    now = common | {"period": period, "settled": settled_state(subject)}
    dimensions = [by for by in ("type", *subject.knobs.by) if by not in subject.knobs.slice]
    by_group = {by: coverage_by_group(subject.state, by=by, **now) for by in dimensions}
    if told is not None:
        by_group = {by: told.groups.described(table, by) for by, table in by_group.items()}
    following = coverage_by_group(subject.state, period=view.calendar.shift(period, 1), **common)
    headline = coverage_by_group(subject.state, **now)
    return {"headline": headline.iloc[0], "next_period": following.iloc[0], "by_group": by_group}


def _largest(pipeline: pd.DataFrame, top: int) -> Mapping[str, object]:
    """Return the largest deals of open pipeline, and how much of it hangs on them."""
    deals = pipeline.sort_values(["amount", "opportunity_id"], ascending=[False, True]).head(top)
    amounts = pipeline["amount"]
    return {"top_deals": deals, "top_share": top_share(amounts, top), "effective_deals": effective_count(amounts)}


def _labels(subject: Subject) -> dict[str, str]:
    """Return what to call each owner."""
    members = {*subject.state["owner_id"].dropna(), *subject.quotas["member"]}
    return owner_labels(subject.view.owners, members, show=subject.knobs.show_owners) | {UNASSIGNED: UNASSIGNED}


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


def _why_no_outlook(subject: Subject) -> str:
    """Return what an outlook needs that there is not, where there is history."""
    if not subject.covers:
        return "a type that the quota covers"
    if not subject.period.start <= subject.view.day <= subject.period.end:
        return "a period that is under way"
    if is_stale(subject.view, subject.knobs):
        return f"newer exports: the last record is of {subject.view.last_stamp:%Y-%m-%d}"
    if subject.knobs.past_quarters < FEWEST:
        return f"past_quarters of at least {FEWEST}"
    return f"history of at least {FEWEST} past quarters since the first booking"


def _unavailable(
    subject: Subject, moved_from: dt.date, pace: pd.DataFrame | None, told: Outlook | None
) -> dict[str, str]:
    """Return which metrics cannot be given, and what they need."""
    view, period, needs = subject.view, subject.period, {}
    if view.book.has_history and not view.knows(moved_from):
        needs = {"pipeline_movement_amount": f"history back to {moved_from}"}
    if view.book.has_history and told is None:
        needs |= dict.fromkeys(OUTLOOK, _why_no_outlook(subject))
    if pace is not None and not view.knows(period.start):
        begun = period.start <= view.day
        needs["start_coverage"] = f"history back to {period.start}" if begun else "a period that has begun"
    return needs | lacking(view.book)
