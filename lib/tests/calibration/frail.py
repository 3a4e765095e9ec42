"""Another company altogether, built unlike revops.simulate: week by week, each deal takes a step forward or dies.

What differs: no planned outcome but hazards; a good quarter is a gamma frailty on the speed of winning, not a shift of
log-odds; creation is seasonal and lumpy; every deal has a quality of its own; large deals are slower; amounts have a
heavy tail; nearly every close date is a quarter's end, pushed when it has passed; quotas follow past bookings.
"""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from calibration.cases import Case, case_of
from frames import COMPANY
from revops.periods import FiscalCalendar, Period
from revops.schema import TABLES

__all__ = ["frail_company"]

Array = np.ndarray
_STAGES = np.array(["Lead", "Discovery", "Proposal", "Won", "Lost"], dtype=object)
_OUTCOMES = np.array(["open", "open", "open", "won", "lost"], dtype=object)
_PROBABILITY = np.array([0.1, 0.3, 0.6, 1.0, 0.0])
_WON, _LOST = 3, 4
_BURN_IN = 10
_WEEKS_OF_RUSH = 3


@dataclass(frozen=True)
class _Nature:
    """size: deals created in the quarter that is told; cycle: weeks from creation to a win; frailty: its variance."""

    size: float
    growth: float
    cycle: float
    frailty: float
    season: float
    amount_sd: float
    n_past: int


def frail_company(seed: int) -> Case:
    """Return the company of a seed."""
    rng = np.random.default_rng([seed, 5])
    nature = _Nature(
        float(np.exp(rng.uniform(np.log(25), np.log(300)))), rng.uniform(0.93, 1.12), rng.uniform(5, 26),
        rng.choice([0.0, 0.02, 0.08, 0.2]), rng.uniform(0, 0.25), rng.uniform(0.5, 1.2), int(rng.integers(6, 13)),
    )  # fmt: skip
    calendar = FiscalCalendar(COMPANY.fiscal_year_starts)
    target = calendar.named("FY26-Q2")
    periods = [*calendar.before(target, nature.n_past + _BURN_IN), target, calendar.shift(target, 1)]
    deals, states = _lives(nature, periods, rng)
    kinds = {
        "growth": "shrinking" if nature.growth < 0.99 else "growing" if nature.growth > 1.03 else "steady",
        "luck": f"frailty {nature.frailty:.2f}",
        "deals a quarter": " 25 to 60" if nature.size < 60 else " 60 to 130" if nature.size < 130 else "130 to 300",
        "cycle": "short" if nature.cycle < 10 else "ordinary" if nature.cycle < 18 else "long",
        "past quarters": " 6 to 8" if nature.n_past < 9 else " 9 to 12",
        "amounts": "a few large" if nature.amount_sd > 0.9 else "alike",
    }
    tables = _tables(deals, states, target.end + dt.timedelta(days=COMPANY.grace_days))
    return case_of(tables, seed, kinds, COMPANY, nature.n_past, _quotas(states, periods, nature, rng), target)


def _lives(nature: _Nature, periods: list[Period], rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return deals (created, type) and their states (deal, day, stage, close, amount) in order of time."""
    deals, ends = _created(nature, periods, rng), np.array([_number(p.end) for p in periods])
    frailty = rng.gamma(1 / nature.frailty, nature.frailty, len(ends)) if nature.frailty else np.ones(len(ends))
    stage, amount = np.zeros(len(deals), dtype=int), deals["amount"].to_numpy().copy()
    created, quality = deals["created"].to_numpy(), deals["quality"].to_numpy()
    close = _guess(created + rng.uniform(0.6, 1.2, len(deals)) * nature.cycle * 7 / deals["speed"], ends, rng)
    saved = [_saved(np.arange(len(deals)), created, stage, close, amount)]
    step = 3 / nature.cycle * deals["speed"].to_numpy()
    for monday in range(int(created.min()), int(ends[-1]) - 6, 7):
        at = int(np.searchsorted(ends, monday))
        alive = np.flatnonzero((created < monday) & (stage < _WON))
        haste = np.where(ends[at] - monday < 7 * _WEEKS_OF_RUSH, 2.2, 0.7) * frailty[at]
        forward = step[alive] * np.where(stage[alive] == 2, haste, 1.0)
        death = step[alive] * np.array([0.75, 0.5, 0.45])[stage[alive]] * np.exp(-quality[alive])
        drawn = rng.random(len(alive))
        moves = drawn < 1 - np.exp(-forward - death)
        ahead = moves & (rng.random(len(alive)) < forward / (forward + death))
        pushed = ~moves & (close[alive] < monday) & (rng.random(len(alive)) < 0.45)
        stage[alive] = np.where(ahead, stage[alive] + 1, np.where(moves, _LOST, stage[alive]))
        reached = alive[ahead & (stage[alive] == 2)]
        amount[reached] *= np.exp(rng.normal(-0.05, 0.2, len(reached)))
        day = monday + rng.integers(0, 7, len(alive))
        over = alive[stage[alive] >= _WON]
        close[over] = day[stage[alive] >= _WON]
        later = np.union1d(reached, alive[pushed])
        close[later] = _guess(monday + rng.exponential(nature.cycle * 2.5, len(later)) + 7, ends, rng)
        changed = moves | pushed
        who = alive[changed]
        saved.append(_saved(who, day[changed], stage[who], close[who], amount[who]))
    states = pd.concat(saved, ignore_index=True).sort_values(["deal", "day"], kind="stable", ignore_index=True)
    return deals, states


def _created(nature: _Nature, periods: list[Period], rng: np.random.Generator) -> pd.DataFrame:
    """Return the deals in order of creation: a third are expansions, smaller, faster and surer."""
    order = np.arange(len(periods))
    mean = nature.size * nature.growth ** (order - len(order) + 2)
    mean = mean * (1 + nature.season * np.sin(order * np.pi / 2)) * rng.gamma(40, 1 / 40, len(order))
    quarter = np.repeat(order, rng.poisson(mean))
    starts = np.array([_number(p.start) for p in periods])
    created = np.sort(starts[quarter] + rng.integers(0, 90, len(quarter)))
    expansion = rng.random(len(created)) < 0.33
    size = np.where(rng.random(len(created)) < 0.04, rng.pareto(2.5, len(created)) + 1, 1.0)
    amount = np.where(expansion, 12_000, 28_000) * size * np.exp(nature.amount_sd * rng.normal(size=len(created)))
    speed = np.where(expansion, 1.6, 1.0) * (amount / np.median(amount)) ** -0.12
    quality = np.where(expansion, 0.6, 0.0) + 0.5 * rng.normal(size=len(created))
    return pd.DataFrame({"created": created, "type": np.where(expansion, "expansion", "new"), "amount": amount,
                         "speed": speed, "quality": quality})  # fmt: skip


def _guess(day: Array, ends: Array, rng: np.random.Generator) -> Array:
    """Return close dates: four in five the end of the quarter in which the deal is hoped for, else the day."""
    day = np.asarray(day)
    end = ends[np.minimum(np.searchsorted(ends, day), len(ends) - 1)]
    return np.where(rng.random(len(day)) < 0.8, np.maximum(end, day), day).astype(int)


def _saved(deal: Array, day: Array, stage: Array, close: Array, amount: Array) -> pd.DataFrame:
    return pd.DataFrame({"deal": deal, "day": day, "stage": stage, "close": close, "amount": amount.round(2)})


def _quotas(states: pd.DataFrame, periods: list[Period], nature: _Nature, rng: np.random.Generator) -> pd.Series:
    """Return each quarter's quota: the mean of the four before, grown, stretched, and somewhat off."""
    won = states[states["stage"].eq(_WON)]
    booked = [won.loc[won["close"].between(_number(p.start), _number(p.end)), "amount"].sum() for p in periods]
    off = np.exp(rng.normal(0.02, 0.1, len(periods)))
    return pd.Series(
        {p.name: np.mean(booked[i - 4 : i]) * nature.growth**2.5 * off[i] for i, p in enumerate(periods) if i >= 8}
    )


def _tables(deals: pd.DataFrame, states: pd.DataFrame, as_of: dt.date) -> dict[str, pd.DataFrame]:
    """Return opportunities and their history as canonical tables, as known at the end of a day."""
    states = states[states["day"] <= _number(as_of)]
    stage, deal = states["stage"].to_numpy(), states["deal"].to_numpy()
    history = pd.DataFrame({
        "opportunity_id": _ids(deal), "changed_at": states["day"].to_numpy().astype("datetime64[D]"),
        "sequence": np.arange(len(states)), "stage_name": _STAGES[stage], "outcome": _OUTCOMES[stage],
        "close_date": states["close"].to_numpy().astype("datetime64[D]"), "amount": states["amount"].to_numpy(),
        "win_probability": _PROBABILITY[stage], "is_deleted": False,
    })  # fmt: skip
    known = np.unique(deal)
    records = history.drop_duplicates("opportunity_id", keep="last").assign(
        type=deals["type"].to_numpy()[known], created_at=deals["created"].to_numpy()[known].astype("datetime64[D]")
    )
    return {name: _typed(name, table) for name, table in (("opportunities", records), ("opportunity_history", history))}


def _typed(name: str, table: pd.DataFrame) -> pd.DataFrame:
    columns = TABLES[name].columns
    table = table.reindex(columns=[c.name for c in columns])
    return table.astype({c.name: c.dtype for c in columns}).reset_index(drop=True)


def _ids(deal: Array) -> Array:
    return np.array([f"{number:06d}" for number in deal], dtype=object)


def _number(day: dt.date) -> int:
    return (day - dt.date(1970, 1, 1)).days
