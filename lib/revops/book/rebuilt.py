"""The state of opportunities at the end of a day, put together from their history, accounts and owners."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from revops.book.timeline import tracks
from revops.company import Company, Groups
from revops.periods import end_of_day

__all__ = ["UNASSIGNED", "UNKNOWN", "Records", "rebuilt"]

UNKNOWN = "Unknown"
UNASSIGNED = "Unassigned"
_STATE = ("stage_name", "outcome", "close_date", "amount", "amount_original", "forecast_category", "win_probability")
_TRACKABLE = (*_STATE, "owner_id", "type", "source")


@dataclass(frozen=True)
class Records:
    """What a state is made of: deals, accounts and owners as they are now, the deals' states in time
    (timeline.states_until), which fields those track; has_history: whether past pipeline can be told by them."""

    company: Company
    deals: pd.DataFrame
    timeline: pd.DataFrame
    accounts: pd.DataFrame
    owners: pd.DataFrame
    tracked: Mapping[str, str]
    has_history: bool


def rebuilt(records: Records, day: dt.date) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the opportunities as they stood at the end of a day (AsOf.state), and those left out (AsOf.left_out)."""
    end, deals, timeline = end_of_day(day), records.deals, records.timeline
    deals = deals[deals["created_at"] <= end].set_index("opportunity_id", drop=False)
    past = timeline[timeline["changed_at"] <= end].drop_duplicates("opportunity_id", keep="last")
    past = past.set_index("opportunity_id").reindex(deals.index)
    reason = pd.Series(None, index=deals.index, dtype="str", name="reason")
    reason[past["changed_at"].isna()] = "no state known for this day: changed since, and no history of it"
    reason[past["is_deleted"].fillna(False).astype(bool)] = "deleted, or no longer in the dated exports"
    left = pd.concat([reason, deals["amount"]], axis=1)[reason.notna()].reset_index()
    state = deals.copy()
    tracked = [name for name in _TRACKABLE if tracks(records.tracked, name)] if records.has_history else []
    state[tracked] = past[tracked]
    state["created_source"] = _created_sources(timeline).reindex(state.index).fillna(state["source"])
    return _described(records, state[reason.isna()].reset_index(drop=True)), left


def _created_sources(timeline: pd.DataFrame) -> pd.Series:
    """Return the source of each opportunity in its first state; null where sources have no history."""
    return timeline.drop_duplicates("opportunity_id", keep="first").set_index("opportunity_id")["source"]


def _described(records: Records, state: pd.DataFrame) -> pd.DataFrame:
    company = records.company
    account = records.accounts.set_index("account_id").reindex(state["account_id"])
    owner = records.owners.set_index("owner_id").reindex(state["owner_id"])
    for name in ("segment", "region"):
        for other in (account, owner):
            state[name] = state[name].fillna(pd.Series(other[name].to_numpy(), index=state.index))
        groups = company.segments if name == "segment" else company.regions
        state[name] = _as_named(state[name], groups).fillna(UNKNOWN)
    names = pd.Series(owner["owner_name"].to_numpy(), index=state.index)
    fallback = state["owner_name"] if not tracks(records.tracked, "owner_id") else state["owner_id"]
    state["owner_name"] = names.fillna(fallback).fillna(UNASSIGNED)
    account_name = pd.Series(account["account_name"].to_numpy(), index=state.index)
    state["account_name"] = state["account_name"].fillna(account_name)
    state["stage_order"] = state["stage_name"].map(company.stage_order).astype("float64")
    return state


def _as_named(values: pd.Series, groups: Groups) -> pd.Series:
    """Return group names as company.yml writes them, whatever their case and former spelling."""
    names = {raw: groups.spellings.get(raw.strip().casefold(), raw) for raw in values.dropna().unique()}
    return values.map(names).astype("str")
