"""What the quarter needs and where it lands: required coverage, landing, chance of quota, their past."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.analysis.aging import eventual_win_rate, halving_ages, stage_ages
from revops.analysis.backtest import VALIDATED_FROM, backtest
from revops.analysis.landing import Landing, chances, landing
from revops.analysis.pace import frozen_on
from revops.analysis.quotas import company_quota, quotas_in_force
from revops.analysis.required import Required, required_open
from revops.analysis.same_day import SameDay, booked_on_day, open_on_day, same_day
from revops.analysis.spans import spans
from revops.book import AsOf
from revops.company import TYPES
from revops.measures.pipeline_coverage.knobs import Knobs
from revops.periods import Period

__all__ = ["Outlook", "outlook"]

_FEWEST = 4


@dataclass(frozen=True)
class Outlook:
    """What past quarters on the same day say of this one.

    deals: open opportunities, one row each: opportunity_id, place, stage_name, pushes, type, amount, chance [0 to 1],
    expected_amount, days_in_stage, halving_days (NaN where unknown). landing: draws by type and by deal. outcomes:
    draws of what the quota covers. required: None where it cannot be told; yields: by past period, what was won of
    what was open; sums: those periods' totals (SameDay.sums); past_deals: their deals due on the day (SameDay.deals)
    with the chance that stage and the like would have told. probability and probability_without_largest in [0, 1],
    NaN without a quota. by_type: type, booked_amount, low, median, high. told: the back-test, one row per past
    quarter. n_quarters: past quarters behind the numbers. sales_cycle_days: median from creation to won; win_rate in
    [0, 1].
    """

    deals: pd.DataFrame
    landing: Landing
    outcomes: np.ndarray
    required: Required | None
    yields: pd.Series
    sums: pd.DataFrame
    past_deals: pd.DataFrame
    probability: float
    probability_without_largest: float
    by_type: pd.DataFrame
    told: pd.DataFrame
    n_quarters: int
    sales_cycle_days: float
    win_rate: float

    @property
    def is_validated(self) -> bool:
        """Return whether enough past quarters were told and held against what came."""
        return len(self.told) >= VALIDATED_FROM

    def range(self, level: float) -> tuple[float, float, float]:
        """Return low, median and high of the landing [company currency]: `level` of the outcomes lie between."""
        tail = (1 - level) / 2
        return tuple(float(q) for q in np.quantile(self.outcomes, [tail, 0.5, 1 - tail]))


def outlook(
    view: AsOf, period: Period, knobs: Knobs, *, quotas: pd.DataFrame, inside: Collection[str] | None = None
) -> Outlook | None:
    """Return `landing_amount`, `attainment_probability`, `required_coverage`, `weighted_pipeline_amount` and what
    stands behind them; None where fewer than 4 past quarters can be rebuilt, or the period is not the one under way.

    Question
        How much pipeline is needed, how likely is the quota, and did such chances come true before?

    Parameters
        quotas : the quota rows of the subject (schema.quotas); those of the whole company give past quarters' scale
        inside : opportunities of the slice, None for all. Chances and yields are the whole company's either way; what
            is not there yet is expected in proportion to what is open.

    Source
        METHODS 4.1 and its references; see the functions called.
    """
    if not (view.book.has_history and period.start <= view.day <= period.end):
        return None
    company, day, left = view.company, view.day, period.days_left(view.day)
    states = spans(view.timeline, view.book.table("opportunities"), as_of=day, company=company, types=TYPES)
    past = [p for p in view.calendar.before(period, knobs.backtest_quarters) if _is_over(view, p)]
    if len(past) < _FEWEST:
        return None
    days = same_day(states, past, days_left=left, as_of=day, company=company)
    whole = view.book.table("quotas")
    targets = pd.Series({p.name: _quota(view, whole, p) for p in [*past, period]})
    scales = _scales(targets, days, company.quota_covers)
    recent = days.of([p.name for p in past[-knobs.past_quarters :]])
    now, booked = open_on_day(states, period, day, company), booked_on_day(states, period, day)
    part = 1.0
    if inside is not None:
        everything = now["amount"].sum()
        now, booked = (rows[rows["opportunity_id"].isin(inside)].reset_index(drop=True) for rows in (now, booked))
        part = now["amount"].sum() / everything if everything > 0 else 0.0
    so_far = booked.groupby("type")["amount"].sum()
    told = landing(recent, now, booked=so_far, scale=part * scales[period.name], scales=scales, seed=knobs.seed)
    covers = list(company.quota_covers)
    quota = _quota(view, quotas, period)
    outcomes = told.outcomes(covers)
    remaining = max(quota - so_far.reindex(covers).sum(), 0) if not np.isnan(quota) else float("nan")
    return Outlook(
        deals=_described(now, told, states, day),
        landing=told,
        outcomes=outcomes,
        required=_required(recent, remaining, part * scales[period.name], scales, knobs, covers),
        yields=_yields(recent, covers),
        sums=recent.sums(covers),
        past_deals=_with_chances(recent, covers),
        probability=_reached(outcomes, quota),
        probability_without_largest=_reached(outcomes - _largest(told, now, covers), quota),
        by_type=_by_type(told, so_far, knobs.level),
        told=_told(days, past, targets, scales, covers, knobs),
        n_quarters=min(len(past), knobs.past_quarters),
        sales_cycle_days=_sales_cycle(states, view),
        win_rate=_win_rate(states, view, covers),
    )


def _is_over(view: AsOf, period: Period) -> bool:
    """Return whether a quarter is known from its first day to the day its bookings were frozen."""
    frozen = period.end + dt.timedelta(days=view.company.grace_days)
    return view.knows(period.start) and frozen <= view.day and frozen_on(period, view.day, 0) == period.end


def _quota(view: AsOf, quotas: pd.DataFrame, period: Period) -> float:
    in_force = quotas_in_force(quotas, period=period, as_of=view.day, covers=view.company.quota_covers)
    return company_quota(in_force, view.owners).amount


def _scales(quotas: pd.Series, days: SameDay, covers: Collection[str]) -> pd.Series:
    """Return what new bookings grow with: each period's quota; where there is none, the bookings before it."""
    booked = days.sums(covers).set_index("period")["booked"].reindex(quotas.index)
    before = booked.rolling(4, min_periods=1).mean().shift().bfill().ffill()
    return quotas.where(quotas > 0, before).clip(lower=1.0)


def _required(
    past: SameDay, remaining: float, scale: float, scales: pd.Series, knobs: Knobs, covers: list[str]
) -> Required | None:
    if not remaining > 0:
        return None
    common = {"scale": float(scale), "scales": scales, "level": knobs.level, "seed": knobs.seed}
    return required_open(past.sums(covers), remaining=remaining, **common)


def _yields(past: SameDay, covers: list[str]) -> pd.Series:
    """Return what each past quarter won of what was open on the same day: period -> share."""
    rows = past.sums(covers).set_index("period")
    rows = rows[rows["open_amount"] > 0]
    return rows["won_from_open"] / rows["open_amount"]


def _with_chances(past: SameDay, covers: list[str]) -> pd.DataFrame:
    told = past.deals.assign(chance=chances(past.deals, past.deals).mean)
    return told[told["place"].eq("due") & told["type"].isin(covers)].reset_index(drop=True)


def _reached(outcomes: np.ndarray, quota: float) -> float:
    return float(np.mean(outcomes >= quota)) if not np.isnan(quota) else float("nan")


def _largest(told: Landing, deals: pd.DataFrame, covers: list[str]) -> np.ndarray | float:
    """Return the draws of the open deal, of a type that the quota covers, that is expected to bring most."""
    expected = pd.Series(told.won.mean(axis=0)).where(deals["type"].isin(covers).to_numpy(), -1.0)
    return told.won[:, int(expected.idxmax())] if len(expected) else 0.0


def _by_type(told: Landing, so_far: pd.Series, level: float) -> pd.DataFrame:
    tail = (1 - level) / 2
    quantiles = told.draws.quantile([tail, 0.5, 1 - tail]).T.set_axis(["low", "median", "high"], axis=1)
    table = quantiles.assign(booked_amount=so_far).fillna({"booked_amount": 0.0}).rename_axis("type").reset_index()
    return table[table["high"] > 0][["type", "booked_amount", "low", "median", "high"]].reset_index(drop=True)


def _described(deals: pd.DataFrame, told: Landing, states: pd.DataFrame, day: dt.date) -> pd.DataFrame:
    ages = stage_ages(states, pd.Timestamp(day))
    return deals.assign(
        chance=told.chances,
        expected_amount=told.chances * deals["amount"] * told.haircuts.reindex(deals["type"]).to_numpy(dtype=float),
        days_in_stage=deals["opportunity_id"].map(ages),
        halving_days=deals["stage_name"].map(halving_ages(states)),
    )


def _told(
    days: SameDay, past: list[Period], quotas: pd.Series, scales: pd.Series, covers: list[str], knobs: Knobs
) -> pd.DataFrame:
    common = {"types": covers, "quotas": quotas, "scales": scales, "level": knobs.level, "seed": knobs.seed}
    return backtest(days, past, window=knobs.past_quarters, **common)


def _sales_cycle(states: pd.DataFrame, view: AsOf) -> float:
    """Return `sales_cycle_days`: the median from creation to won, over new deals won in the last four quarters."""
    since = pd.Timestamp(view.day) - pd.Timedelta(days=365)
    won = states[states["outcome"].eq("won") & (states["first"] >= since) & states["type"].eq("new")]
    won = won.drop_duplicates("opportunity_id")
    created = view.book.table("opportunities").set_index("opportunity_id")["created_at"]
    return float((won["first"] - won["opportunity_id"].map(created).dt.normalize()).dt.days.median())


def _win_rate(states: pd.DataFrame, view: AsOf, covers: list[str]) -> float:
    """Return the share of deals, of the types that the quota covers, that end won: created in the last two years."""
    created = view.book.table("opportunities").set_index("opportunity_id")["created_at"]
    since = pd.Timestamp(view.day) - pd.Timedelta(days=730)
    return eventual_win_rate(states[states["type"].isin(covers)], created, since=since)
