"""The company's Salesforce, exported on a day: files in the layout of the Data Export Service."""

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd

from revops.simulate.calendar import stream
from revops.simulate.files import write_service_table, write_text
from revops.simulate.ids import EMPTY
from revops.simulate.model import World, last_modified, owner_at, states_until
from revops.simulate.records import (
    Ids,
    currency_text,
    day_text,
    export_ids,
    money_text,
    person_ids,
    stage_text,
    stamp_text,
)
from revops.simulate.salesforce_history import history_rows, owner_change_rows
from revops.simulate.salesforce_people import account_rows, role_rows, user_rows
from revops.simulate.sheets import quota_sheet
from revops.simulate.systems import write_systems
from revops.simulate.timeline import CATEGORIES, PROBABILITY

__all__ = ["write_exports"]

_LAYOUTS = {
    "Opportunity": """Id IsDeleted AccountId IsPrivate Name Description StageName StageSortOrder Amount Probability
        ExpectedRevenue TotalOpportunityQuantity CloseDate Type NextStep LeadSource IsClosed IsWon ForecastCategory
        ForecastCategoryName CurrencyIsoCode CampaignId HasOpportunityLineItem Pricebook2Id OwnerId CreatedDate
        CreatedById LastModifiedDate LastModifiedById SystemModstamp LastActivityDate LastStageChangeDate FiscalYear
        FiscalQuarter ContactId""",
    "OpportunityHistory": """Id OpportunityId CreatedById CreatedDate CreatedDateForInsert StageName Amount
        ExpectedRevenue CloseDate Probability FromForecastCategory ForecastCategory PrevForecastUpdate
        FromOpportunityStageName PrevOpportunityStageUpdate CurrencyIsoCode ValidThroughDate SystemModstamp IsDeleted
        PrevAmount PrevCloseDate""",
    "OpportunityFieldHistory": "Id IsDeleted OpportunityId CreatedById CreatedDate Field DataType OldValue NewValue",
    "Account": """Id IsDeleted MasterRecordId Name Type ParentId BillingCountry Phone Website Industry AnnualRevenue
        NumberOfEmployees OwnerId CreatedDate CreatedById LastModifiedDate LastModifiedById SystemModstamp
        Segment__c Region__c""",
    "User": """Id Username LastName FirstName Name CompanyName Department Title Email Alias IsActive TimeZoneSidKey
        UserRoleId ProfileId UserType ManagerId CreatedDate LastModifiedDate SystemModstamp Region__c""",
    "UserRole": """Id Name ParentRoleId RollupDescription DeveloperName LastModifiedDate LastModifiedById
        SystemModstamp""",
}
_ENCODINGS = {"Opportunity": "iso-8859-1"}
_NOTES = (
    "Met at the plant in spring.\r\nWants a pilot first, then \"all sites\"",
    "Champion left, new contact since March",
    "Line 1: budget, approved\nLine 2: legal, open",
    "Competes with in-house build; price sensitive",
)  # fmt: skip
_NEXT_STEPS = ("Send quote", 'Redlines: "MFN", termination', "Site visit\nthen CFO call", "Security review")


def write_exports(world: World, folder: Path, as_of: dt.date | None = None) -> list[Path]:
    """Write the raw exports as the systems would have given them at the end of a day; return the files.

    Only what was known then is in them: records as they stood, history up to then. `as_of` defaults to the plan's.
    The same record has the same id in an export of any day.
    """
    until, ids = world.until(as_of), export_ids(world)
    tables = {
        "Opportunity": _opportunity_rows(world, ids, until),
        "OpportunityHistory": history_rows(world, ids, until),
        "OpportunityFieldHistory": owner_change_rows(world, ids, until),
        "Account": account_rows(world, ids, until),
        "User": user_rows(world, ids, until),
        "UserRole": role_rows(world, ids),
    }
    files = [
        write_service_table(folder, name, rows, _LAYOUTS[name], _ENCODINGS.get(name, "utf-8"))
        for name, rows in tables.items()
    ]
    sheet = quota_sheet(world, ids, until).to_csv(index=False, lineterminator="\n")
    files.append(write_text(folder / "targets" / "quota_long.csv", sheet))
    return files + (write_systems(world, ids, folder, until) if world.plan.systems else [])


def _opportunity_rows(world: World, ids: Ids, until: int) -> pd.DataFrame:
    """Return Opportunity.csv: each record as it stood, deleted ones flagged, a few rows exported twice."""
    rows = _as_it_stood(world, ids, states_until(world, until), until)
    if not world.plan.litter:
        return rows
    rng = stream(world.seed, "rows twice")
    chosen = rng.choice(len(world.deals), 60, replace=False)
    chosen = np.sort(chosen[chosen < 0.9 * len(rows)])[:5]
    stale_states = world.states[world.states["deal"].isin(chosen[:2])].groupby("deal").first()
    stale = _as_it_stood(world, ids, stale_states, int(stale_states["stamp"].max()) + 1)
    return pd.concat([stale, rows, rows.iloc[chosen[2:]]])


def _as_it_stood(world: World, ids: Ids, state: pd.DataFrame, until: int) -> pd.DataFrame:
    """Return one row per deal of `state`, the state that held at `until`."""
    deal = state.index.to_numpy()
    deals, stage = world.deals.loc[deal], state["stage"].to_numpy()
    owner = owner_at(world, deal, np.full(len(deal), until - 1))
    modified = last_modified(world, state, until)
    deleted = deals["deleted"].to_numpy() < until
    words = _free_text(world)
    category = np.array(CATEGORIES, dtype=object)[state["category"]]
    amount = state["amount"].to_numpy()
    expected = np.where(amount < 0, -1, amount * np.array(PROBABILITY)[stage] // 100)
    quarter = [world.calendar.name(i) for i in world.calendar.index(state["close"].to_numpy())]
    return pd.DataFrame({
        "Id": ids.deal[deal], "IsDeleted": deleted.astype(int), "AccountId": ids.account[deals["account"]],
        "IsPrivate": 0, "Name": deals["name"].to_numpy(), "Description": words[0][deal],
        "StageName": stage_text(world, stage, np.full(len(deal), until - 1)), "StageSortOrder": stage + 1,
        "Amount": money_text(amount), "Probability": np.array(PROBABILITY)[stage],
        "ExpectedRevenue": money_text(expected), "CloseDate": day_text(state["close"].to_numpy()),
        "Type": np.array([m.label for m in world.plan.motions], dtype=object)[deals["kind"]],
        "NextStep": np.where(stage < 5, words[1][deal], ""),
        "LeadSource": np.array([s.label for s in world.plan.sources], dtype=object)[deals["source"]],
        "IsClosed": (stage >= 5).astype(int), "IsWon": (stage == 5).astype(int),
        "ForecastCategory": category, "ForecastCategoryName": category, "CurrencyIsoCode": currency_text(world, deal),
        "CampaignId": EMPTY, "HasOpportunityLineItem": 0, "Pricebook2Id": EMPTY, "OwnerId": person_ids(ids, owner),
        "CreatedDate": stamp_text(deals["created"].to_numpy()),
        "CreatedById": person_ids(ids, deals["owner"].to_numpy()),
        "LastModifiedDate": stamp_text(modified), "LastModifiedById": person_ids(ids, owner),
        "SystemModstamp": stamp_text(modified), "LastStageChangeDate": stamp_text(_stage_since(world, deal, until)),
        "FiscalYear": [f"20{name[2:4]}" for name in quarter], "FiscalQuarter": [name[-1] for name in quarter],
        "ContactId": EMPTY,
    })  # fmt: skip


def _stage_since(world: World, deal: np.ndarray, until: int) -> np.ndarray:
    """Return since when each deal has been in its stage."""
    states = world.states[world.states["stamp"] < until]
    entered = states[states.groupby("deal")["stage"].diff().fillna(1) != 0]
    return entered.groupby("deal")["stamp"].last().reindex(deal).to_numpy()


def _free_text(world: World) -> tuple[np.ndarray, np.ndarray]:
    """Return what owners typed into Description and NextStep, blank for most; the same in an export of any day."""
    rng = stream(world.seed, "free text")
    notes, steps = np.array(("", *_NOTES), dtype=object), np.array(("", *_NEXT_STEPS), dtype=object)
    n = len(world.deals)
    drawn = [np.where(rng.random(n) < 0.12, rng.integers(1, len(words), n), 0) for words in (notes, steps)]
    return notes[drawn[0]], steps[drawn[1]]
