"""A company with known truth: simulated once to beyond its last quarter, then seen as of any day."""

from dataclasses import replace

import numpy as np
import pandas as pd

from revops.simulate.calendar import local_time, office_stamp, quarters, stream
from revops.simulate.deals import all_deals
from revops.simulate.litter import litter
from revops.simulate.model import World, numbered
from revops.simulate.names import account_names, countries, deal_names, industries
from revops.simulate.people import hand_over, hire
from revops.simulate.plan import Plan
from revops.simulate.quotas import quota_rows
from revops.simulate.timeline import saved_states, utc_hours

__all__ = ["World", "simulate"]


def simulate(plan: Plan, seed: int) -> World:
    """Return the company that a plan and a seed give; the same two give the same company on any day.

    What joins later (leads, touches, spend, ledger, subscriptions, forecasts, tools) reads the world and draws from a
    `stream` of its own name, so that nothing simulated before it moves.
    """
    calendar = quarters(plan)
    luck = stream(seed, "luck").normal(0, plan.luck_sd, len(calendar.starts))
    people = hire(plan, calendar, seed)
    lives = all_deals(plan, calendar, people, luck, seed)
    states = saved_states(plan, lives.deals, lives.events, people["lean"].to_numpy()[lives.deals["owner"]], seed)
    changes = hand_over(plan, people, lives.deals, seed)
    quotas = quota_rows(plan, calendar, people, seed)
    world = World(plan, seed, calendar, luck, people, pd.DataFrame(), lives.deals, states, changes, quotas)
    world = _with_names(_within(world))
    return litter(world) if plan.litter else world


def _within(world: World) -> World:
    """Return the world between the first reported day and the end of simulated time, stamps for moments."""
    plan, deals = world.plan, world.deals
    bounds = world.calendar.starts[[plan.burn_in, plan.burn_in + plan.n_quarters + plan.after]]
    first, end = (int(day) * 86_400 for day in bounds)
    hours = utc_hours(plan, deals)
    created = office_stamp(deals["created"].to_numpy(), hours)
    changed = world.owners["at"].to_numpy()
    owners = world.owners.assign(stamp=office_stamp(changed, hours[world.owners["deal"]])).drop(columns="at")
    last = world.states.groupby("deal")["stamp"].max().reindex(deals.index, fill_value=0)
    deals = deals.assign(created=created, deleted=np.nan, is_test=False)[(created < end) & (last >= first)]
    return numbered(world, deals, world.states[world.states["stamp"] < end], owners[owners["stamp"] < end])


def _with_names(world: World) -> World:
    """Return the world with its accounts as records, and names for them and the deals."""
    rng = stream(world.seed, "names")
    old, first = np.unique(world.deals["account"].to_numpy(), return_index=True)
    order = np.argsort(first, kind="stable")
    accounts = world.deals.iloc[first[order]][["segment", "region", "foreign", "owner", "created"]]
    accounts = accounts.reset_index(drop=True)
    place = pd.Series(np.arange(len(old)), index=old[order])
    deals = world.deals.assign(account=place.reindex(world.deals["account"]).to_numpy())
    plan, n = world.plan, len(accounts)
    regions = [plan.regions[i].name for i in accounts["region"]]
    low, high = np.array([s.employees for s in plan.segments])[accounts["segment"]].T
    accounts["employees"] = np.floor(low * (high / low) ** rng.random(n)).astype(np.int64)
    accounts["created"] -= np.floor(rng.random(n) * 30 * 86_400).astype(np.int64)
    accounts["name"] = account_names(regions, rng)
    accounts["country"] = countries(regions, accounts["foreign"].to_numpy(), rng)
    accounts["industry"] = industries(n, rng)
    years = local_time(deals["created"].to_numpy(), plan.time_zone).dt.year.to_numpy()
    deals["name"] = deal_names(deals, accounts, years, rng)
    return replace(world, accounts=accounts, deals=deals)
