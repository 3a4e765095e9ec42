"""OpportunityHistory and OpportunityFieldHistory as Salesforce keeps them."""

import numpy as np
import pandas as pd

from revops.simulate.calendar import stream
from revops.simulate.model import World, owner_at
from revops.simulate.people import QUEUE
from revops.simulate.records import Ids, currency_text, day_text, money_text, person_ids, stage_text, stamp_text
from revops.simulate.timeline import CATEGORIES, PROBABILITY

__all__ = ["history_rows", "owner_change_rows"]

QUEUE_NAME = "Inbound Queue"


def history_rows(world: World, ids: Ids, until: int) -> pd.DataFrame:
    """Return OpportunityHistory.csv: one row per saved state; what the org leaves blank is blank.

    ValidThroughDate is when the next row replaced it, blank for the state that holds.
    """
    states = world.states[world.states["stamp"] < until]
    deal, stamp, stage = (states[name].to_numpy() for name in ("deal", "stamp", "stage"))
    by_deal = states.groupby("deal")
    before = by_deal[["stage", "amount", "close", "stamp"]].shift()
    first = before["stage"].isna().to_numpy()
    names = np.array(CATEGORIES, dtype=object)
    known = before.fillna(-1).astype(np.int64)
    before_stage = np.where(first, "", stage_text(world, np.maximum(known["stage"], 0).to_numpy(), known["stamp"]))
    repriced = ~first & (known["amount"] != states["amount"]).to_numpy()
    moved = ~first & (known["close"] != states["close"]).to_numpy()
    created = stamp_text(stamp)
    rows = pd.DataFrame({
        "Id": ids.state[states.index], "OpportunityId": ids.deal[deal],
        "CreatedById": person_ids(ids, owner_at(world, deal, stamp)), "CreatedDate": created,
        "StageName": stage_text(world, stage, stamp), "Amount": money_text(states["amount"].to_numpy(), 2),
        "CloseDate": day_text(states["close"].to_numpy()), "Probability": np.array(PROBABILITY)[stage],
        "ForecastCategory": names[states["category"]],
        "FromOpportunityStageName": before_stage, "CurrencyIsoCode": currency_text(world, deal),
        "ValidThroughDate": stamp_text(by_deal["stamp"].shift(-1).to_numpy()), "SystemModstamp": created,
        "IsDeleted": (world.deals["deleted"].to_numpy()[deal] < until).astype(int),
        "PrevAmount": np.where(repriced, money_text(known["amount"].to_numpy(), 2), ""),
        "PrevCloseDate": np.where(moved, day_text(known["close"].to_numpy()), ""),
    })  # fmt: skip
    if not world.plan.litter:
        return rows
    twice = stream(world.seed, "history twice").choice(len(world.states), 6, replace=False)
    return pd.concat([rows, rows.iloc[np.sort(twice[twice < len(rows)])[:3]]])


def owner_change_rows(world: World, ids: Ids, until: int) -> pd.DataFrame:
    """Return OpportunityFieldHistory.csv: two rows per owner change, one with names and one with ids."""
    changes = world.owners[world.owners["stamp"] < until]
    names = {QUEUE: QUEUE_NAME, **world.people["name"].to_dict()}
    place, deal = changes.index.to_numpy(), changes["deal"].to_numpy()
    gone = (world.deals["deleted"].to_numpy()[deal] < until).astype(int)
    old, new = changes["old"].to_numpy(), changes["new"].to_numpy()
    forms = (
        ("Text", changes["old"].map(names).to_numpy(), changes["new"].map(names).to_numpy()),
        ("EntityId", person_ids(ids, old), person_ids(ids, new)),
    )
    parts = [
        pd.DataFrame({
            "Id": ids.change[2 * place + row], "IsDeleted": gone, "OpportunityId": ids.deal[deal],
            "CreatedById": ids.admin, "CreatedDate": stamp_text(changes["stamp"].to_numpy()), "Field": "Owner",
            "DataType": kind, "OldValue": before, "NewValue": after,
        })
        for row, (kind, before, after) in enumerate(forms)
    ]  # fmt: skip
    return pd.concat(parts).sort_values("Id", kind="stable")
