"""The same company straight as canonical tables, without a file: for tests, and for simulating companies in bulk."""

import datetime as dt

import numpy as np
import pandas as pd

from revops.schema import TABLES
from revops.simulate.calendar import Array, local_time
from revops.simulate.model import World, last_modified, owner_at, states_until
from revops.simulate.people import QUEUE
from revops.simulate.plan import STAGES
from revops.simulate.quotas import BOOKINGS, COMPANY
from revops.simulate.records import Ids, currency_text, export_ids
from revops.simulate.salesforce_people import known_people
from revops.simulate.timeline import PROBABILITY

__all__ = ["canonical_tables"]

_CATEGORIES = np.array(["Pipeline", "BestCase", "Forecast", "Closed", "Omitted"], dtype=object)


def canonical_tables(world: World, as_of: dt.date | None = None) -> dict[str, pd.DataFrame]:
    """Return opportunities, opportunity_history, accounts, owners and quotas as known at the end of a day.

    Columns and types are the schema's. Test records are left out. A deleted deal is kept, as it last stood, and its
    history ends in a row with is_deleted. `as_of` defaults to the plan's.
    """
    until, ids = world.until(as_of), export_ids(world)
    tables = {
        "opportunities": _opportunities(world, ids, until),
        "opportunity_history": _history(world, ids, until),
        "accounts": _accounts(world, ids, until),
        "owners": _owners(world, ids, until),
        "quotas": _quotas(world, ids, until),
    }
    return {name: _as_schema(name, table) for name, table in tables.items()}


def _as_schema(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with the schema's columns, order and types, sorted by its key."""
    schema = TABLES[name]
    table = table.reindex(columns=list(schema.names))
    table = table.astype({column.name: column.dtype for column in schema.columns})
    return table.sort_values(list(schema.key), kind="stable", ignore_index=True)


def _opportunities(world: World, ids: Ids, until: int) -> pd.DataFrame:
    state = states_until(world, until)
    state = state[~world.deals["is_test"].loc[state.index].to_numpy()]
    deal = state.index.to_numpy()
    deals = world.deals.loc[deal]
    owner = owner_at(world, deal, np.full(len(deal), until - 1))
    sources = world.plan.sources
    return pd.DataFrame({
        "opportunity_id": _short(ids.deal)[deal], "opportunity_name": deals["name"].to_numpy(),
        "account_id": _short(ids.account)[deals["account"]],
        "account_name": world.accounts["name"].to_numpy()[deals["account"]],
        "owner_id": _people(world, ids, owner), "owner_name": _of_people(world, "name", owner),
        "team": _of_people(world, "team", owner),
        **_state_columns(world, deal, state),
        "type": np.array([m.type for m in world.plan.motions], dtype=object)[deals["kind"]],
        "source": np.array([s.source for s in sources], dtype=object)[deals["source"]],
        "lead_source": np.array([s.label or None for s in sources], dtype=object)[deals["source"]],
        "created_at": local_time(deals["created"].to_numpy(), world.plan.time_zone).to_numpy(),
        "currency": currency_text(world, deal),
        "modified_at": local_time(last_modified(world, state, until), world.plan.time_zone).to_numpy(),
    })  # fmt: skip


def _history(world: World, ids: Ids, until: int) -> pd.DataFrame:
    """Return one row per state, owner changes and deletions included."""
    columns = ["deal", "stamp"]
    gone = world.deals["deleted"].dropna().astype(np.int64)
    parts = [
        world.states.assign(order=0),
        world.owners[columns].assign(order=1),
        pd.DataFrame({"deal": gone.index, "stamp": gone.to_numpy(), "order": 2}),
    ]
    rows = pd.concat(parts, ignore_index=True)
    tests = world.deals["is_test"].to_numpy()[rows["deal"]]
    rows = rows[(rows["stamp"] < until) & ~tests]
    rows = rows.sort_values(["deal", "stamp", "order"], kind="stable", ignore_index=True)
    known = rows.ffill().astype(np.int64)
    deal, stamp = known["deal"].to_numpy(), known["stamp"].to_numpy()
    return pd.DataFrame({
        "opportunity_id": _short(ids.deal)[deal],
        "changed_at": local_time(stamp, world.plan.time_zone).to_numpy(),
        "sequence": known.groupby("deal").cumcount().to_numpy(),
        **_state_columns(world, deal, known),
        "owner_id": _people(world, ids, owner_at(world, deal, stamp)), "is_deleted": known["order"].to_numpy() == 2,
    })  # fmt: skip


def _state_columns(world: World, deal: Array, state: pd.DataFrame) -> dict[str, Array]:
    """Return what a saved state says, in canonical words and money."""
    stage, cents = state["stage"].to_numpy(), state["amount"].to_numpy()
    original = np.where(cents < 0, np.nan, cents / 100)
    rate = np.where(world.deals["foreign"].to_numpy()[deal], world.plan.foreign_rate, 1.0)
    return {
        "stage_name": np.array(STAGES, dtype=object)[stage],
        "outcome": np.select([stage < 5, stage == 5], ["open", "won"], "lost"),
        "close_date": state["close"].to_numpy().astype("datetime64[D]"),
        "amount": original * rate, "amount_original": original,
        "forecast_category": _CATEGORIES[state["category"].to_numpy()],
        "win_probability": np.array(PROBABILITY)[stage] / 100,
    }  # fmt: skip


def _accounts(world: World, ids: Ids, until: int) -> pd.DataFrame:
    accounts = world.accounts[world.accounts["created"] < until]
    segments = np.array([*(s.name for s in world.plan.segments), None], dtype=object)
    return pd.DataFrame({
        "account_id": _short(ids.account)[accounts.index], "account_name": accounts["name"].to_numpy(),
        "segment": segments[accounts["segment"]],
        "region": np.array([r.name for r in world.plan.regions], dtype=object)[accounts["region"]],
        "industry": accounts["industry"].replace("", None).to_numpy(),
        "employees": accounts["employees"].where(accounts["employees"] >= 0).to_numpy(dtype=float),
        "owner_id": _people(world, ids, accounts["owner"].to_numpy()),
        "created_at": local_time(accounts["created"].to_numpy(), world.plan.time_zone).to_numpy(),
    })  # fmt: skip


def _owners(world: World, ids: Ids, until: int) -> pd.DataFrame:
    shown = known_people(world, until)
    people = world.people.loc[shown]
    manager = people["manager"].to_numpy()
    return pd.DataFrame({
        "owner_id": _short(ids.person)[shown], "owner_name": people["name"].to_numpy(),
        "manager_id": np.where(manager < 0, None, _short(ids.person)[np.maximum(manager, 0)]),
        "team": people["team"].to_numpy(), "region": people["region"].to_numpy(),
        "is_active": people["left"].to_numpy() * 86_400 >= until,
    })  # fmt: skip


def _quotas(world: World, ids: Ids, until: int) -> pd.DataFrame:
    rows = world.quotas[world.quotas["published"] * 86_400 + 43_200 < until]
    starts, who = world.calendar.starts, rows["who"].to_numpy()
    return pd.DataFrame({
        "level": np.where(who == COMPANY, "company", "owner"),
        "member": np.where(who == COMPANY, "company", _short(ids.person)[np.maximum(who, 0)]),
        "metric": np.where(rows["metric"] == BOOKINGS, "bookings", "pipeline_created"),
        "types": "",
        "period_start": starts[rows["quarter"]].astype("datetime64[D]"),
        "period_end": (starts[rows["quarter"] + 1] - 1).astype("datetime64[D]"),
        "effective_from": rows["effective"].to_numpy().astype("datetime64[D]"),
        "quota_amount": rows["target"].to_numpy(), "amount_original": rows["target"].to_numpy(),
        "currency": world.plan.currency,
    })  # fmt: skip


def _people(world: World, ids: Ids, owners: Array) -> Array:
    return np.where(owners == QUEUE, ids.queue[:15], _short(ids.person)[np.maximum(owners, 0)])


def _of_people(world: World, column: str, owners: Array) -> Array:
    values = world.people[column].to_numpy(dtype=object)[np.maximum(owners, 0)]
    return np.where(owners == QUEUE, None, values)


def _short(ids: Array) -> Array:
    """Return ids in their 15-character form."""
    return ids.astype("U15").astype(object)
