"""From the first touch to the opportunity: when each lead was made, qualified, handed over, worked and converted."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.simulate.calendar import Array, day_number, stream
from revops.simulate.market.campaigns import campaign_of, campaigns
from revops.simulate.market.channels import CHANNELS, ORIGINS
from revops.simulate.market.clock import office_later
from revops.simulate.market.journeys import Journeys, journeys, origin_rate
from revops.simulate.model import World
from revops.simulate.people import assign

__all__ = ["HAND_OFF", "LEAD", "MQL", "OPPORTUNITY", "SQL", "Funnel", "funnel"]

LEAD, MQL, SQL, OPPORTUNITY = 0, 1, 2, 3
HAND_OFF = {"median_hours": 5.0, "median_hours_slow": 13.0, "slow_from": dt.date(2025, 8, 1), "sd": 0.6, "most": 38.0}
NEVER_WORKED = 0.12  # MQLs that come to nothing without a single try
LEFT_BEHIND = 0.12  # colleagues who stay leads when the account gets its opportunity
_TO_OPPORTUNITY = (20.0, 0.40)  # median days from MQL to opportunity and their spread
_FEWEST_DAYS = 16.0  # room for lists that are entered late and for a slow hand-off
_GAP_DAYS, _SAME_DAY = 24.0, 0.12
_DAY = 86_400


@dataclass(frozen=True)
class Funnel:
    """What became of all journeys: stamps are UTC seconds, NaN for never.

    campaigns  as `campaigns` gives them
    cases      journeys.cases with segment, region, owner, utc_hours, stage reached (LEAD to OPPORTUNITY), and mql,
               routed, worked, sql
    leads      row per person of a journey: case, person, created
    touches    row per touch: lead, channel, campaign, at, recorded (of lists: when they were entered)
    """

    journeys: Journeys
    campaigns: pd.DataFrame
    cases: pd.DataFrame
    leads: pd.DataFrame
    touches: pd.DataFrame


def funnel(world: World) -> Funnel:
    """Return the journeys of a world laid out in time, and the leads and qualifications that come of them."""
    found, frame = journeys(world), campaigns(world)
    rng = stream(world.seed, "funnel")
    cases = _placed(world, found.cases, rng)
    spread = np.exp(_TO_OPPORTUNITY[1] * rng.normal(size=len(cases)))
    mql = cases["end"].to_numpy() - np.maximum(_TO_OPPORTUNITY[0] * spread, _FEWEST_DAYS) * _DAY
    touches = _touches(found, mql, frame, rng)
    made = touches.groupby(["case", "person"])["recorded"].min()
    leads = made.rename("created").reset_index()
    touches["lead"] = (
        pd.Series(leads.index, made.index).loc[list(zip(touches["case"], touches["person"], strict=True))].to_numpy()
    )
    born = leads.loc[leads["person"] == 0].set_index("case")["created"]
    cases = _qualified(world, cases, np.maximum(mql, born.loc[cases.index] + 900.0).to_numpy(), rng)
    shown = _after_all_else(found, cases, frame, rng)
    shown["lead"] = leads[leads["person"] == 0].set_index("case").index.get_indexer(shown["case"])
    shown["lead"] = leads.index[leads["person"] == 0].to_numpy()[shown["lead"]]
    touches = pd.concat([touches, shown], ignore_index=True).sort_values(
        ["at", "lead"], kind="stable", ignore_index=True
    )
    return Funnel(found, frame, cases, leads, touches.drop(columns=["case", "person"]))


def _placed(world: World, cases: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return the cases with the deal's segment, region and first owner, or drawn ones where there is no deal."""
    plan, deal = world.plan, cases["deal"].to_numpy()
    n, there = len(cases), deal >= 0
    drawn = {
        "segment": rng.choice(len(plan.segments), n, p=_shares(plan.segments)),
        "region": rng.choice(len(plan.regions), n, p=_shares(plan.regions)),
    }
    found = {name: np.where(there, world.deals[name].to_numpy()[deal], values) for name, values in drawn.items()}
    like = pd.DataFrame({**found, "kind": 0, "created": cases["end"].to_numpy() / _DAY})
    owner = np.where(there, world.deals["owner"].to_numpy()[deal], assign(plan, world.people, like, rng))
    hours = np.array([region.utc_hours for region in plan.regions])[found["region"]]
    return cases.assign(**found, owner=owner, utc_hours=hours)


def _shares(items: tuple) -> Array:  # type: ignore[type-arg]
    shares = np.array([item.share for item in items])
    return shares / shares.sum()


def _touches(found: Journeys, mql: Array, frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return the touches up to the one that qualifies: the last of them falls on `mql`, the others lie before it."""
    channel, person = found.channel[:, :-3], found.person[:, :-3]
    gap = rng.exponential(_GAP_DAYS, channel.shape)
    gap = np.where(rng.random(channel.shape) < _SAME_DAY, 0.04, gap)
    there = channel >= 0
    gap = np.where(there & np.roll(there, -1, axis=1), gap, 0.0)
    gap[:, -1] = 0.0
    before = np.cumsum(gap[:, ::-1], axis=1)[:, ::-1] * _DAY
    at = np.floor(mql[:, None] - before).astype(np.int64)
    case, place = np.nonzero(there)
    rows = pd.DataFrame(
        {"case": case, "person": person[case, place], "channel": channel[case, place], "at": at[case, place]}
    )
    return _recorded(rows, frame, rng)


def _recorded(rows: pd.DataFrame, frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return the touches with their campaign and when they were recorded: lists on the Tuesday after next midnight."""
    at, channel = rows["at"].to_numpy(), rows["channel"].to_numpy()
    day = at // _DAY + 1
    tuesday = day + (5 - (day + 3) % 7 + 3) % 7
    by_list = np.array([item.by_list for item in CHANNELS])[channel]
    recorded = np.where(by_list, tuesday * _DAY + 15 * 3_600, at + 60)
    return rows.assign(campaign=campaign_of(frame, channel, at, rng), recorded=recorded)


def _qualified(world: World, cases: pd.DataFrame, mql: Array, rng: np.random.Generator) -> pd.DataFrame:
    """Return the cases with the stage each reached and when it was qualified, routed, worked and accepted."""
    n, mql = len(cases), np.floor(mql)
    rates = np.array([[o.mql_rate, o.sql_rate, origin_rate(o, world.seed)] for o in ORIGINS])[cases["origin"]]
    lost = np.column_stack([1 - rates[:, 0], rates[:, 0] * (1 - rates[:, 1]), rates[:, 0] * rates[:, 1] - rates[:, 2]])
    bounds = np.cumsum(lost, axis=1) / lost.sum(axis=1, keepdims=True)
    stage = (rng.random(n)[:, None] > bounds[:, :2]).sum(axis=1)
    stage = np.where(cases["deal"] >= 0, OPPORTUNITY, stage)
    utc = cases["utc_hours"].to_numpy()
    slow = (mql / _DAY) >= day_number(HAND_OFF["slow_from"])  # type: ignore[arg-type]
    median = np.where(slow, HAND_OFF["median_hours_slow"], HAND_OFF["median_hours"])
    hours = np.minimum(median * np.exp(HAND_OFF["sd"] * rng.normal(size=n)), HAND_OFF["most"])  # type: ignore[operator, call-overload]
    routed = mql + 120
    worked = office_later(routed, hours, utc).astype(float)
    never = (stage == MQL) & (rng.random(n) < NEVER_WORKED)
    sql = np.floor(worked + rng.uniform(0.25, 0.65, n) * (cases["end"].to_numpy() - worked))
    return cases.assign(
        stage=stage, mql=np.where(stage >= MQL, mql, np.nan), routed=np.where(stage >= MQL, routed, np.nan),
        worked=np.where((stage >= MQL) & ~never, worked, np.nan), sql=np.where(stage >= SQL, sql, np.nan),
        ready=mql,
    )  # fmt: skip


def _after_all_else(
    found: Journeys, cases: pd.DataFrame, frame: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Return the retargeting touches: between the touch that qualifies and the end, so the last of their journeys."""
    channel = found.channel[:, -3:]
    case, place = np.nonzero(channel >= 0)
    start, end = cases["ready"].to_numpy()[case] + 7_200, cases["end"].to_numpy()[case] - 7_200
    at = np.floor(start + rng.random(len(case)) * (end - start)).astype(np.int64)
    rows = pd.DataFrame({"case": case, "person": 0, "channel": channel[case, place], "at": at})
    return _recorded(rows, frame, rng)
