"""What a simulated company consists of, and how it looks at a moment."""

import datetime as dt
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from revops.simulate.calendar import Array, Quarters, end_of_day
from revops.simulate.plan import Plan

__all__ = ["World", "last_modified", "numbered", "owner_at", "states_until"]


@dataclass(frozen=True)
class World:
    """Everything that happened: stamps are UTC seconds, days count from 1970, amounts are cents of their currency.

    people   row number = owner: name, title, team, region, manager (-1 none), hired and left (days), skill, lean
    deals    row number = deal, in order of creation; created and deleted (NaN never) are stamps; kind, segment,
             region, source are positions in the plan; foreign; owner is the first one (-1 a queue); name; is_test;
             truth over the whole simulated time: won, reached, n_slips, reopened, end (a moment)
    states   one row per saved state, in order of stamp: deal, stamp, stage, close, amount (-1 blank), category
    owners   one row per owner change, in order of stamp: deal, stamp, old, new
    accounts row number = account: name, segment, region, country, industry, employees, foreign, owner, created
    quotas   quarter (position in calendar.starts), who (-1 the company), metric, target, effective, published
    luck     the shift of log-odds that all decisions of a quarter share, by position in calendar.starts
    """

    plan: Plan
    seed: int
    calendar: Quarters
    luck: Array
    people: pd.DataFrame
    accounts: pd.DataFrame
    deals: pd.DataFrame
    states: pd.DataFrame
    owners: pd.DataFrame
    quotas: pd.DataFrame

    def until(self, day: dt.date | None = None) -> int:
        """Return the UTC second at which a day (by default the plan's as_of) is over in the company's time zone."""
        return end_of_day(day or self.plan.as_of, self.plan.time_zone)


def numbered(world: World, deals: pd.DataFrame, states: pd.DataFrame, owners: pd.DataFrame) -> World:
    """Return the world with these deals, numbered anew by creation; states and owner changes of others fall away."""
    order = np.argsort(deals["created"].to_numpy(), kind="stable")
    old = deals.index.to_numpy()[order]
    place = pd.Series(np.arange(len(old)), index=old)

    def moved(rows: pd.DataFrame) -> pd.DataFrame:
        rows = rows[rows["deal"].isin(place.index)]
        rows = rows.assign(deal=place.reindex(rows["deal"]).to_numpy())
        return rows.sort_values(["stamp", "deal"], kind="stable", ignore_index=True)

    ordered = deals.loc[old].reset_index(drop=True)
    return replace(world, deals=ordered, states=moved(states), owners=moved(owners))


def states_until(world: World, until: int) -> pd.DataFrame:
    """Return each deal's last state saved before a stamp, by deal."""
    return world.states[world.states["stamp"] < until].groupby("deal").last()


def last_modified(world: World, state: pd.DataFrame, until: int) -> Array:
    """Return the stamp of the last save, owner change or deletion before `until` of each deal in `state`."""
    moved = world.owners[world.owners["stamp"] < until].groupby("deal")["stamp"].max().reindex(state.index)
    gone = world.deals["deleted"].loc[state.index]
    stamps = np.column_stack([state["stamp"], moved.fillna(0), gone.where(gone < until, 0)])
    return stamps.max(axis=1).astype(np.int64)


def owner_at(world: World, deal: Array, stamp: Array) -> Array:
    """Return who owns each deal at each stamp."""
    changes = world.owners.sort_values(["deal", "stamp"], kind="stable")
    keys = changes["deal"].to_numpy() * 2**34 + changes["stamp"].to_numpy()
    place = np.searchsorted(keys, deal * 2**34 + stamp, side="right") - 1
    first = world.deals["owner"].to_numpy()[deal]
    if changes.empty:
        return first
    changed = (place >= 0) & (changes["deal"].to_numpy()[np.maximum(place, 0)] == deal)
    return np.where(changed, changes["new"].to_numpy()[np.maximum(place, 0)], first)
