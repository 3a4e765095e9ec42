"""Every change of a lead: status, owner, conversion, each with its moment."""

import numpy as np
import pandas as pd

from revops.simulate.calendar import stream
from revops.simulate.market.crm import Market
from revops.simulate.market.funnel import LEAD, MQL, SQL
from revops.simulate.model import World
from revops.simulate.people import QUEUE

__all__ = ["OPEN", "lead_changes"]

OPEN = "Open"
_STATUS, _OWNER, _CONVERTED = "Status", "Owner", "leadConverted"


def lead_changes(world: World, market: Market) -> pd.DataFrame:
    """Return one row per change in order: lead, stamp, field, old and new (words; rows of people for owners)."""
    leads, cases = market.leads, market.funnel.cases
    first = leads[(leads["case"] >= 0) & (leads["person"] == 0)]
    case = cases.loc[first["case"]].set_axis(first.index)
    end, stage = case["end"].astype(float), case["stage"]
    dropped = stream(world.seed, "dropped leads").random(len(case)) < 0.5
    closes = stage.map({LEAD: "Nurture", MQL: "Recycled", SQL: "Disqualified"}).where(
        stage > LEAD, np.where(dropped, "Nurture", None)
    )
    parts = [
        _statuses(case["mql"], "MQL"), _statuses(case["worked"], "Working"), _statuses(case["sql"], "SQL"),
        _statuses(end.where(closes.notna() & (stage <= SQL)), closes),
        _statuses(leads["converted"], "Converted"),
    ]  # fmt: skip
    rows = pd.concat(parts).sort_values(["lead", "stamp"], kind="stable", ignore_index=True)
    rows["old"] = rows.groupby("lead")["new"].shift().fillna(OPEN)
    rows = pd.concat([rows, _owners(leads, cases, case), _conversions(leads)], ignore_index=True)
    gone = leads["gone"].reindex(rows["lead"]).to_numpy()
    rows = rows[~(rows["stamp"].to_numpy() >= gone)].astype({"stamp": np.int64})
    return rows.sort_values(["stamp", "lead", "field"], kind="stable", ignore_index=True)


def _statuses(stamps: pd.Series, status: object) -> pd.DataFrame:
    frame = pd.DataFrame({"lead": stamps.index, "stamp": stamps.to_numpy(), "field": _STATUS, "new": status})
    return frame[frame["stamp"].notna()]


def _owners(leads: pd.DataFrame, cases: pd.DataFrame, case: pd.DataFrame) -> pd.DataFrame:
    """Return the hand-offs: from the queue to the owner when routed, or when a colleague's lead is converted."""
    others = leads[(leads["person"] > 0) & leads["converted"].notna()]
    owner = cases["owner"].loc[others["case"]].to_numpy()
    parts = [
        pd.DataFrame({"lead": case.index, "stamp": case["routed"], "new": case["owner"]}),
        pd.DataFrame({"lead": others.index, "stamp": others["converted"], "new": owner}),
    ]
    rows = pd.concat(parts).assign(field=_OWNER, old=QUEUE)
    return rows[rows["stamp"].notna() & (rows["new"] != QUEUE)]


def _conversions(leads: pd.DataFrame) -> pd.DataFrame:
    made = leads[leads["converted"].notna()]
    return pd.DataFrame({"lead": made.index, "stamp": made["converted"], "field": _CONVERTED, "old": "", "new": ""})
