"""Sheets that people keep by hand: the quotas."""

import numpy as np
import pandas as pd

from revops.simulate.model import World
from revops.simulate.quotas import COMPANY
from revops.simulate.records import Ids

__all__ = ["quota_sheet"]

_DAY, _NOON = 86_400, 43_200
_NICKNAMES = {"Katarina Lindqvist": "Kate Lindqvist"}  # the sheet has no id for her either


def quota_sheet(world: World, ids: Ids, until: int) -> pd.DataFrame:
    """Return targets/quota_long.csv: the rows published by then, owners by name and 15-character id."""
    rows = world.quotas[world.quotas["published"] * _DAY + _NOON < until]
    starts, who = world.calendar.starts, rows["who"].to_numpy()
    names = {COMPANY: "Company", **world.people["name"].to_dict()}
    nicknames = _NICKNAMES if world.plan.litter else {}
    short = np.array([identity[:15] for identity in ids.person], dtype=object)
    short[world.people["name"].isin(list(nicknames)).to_numpy()] = ""
    return pd.DataFrame({
        "owner_name": rows["who"].map(names).replace(nicknames),
        "owner_id": np.where(who == COMPANY, "", short[np.maximum(who, 0)]),
        "period_start": _iso(starts[rows["quarter"]]), "period_end": _iso(starts[rows["quarter"] + 1] - 1),
        "metric": rows["metric"], "target": rows["target"].round().astype(np.int64), "currency": world.plan.currency,
        "effective_from": _iso(rows["effective"]),
    })  # fmt: skip


def _iso(days: object) -> np.ndarray:
    return np.asarray(days, dtype="datetime64[D]").astype(str)
