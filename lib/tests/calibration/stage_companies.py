"""Companies of revops.simulate with their leads, on a quiet day and on one by which a segment collapsed and sales got
slow; and the true shares and days of such companies, counted in one that is very large and followed to the end."""

import datetime as dt
import tempfile
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from revops.book import AsOf, Book
from revops.company import load_company
from revops.exports import prepare
from revops.simulate import Plan, World, simulate
from revops.simulate.calendar import local_day
from revops.simulate.files import write_service_table
from revops.simulate.market import salesforce_leads as lead_files
from revops.simulate.market.crm import market
from revops.simulate.plan import STAGES, WON
from revops.simulate.records import export_ids
from revops.simulate.salesforce import write_exports

__all__ = ["COLLAPSED", "HORIZONS", "KINDS", "PLANTED", "QUIET", "ROOT", "SEGMENT", "Kind", "book_of",
           "collapsed", "true_days", "true_leads", "true_shares", "view_of"]  # fmt: skip

ROOT = Path(__file__).parents[3]
QUIET, PLANTED = dt.date(2025, 7, 31), dt.date(2025, 10, 31)
"""Days: nothing has changed by the first; the simulator's hand-off gets slow with the last weeks of the second."""
HORIZONS = (30, 60, 90, 180)
COLLAPSED, SEGMENT = "Evaluation", "Mid-market"
_PLAN = Plan(first_day=dt.date(2023, 2, 1), n_quarters=11, burn_in=5, second_try_rate=0.0)
_DAYS, _LARGE = 455, 3_000.0
"""Days of the five windows up to a day; new opportunities a quarter of the large company."""


@dataclass(frozen=True)
class Kind:
    """growth: of creation a month. size: new opportunities in the last quarter. luck: sd of a quarter's (log-odds of
    being won)."""

    growth: float
    size: float
    luck: float


KINDS = tuple(Kind(*traits) for traits in product((-0.03, 0.0, 0.06), (60.0, 180.0), (0.0, 0.18)))


def book_of(kind: Kind, seed: int) -> Book:
    """Return the company of a kind and a seed as exported on the later day, read by the gate: deals and leads."""
    world = simulate(_plan(kind), seed)
    found, ids, until = market(world), export_ids(world), world.until(PLANTED)
    company = load_company(ROOT / "params")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_exports(world, folder, PLANTED)
        write_service_table(folder, "Lead", lead_files.lead_rows(world, found, ids, until), lead_files.LEAD_LAYOUT)
        history = lead_files.history_rows(world, found, ids, until)
        write_service_table(folder, "LeadHistory", history, lead_files.HISTORY_LAYOUT)
        prepared = prepare(folder, company)
    return Book(company, {name: table.to_pandas() for name, table in prepared.tables.items()}, prepared.audit)


def view_of(book: Book, day: dt.date) -> AsOf:
    """Return the book as of a day."""
    return book.as_of(day, now=dt.datetime(2099, 1, 1))


def collapsed(book: Book, seed: int) -> Book:
    """Return the book in which, of the opportunities of SEGMENT that left COLLAPSED for a later stage in the 13 weeks
    up to PLANTED, one in two was lost at that moment instead."""
    history, deals = book.tables["opportunity_history"], book.tables["opportunities"]
    segment = book.tables["accounts"].set_index("account_id")["segment"]
    place = history["stage_name"].map({name: at for at, name in enumerate(STAGES[: WON + 1])})
    later = history[place > STAGES.index(COLLAPSED)].drop_duplicates("opportunity_id")
    since = pd.Timestamp(PLANTED) - pd.Timedelta(days=90)
    mine = deals.loc[deals["account_id"].map(segment).eq(SEGMENT), "opportunity_id"]
    later = later[later["changed_at"].ge(since) & later["opportunity_id"].isin(mine)]
    later = later[np.random.default_rng([seed, 131]).random(len(later)) < 0.5]
    lost = later.assign(stage_name="Lost", outcome="lost")
    ended = history["opportunity_id"].map(lost.set_index("opportunity_id")["sequence"])
    history = pd.concat([history[~(history["sequence"] >= ended)], lost.astype(history.dtypes)], ignore_index=True)
    history = history.sort_values(["opportunity_id", "changed_at", "sequence"], ignore_index=True)
    hit = deals["opportunity_id"].isin(lost["opportunity_id"])
    day = deals["opportunity_id"].map(lost.set_index("opportunity_id")["changed_at"]).dt.normalize()
    deals = deals.assign(stage_name=deals["stage_name"].mask(hit, "Lost"), outcome=deals["outcome"].mask(hit, "lost"),
                         close_date=deals["close_date"].mask(hit, day))  # fmt: skip
    return Book(book.company, {**book.tables, "opportunities": deals, "opportunity_history": history}, book.audit)


@cache
def true_shares(growth: float, size: float = _LARGE) -> pd.DataFrame:
    """Return by type, step and horizon the share of what came into a stage in the five windows up to QUIET that moved
    on within so many days: plain counts."""
    world = _large(growth, size)
    ends = _ends_of_days(world)
    lost = ends.loc[ends["stage"] > WON].groupby("deal")["day"].min().rename("lost")
    ends = ends.join(lost, on="deal")
    ends = ends[~(ends["day"] >= ends["lost"])]
    came = [ends[ends["stage"].between(place, WON)].groupby("deal")["day"].min() for place in range(WON + 1)]
    parts = []
    for place in range(WON):
        days = (came[place + 1].reindex(came[place].index) - came[place]).to_numpy()
        rows = pd.DataFrame({"deal": came[place].index, "entered": came[place].to_numpy(), "days": days})
        parts.append(rows.assign(step=STAGES[place]))
    return _shares(_of_types(pd.concat(parts), world), ["type", "step"])


@cache
def true_days(growth: float, size: float = _LARGE) -> pd.DataFrame:
    """Return by type and step the first age in days by which half of the stays in a stage begun in the five windows up
    to QUIET were over."""
    world = _large(growth, size)
    ends = _ends_of_days(world)
    new = (ends["deal"].diff() != 0) | (ends["stage"].diff() != 0)
    runs = ends[new]
    left = runs.groupby("deal")["day"].shift(-1)
    runs = runs.assign(entered=runs["day"], days=left - runs["day"])
    runs = runs[runs["stage"].lt(WON)].assign(
        step=np.array(STAGES, dtype=object)[runs.loc[runs["stage"] < WON, "stage"]]
    )
    rows = _of_types(runs, world)
    median = rows.assign(days=rows["days"].fillna(np.inf)).groupby(["type", "step"])["days"].quantile(
        0.5, interpolation="lower")  # fmt: skip
    return median.rename("true").reset_index()


@cache
def true_leads(growth: float, size: float = _LARGE) -> pd.DataFrame:
    """Return by step (lead, mql, sql) and horizon the share of journeys that came into it in those windows and came to
    the next within so many days."""
    world = _large(growth, size)
    found = market(world).funnel
    born = found.leads[found.leads["person"].eq(0)].set_index("case")["created"]
    cases = found.cases.assign(lead=born.reindex(found.cases.index), opportunity=found.cases["end"])
    cases["opportunity"] = cases["opportunity"].astype(float).where(cases["deal"] >= 0)
    parts = []
    for step, after in (("lead", "mql"), ("mql", "sql"), ("sql", "opportunity")):
        rows = cases[cases[step].notna()]
        entered, left = (_days_of(rows[name], world) for name in (step, after))
        parts.append(pd.DataFrame({"step": step, "entered": entered, "days": np.maximum(left - entered, 0)}))
    return _shares(_inside(pd.concat(parts)), ["step"])


@cache
def _large(growth: float, size: float) -> World:
    return simulate(replace(_plan(Kind(growth, size, 0.0)), after=3), 1)


def _plan(kind: Kind) -> Plan:
    growth = (1 + kind.growth) ** 3
    return replace(
        _PLAN, growth=growth, luck_sd=kind.luck, new_per_quarter=kind.size / growth ** (_PLAN.n_quarters - 1)
    )


def _ends_of_days(world: World) -> pd.DataFrame:
    """Return the stage of each deal at the end of each day on which it was saved, in order."""
    states = world.states.sort_values(["deal", "stamp"], kind="stable")
    states = states.assign(day=local_day(states["stamp"].to_numpy(), world.plan.time_zone))
    return states.drop_duplicates(["deal", "day"], keep="last")[["deal", "day", "stage"]]


def _of_types(rows: pd.DataFrame, world: World) -> pd.DataFrame:
    """Return the rows of new business and expansion that began in the five windows."""
    types = np.array([motion.type for motion in world.plan.motions], dtype=object)
    rows = rows.assign(type=types[world.deals["kind"].to_numpy()[rows["deal"]]])
    return _inside(rows[rows["type"].ne("renewal")])


def _inside(rows: pd.DataFrame) -> pd.DataFrame:
    last = (QUIET - dt.date(1970, 1, 1)).days
    return rows[rows["entered"].between(last - _DAYS + 1, last)]


def _shares(rows: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    shares = {days: rows["days"].le(days).groupby([rows[name] for name in by]).mean() for days in HORIZONS}
    return pd.DataFrame(shares).rename_axis(columns="horizon_days").stack().rename("true").reset_index()


def _days_of(stamps: pd.Series, world: World) -> np.ndarray:
    """Return the calendar day of each stamp; NaN stays."""
    known = stamps.notna().to_numpy()
    days = local_day(stamps.fillna(0).to_numpy().astype(np.int64), world.plan.time_zone).astype(float)
    return np.where(known, days, np.nan)
