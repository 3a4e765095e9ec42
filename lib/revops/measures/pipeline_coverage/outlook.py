"""What the quarter needs and where it lands: required coverage, landing, chance of quota, and how such did before."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import bdtr

from revops.analysis.backtest import VALIDATED_FROM
from revops.analysis.cycle import CreationWindow
from revops.analysis.landing import Landing, outcome_range
from revops.analysis.outlook import GroupOutlook, Past, Subject, cycle_of, landed, past_of
from revops.analysis.required import Required, why_unknown
from revops.analysis.same_day import SameDay
from revops.analysis.spans import on_day
from revops.measures.pipeline_coverage.net_new import NetNew, net_new
from revops.measures.pipeline_coverage.proof import landing_told, required_told

__all__ = ["Outlook", "outlook"]

_TOO_FEW_HELD = 0.05


@dataclass(frozen=True)
class Outlook:
    """What past quarters on the same day say of this one.

    deals: open opportunities of the subject, one row each: opportunity_id, place, stage_name, pushes, type, amount,
    days_in_stage, is_stalled, halving_days (NaN where unknown), chance [0 to 1], expected_amount [company currency].
    landing: draws by type, and by the parts `largest`, `overdue`, `later`, `stalled`, `renewals`; outcomes: draws of
    what the quota covers. largest: id of the open deal, of a type that the quota covers, expected to bring most.
    required: None where it cannot be told, required_unknown then says why; required_told: its back-test. told: the
    landing's. own_past: the last quarters on the same day (SameDay), created_before: by period, what had been created
    by that day [company currency]. probability and probability_without_largest in [0, 1], NaN without a quota.
    by_type: type, booked_amount, low, median, high. groups: what groups bring and need. cycle: from creation to won.
    """

    deals: pd.DataFrame
    landing: Landing
    outcomes: np.ndarray
    largest: str | None
    required: Required | None
    required_unknown: str | None
    required_told: pd.DataFrame
    told: pd.DataFrame
    own_past: SameDay
    created_before: pd.Series
    probability: float
    probability_without_largest: float
    by_type: pd.DataFrame
    net_new: NetNew
    groups: GroupOutlook
    cycle: CreationWindow
    level: float

    @property
    def n_quarters(self) -> int:
        """Return how many past quarters the numbers rest on."""
        return self.own_past.totals["period"].nunique()

    @property
    def n_held(self) -> int:
        """Return in how many of the quarters told the range held what came."""
        return int(self.told["is_inside"].sum())

    @property
    def range_failed(self) -> bool:
        """Return whether the ranges held so rarely in past quarters that chance alone hardly explains it (1 in 20)."""
        return len(self.told) > 0 and bdtr(self.n_held, len(self.told), self.level) < _TOO_FEW_HELD

    @property
    def is_validated(self) -> bool:
        """Return whether enough chances of past quarters were told and held against what came, and ranges held."""
        return int(self.told["probability"].notna().sum()) >= VALIDATED_FROM and not self.range_failed

    def range(self) -> tuple[float, float, float]:
        """Return low, median and high of the landing [company currency]: `level` of the outcomes lie between."""
        return self.range_of(self.outcomes)

    def range_of(self, outcomes: np.ndarray) -> tuple[float, float, float]:
        """Return low, median and high of some outcomes, at the same level."""
        return outcome_range(outcomes, self.level)


def outlook(subject: Subject) -> Outlook | None:
    """Return `landing_amount`, `attainment_probability`, `required_coverage`, `weighted_pipeline_amount` and what
    stands behind them; None where fewer than 4 past quarters can be rebuilt, the period is not the one under way, or
    the quota covers nothing of the slice.

    Question
        How much pipeline is needed, how likely is the quota, and did such chances come true before?

    Limits
        Chances and yields of a slice are the whole company's, times how much better or worse its deals have done
        (analysis.groups); they are held against the slice's own past.

    Source
        METHODS 4.1 and its references; see the functions called.
    """
    past = past_of(subject) if subject.covers else None
    if past is None:
        return None
    covers, last = subject.view.company.quota_covers, past.names(subject.knobs.past_quarters)
    now, recent = landed(subject, past), past.company.of(last)
    groups, outcomes = now.groups, now.landing.outcomes(subject.covers)
    quota = _asked(past.own_quotas[subject.period.name])
    remaining, scale = max(quota - now.booked.reindex(covers).sum(), 0), float(past.own_scales[subject.period.name])
    unknown = groups.unknown or why_unknown(recent.sums(covers), remaining)
    return Outlook(
        deals=now.deals,
        landing=now.landing,
        outcomes=outcomes,
        largest=now.largest,
        required=None if unknown else groups.required(remaining, scale, groups.own_draws),
        required_unknown=unknown,
        required_told=required_told(subject, past),
        told=landing_told(subject, past),
        own_past=past.own.of(last),
        created_before=_created_before(subject, past),
        probability=_reached(outcomes, quota),
        probability_without_largest=_reached(outcomes - now.landing.parts["largest"].to_numpy(), quota),
        by_type=_by_type(now.landing, now.booked, subject.knobs.level),
        net_new=net_new(subject, now.landing, now.booked),
        groups=groups,
        cycle=cycle_of(subject),
        level=subject.knobs.level,
    )


def _asked(quota: float) -> float:
    """Return the quota; NaN where it asks for nothing."""
    return float(quota) if quota > 0 else float("nan")


def _reached(outcomes: np.ndarray, quota: float) -> float:
    return float(np.mean(outcomes >= quota)) if not np.isnan(quota) else float("nan")


def _by_type(landing: Landing, booked: pd.Series, level: float) -> pd.DataFrame:
    tail = (1 - level) / 2
    quantiles = landing.draws.quantile([tail, 0.5, 1 - tail]).T.set_axis(["low", "median", "high"], axis=1)
    table = quantiles.assign(booked_amount=booked).fillna({"booked_amount": 0.0}).rename_axis("type").reset_index()
    return table[table["high"] > 0][["type", "booked_amount", "low", "median", "high"]].reset_index(drop=True)


def _created_before(subject: Subject, past: Past) -> pd.Series:
    """Return what had been created by this day of each recent quarter, as its amount stood on that day."""
    left, covers = subject.period.days_left(subject.view.day), subject.view.company.quota_covers
    created = subject.view.book.table("opportunities").set_index("opportunity_id")["created_at"].dt.normalize()
    sums = {}
    for period in past.periods[-subject.knobs.past_quarters :]:
        day = max(period.end - dt.timedelta(days=left), period.start)
        rows = on_day(subject.states, day)
        rows = rows[rows["type"].isin(covers)]
        born = rows["opportunity_id"].map(created)
        sums[period.name] = float(rows.loc[born >= pd.Timestamp(period.start), "amount"].sum())
    return pd.Series(sums, dtype="float64")
