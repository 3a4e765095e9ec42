"""The ordinary mess of a CRM, as part of what happened: test records, deletions, odd closings, hostile names."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from revops.simulate.calendar import Array, day_number, stream
from revops.simulate.model import World, numbered, states_until
from revops.simulate.names import HANDPICKED
from revops.simulate.people import QUEUE

__all__ = ["HOSTILE_DEAL", "TEST_ACCOUNT", "litter"]

TEST_ACCOUNT = "Test Account - please ignore"
HOSTILE_DEAL = '=HYPERLINK("http://evil.example","x")'
_DAY = 86_400


def litter(world: World) -> World:
    """Return the world with the mess that the sample needs; every step is seeded and the same for any as-of day."""
    steps: tuple[Callable[[World], World], ...] = (
        _odd_names, _blank_cells, _odd_closings, _saved_twice, _queues, _test_records, _deletions, _restated_quotas,
    )  # fmt: skip
    for step in steps:
        world = step(world)
    return world


def _open_now(world: World) -> pd.DataFrame:
    """Return the deals open at the plan's as_of with a close date in its quarter, largest first, not owned twice."""
    state = states_until(world, world.until())
    today = day_number(world.plan.as_of)
    now = state[(state["stage"] < 5) & (state["close"] >= today)]
    now = now[now["close"] <= world.calendar.last_day(np.array([today]))[0]]
    now = now.join(world.deals[["account", "kind"]])
    return now[now["kind"] < 2].sort_values(["amount"], ascending=False, kind="stable").drop_duplicates("account")


def _odd_names(world: World) -> World:
    """Give hostile and difficult names to accounts, the worst to deals that today's page must show."""
    rng = stream(world.seed, "odd names")
    shown = _open_now(world)
    markup = int(shown["account"].iloc[1])
    others = rng.permutation(np.setdiff1d(np.arange(len(world.accounts)), shown["account"].iloc[:3].to_numpy()))
    new = {markup: HANDPICKED[0], **dict(zip(others.tolist(), HANDPICKED[1:], strict=False))}
    old = world.accounts["name"].to_dict()
    renamed = world.accounts["name"].index.map(lambda place: new.get(place, old[place]))
    owners = world.deals["account"].isin(list(new))
    product = world.deals["name"].str.rsplit(" - ", n=1).str[1]
    names_now = pd.Series(renamed).iloc[world.deals["account"]].to_numpy() + " - " + product
    deals = world.deals.assign(name=np.where(owners, names_now, world.deals["name"]))
    deals.loc[shown.index[2], "name"] = HOSTILE_DEAL
    return replace(world, accounts=world.accounts.assign(name=renamed), deals=deals)


def _blank_cells(world: World) -> World:
    """Empty the segment and head count of some accounts: -1 stands for a blank."""
    rng = stream(world.seed, "blank cells")
    segment = np.where(rng.random(len(world.accounts)) < 0.015, -1, world.accounts["segment"])
    employees = np.where(rng.random(len(world.accounts)) < 0.05, -1, world.accounts["employees"])
    return replace(world, accounts=world.accounts.assign(segment=segment, employees=employees))


def _odd_closings(world: World) -> World:
    """Close four deals with a date still to come, two of them at as_of, and win one without an amount."""
    rng = stream(world.seed, "odd closings")
    states, cut = world.states.copy(), world.until()
    sold = (world.deals["kind"] < 2).to_numpy()[states["deal"]]
    last = states.index[states["stage"].eq(5) & ~states["deal"].duplicated(keep="last") & sold]
    stamp = states.loc[last, "stamp"]
    recent = rng.choice(last[(stamp < cut - 2 * _DAY) & (stamp > cut - 30 * _DAY)], 2, replace=False)
    past = rng.choice(last[stamp < cut - 300 * _DAY], 3, replace=False)
    states.loc[recent, "close"] = day_number(world.plan.as_of) + rng.integers(9, 45, 2)
    states.loc[past[:2], "close"] += rng.integers(20, 40, 2)
    states.loc[past[2], "amount"] = -1
    return replace(world, states=states)


def _saved_twice(world: World) -> World:
    """Split some saves of stage and amount into two rows with one stamp: the later row is the state that holds."""
    rng = stream(world.seed, "saved twice")
    states = world.states.sort_values(["deal", "stamp"], kind="stable")
    before = states.groupby("deal")["amount"].shift()
    both = states.index[before.notna() & (before != states["amount"])]
    chosen = np.sort(rng.choice(both, 25, replace=False))
    first = states.loc[chosen].assign(amount=before.loc[chosen].astype(np.int64))
    stage_before = states.groupby("deal")["stage"].shift().loc[chosen]
    first = first[(stage_before != first["stage"]).to_numpy()]
    states = pd.concat([first.set_axis(first.index - 0.5), world.states]).sort_index()
    return numbered(world, world.deals, states, world.owners)


def _queues(world: World) -> World:
    """Leave three open deals with a queue; let one be picked up from it a day after it came in."""
    rng = stream(world.seed, "queues")
    state = states_until(world, world.until())
    fresh = state.index[(state["stage"] < 2)].to_numpy()
    fresh = fresh[world.deals["created"].to_numpy()[fresh] > world.until() - 60 * _DAY]
    chosen = rng.choice(fresh, 4, replace=False)
    deals, owners = world.deals.copy(), world.owners[~world.owners["deal"].isin(chosen)]
    picked = chosen[3]
    taken_up = deals.loc[[picked], ["created", "owner"]].rename(columns={"created": "stamp", "owner": "new"})
    taken_up = taken_up.assign(deal=picked, stamp=taken_up["stamp"] + _DAY, old=QUEUE)
    deals.loc[chosen, "owner"] = QUEUE
    owners = pd.concat([owners, taken_up], ignore_index=True)
    return numbered(world, deals, world.states, owners)


def _test_records(world: World) -> World:
    """Add the account that somebody tries things out on, with three large deals."""
    model = world.accounts.iloc[[0]].assign(name=TEST_ACCOUNT, segment=0, employees=10)
    accounts = pd.concat([world.accounts, model], ignore_index=True)
    rng = stream(world.seed, "test records")
    state = states_until(world, world.until())
    alive = state.index[(state["stage"] < 5) & (state["stamp"] > world.until() - 40 * _DAY)].to_numpy()
    sources = rng.choice(alive, 3, replace=False)
    copies = _copies(world, sources, 3_600)
    names = [f"TEST {word} - do not use" for word in ("deal", "flow", "approval")]
    deals = copies[0].assign(account=len(accounts) - 1, name=names, is_test=True)
    states = copies[1].assign(amount=99_999_900)
    return _with_more(replace(world, accounts=accounts), deals, states)


def _deletions(world: World) -> World:
    """Delete nine deals entered twice, minutes after, and three that lived for weeks, one of them just before as_of."""
    rng = stream(world.seed, "deletions")
    created = world.deals["created"].to_numpy()
    eligible = np.flatnonzero((created < world.until() - 3 * _DAY) & ~world.deals["is_test"].to_numpy())
    deals, states = _copies(world, rng.choice(eligible, 9, replace=False), 420)
    deals["deleted"] = deals["created"] + 1_200.0
    world = _with_more(world, deals, states.drop_duplicates("deal"))
    state, lost = states_until(world, world.until()), ~world.deals["won"] & ~world.deals["is_test"]
    lost &= world.deals["deleted"].isna() & (world.deals["kind"] < 2)
    still = state.index[(state["stage"] < 5) & lost.reindex(state.index)].to_numpy()
    still = still[world.deals["created"].to_numpy()[still] < world.until() - 30 * _DAY]
    over = state.index[(state["stage"] > 5) & lost.reindex(state.index)].to_numpy()
    spans = state["stamp"].reindex(over).to_numpy() - world.deals["created"].to_numpy()[over]
    chosen = np.append(rng.choice(over[spans > 60 * _DAY], 2, replace=False), rng.choice(still, 1))
    gone = world.deals["deleted"].copy()
    gone.loc[chosen[:2]] = world.deals["created"].loc[chosen[:2]] + 30.0 * _DAY
    gone.loc[chosen[2]] = float(world.until() - 5 * _DAY)
    return _cut_at_deletion(replace(world, deals=world.deals.assign(deleted=gone)))


def _cut_at_deletion(world: World) -> World:
    """Return the world in which nothing happens to a deal once it is deleted."""
    gone = world.deals["deleted"].fillna(np.inf).to_numpy()
    states = world.states[world.states["stamp"] < gone[world.states["deal"]]]
    owners = world.owners[world.owners["stamp"] < gone[world.owners["deal"]]]
    return numbered(world, world.deals, states, owners)


def _copies(world: World, chosen: Array, seconds: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return copies of deals and their states, some seconds later, under negative numbers; copies win nothing."""
    numbers = -1 - np.arange(len(chosen))
    deals = world.deals.loc[chosen].set_axis(numbers).assign(won=False)
    deals["created"] += seconds
    states = world.states[world.states["deal"].isin(chosen)]
    renamed = pd.Series(numbers, index=chosen).reindex(states["deal"]).to_numpy()
    return deals, states.assign(deal=renamed, stamp=states["stamp"] + seconds)


def _with_more(world: World, deals: pd.DataFrame, states: pd.DataFrame) -> World:
    return numbered(world, pd.concat([world.deals, deals]), pd.concat([world.states, states]), world.owners)


def _restated_quotas(world: World) -> World:
    """Restate quotas within a quarter: owner, manager and company now and once in the past; one for a day to come."""
    first, current = world.plan.burn_in, world.plan.burn_in + world.plan.n_quarters - 1
    rows = world.quotas[world.quotas["metric"] == "Bookings"]
    parts = [world.quotas]
    for quarter, day, factors in ((current, 17, (0.97, 0.90, 0.70)), (first + 8, 45, (1.04, 1.05, 1.10))):
        mine = rows[rows["quarter"] == quarter]
        start = int(world.calendar.starts[quarter])
        manager = mine[mine["who"] == 3]
        owner = mine[world.people["manager"].reindex(mine["who"]).eq(3).to_numpy()].iloc[[0]]
        for row, factor in zip((mine[mine["who"] == -1], manager, owner), factors, strict=True):
            target = (row["target"] * factor / 500).round() * 500
            parts.append(row.assign(target=target, effective=start + day, published=start + day))
    later = rows[(rows["quarter"] == current) & (rows["who"] > 5)].iloc[[0]]
    start = int(world.calendar.starts[current])
    parts.append(later.assign(target=later["target"] * 1.1, effective=start + 61, published=start + 31))
    return replace(world, quotas=pd.concat(parts, ignore_index=True).sort_values(["quarter"], kind="stable"))
