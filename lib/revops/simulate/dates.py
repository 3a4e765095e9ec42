"""The close dates that owners write on open deals: hopeful at first, quarter ends above all, moved when they pass."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from revops.simulate.calendar import Array, Quarters
from revops.simulate.plan import Plan

__all__ = ["agreed_date", "beliefs", "first_guess"]

_MAX_PUSHES = 8


def first_guess(plan: Plan, calendar: Quarters, deals: pd.DataFrame, rng: np.random.Generator) -> Array:
    """Return the close date each deal is created with: an ordinary cycle, shortened by hope; a renewal's due date."""
    left = np.arange(5) >= deals["start"].to_numpy()[:, None]
    cycle = (np.array([m.days for m in plan.motions])[deals["kind"]] * left).sum(axis=1) * plan.cycle_factor
    pace = np.array([s.pace for s in plan.segments])[deals["segment"]]
    hope = plan.optimism * np.exp(0.25 * rng.normal(size=len(deals)))
    guess = deals["created"].to_numpy() + np.maximum(cycle * pace * hope, 7)
    due = deals["due"].to_numpy()
    return np.where(np.isnan(due), _rounded(calendar, guess, 0.50, 0.20, rng), np.floor(np.nan_to_num(due)))


def beliefs(
    plan: Plan, calendar: Quarters, guess: Array, settles: Array, kept_up: Array, rng: np.random.Generator
) -> Iterator[tuple[Array, Array, Array]]:
    """Yield rounds of pushes (deal, moment, new close date) until a deal settles; deals not kept up are never moved."""
    close = guess.copy()
    active = kept_up.copy()
    last = np.full(len(guess), -np.inf)
    for _ in range(_MAX_PUSHES):
        overdue = rng.random(len(close)) < plan.overdue_rate
        at = close + np.where(overdue, 1 + rng.exponential(20, len(close)), rng.uniform(-8, 0.9, len(close)))
        at = np.maximum(at, last + 1)
        who = np.flatnonzero(active & (at < settles))
        next_end = calendar.last_day(calendar.last_day(at[who]) + 1.0)
        this_end = calendar.last_day(at[who])
        nearer = np.where(this_end - at[who] > 35, this_end, next_end)
        later = _rounded(calendar, at[who] + rng.uniform(25, 75, len(who)), 0.15, 0.45, rng)
        close[who] = np.where(rng.random(len(who)) < 0.62, nearer, later)
        last[who] = at[who]
        still = np.zeros(len(close), dtype=bool)
        still[who] = True
        active &= still
        yield who, at[who], close[who]


def agreed_date(calendar: Quarters, due: Array, rng: np.random.Generator) -> Array:
    """Return the close date an owner writes once a due date is agreed: the day itself or the end of its quarter."""
    return np.where(rng.random(len(due)) < 0.45, calendar.last_day(due), np.floor(due))


def _rounded(calendar: Quarters, at: Array, to_quarter: float, to_month: float, rng: np.random.Generator) -> Array:
    """Return days of which some are moved to the end of their fiscal quarter, some to the end of their month."""
    month_after = np.floor(at).astype(np.int64).astype("datetime64[D]").astype("datetime64[M]") + 1
    month_end = month_after.astype("datetime64[D]").astype(np.int64) - 1
    drawn = rng.random(len(at))
    choices = [calendar.last_day(at), month_end]
    return np.select([drawn < to_quarter, drawn < to_quarter + to_month], choices, np.floor(at))
