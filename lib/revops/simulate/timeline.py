"""One timeline: every saved state of every deal with its stamp, as a CRM that misses nothing would have kept it."""

import numpy as np
import pandas as pd

from revops.simulate.calendar import Array, office_stamp, stream
from revops.simulate.paths import BLANK
from revops.simulate.plan import Plan

__all__ = ["CATEGORIES", "PROBABILITY", "saved_states", "utc_hours"]

CATEGORIES = ("Pipeline", "Best Case", "Commit", "Closed", "Omitted")
PROBABILITY = (10, 20, 40, 60, 80, 100, 0, 0)
_CATEGORY_ODDS = np.array([[1, 0, 0], [0.95, 0.05, 0], [0.6, 0.35, 0.05], [0.15, 0.65, 0.2], [0.05, 0.25, 0.7]])


def utc_hours(plan: Plan, deals: pd.DataFrame) -> Array:
    """Return how many hours each deal's office is ahead of UTC."""
    return np.array([region.utc_hours for region in plan.regions])[deals["region"]]


def saved_states(plan: Plan, deals: pd.DataFrame, events: pd.DataFrame, lean: Array, seed: int) -> pd.DataFrame:
    """Return one row per saved state: deal, stamp, stage, close (day), amount (cents, -1 blank), category.

    Events of one deal in the same second are one save; a save that changes nothing leaves no row.
    """
    events = events.sort_values(["deal", "at"], kind="stable", ignore_index=True)
    states = pd.DataFrame({"deal": events["deal"]})
    states["stamp"] = office_stamp(events["at"].to_numpy(), utc_hours(plan, deals)[events["deal"]])
    for field in ("stage", "close", "amount"):
        states[field] = _as_before(events[field].to_numpy()).astype(np.int64)
    saved = np.append((np.diff(states["deal"]) != 0) | (np.diff(states["stamp"]) != 0), True)
    states = _changes(states[saved].reset_index(drop=True))
    states["category"] = _categories(states, lean[states["deal"]], stream(seed, "categories"))
    return states.sort_values(["stamp", "deal"], kind="stable", ignore_index=True)


def _as_before(values: Array) -> Array:
    """Return values with each NaN replaced by the last known one; every deal begins with a whole state."""
    known = np.maximum.accumulate(np.where(np.isnan(values), 0, np.arange(len(values))))
    return np.where(np.isnan(values[known]), BLANK, values[known])


def _changes(states: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that differ from the deal's row before."""
    fields = states[["deal", "stage", "close", "amount"]].to_numpy()
    differs = np.append(True, (np.diff(fields, axis=0) != 0).any(axis=1)) if len(fields) else np.empty(0, dtype=bool)
    return states[differs].reset_index(drop=True)


def _categories(states: pd.DataFrame, lean: Array, rng: np.random.Generator) -> Array:
    """Return the forecast category of each state: called anew when the stage changes, higher or lower by habit."""
    stage = states["stage"].to_numpy()
    drawn = rng.random(len(states))
    called = (drawn[:, None] > np.cumsum(_CATEGORY_ODDS, axis=1)[np.minimum(stage, 4)][:, :2]).sum(axis=1)
    leaning = (rng.random(len(states)) < 0.45) & (stage >= 2)
    called = np.clip(called + np.where(leaning, lean, 0), 0, 2)
    called = np.select([stage == 5, stage > 5], [3, 4], called)
    anew = np.append(True, (np.diff(stage) != 0) | (np.diff(states["deal"]) != 0))[: len(stage)]
    return called[np.maximum.accumulate(np.where(anew, np.arange(len(stage)), 0))]
